//! The actor: owns the run, the readings and the journal, and is the only one to change them.
//!
//! - `steps`: how a step starts and ends, whatever it does;
//! - `acts`: a mutation, from plan to intent; `calls`: from there until it settles; `approvals`: the two-person rule;
//! - `programs`: external programs; `looks`: checks and waits; `says`: what a person declares; `ways`: held, taken back,
//!   gone on with ungracefully;
//! - `lead`: the lead is handed over, who is on the call;
//! - `beforehand`: whose account this is, and what a run will need;
//! - `health`: what is seen of the components; `meter`: what their users meet with; `loss`: what was lost;
//!   `telling`: what people are told; `metrics`: what is published; `trail`: the journal leaves the machine;
//! - `revive`: what was going on when the last process ended.

mod acts;
mod approvals;
mod beforehand;
mod calls;
mod health;
mod lead;
mod looks;
mod loss;
mod meter;
mod metrics;
mod programs;
mod revive;
mod says;
mod setup;
mod steps;
mod telling;
mod trail;
mod ways;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::acts::Purpose;
use self::health::Shown;
use self::meter::Metering;
pub use self::setup::Setup;
use super::keeper::Keeper;
use super::meter::Asked;
use super::outbox::Outbox;
use super::preflight::Preflights;
use super::publish::Publisher;
use super::recorder::Recorder;
use super::sampler::{Look, Sampler};
use super::trail::Shipping;
use crate::domain::account::Account;
use crate::domain::approval::Approval;
use crate::domain::board::Board;
use crate::domain::command::{Command, Event};
use crate::domain::consent::Authorised;
use crate::domain::gate::{GateResult, Predicate, Sight};
use crate::domain::journal::{Body, Sealed};
use crate::domain::metrics::{Recent, Record};
use crate::domain::plan::{PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::preflight::Preflight;
use crate::domain::region::Place;
use crate::domain::run::Run;
use crate::domain::runbook::{Action, Step, StepId};
use crate::domain::safeguard::Takeover;
use crate::domain::service::Service;
use crate::domain::worst::Worst;
use crate::domain::writers::Watch;
use crate::ports::{Approvals, Exit, OutputLine, World};

/// Runs an engine until it is told to leave: commands come out of `inbox`, and what it tells goes into `events`.
pub async fn run(setup: Setup, inbox: mpsc::UnboundedReceiver<Command>, events: mpsc::UnboundedSender<Event>) {
    Executor::new(setup, events).run(inbox).await;
}

/// What has to hold for longer than this is watched at the pace of rest.
const LONG: Duration = Duration::from_mins(5);

/// By whom the program records what it found by itself.
const MYSELF: &str = "handover";

/// What a step waits for.
struct Waiting {
    until: Vec<Predicate>,
    hold: Duration,
    deadline: Timestamp,
    held_since: Option<Timestamp>,
    said: Option<Timestamp>,
}

/// What the tasks beside the actor report.
enum Found {
    Planned { step: StepId, purpose: Purpose, result: Result<Plan, Refusal>, looks: Vec<Look>, approved: Vec<Approval> },
    Performed { authorised: Authorised, request: u32, took: Duration, result: Result<Receipt, PerformError> },
    SendAgain { authorised: Authorised, request: u32 },
    Settling { step: StepId, text: String, next: Timestamp },
    Settlement { step: StepId, settlement: Settlement },
    Checked { step: StepId, looks: Vec<Look> },
    Line { step: StepId, line: OutputLine },
    ProgramEnded { step: StepId, exit: Exit, took: Duration },
    Marks { source: Option<i64>, target: Option<i64>, after: StepId },
    Looked(Vec<Look>),
}

struct Executor {
    world: World,
    service: Arc<Service>,
    run: Run,
    board: Board,
    recorder: Recorder,
    keeper: Keeper,
    events: mpsc::UnboundedSender<Event>,
    found: mpsc::UnboundedSender<Found>,
    found_in: Option<mpsc::UnboundedReceiver<Found>>,
    looks_in: Option<mpsc::UnboundedReceiver<Look>>,
    asked: mpsc::UnboundedSender<Asked>,
    asked_in: Option<mpsc::UnboundedReceiver<Asked>>,
    metering: Option<Metering>,
    /// What the meter has counted lately.
    recent: Recent,
    publisher: Option<Publisher>,
    record_of_runs: Option<Record>,
    sampler: Sampler,
    operator: String,
    dir: Option<String>,
    last: Option<Takeover>,
    approvals: Option<Arc<dyn Approvals>>,
    /// The approvals that were there when a plan was made last.
    approved: Vec<Approval>,
    preflights: Option<Preflights>,
    /// Whose account the credentials are for, as soon as AWS has said so.
    account: Option<Arc<Account>>,
    /// The last preflight that is not in the journal.
    preflight: Option<Arc<Preflight>>,
    /// What tells people, where anything does.
    outbox: Option<Outbox>,
    /// Brings the journal to other places, from its first entry on.
    shipping: Option<Shipping>,
    watch: Watch,
    worst: Worst,
    /// Steps whose consent is being carried out: a second confirmation finds them here.
    applying: HashSet<StepId>,
    waits: HashMap<StepId, Waiting>,
    cancels: HashMap<StepId, watch::Sender<bool>>,
    output: HashMap<StepId, Vec<String>>,
    by_hand: HashMap<StepId, String>,
    /// The gates of each step as its latest plan had them.
    seen_gates: HashMap<StepId, Vec<GateResult>>,
    shown_health: HashMap<(String, Place), Shown>,
    announced: bool,
    source_mark: Option<i64>,
    /// How long ago the last commit was made that the replica had when its promotion was intended.
    unreplayed: Option<Duration>,
    tasks: JoinSet<()>,
    resumed: bool,
    ended: bool,
}

impl Executor {
    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let (Some(mut found), Some(mut looks), Some(mut asked)) =
            (self.found_in.take(), self.looks_in.take(), self.asked_in.take())
        else {
            return;
        };
        if self.resumed {
            self.revive().await;
        }
        while !self.ended {
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    // The console is gone without a word: what runs is left, and said to be.
                    None => self.obey(Command::Leave).await,
                },
                Some(found) = found.recv() => self.take(found).await,
                Some(look) = looks.recv() => self.seen(look).await,
                Some(asked) = asked.recv() => self.probed(asked).await,
                body = Outbox::next(self.outbox.as_mut()) => self.told(body).await,
                known = Preflights::next(self.preflights.as_mut()) => self.learn(known).await,
                told = Shipping::next(self.shipping.as_mut()) => self.shipped(told).await,
                word = Publisher::next(self.publisher.as_mut()) => self.published(word),
                Some(_) = self.tasks.join_next() => {}
            }
            if !self.announced && self.recorder.is_open() {
                self.announce().await;
                self.record_preflight().await;
            }
            self.keep_meter();
            self.keep_publishing();
            self.sampler.set_brisk(self.is_brisk());
        }
        self.sampler.stop();
        self.tasks.abort_all();
        self.last_words().await;
        self.keeper.flush().await;
        let events = self.events.clone();
        // Whoever hears that it has ended may take the run up: the hold on it ends first.
        drop(self);
        let _ = events.send(Event::Ended);
    }

    /// Whether it is worth looking often: while somebody acts or may, but not for the hour for which a service is only
    /// to stay well; others need the rate limits, too.
    fn is_brisk(&self) -> bool {
        let quiet = |step: &Step| matches!(&step.action, Action::Wait { hold, .. } if self.holds_for(*hold) >= LONG);
        let mut running = self.run.running().peekable();
        if running.peek().is_none() { self.run.armed.is_some() } else { !running.all(quiet) }
    }

    fn tell(&self, event: Event) {
        self.keeper.told(self.now(), self.run.entries, &event);
        // Nobody listens any more when the console is closing.
        let _ = self.events.send(event);
    }

    fn refuse(&self, why: impl Into<String>) {
        self.tell(Event::Refused { why: why.into() });
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn sight(&self) -> Sight<'_> {
        Sight { board: &self.board, direction: &self.run.direction, home: &self.service.regions, now: self.now() }
    }

    /// Records an entry; `false` if it could not be, and then nothing that it was to precede may be done.
    async fn record(&mut self, by: &str, body: Body) -> bool {
        match self.recorder.record(by, body).await {
            Ok(entries) => {
                if let (Some((store, redactor)), Some(first)) = (self.recorder.take_readings(), entries.first()) {
                    let (now, worst) = (self.now(), self.worst.clone());
                    self.keeper.begin(store, redactor, now, first.entry.seq.saturating_sub(1), worst);
                }
                for sealed in entries {
                    self.took_in(sealed);
                }
                true
            }
            Err(error) => {
                tracing::error!(%error, "latched");
                self.tell(Event::Latched { why: error.0 });
                false
            }
        }
    }

    fn took_in(&mut self, sealed: Sealed) {
        let told = self.run.telling.notices().len();
        self.run.apply(&sealed.entry);
        self.tell_people(told);
        self.ship(&sealed);
        self.tell(Event::Entry(Arc::new(sealed.entry)));
    }

    async fn obey(&mut self, command: Command) {
        tracing::debug!(?command, "command");
        let harmless = matches!(command, Command::Leave | Command::Refresh | Command::Preflight | Command::Selected(_));
        if let (Some(why), false) = (self.recorder.latched(), harmless) {
            let why = format!("read-only: the journal cannot be written ({why})");
            return self.refuse(why);
        }
        if self.run.closed.is_some() && !harmless && !matches!(command, Command::Note(_)) {
            return self.refuse("the run is closed");
        }
        let operator = self.operator.clone();
        match command {
            Command::Arm => {
                if let Some(why) = self.wrong_account() {
                    self.refuse(format!("not armed: {why}; leave, and take the other profile"));
                } else if self.run.armed.is_none() {
                    self.record(&operator, Body::Armed).await;
                    self.acknowledge().await;
                }
            }
            Command::Disarm => {
                if self.run.armed.is_some() {
                    self.record(&operator, Body::Disarmed { reason: "by the operator".to_owned() }).await;
                }
            }
            Command::Selected(step) => self.tell(Event::Selected(step)),
            Command::Play(_) => self.refuse("this is no replay"),
            Command::Plan(step) => {
                self.tell(Event::Asked(step.clone()));
                self.plan(&step, Purpose::Show);
            }
            Command::Confirm { step, plan_hash, how } => self.confirm(&step, plan_hash, how),
            Command::Start(step) => self.start_step(&step).await,
            Command::Attest { step, note, when } => self.attest(&step, &note, when).await,
            Command::Override { step, gate, reason } => self.override_gate(&step, &gate, &reason).await,
            Command::Skip { step, reason } => self.skip(&step, &reason).await,
            Command::AcceptRisk { step, reason } => self.accept_risk(&step, &reason).await,
            Command::ByHand { step, reason } => self.did_by_hand(&step, reason).await,
            Command::NotDone { step, reason } => self.not_done(&step, &reason).await,
            Command::Impossible { step, reason } => self.impossible(&step, &reason).await,
            Command::NextWay { step, reason } => self.next_way(&step, &reason).await,
            Command::Reopen { step, reason } => self.reopen(&step, &reason).await,
            Command::RollBack { step, reason } => self.roll_back(&step, &reason).await,
            Command::Pause { reason } => self.pause(&reason).await,
            Command::Continue => self.go_on().await,
            Command::Ungraceful { reason } => self.ungraceful(&reason).await,
            Command::Cancel(step) => self.cancel(&step).await,
            Command::Refresh => {
                let look = self.sampler.look_now(&self.sampler.everything());
                let found = self.found.clone();
                self.tasks.spawn(async move {
                    let _ = found.send(Found::Looked(look.await));
                });
            }
            Command::Preflight => match &self.preflights {
                Some(preflights) => preflights.ask(),
                None => self.refuse("nothing is asked beforehand here"),
            },
            Command::Note(text) => {
                self.record(&operator, Body::Note { text }).await;
            }
            Command::OnCall(people) => self.on_call(people).await,
            Command::HandOver { to, reason } => self.hand_over(&to, &reason).await,
            Command::Mark { milestone, when, source } => {
                self.record(&operator, Body::Milestone { milestone, when, source }).await;
            }
            Command::Close { outcome, says } => self.close(outcome, says).await,
            Command::Leave => self.leave().await,
        }
    }

    async fn take(&mut self, found: Found) {
        match found {
            Found::Planned { step, purpose, result, looks, approved } => {
                self.approved = approved;
                for look in looks {
                    self.seen(look).await;
                }
                self.planned(step, purpose, result).await;
            }
            Found::Performed { authorised, request, took, result } => {
                self.performed(authorised, request, took, result).await;
            }
            Found::SendAgain { authorised, request } => self.send_again(authorised, request).await,
            Found::Settling { step, text, next } => {
                self.tell(Event::Progress { step, text, next: Some(next) });
            }
            Found::Settlement { step, settlement } => self.settlement(&step, settlement).await,
            Found::Checked { step, looks } => {
                for look in looks {
                    self.seen(look).await;
                }
                self.checked(&step).await;
            }
            Found::Line { step, line } => self.line(step, line),
            Found::ProgramEnded { step, exit, took } => self.program_ended(&step, exit, took).await,
            Found::Marks { source, target, after } => self.marks(source, target, &after).await,
            Found::Looked(looks) => {
                for look in looks {
                    self.seen(look).await;
                }
            }
        }
    }

    async fn close(&mut self, outcome: crate::domain::journal::RunOutcome, says: String) {
        use crate::domain::journal::RunOutcome;
        if let Some(running) = self.run.running().next() {
            return self.refuse(format!("{} is still running", running.id));
        }
        match outcome {
            RunOutcome::Verified if !self.run.is_complete() => {
                return self.refuse("not every step is over: finish or skip them, or abandon the run");
            }
            RunOutcome::StoodDown if self.run.has_written() => {
                return self.refuse("a write was made: the run can be verified or abandoned, not stood down");
            }
            _ => {}
        }
        self.record_metered().await;
        let operator = self.operator.clone();
        if let Some(trainer) = self.world.trainer.clone() {
            let (truth, surprise) = trainer.debrief();
            self.record(MYSELF, Body::Debriefed { truth, surprise: surprise.map(Box::new) }).await;
        }
        if let Some(kept) = self.keeper.end().await {
            self.record(MYSELF, kept).await;
        }
        self.record(&operator, Body::RunClosed { outcome, says }).await;
        if let Some(publisher) = &self.publisher {
            publisher.hurry();
        }
    }

    async fn leave(&mut self) {
        if self.run.closed.is_none() {
            self.record_metered().await;
        }
        let running: Vec<StepId> = self.run.running().map(|step| step.id.clone()).collect();
        if !running.is_empty() && self.recorder.latched().is_none() {
            let operator = self.operator.clone();
            self.record(&operator, Body::Left { running }).await;
        }
        self.leave_the_trail().await;
        self.keeper.flush().await;
        self.ended = true;
    }
}
