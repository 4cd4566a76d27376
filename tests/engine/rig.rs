//! A service on the simulated Regions, a journal in memory, and engines that come and go.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::config::locate::{self, Preset};
use handover::config::project::{Origin, Project};
use handover::config::source::Source;
use handover::domain::command::{Command, Event};
use handover::domain::debrief::Secret;
use handover::domain::gate::GateResult;
use handover::domain::journal::{Body, Chain, Entry, Files, Verified, verify};
use handover::domain::metrics::Record;
use handover::domain::plan::{Plan, Refusal};
use handover::domain::redact::Redactor;
use handover::domain::region::Direction;
use handover::domain::run::{Mode, Run};
use handover::domain::runbook::{Runbook, Way};
use handover::domain::safeguard::Takeover;
use handover::domain::service::Service;
use handover::domain::trail::Line;
use handover::engine::preflight::Preflights;
use handover::engine::recorder::Opened;
use handover::engine::{Setup, autoplay};
use handover::ports::{Approvals, Channel, Clock as _, JournalStore, Lease, MetricStore, Trail, Trainer};
use handover::sim::{Regions, Scenario, SimClock, Trap, scenario};
use handover::wire::simulated_world;
use tokio::sync::{mpsc, watch};

use crate::spy::{Ledger, Spy};

/// What goes wrong with an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing is written.
    Before,
    /// Half of the line is.
    Torn,
    /// The line is there, and nobody is told.
    After,
}

/// A kind of entry, or the number of one, at which something goes wrong.
pub(crate) type At = Box<dyn Fn(usize, &str) -> bool + Send + Sync>;

/// A journal in memory, shared by everyone who has it open.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    /// What it holds; it must verify.
    pub(crate) fn read(&self) -> Verified {
        verify(&self.bytes()).unwrap_or_else(|broken| panic!("{broken}\n{}", self.text()))
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.read().entries
    }

    /// What it holds, with an incomplete last line cut off, and how long that was.
    fn reopen(&self) -> (Verified, Option<u64>) {
        let verified = self.read();
        let tail = verified.tail.as_ref().map(|tail| {
            self.0.lock().unwrap().truncate(tail.offset);
            tail.bytes.len() as u64
        });
        (verified, tail)
    }
}

struct Store {
    lines: Lines,
    fault: Option<(Fault, At)>,
    /// Set as soon as the fault is met.
    met: watch::Sender<bool>,
}

impl JournalStore for Store {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut bytes = self.lines.0.lock().unwrap();
        let seq = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
        let met = *self.met.borrow();
        let fault = self.fault.as_ref().filter(|(_, at)| met || at(seq, line)).map(|(fault, _)| *fault);
        match fault {
            _ if met => return Err(io::Error::other("no space left on device")),
            Some(Fault::Before) => {}
            Some(Fault::Torn) => bytes.extend_from_slice(&line.as_bytes()[..line.len() / 2]),
            Some(Fault::After) | None => {
                bytes.extend_from_slice(line.as_bytes());
                bytes.push(b'\n');
            }
        }
        if fault.is_none() {
            return Ok(());
        }
        self.met.send_replace(true);
        Err(io::Error::other("no space left on device"))
    }
}

/// The rig's lease. Its share is never read, but counted: by that the rig knows when the engine has let go.
struct Held(#[expect(dead_code, reason = "it is counted, not read")] Arc<()>);

impl Lease for Held {
    fn held(&self) -> bool {
        true
    }
}

/// A runbook short enough to be broken off everywhere: everything that changes something, and nothing else.
pub(crate) const SHORT: &str = r#"
[runbook]
id = "short"
title = "Short"
description = "Everything that changes something."
way = "failover"
[[phase]]
title = "All"
[[phase.step]]
id = "fence"
title = "Fence"
kind = "act"
component = "database"
action = "fence"
on = "source"
expected = "1m"
marks = "fenced"
[[phase.step]]
id = "promote"
title = "Promote"
kind = "act"
component = "database"
action = "promote"
on = "target"
gates = [
  { name = "replica is available", reading = "database.target.status", is = "available" },
  { name = "data loss within the RPO", reading = "metrics.target.lag", at_most = "15m" },
]
expected = "5m"
marks = "promoted"
[[phase.step]]
id = "verify-writes"
title = "Verify"
kind = "act"
component = "database"
action = "verify-writes"
on = "target"
expected = "1m"
marks = "first-write"
[[phase.step]]
id = "admit"
title = "Admit"
kind = "act"
component = "database"
action = "admit"
on = "target"
expected = "1m"
[[phase.step]]
id = "script"
title = "Script"
kind = "exec"
hazard = "write"
run = ["true"]
timeout = "1m"
expected = "1m"
[[phase.step]]
id = "point"
title = "Point"
kind = "act"
component = "traffic"
action = "point"
on = "target"
gates = [{ name = "target takes writes", reading = "database.target.takes_writes", is = true }]
expected = "1m"
marks = "traffic-moved"
[[phase.step]]
id = "wait"
title = "Wait"
kind = "wait"
until = [{ reading = "traffic.global.resolvers", is = "{target}" }]
timeout = "10m"
expected = "1m"
marks = "in-sync"
"#;

pub(crate) fn preset() -> Preset {
    locate::preset("fineract").unwrap()
}

/// The service file without its cluster.
fn without_cluster(service: &str) -> String {
    let (before, rest) = service.split_once("[components.cluster]").unwrap();
    let (_, after) = rest.split_once("[components.traffic]").unwrap();
    format!("{before}[fence]\nways = [\"database.cut-off\"]\n\n[components.traffic]{after}")
}

pub(crate) fn project(runbook: &str) -> (Service, Runbook) {
    let whole = preset().service_toml;
    // The short runbook scales nothing up: with a cluster of 0 replicas no traffic would be let in.
    let (name, text) =
        if runbook == SHORT { ("short.toml", without_cluster(whole)) } else { ("failover.toml", whole.to_owned()) };
    let service = Source::new("service.toml", text.as_bytes());
    let runbook = Source::new(name, runbook.as_bytes());
    let project = Project::from_sources(Origin::Preset("fineract"), &service, &[runbook]);
    assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
    (project.service().unwrap().clone(), project.runbooks[0].clone())
}

pub(crate) struct Rig {
    pub(crate) direction: Direction,
    pub(crate) service: Arc<Service>,
    pub(crate) runbook: Runbook,
    pub(crate) regions: Arc<Regions>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) lines: Lines,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) mode: Mode,
    pub(crate) operator: String,
    /// Shared with whoever has the hold on the run.
    pub(crate) hold: Arc<()>,
    pub(crate) last: Option<Takeover>,
    /// Whether it asks beforehand what the run will need.
    pub(crate) asks: bool,
    /// Where second persons leave their approvals.
    pub(crate) approvals: Option<Arc<dyn Approvals>>,
    /// How people are told.
    pub(crate) channels: Vec<Arc<dyn Channel>>,
    /// Where the journal is kept besides, if not in the simulated Regions.
    pub(crate) trails: Option<Vec<Arc<dyn Trail>>>,
    /// Where metrics are published; other runs there were none then.
    pub(crate) metrics: Option<Arc<dyn MetricStore>>,
    /// The surprise that is held back.
    pub(crate) secret: Option<Secret>,
}

pub(crate) const SEED: u64 = 11;

impl Rig {
    /// The preset's own runbook on a scenario by name.
    pub(crate) fn full(name: &str) -> Self {
        Self::new(preset().runbooks[0].1, &scenario::load(name).unwrap(), SEED)
    }

    /// The short runbook on a scenario by name.
    pub(crate) fn short(name: &str) -> Self {
        Self::new(SHORT, &scenario::load(name).unwrap(), SEED)
    }

    /// The short runbook on a scenario with more events.
    pub(crate) fn short_with(name: &str, more: &str) -> Self {
        Self::new(SHORT, &with(name, more), SEED)
    }

    pub(crate) fn new(runbook: &str, scenario: &Scenario, seed: u64) -> Self {
        let (service, runbook) = project(runbook);
        Self::on(service, runbook, scenario, seed)
    }

    /// A service in simulated Regions, and a runbook of it to be run.
    fn on(service: Service, runbook: Runbook, scenario: &Scenario, seed: u64) -> Self {
        let clock = Arc::new(SimClock::new("2026-03-03T14:00:20Z".parse().unwrap(), 1.0));
        let regions = Regions::start(&service, scenario, seed, Arc::clone(&clock), None).unwrap();
        Self {
            direction: if runbook.way == Way::Failback { service.failback() } else { service.failover() },
            service: Arc::new(service),
            runbook,
            regions,
            clock,
            lines: Lines::default(),
            ledger: Arc::default(),
            mode: Mode::Simulation,
            operator: "anna".to_owned(),
            hold: Arc::default(),
            last: None,
            asks: false,
            approvals: None,
            channels: Vec::new(),
            trails: None,
            metrics: None,
            secret: None,
        }
    }

    /// A runbook of any preset, in the scenario that it is for or in another.
    pub(crate) fn of(preset: &'static Preset, runbook: &str, scenario: Option<&str>) -> Self {
        let project = Project::from_preset(preset);
        assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
        let service = project.service().unwrap().clone();
        let runbook = project.runbook(runbook).unwrap_or_else(|| panic!("{}: no {runbook}", preset.name)).clone();
        let usual = match runbook.way {
            Way::Failover => "region-outage",
            Way::Failback => "failed-over",
            Way::Drill => "calm",
        };
        let scenario = scenario::load(scenario.or(runbook.scenario.as_deref()).unwrap_or(usual)).unwrap();
        Self::on(service, runbook, &scenario, SEED)
    }

    /// A runbook of a preset in a scenario, with a surprise.
    pub(crate) fn surprised(preset: &'static Preset, runbook: &str, scenario: &str, surprise: &str) -> Self {
        let rig = Self::of(preset, runbook, Some(scenario));
        let secret = Some(Secret { name: surprise.to_owned(), nonce: "9".to_owned() });
        let scenario = scenario::load(scenario).unwrap();
        let clock = Arc::clone(&rig.clock);
        let regions = Regions::start_with(&rig.service, &scenario, SEED, clock, None, secret.clone()).unwrap();
        Self { regions, secret, ..rig }
    }

    /// A runbook of a folder's files.
    pub(crate) fn files(folder: &str, runbook: &str, scenario: &Scenario) -> Self {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("service.toml");
        let project = Project::from_file(&file);
        assert!(!project.diagnostics.has_errors(), "{}", project.diagnostics);
        let service = project.service().unwrap().clone();
        let runbook = project.runbook(runbook).unwrap().clone();
        Self::on(service, runbook, scenario, SEED)
    }

    /// Another runbook of the same preset in the same Regions, as they are now.
    pub(crate) fn then(&self, preset: &'static Preset, runbook: &str) -> Self {
        let next = Self::of(preset, runbook, None);
        Self { regions: Arc::clone(&self.regions), clock: Arc::clone(&self.clock), ..next }
    }

    /// The same service and runbook in Regions that begin anew.
    pub(crate) fn anew(&self, scenario: &str) -> Self {
        Self::on(self.service.as_ref().clone(), self.runbook.clone(), &scenario::load(scenario).unwrap(), SEED)
    }

    /// Starts an engine: on a new journal, or on what is there.
    pub(crate) fn boot(&self) -> Desk {
        self.boot_with(None)
    }

    /// Starts an engine whose journal fails somewhere, and from there on.
    pub(crate) fn boot_with(&self, fault: Option<(Fault, At)>) -> Desk {
        let (verified, tail) = self.lines.reopen();
        let resumed = !verified.entries.is_empty();
        let fresh = Run::new(&self.service.name, self.runbook.clone(), self.mode, self.direction.clone());
        let run = fresh.fold(&verified.entries);
        let lead = Body::LeadChange { lead: self.operator.clone(), host: "here".to_owned() };
        let mut first = vec![if resumed {
            Body::Resumed { host: "here".to_owned(), tool: "test".to_owned() }
        } else {
            Body::RunOpened {
                run: "run".to_owned(),
                service: self.service.name.clone(),
                runbook: self.runbook.id.clone(),
                mode: self.mode,
                direction: self.direction.clone(),
                files: Files { service: String::new(), runbook: String::new() },
                tool: "test".to_owned(),
                host: "here".to_owned(),
                shared_terminal: None,
                scenario: None,
            }
        }];
        if let Some(bytes) = tail {
            first.insert(0, Body::RecoveredTail { bytes, kept_in: "aside".to_owned() });
        }
        first.push(lead);
        if let Some(secret) = self.secret.as_ref().filter(|_| !resumed) {
            first.push(Body::SurpriseSealed { sha256: secret.seal() });
        }
        let (met, failed) = watch::channel(false);
        let store = Store { lines: self.lines.clone(), fault, met };
        let chain = Chain::after(&verified, Redactor::new([]));
        let past = self.lines.text().lines().map(|line| Line::read(line).unwrap()).collect();
        let held = Held(Arc::clone(&self.hold));
        let trap = self.secret.as_ref().map(|_| Arc::clone(&self.regions));
        let open = Box::new(move || {
            let store: Box<dyn JournalStore> = match trap {
                Some(regions) => Box::new(Trap::new(Box::new(store), regions)),
                None => Box::new(store),
            };
            let lease = Box::new(held);
            Ok(Opened { chain, store, lease, readings: None, first, past })
        });
        let (kill, dead) = watch::channel(false);
        let mut world = simulated_world(&self.service, &self.regions, &self.clock);
        world.channels.clone_from(&self.channels);
        if self.secret.is_some() {
            world.trainer = Some(Arc::clone(&self.regions) as Arc<dyn Trainer>);
        }
        if let Some(trails) = &self.trails {
            world.trails.clone_from(trails);
        }
        if self.metrics.is_some() {
            world.metrics.clone_from(&self.metrics);
        }
        for component in world.components.values_mut() {
            *component = Arc::new(Spy {
                inner: Arc::clone(component),
                ledger: Arc::clone(&self.ledger),
                lines: self.lines.clone(),
                dead: dead.clone(),
            });
        }
        let preflights = self.asks.then(|| {
            let runbooks = vec![self.runbook.clone()];
            Preflights::start(world.clone(), Arc::clone(&self.service), runbooks, None)
        });
        let setup = Setup {
            world,
            service: Arc::clone(&self.service),
            run: run.clone(),
            open,
            resumed,
            operator: self.operator.clone(),
            dir: None,
            last: self.last.clone(),
            approvals: self.approvals.clone(),
            preflights,
            record: self.metrics.as_ref().map(|_| Record::default()),
        };
        let (commands, inbox) = mpsc::unbounded_channel();
        let (tell, events) = mpsc::unbounded_channel();
        let engine = tokio::spawn(handover::engine::run(setup, inbox, tell));
        Desk { run, commands, events, engine, kill, failed, clock: Arc::clone(&self.clock), latched: false }
    }

    /// How often each operation was accepted.
    pub(crate) fn mutations(&self, operation: &str) -> usize {
        self.regions.mutations().iter().filter(|mutation| mutation.change.operation() == operation).count()
    }

    /// Everything that was changed but for test writes.
    pub(crate) fn changes(&self) -> usize {
        self.regions.mutations().len() - self.mutations("sql:TestWrite")
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

/// A scenario with more events.
pub(crate) fn with(name: &str, more: &str) -> Scenario {
    let text = match name {
        "calm" => include_str!("../../assets/scenarios/calm.toml"),
        "region-outage" => include_str!("../../assets/scenarios/region-outage.toml"),
        "false-alarm" => include_str!("../../assets/scenarios/false-alarm.toml"),
        "throttled" => include_str!("../../assets/scenarios/throttled.toml"),
        "old-primary-returns" => include_str!("../../assets/scenarios/old-primary-returns.toml"),
        other => panic!("{other}"),
    };
    scenario::parse(name, &format!("{text}\n{more}")).unwrap()
}

/// One console: commands in, events out, and the run as its entries tell it.
pub(crate) struct Desk {
    pub(crate) run: Run,
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) events: mpsc::UnboundedReceiver<Event>,
    pub(crate) engine: tokio::task::JoinHandle<()>,
    pub(crate) kill: watch::Sender<bool>,
    pub(crate) failed: watch::Receiver<bool>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) latched: bool,
}

/// Longer than anything that the engine does by itself.
const LONG: Duration = Duration::from_mins(30);

impl Desk {
    pub(crate) fn say(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Takes an event in.
    pub(crate) fn take(&mut self, event: &Event) {
        match event {
            Event::Entry(entry) => self.run.apply(entry),
            Event::Latched { .. } => self.latched = true,
            _ => {}
        }
    }

    /// The next event for which `wanted` gives something.
    pub(crate) async fn until<R>(&mut self, mut wanted: impl FnMut(&Run, &Event) -> Option<R>) -> R {
        let clock = Arc::clone(&self.clock);
        let found = handover::ports::within(clock.as_ref(), LONG, async {
            while let Some(event) = self.events.recv().await {
                self.take(&event);
                if let Some(found) = wanted(&self.run, &event) {
                    return found;
                }
            }
            panic!("the engine ended")
        });
        found.await.expect("it does not come to be")
    }

    /// Takes in what has been told so far.
    pub(crate) fn catch_up(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            self.take(&event);
            all.push(event);
        }
        all
    }

    /// Lets time go by, taking events in.
    pub(crate) async fn pass(&mut self, seconds: u64) -> Vec<Event> {
        self.clock.sleep(Duration::from_secs(seconds)).await;
        self.catch_up()
    }

    pub(crate) async fn arm(&mut self) {
        self.say(Command::Arm);
        self.until(|run, _| run.armed.is_some().then_some(())).await;
    }

    /// The reason for which a command is refused.
    pub(crate) async fn refused(&mut self, command: Command) -> String {
        self.say(command);
        self.until(|_, event| match event {
            Event::Refused { why } => Some(why.clone()),
            _ => None,
        })
        .await
    }

    /// The plan of a step, with its gates.
    pub(crate) async fn plan(&mut self, id: &str) -> Result<(Arc<Plan>, Vec<GateResult>), Refusal> {
        self.say(Command::Plan(id.to_owned()));
        self.until(|_, event| match event {
            Event::Planned { step, result } if step == id => Some(result.clone()),
            _ => None,
        })
        .await
    }

    /// Confirms a plan as the person would whom its hazard asks for.
    pub(crate) async fn confirm(&mut self, id: &str) -> String {
        let (plan, _) = self.plan(id).await.unwrap();
        self.say(confirm(&plan));
        plan.hash()
    }

    /// Waits until a step is over, and says how.
    pub(crate) async fn ended(&mut self, id: &str) -> handover::domain::run::Ending {
        self.until(|run, _| match run.state(id) {
            handover::domain::run::State::Ended(ending) => Some(ending),
            _ => None,
        })
        .await
    }

    /// Carries out a step that needs no override.
    pub(crate) async fn carry_out(&mut self, id: &str) -> handover::domain::run::Ending {
        self.confirm(id).await;
        self.ended(id).await
    }

    /// Plays the run to its end; `None` if the journal failed on the way.
    pub(crate) async fn play(self) -> Option<handover::domain::journal::RunOutcome> {
        let outcome = autoplay::play(self.run, self.clock, self.commands, self.events, autoplay::Then::Leave).await;
        if outcome.is_some() {
            self.engine.await.unwrap();
        } else {
            self.engine.abort();
        }
        outcome
    }

    /// The process is killed: nothing of it goes on.
    pub(crate) async fn die(self) {
        self.kill.send_replace(true);
        self.engine.abort();
        let _ = self.engine.await;
    }
}

/// The confirmation of a plan by a person.
pub(crate) fn confirm(plan: &Plan) -> Command {
    use handover::domain::consent::How;
    let how = plan.phrase.clone().map_or(How::TwoKeys, |phrase| How::Typed { phrase });
    Command::Confirm { step: plan.step.clone(), plan_hash: plan.hash(), how }
}
