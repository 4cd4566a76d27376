//! A run that nobody has open: what it still owes to those who are told is sent, what is found out afterwards is added.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::VERSION;
use super::stage::{NoStage, Operator, check_files, holder, unknown_holder};
use super::world::{redactor, variable};
use crate::config::Project;
use crate::domain::journal::{Body, Chain, Entry};
use crate::domain::run::{Mode, Run};
use crate::domain::service::{Notify, NotifyBy, Service};
use crate::engine::outbox::Outbox;
use crate::engine::recorder::{Open, Opened, Recorder};
use crate::ports::{Channel, Clock, within};
use crate::store::file::{FileJournal, FileLease};
use crate::store::runs::RunFolder;
use crate::{providers, sim};

/// The channels of a service as they are, or some of them. Only topics need clients of AWS.
pub async fn channels(service: &Service, notify: &[Notify], clock: &Arc<dyn Clock>) -> Vec<Arc<dyn Channel>> {
    let by_topic = |notify: &Notify| matches!(notify.by, NotifyBy::Sns { .. });
    let aws = if notify.iter().any(by_topic) {
        // Without credentials the topics say so themselves.
        providers::aws::Clients::live(service, Arc::clone(clock)).await.ok()
    } else {
        None
    };
    providers::notify::channels(notify, aws.as_ref(), &variable)
}

/// A run that is held without a console: for an entry or two.
struct Held {
    service: Service,
    run: Run,
    clock: Arc<dyn Clock>,
    open: Open,
}

/// Takes a run's lease and opens its journal to be added to.
fn hold(folder: &RunFolder, operator: &Operator) -> Result<Held, NoStage> {
    let io = |what: String| move |error| NoStage::Io { what, error };
    let project = Project::from_file(&folder.service());
    let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
        return Err(NoStage::Files(format!("the run's own files do not load:\n{}", project.diagnostics)));
    };
    let files = folder.files(&runbook.id).map_err(io(folder.path.display().to_string()))?;
    let lease = FileLease::take(&folder.path, &holder(operator)).map_err(io("the lease".to_owned()))?;
    let lease = lease.map_err(|lead| {
        let lead = lead.unwrap_or_else(unknown_holder);
        NoStage::Led(format!("{} on {}", lead.operator, lead.host))
    })?;
    let reopened = FileJournal::reopen(&folder.journal())?;
    let verified = reopened.verified;
    check_files(verified.entries.first(), &files)?;
    let direction = service.direction(runbook.way);
    let run = Run::new(&service.name, runbook.clone(), Mode::Live, direction).fold(&verified.entries);
    let log = folder.wire_log();
    let header = sim::log::header(&log).map_err(io(log.display().to_string()))?;
    let clock = match header {
        Some(header) => Arc::new(header.clock()) as Arc<dyn Clock>,
        None => Arc::new(providers::clock::SystemClock::new()) as Arc<dyn Clock>,
    };
    let mut first = Vec::new();
    if let Some((kept_in, bytes)) = reopened.recovered {
        first.push(Body::RecoveredTail { bytes, kept_in: kept_in.display().to_string() });
    }
    // Another process's clock begins: what is measured from here on has nothing in common with what was. A closed run has
    // nothing left to be measured.
    if run.closed.is_none() {
        first.push(Body::Resumed { host: operator.host.clone(), tool: VERSION.to_owned() });
    }
    let chain = Chain::after(&verified, redactor(service));
    let store = Box::new(reopened.journal);
    let lease = Box::new(lease);
    let open = Box::new(move || Ok(Opened { chain, store, lease, readings: None, first, past: Vec::new() }));
    Ok(Held { service: service.clone(), run, clock, open: open as Open })
}

/// Adds an entry to a run that nobody has open: what is found out afterwards.
///
/// # Errors
/// If somebody else leads the run, or its files or its journal cannot be used.
pub async fn add(
    folder: &RunFolder,
    operator: &Operator,
    body: impl FnOnce(&Run) -> Result<Body, String>,
) -> Result<Entry, NoStage> {
    let held = hold(folder, operator)?;
    let body = body(&held.run).map_err(NoStage::Files)?;
    let mut recorder = Recorder::new(held.open, held.clock, operator.name.clone());
    let recorded = recorder.record(&operator.name, body).await;
    let error = |error: String| NoStage::Io { what: "the journal".to_owned(), error: io::Error::other(error) };
    let entries = recorded.map_err(|not| error(not.to_string()))?;
    entries.into_iter().next_back().map(|sealed| sealed.entry).ok_or_else(|| error("nothing was recorded".to_owned()))
}

/// Sends what a run still owes for at most `limit`, and gives each entry that it records to `seen`. Says how much is still owed.
///
/// # Errors
/// If somebody else leads the run, or its files or its journal cannot be used.
pub async fn send_owed(
    folder: &RunFolder,
    operator: &Operator,
    limit: Duration,
    mut seen: impl FnMut(&Entry),
) -> Result<usize, NoStage> {
    let io = |what: String| move |error| NoStage::Io { what, error };
    let Held { service, mut run, clock, open } = hold(folder, operator)?;
    let channels = if run.mode == Mode::Simulation {
        sim::channels(&service.notify, &clock)
    } else {
        channels(&service, &service.notify, &clock).await
    };
    let Some(mut outbox) = Outbox::start(&clock, &channels, &run.telling) else { return Ok(0) };
    if outbox.pending() == 0 {
        return Ok(0);
    }
    let mut recorder = Recorder::new(open, Arc::clone(&clock), operator.name.clone());
    let until = clock.mono() + limit;
    while outbox.pending() > 0 {
        let left = until.saturating_sub(clock.mono());
        let Some(body) = within(clock.as_ref(), left, Outbox::next(Some(&mut outbox))).await else { break };
        let recorded = recorder.record("handover", body).await;
        let entries = recorded.map_err(|error| io("the journal".to_owned())(io::Error::other(error)))?;
        for sealed in &entries {
            run.apply(&sealed.entry);
            seen(&sealed.entry);
        }
    }
    Ok(channels.iter().map(|channel| run.telling.owed(channel.id(), channel.least()).len()).sum())
}
