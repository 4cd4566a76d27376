//! The stage: everything that is known of a run before the world is reached, for a new run and for one taken up again.

mod seat;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use self::seat::{As, lead_of, take};
pub use self::seat::{Seat, check_files};
pub(super) use self::seat::{holder, unknown_holder};
use super::VERSION;
use super::archive::Archive;
use super::book::Book;
use super::world::{live, redactor, simulated_world};
use crate::config::Project;
use crate::domain::debrief::Secret;
use crate::domain::hash;
use crate::domain::journal::{Body, Chain, Entry, Files};
use crate::domain::metrics::Record;
use crate::domain::redact::Redactor;
use crate::domain::run::{Mode, Run};
use crate::domain::runbook::Way;
use crate::domain::safeguard::Takeover;
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;
use crate::domain::usual::usual;
use crate::engine::preflight::Preflights;
use crate::engine::recorder::{Open, Opened};
use crate::ports::{Clock, JournalStore, Readings, World};
use crate::providers;
use crate::providers::aws::caller::Caller;
use crate::sim;
use crate::store::approvals::Approvals;
use crate::store::file::{FileJournal, FileLease, Holder, OpenError};
use crate::store::readings::FileReadings;
use crate::store::runs::{RunFolder, Runs};

/// Who works, and where.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The name that entries bear.
    pub name: String,
    /// The host.
    pub host: String,
    /// The shared-terminal program that the process is in, if it is in one.
    pub shared_terminal: Option<String>,
}

/// How a simulation is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// How much faster than time.
    pub speed: f64,
    /// The surprise that is held back, if one is.
    pub surprise: Option<Secret>,
}

/// Everything that is known before the world is reached: enough for the first screen.
pub struct Stage {
    /// The service.
    pub service: Arc<Service>,
    /// The service's runbooks, where all of them are known.
    pub runbooks: Shelf,
    /// The run so far.
    pub run: Run,
    /// Its entries so far.
    pub entries: Vec<Arc<Entry>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who works.
    pub operator: Operator,
    /// Who leads, if somebody else does.
    pub lead: Option<Holder>,
    /// The run's folder, once it is opened.
    pub folder: RunFolder,
    /// How much faster than time it goes.
    pub speed: f64,
    /// Whether whoever sits here came only to watch, and can never lead.
    pub only_watches: bool,
    open: Open,
    resumed: bool,
    dir: Option<String>,
    redactor: Redactor,
    regions: Where,
    last: Option<Takeover>,
}

enum Where {
    Live,
    Simulated {
        scenario: Box<sim::Scenario>,
        seed: u64,
        clock: Arc<sim::SimClock>,
        /// The log of the wire, where another process began it; else it is begun when the run is opened.
        log: Option<PathBuf>,
        /// The surprise that is held back; where there is a log, that knows it.
        surprise: Option<Secret>,
        /// Where the simulation is, once it is started.
        started: Started,
    },
}

/// A simulation that is started when the world is asked for.
type Started = Arc<OnceLock<Arc<sim::Regions>>>;

/// Why a stage could not be set.
#[derive(Debug, thiserror::Error)]
pub enum NoStage {
    /// The run is over.
    #[error("the run {0} is closed; `handover journal show {0}` prints what happened")]
    Closed(String),
    /// The files do not load.
    #[error("{0}")]
    Files(String),
    /// Somebody else leads it.
    #[error("{0} leads this run")]
    Led(String),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// The file system said no.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        error: io::Error,
    },
}

impl Stage {
    /// A new run. Nothing is written until its first entry.
    pub fn new(book: Book, operator: Operator, runs: &Runs, wanted: Option<&Wanted>) -> Result<Self, NoStage> {
        let real = Timestamp::now();
        let id = Runs::new_id(real, &book.service.name, &book.runbook.id);
        let folder = runs.folder(&id);
        let redactor = redactor(&book.service);
        let direction = book.service.direction(book.runbook.way);
        let started = Started::default();
        let (regions, clock, mode) = if let Some(wanted) = wanted {
            let scenario = sim::scenario::load(&wanted.scenario).map_err(NoStage::Files)?;
            let clock = Arc::new(sim::SimClock::new(real, wanted.speed));
            let (scenario, seed, surprise) = (Box::new(scenario), wanted.seed, wanted.surprise.clone());
            let (log, started) = (None, Arc::clone(&started));
            let regions = Where::Simulated { scenario, seed, clock: Arc::clone(&clock), log, surprise, started };
            (regions, clock as Arc<dyn Clock>, Mode::Simulation)
        } else {
            let mode = if book.runbook.way == Way::Drill { Mode::Drill } else { Mode::Live };
            (Where::Live, Arc::new(providers::clock::SystemClock::new()) as Arc<dyn Clock>, mode)
        };
        let mut run = Run::new(&book.service.name, book.runbook.clone(), mode, direction.clone());
        run.id.clone_from(&id);
        let past = Archive::new(runs.clone(), Some(&book.service)).latest(&book.runbook.id, mode);
        run.usual = usual(&past);
        let mut first = vec![
            Body::RunOpened {
                run: id.clone(),
                service: book.service.name.clone(),
                runbook: book.runbook.id.clone(),
                mode,
                direction,
                files: Files {
                    service: hash::sha256(book.service_toml.as_bytes()),
                    runbook: hash::sha256(book.runbook_toml.as_bytes()),
                },
                tool: VERSION.to_owned(),
                host: operator.host.clone(),
                shared_terminal: operator.shared_terminal.clone(),
                scenario: wanted.map(|wanted| wanted.scenario.clone()),
            },
            lead_of(&operator),
        ];
        if let Some(surprise) = wanted.and_then(|wanted| wanted.surprise.as_ref()) {
            first.push(Body::SurpriseSealed { sha256: surprise.seal() });
        }
        if !run.usual.is_empty() {
            let runs = past.into_iter().map(|past| past.run).collect();
            first.push(Body::Usual { steps: run.usual.clone(), runs });
        }
        let last = last_takeover(runs, &run);
        let open = {
            let (runs, redactor, holder) = (runs.clone(), redactor.clone(), holder(&operator));
            let (service_toml, runbook_toml) = (book.service_toml.clone(), book.runbook_toml.clone());
            let runbook = book.runbook.id.clone();
            Box::new(move || {
                let folder = runs.create(&id, &service_toml, (&runbook, &runbook_toml))?;
                let lease = take(&folder, &holder)?;
                if let Some(regions) = started.get() {
                    regions.keep_log(&folder.wire_log())?;
                }
                let store = FileJournal::create(&folder.journal()).map_err(io::Error::other)?;
                let readings = Some(Box::new(FileReadings::new(folder.readings())) as Box<dyn Readings>);
                let (chain, store, lease) = (Chain::new(redactor), trapped(store, started.get()), Box::new(lease));
                Ok(Opened { chain, store, lease, readings, first, past: Vec::new() })
            }) as Open
        };
        Ok(Self {
            speed: wanted.map_or(1.0, |wanted| wanted.speed),
            run,
            entries: Vec::new(),
            clock,
            lead: None,
            folder,
            only_watches: false,
            open,
            resumed: false,
            dir: book.dir.map(|dir| dir.display().to_string()),
            redactor,
            regions,
            operator,
            service: book.service,
            runbooks: book.runbooks,
            last,
        })
    }

    /// Takes an earlier run up; if somebody leads it, to watch. `dir` is where relative programs run.
    pub fn resume(folder: RunFolder, operator: Operator, dir: Option<PathBuf>) -> Result<Self, NoStage> {
        Self::take_up(folder, operator, dir, As::Either)
    }

    /// Takes an earlier run up, to lead or to watch. Whoever watches does not even try the lease.
    fn take_up(folder: RunFolder, operator: Operator, dir: Option<PathBuf>, role: As) -> Result<Self, NoStage> {
        let io = |what: String| move |error| NoStage::Io { what, error };
        let project = Project::from_file(&folder.service());
        let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
            return Err(NoStage::Files(format!("the run's own files do not load:\n{}", project.diagnostics)));
        };
        let files = folder.files(&runbook.id).map_err(io(folder.path.display().to_string()))?;
        let service = Arc::new(service.clone());
        let redactor = redactor(&service);
        let (lease, mut lead) = if role == As::Observer {
            (None, Some(unknown_holder()))
        } else {
            match FileLease::take(&folder.path, &holder(&operator)).map_err(io("the lease".to_owned()))? {
                Ok(lease) => (Some(lease), None),
                Err(lead) => (None, Some(lead.unwrap_or_else(unknown_holder))),
            }
        };
        if let (As::Lead, Some(lead)) = (role, &lead) {
            return Err(NoStage::Led(format!("{} on {}", lead.operator, lead.host)));
        }
        let path = folder.journal();
        let read = folder.read().map_err(io(path.display().to_string()))?;
        let verified = read.map_err(|broken| OpenError::Broken { path: path.clone(), broken })?;
        check_files(verified.entries.first(), &files)?;
        let direction = service.direction(runbook.way);
        let run = Run::new(&service.name, runbook.clone(), Mode::Live, direction).fold(&verified.entries);
        if run.closed.is_some() && lead.is_none() {
            return Err(NoStage::Closed(folder.id));
        }
        if let (As::Observer, Some((name, host))) = (role, &run.lead) {
            // Nobody was asked who holds it: the journal knows.
            lead = Some(Holder { operator: name.clone(), host: host.clone(), pid: 0 });
        }
        // Whoever is refused or only watches changes nothing, not even an incomplete last line: the lead may be
        // writing it.
        let (verified, journal, recovered) = if lease.is_some() {
            let reopened = FileJournal::reopen(&path)?;
            (reopened.verified, Some(reopened.journal), reopened.recovered)
        } else {
            (verified, None, None)
        };
        let log = folder.wire_log();
        let header = sim::log::header(&log).map_err(io(log.display().to_string()))?;
        let started = Started::default();
        let (regions, clock, speed) = match header {
            Some(header) => {
                let scenario = Box::new(sim::scenario::load(&header.scenario).map_err(NoStage::Files)?);
                let clock = Arc::new(header.clock());
                let (seed, surprise, started) = (header.seed, header.surprise.clone(), Arc::clone(&started));
                let regions =
                    Where::Simulated { scenario, seed, clock: Arc::clone(&clock), log: Some(log), surprise, started };
                (regions, clock as Arc<dyn Clock>, header.speed)
            }
            None if run.mode == Mode::Simulation => {
                return Err(NoStage::Files(format!("{}: the simulation's wire log is missing", log.display())));
            }
            None => (Where::Live, Arc::new(providers::clock::SystemClock::new()) as Arc<dyn Clock>, 1.0),
        };
        let last = folder.path.parent().and_then(|root| last_takeover(&Runs::new(root.to_owned()), &run));
        let mut first = Vec::new();
        if let Some((kept_in, bytes)) = recovered {
            first.push(Body::RecoveredTail { bytes, kept_in: kept_in.display().to_string() });
        }
        first.push(Body::Resumed { host: operator.host.clone(), tool: VERSION.to_owned() });
        first.push(lead_of(&operator));
        let chain = Chain::after(&verified, redactor.clone());
        let readings = folder.readings();
        let past = match (&service.trail, &journal) {
            (Some(_), Some(_)) => folder.lines().map_err(io(path.display().to_string()))?,
            _ => Vec::new(),
        };
        let open = Box::new(move || {
            let (Some(store), Some(lease)) = (journal, lease) else {
                return Err(io::Error::other("somebody else leads this run"));
            };
            let readings = Some(Box::new(FileReadings::new(readings)) as Box<dyn Readings>);
            Ok(Opened { chain, store: trapped(store, started.get()), lease: Box::new(lease), readings, first, past })
        }) as Open;
        Ok(Self {
            service,
            runbooks: Shelf::default(),
            run,
            entries: verified.entries.into_iter().map(Arc::new).collect(),
            clock,
            operator,
            lead,
            folder,
            speed,
            only_watches: false,
            open,
            resumed: true,
            dir: dir.map(|dir| dir.display().to_string()),
            redactor,
            regions,
            last,
        })
    }

    /// What hides this service's secrets.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Reaches the world: makes the clients, or starts the simulated Regions. Must be called inside a runtime.
    pub async fn world(&self) -> Result<World, String> {
        match &self.regions {
            Where::Live => {
                let caller = Caller { run: self.run.id.clone(), operator: self.operator.name.clone() };
                let dir = self.dir.as_ref().map(PathBuf::from);
                live(&self.service, Arc::clone(&self.clock), &self.redactor, dir, Some(caller)).await
            }
            Where::Simulated { scenario, seed, clock, log, surprise, started } => {
                let (clock, log, surprise) = (Arc::clone(clock), log.clone(), surprise.clone());
                let regions =
                    sim::Regions::start_with(&self.service, scenario, *seed, Arc::clone(&clock), log, surprise)
                        .map_err(|error| format!("the simulated Regions: {error}"))?;
                // The first to ask for the world is the one that runs.
                let _ = started.set(Arc::clone(&regions));
                let world = simulated_world(&self.service, &regions, &clock);
                Ok(World { trainer: Some(regions), ..world })
            }
        }
    }

    /// Runs the engine (or, for an observer, follows the lead) until it is told to leave.
    pub async fn run(
        self,
        inbox: tokio::sync::mpsc::UnboundedReceiver<crate::domain::command::Command>,
        events: tokio::sync::mpsc::UnboundedSender<crate::domain::command::Event>,
    ) {
        use crate::domain::command::Event;
        let world = match self.world().await {
            Ok(world) => world,
            Err(why) => {
                let _ = events.send(Event::Latched { why });
                return idle(inbox, &events).await;
            }
        };
        // What other runbooks need would only be in the way of what this one does.
        let runbooks = vec![self.run.runbook.clone()];
        let preflights = Preflights::start(world.clone(), Arc::clone(&self.service), runbooks, self.dir.clone());
        if let Some(lead) = self.lead {
            let (known, journal) = (self.run.entries, self.folder.journal());
            crate::engine::follow::run(world, journal, known, lead.operator, preflights, inbox, events).await;
        } else {
            let record = past(&self.folder, &self.service, self.run.mode).await;
            let setup = crate::engine::Setup {
                world,
                service: self.service,
                run: self.run,
                open: self.open,
                resumed: self.resumed,
                operator: self.operator.name,
                dir: self.dir,
                last: self.last,
                approvals: Some(Arc::new(Approvals::new(self.folder.approvals()))),
                preflights: Some(preflights),
                record,
            };
            crate::engine::run(setup, inbox, events).await;
        }
    }
}

/// A simulation's journal, which is watched for the moment of its surprise; another's is as it is.
fn trapped(store: FileJournal, regions: Option<&Arc<sim::Regions>>) -> Box<dyn JournalStore> {
    match regions {
        Some(regions) => Box::new(sim::Trap::new(Box::new(store), Arc::clone(regions))),
        None => Box::new(store),
    }
}

/// An engine without a world: it waits to be told to leave.
async fn idle(
    mut inbox: tokio::sync::mpsc::UnboundedReceiver<crate::domain::command::Command>,
    events: &tokio::sync::mpsc::UnboundedSender<crate::domain::command::Event>,
) {
    use crate::domain::command::{Command, Event};
    while let Some(command) = inbox.recv().await {
        if command == Command::Leave {
            break;
        }
        let _ = events.send(Event::Refused { why: "the cloud could not be reached at the start".to_owned() });
    }
    let _ = events.send(Event::Ended);
}

/// When the service was handed over last, in another run. A simulation's Regions are its own: nothing was done to them.
fn last_takeover(runs: &Runs, run: &Run) -> Option<Takeover> {
    // A folder that cannot be read is met again when the run is opened, and said then.
    if run.mode == Mode::Live { runs.last_takeover(run).ok().flatten() } else { None }
}

/// What other runs of a service came to, where its metrics tell it.
async fn past(folder: &RunFolder, service: &Arc<Service>, mode: Mode) -> Option<Record> {
    if service.metrics.is_none() || mode == Mode::Simulation {
        return None;
    }
    let root = folder.path.parent()?.to_owned();
    let archive = Archive::new(Runs::new(root), Some(service));
    tokio::task::spawn_blocking(move || archive.record()).await.ok().flatten()
}
