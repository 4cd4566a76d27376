//! The places that keep a run's journal, reached without a console: for what was left to be shipped, and to read anchors back.

use std::sync::Arc;

use super::stage::check_files;
use crate::config::Project;
use crate::domain::journal::Body;
use crate::domain::run::Mode;
use crate::domain::trail::{Line, Whose};
use crate::ports::{Clock, Trail};
use crate::providers;
use crate::providers::aws::caller::Caller;
use crate::store::runs::RunFolder;

/// A run's journal, and the places that keep it.
pub struct Kept {
    /// Whose it is.
    pub whose: Whose,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The places.
    pub places: Vec<Arc<dyn Trail>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Reaches the places that a run's own service file names, for `operator`. Must be called inside a runtime.
///
/// # Errors
/// If the run's files or its journal do not hold, if they name no place, or if AWS cannot be reached at all.
pub async fn kept(folder: &RunFolder, operator: &str) -> Result<Kept, String> {
    let project = Project::from_file(&folder.service());
    let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
        return Err(format!("the run's own files do not load:\n{}", project.diagnostics));
    };
    let said = |error: std::io::Error| error.to_string();
    let verified = folder.read().map_err(said)?.map_err(|broken| format!("the journal does not verify: {broken}"))?;
    let files = folder.files(&runbook.id).map_err(said)?;
    check_files(verified.entries.first(), &files).map_err(|error| error.to_string())?;
    let Some(Body::RunOpened { run, direction, mode, .. }) = verified.entries.first().map(|entry| &entry.body) else {
        return Err("the journal does not begin with the opening of a run".to_owned());
    };
    if *mode == Mode::Simulation {
        return Err("a simulation's journal leaves the machine in the simulated Regions alone".to_owned());
    }
    if service.trail.is_none() {
        return Err("the run's service file names no place for its journal: it has no [trail]".to_owned());
    }
    let clock: Arc<dyn Clock> = Arc::new(providers::clock::SystemClock::new());
    let aws = providers::aws::Clients::live(service, Arc::clone(&clock)).await.map_err(|error| error.to_string())?;
    aws.acts_for(Caller { run: run.clone(), operator: operator.to_owned() });
    Ok(Kept {
        whose: Whose { run: run.clone(), target: direction.target.clone() },
        lines: folder.lines().map_err(said)?,
        places: providers::aws::trail::places(service, &aws, &clock),
        clock,
    })
}
