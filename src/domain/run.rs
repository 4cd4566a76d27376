//! A run: one execution of a runbook, as the fold of its journal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gate::{GateResult, Verdict};
use super::journal::{Body, Entry, OutcomeOf, RunOutcome};
use super::plan::{Plan, Receipt};
use super::reading::Evidence;
use super::region::Direction;
use super::runbook::{Action, Hazard, Runbook, Step, StepId, Ungraceful};
use super::timeline::{Loss, Milestone, Timeline};
use super::undo::append;
use super::writers::Split;

/// What a run may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The real thing.
    Live,
    /// A rehearsal on what its allow-list names.
    Drill,
    /// The simulated Regions; it can touch nothing.
    Simulation,
}

impl Mode {
    /// The word for a banner, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Drill => "drill",
            Self::Simulation => "simulation",
        }
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The cloud says that it is done.
    Done,
    /// A person said so.
    Attested,
    /// What was to be checked is so.
    Checked,
    /// What was waited for holds.
    Waited,
    /// The program ended well.
    Ran,
    /// It was found done already.
    AlreadyDone,
    /// A person did it by hand.
    ByHand,
    /// It could not be done, and the risk was accepted by name: an unreachable fence, say.
    RiskAccepted,
    /// It was left out, with a reason.
    Skipped,
    /// Nobody can do it now, and the run goes on without it.
    Impossible,
}

impl Ending {
    /// The words for a screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Attested => "attested",
            Self::Checked => "checked",
            Self::Waited => "holds",
            Self::Ran => "ran",
            Self::AlreadyDone => "already done",
            Self::ByHand => "done by hand",
            Self::RiskAccepted => "risk accepted",
            Self::Skipped => "skipped",
            Self::Impossible => "impossible",
        }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Not started.
    #[default]
    Pending,
    /// Its plan has been shown.
    Planned,
    /// A check or a wait is looking.
    Looking,
    /// The intent is recorded; whether the call was made is not.
    InFlight,
    /// The call was accepted; it settles.
    Settling,
    /// Nobody knows; only settling, or a person, can tell.
    Unsure(String),
    /// It failed, and can be tried again.
    Failed(String),
    /// It is over.
    Ended(Ending),
}

impl Ending {
    /// Whether the step was left undone, so that it can still be done.
    pub fn is_undone(self) -> bool {
        matches!(self, Self::RiskAccepted | Self::Skipped | Self::Impossible)
    }
}

impl State {
    /// Whether something is going on that must not be forgotten.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Looking | Self::InFlight | Self::Settling)
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

/// Everything that is known of a step in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepRecord {
    /// Where it stands.
    pub state: State,
    /// How many tries were intended.
    pub tries: u32,
    /// The latest plan.
    pub plan: Option<Plan>,
    /// Its gates when it was shown.
    pub gates: Vec<GateResult>,
    /// The latest receipt.
    pub receipt: Option<Receipt>,
    /// The request ids of every call.
    pub request_ids: Vec<String>,
    /// Gates that were overridden, with the reasons.
    pub overrides: BTreeMap<String, String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When the latest intent was recorded.
    pub intended: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who ended it.
    pub by: String,
    /// The words with which it ended or failed.
    pub says: String,
    /// The evidence by which it ended.
    pub evidence: Vec<Evidence>,
    /// What its program wrote last.
    pub output: Vec<String>,
}

/// A run, as far as its journal tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id; empty until it is opened.
    pub id: String,
    /// The service's name.
    pub service: String,
    /// What it may touch.
    pub mode: Mode,
    /// Which way it goes.
    pub direction: Direction,
    /// The runbook it executes.
    pub runbook: Runbook,
    /// The simulation's scenario.
    pub scenario: Option<String>,
    /// Who leads.
    pub lead: Option<(String, String)>,
    /// Who has armed the console.
    pub armed: Option<String>,
    /// The steps' records.
    pub steps: BTreeMap<StepId, StepRecord>,
    /// The moments of the recovery.
    pub timeline: Timeline,
    /// Who holds the run, why, and since when.
    pub paused: Option<(String, String, Timestamp)>,
    /// Why it no longer waits for the source to take part.
    pub ungraceful: Option<String>,
    /// The databases of which both sides take writes.
    pub splits: Vec<Split>,
    /// What was lost, as far as anybody knows.
    pub loss: Option<Loss>,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// How and when it ended.
    pub closed: Option<(RunOutcome, Timestamp)>,
    /// How many entries were folded in.
    pub entries: u64,
}

impl Run {
    /// A run of which nothing has happened yet.
    pub fn new(service: &str, runbook: Runbook, mode: Mode, direction: Direction) -> Self {
        Self {
            id: String::new(),
            service: service.to_owned(),
            mode,
            direction,
            runbook,
            scenario: None,
            lead: None,
            armed: None,
            steps: BTreeMap::new(),
            timeline: Timeline::default(),
            paused: None,
            ungraceful: None,
            splits: Vec::new(),
            loss: None,
            opened: None,
            closed: None,
            entries: 0,
        }
    }

    /// Folds entries in.
    #[must_use]
    pub fn fold<'a>(mut self, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        for entry in entries {
            self.apply(entry);
        }
        self
    }

    /// Folds one entry in.
    pub fn apply(&mut self, entry: &Entry) {
        self.entries = entry.seq;
        match &entry.body {
            Body::RunOpened { run, service, mode, direction, scenario, .. } => {
                self.id.clone_from(run);
                self.service.clone_from(service);
                self.mode = *mode;
                self.direction = direction.clone();
                self.scenario.clone_from(scenario);
                self.opened = Some(entry.at);
                self.timeline.mark(Milestone::RunStarted, entry.at);
            }
            // Whoever takes a run up arms it anew: a consent never outlives its process.
            Body::Resumed { .. } | Body::Disarmed { .. } => self.armed = None,
            Body::Armed => self.armed = Some(entry.by.clone()),
            Body::LeadChange { lead, host } => {
                self.lead = Some((lead.clone(), host.clone()));
                self.armed = None;
            }
            Body::Milestone { milestone, when, .. } => self.timeline.mark(*milestone, *when),
            Body::DataLoss { loss } => self.loss = Some(loss.clone()),
            Body::SplitBrain { splits } => self.splits.clone_from(splits),
            Body::Paused { reason } => self.paused = Some((entry.by.clone(), reason.clone(), entry.at)),
            Body::Continued => self.paused = None,
            Body::RollBack { step, undo, .. } => append(&mut self.runbook, step, undo),
            Body::Ungraceful { reason } => self.go_on_ungracefully(reason, entry),
            Body::RunClosed { outcome, .. } => {
                self.closed = Some((*outcome, entry.at));
                self.armed = None;
            }
            Body::Reading { .. } | Body::Note { .. } | Body::Left { .. } | Body::RecoveredTail { .. } => {}
            body => {
                if let Some(step) = body.step() {
                    let record = self.steps.entry(step.clone()).or_default();
                    record.apply(entry);
                }
            }
        }
    }

    /// What waits for the source is left out, and what takes it along takes over by force. The gates of the graceful way
    /// are gone with it; the component's own and the safeguards stay.
    fn go_on_ungracefully(&mut self, reason: &str, entry: &Entry) {
        self.ungraceful = Some(reason.to_owned());
        for step in self.runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
            let record = self.steps.entry(step.id.clone()).or_default();
            if record.state.is_ended() {
                continue;
            }
            match (step.ungraceful.take(), &mut step.action) {
                (Some(Ungraceful::Skip), _) => {
                    record.state = State::Ended(Ending::Skipped);
                    record.says = format!("ungraceful: {reason}");
                    record.by.clone_from(&entry.by);
                    record.ended = Some(entry.at);
                }
                (Some(Ungraceful::Act { action, hazard }), Action::Act { action: old, .. }) => {
                    *old = action;
                    step.hazard = hazard;
                    step.gates.clear();
                    record.overrides.clear();
                    record.plan = None;
                }
                _ => {}
            }
        }
    }

    /// A step's record; that of a step that was never touched is empty.
    pub fn record(&self, step: &str) -> StepRecord {
        self.steps.get(step).cloned().unwrap_or_default()
    }

    /// Where a step stands.
    pub fn state(&self, step: &str) -> State {
        self.steps.get(step).map(|record| record.state.clone()).unwrap_or_default()
    }

    /// The steps that a step still waits for.
    pub fn blocked_by(&self, step: &str) -> Vec<StepId> {
        if self.runbook.step(step).is_some_and(|step| step.cleanup)
            && self.has_failed()
            && self.running().next().is_none()
        {
            return Vec::new();
        }
        self.runbook.needs(step).into_iter().filter(|need| !self.state(need).is_ended()).cloned().collect()
    }

    /// Whether a step may be started now, as far as the order of steps goes.
    pub fn is_ready(&self, step: &str) -> bool {
        self.closed.is_none()
            && self.paused.is_none()
            && matches!(self.state(step), State::Pending | State::Planned | State::Failed(_))
            && self.blocked_by(step).is_empty()
    }

    /// Every step that may be started now.
    pub fn ready(&self) -> impl Iterator<Item = &Step> {
        self.runbook.steps().map(|(_, step)| step).filter(|step| self.is_ready(&step.id))
    }

    /// Every step that something is going on in.
    pub fn running(&self) -> impl Iterator<Item = &Step> {
        self.runbook.steps().map(|(_, step)| step).filter(|step| self.state(&step.id).is_running())
    }

    /// How many steps are over, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        self.progress_of(self.runbook.steps().map(|(_, step)| step))
    }

    /// How many of some steps are over, and how many there are.
    pub fn progress_of<'a>(&self, steps: impl Iterator<Item = &'a Step>) -> (usize, usize) {
        steps.fold((0, 0), |(done, all), step| (done + usize::from(self.state(&step.id).is_ended()), all + 1))
    }

    /// Whether a mutation has been intended.
    pub fn has_written(&self) -> bool {
        self.steps.iter().any(|(id, record)| {
            record.tries > 0 && self.runbook.step(id).is_some_and(|step| step.hazard != Hazard::None)
        })
    }

    /// Whether a step has failed and is still to be tried again, or left out.
    pub fn has_failed(&self) -> bool {
        self.steps.values().any(|record| matches!(record.state, State::Failed(_)))
    }

    /// Whether every step is over.
    pub fn is_complete(&self) -> bool {
        let (done, all) = self.progress();
        done == all
    }

    /// The gates of a step that neither pass nor are overridden.
    pub fn open_questions<'a>(&self, step: &str, gates: &'a [GateResult]) -> Vec<&'a GateResult> {
        let overrides = self.steps.get(step).map(|record| &record.overrides);
        gates
            .iter()
            .filter(|gate| gate.verdict != Verdict::Pass)
            .filter(|gate| !overrides.is_some_and(|overrides| overrides.contains_key(&gate.name)))
            .collect()
    }
}

impl StepRecord {
    fn apply(&mut self, entry: &Entry) {
        if let Body::Reopened { .. } = &entry.body {
            self.state = State::Pending;
            self.ended = None;
            self.plan = None;
            self.overrides.clear();
            return;
        }
        if self.state.is_ended() {
            // What is over stays over, whatever comes late: only what was heard is kept.
            match &entry.body {
                Body::Attempt { request_id: Some(id), .. } => self.request_ids.push(id.clone()),
                Body::Output { lines, .. } => self.output.clone_from(lines),
                _ => {}
            }
            return;
        }
        match &entry.body {
            Body::Started { .. } => {
                self.state = State::Looking;
                self.started.get_or_insert(entry.at);
            }
            Body::Plan { plan, gates, .. } => {
                if !self.state.is_ended() && !self.state.is_running() {
                    self.state = State::Planned;
                }
                self.plan = Some((**plan).clone());
                self.gates.clone_from(gates);
            }
            Body::Void { .. } if self.state == State::InFlight => {
                self.state = State::Planned;
            }
            Body::Intent { attempt, .. } => {
                self.state = State::InFlight;
                self.tries = *attempt;
                self.receipt = None;
                self.started.get_or_insert(entry.at);
                self.intended = Some(entry.at);
            }
            Body::Attempt { request_id: Some(id), .. } => self.request_ids.push(id.clone()),
            Body::Outcome { outcome, .. } => match outcome {
                OutcomeOf::Accepted { answer, handle } => {
                    self.state = State::Settling;
                    self.receipt = Some(Receipt {
                        request_id: self.request_ids.last().cloned(),
                        answer: answer.clone(),
                        handle: handle.clone(),
                    });
                }
                OutcomeOf::Refused { message } => {
                    self.state = State::Failed(message.clone());
                    self.says.clone_from(message);
                }
                // Still in flight as far as anybody knows: settling tells.
                OutcomeOf::Unknown { message } => self.state = State::Unsure(message.clone()),
            },
            Body::Settled { ending, says, evidence, .. } => {
                self.state = State::Ended(*ending);
                self.says.clone_from(says);
                self.evidence.clone_from(evidence);
                self.by.clone_from(&entry.by);
                self.started.get_or_insert(entry.at);
                self.ended = Some(entry.at);
            }
            Body::Failed { reason, evidence, .. } => {
                self.state = State::Failed(reason.clone());
                self.says.clone_from(reason);
                self.evidence.clone_from(evidence);
                self.by.clone_from(&entry.by);
            }
            Body::Unsure { reason, .. } => self.state = State::Unsure(reason.clone()),
            Body::Override { gate, reason, .. } => {
                self.overrides.insert(gate.clone(), reason.clone());
            }
            Body::Output { lines, .. } => self.output.clone_from(lines),
            _ => {}
        }
    }
}
