//! A seat at a run's console, from which one process leads or watches by turns; and who has the hold on the run.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{NoStage, Operator, Stage};
use crate::app::{Capabilities, Keymap, Model, Opening, Role};
use crate::domain::journal::{Body, Entry, Files};
use crate::domain::run::Run;
use crate::domain::shelf::Shelf;
use crate::store::file::{FileLease, Holder};
use crate::store::runs::RunFolder;

/// For how long whoever hands the lead over may still be at its last entries.
const LAST_ENTRIES: Duration = Duration::from_secs(6);
/// How often it is tried meanwhile.
const AGAIN: Duration = Duration::from_millis(200);

/// As what somebody sits down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// To lead, and not at all if somebody leads.
    Lead,
    /// To watch, even if nobody leads.
    Observer,
    /// To lead if nobody does, else to watch.
    Either,
}

/// What it takes to sit down at the same run again, in another role.
#[derive(Debug, Clone)]
pub struct Seat {
    folder: RunFolder,
    operator: Operator,
    dir: Option<PathBuf>,
    runbooks: Shelf,
}

impl Seat {
    /// The stage for whoever is to lead from here on. A lead that was handed over is waited for while it is being let go.
    /// Blocks.
    ///
    /// # Errors
    /// If somebody leads, with who it is; if the run is over; if its files or its journal are not as they should be.
    pub fn lead(&self) -> Result<Stage, NoStage> {
        let until = Instant::now() + LAST_ENTRIES;
        loop {
            match self.stage(As::Lead) {
                Err(NoStage::Led(_)) if Instant::now() < until && self.is_offered() => std::thread::sleep(AGAIN),
                result => return result,
            }
        }
    }

    /// The stage for whoever watches from here on. Blocks.
    ///
    /// # Errors
    /// If the run's files or its journal are not as they should be.
    pub fn watch(&self) -> Result<Stage, NoStage> {
        self.stage(As::Observer)
    }

    fn stage(&self, role: As) -> Result<Stage, NoStage> {
        let mut stage = Stage::take_up(self.folder.clone(), self.operator.clone(), self.dir.clone(), role)?;
        stage.runbooks = self.runbooks.clone();
        Ok(stage)
    }

    /// Whether the lead was handed to somebody who has not taken it yet.
    fn is_offered(&self) -> bool {
        let read = self.folder.read().ok().and_then(Result::ok);
        read.and_then(|read| Run::from_journal(&read.entries)).is_some_and(|run| run.offered.is_some())
    }
}

impl Stage {
    /// The seat that this stage is for; none for whoever came only to watch.
    pub fn seat(&self) -> Option<Seat> {
        (!self.only_watches).then(|| Seat {
            folder: self.folder.clone(),
            operator: self.operator.clone(),
            dir: self.dir.as_ref().map(PathBuf::from),
            runbooks: self.runbooks.clone(),
        })
    }

    /// The stage for whoever only watches a run: the lease is not tried, now or later, and nothing is written.
    ///
    /// # Errors
    /// If the run's files or its journal are not as they should be.
    pub fn observe(folder: RunFolder, operator: Operator) -> Result<Self, NoStage> {
        let mut stage = Self::take_up(folder, operator, None, As::Observer)?;
        stage.only_watches = true;
        Ok(stage)
    }

    /// The console on this stage.
    pub fn console(&self, keymap: Keymap, capabilities: Capabilities) -> Model {
        let role = match &self.lead {
            Some(lead) => Role::Observer { lead: format!("{} on {}", lead.operator, lead.host) },
            None => Role::Lead,
        };
        let mut run = self.run.clone();
        if role == Role::Lead {
            // Whoever has the hold on the run leads it, though its journal has yet to say so.
            run.offered = None;
        }
        let model = Model::new(Opening {
            service: Arc::clone(&self.service),
            runbooks: self.runbooks.clone(),
            run,
            journal: self.entries.clone(),
            role,
            operator: self.operator.name.clone(),
            speed: self.speed,
            keymap,
            capabilities,
            now: self.clock.now(),
        });
        Model { only_watches: self.only_watches, ..model }
    }
}

pub(super) fn lead_of(operator: &Operator) -> Body {
    Body::LeadChange { lead: operator.name.clone(), host: operator.host.clone() }
}

pub(in crate::wire) fn holder(operator: &Operator) -> Holder {
    Holder { operator: operator.name.clone(), host: operator.host.clone(), pid: std::process::id() }
}

pub(in crate::wire) fn unknown_holder() -> Holder {
    Holder { operator: "somebody".to_owned(), host: "unknown".to_owned(), pid: 0 }
}

pub(super) fn take(folder: &RunFolder, holder: &Holder) -> io::Result<FileLease> {
    FileLease::take(&folder.path, holder)?.map_err(|lead| {
        let lead = lead.unwrap_or_else(unknown_holder);
        io::Error::other(format!("{} on {} leads this run", lead.operator, lead.host))
    })
}

/// The run's copies must be what the journal says that they were.
///
/// # Errors
/// If they are not.
pub fn check_files(first: Option<&Entry>, files: &Files) -> Result<(), NoStage> {
    match first.map(|entry| &entry.body) {
        Some(Body::RunOpened { files: recorded, .. }) if recorded == files => Ok(()),
        Some(Body::RunOpened { .. }) => Err(NoStage::Files(
            "the run's copies of its service file or runbook were changed after it was opened: they are not what was \
             confirmed. Restore them, or open a new run."
                .to_owned(),
        )),
        None => Err(NoStage::Files(
            "nothing was recorded in this run, so nothing was done: its process ended while it was opened. Open a new \
             run."
                .to_owned(),
        )),
        _ => Err(NoStage::Files("the journal does not begin with the opening of a run".to_owned())),
    }
}
