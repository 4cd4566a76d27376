//! A run: one execution of a runbook, as the fold of its journal.

mod record;
mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::disruption::Tally;
use crate::domain::fencing::{FenceWay, turn};
use crate::domain::figures::Span;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::journal::{Body, Entry, RunOutcome};
use crate::domain::notice::Telling;
use crate::domain::people::{Offer, OnCall};
use crate::domain::reading::age;
use crate::domain::region::Direction;
use crate::domain::runbook::{Action, Hazard, Runbook, Step, StepId, Ungraceful};
use crate::domain::timeline::{Loss, Milestone, Moment, Steady, Timeline, elapsed};
use crate::domain::undo::append;
use crate::domain::usual::Usuals;
use crate::domain::writers::Split;

pub use record::StepRecord;
pub use state::{Ending, State};

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
    /// Since when.
    pub led_since: Option<Timestamp>,
    /// To whom the lead was handed; until somebody takes it, nobody has it.
    pub offered: Option<Offer>,
    /// Who is on the incident call.
    pub on_call: Vec<OnCall>,
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
    /// What its users met with, as it was recorded last.
    pub disruption: Vec<Tally>,
    /// How long its steps usually take, by the runs that went before.
    pub usual: Usuals,
    /// When it was opened.
    pub opened: Option<Timestamp>,
    /// How and when it ended.
    pub closed: Option<(RunOutcome, Timestamp)>,
    /// What people have been told of it.
    pub telling: Telling,
    /// How many entries were folded in.
    pub entries: u64,
    /// Which process of it writes, from 0.
    process: u32,
    /// How long a person was waited for, before `idle`.
    waited: Duration,
    /// Since when nothing is under way and a person is waited for.
    idle: Option<(Timestamp, Option<Steady>)>,
}

/// What was entered so long after it happened was not taken by the clock that never jumps.
const LIVE: Duration = Duration::from_secs(2);

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
            led_since: None,
            offered: None,
            on_call: Vec::new(),
            armed: None,
            steps: BTreeMap::new(),
            timeline: Timeline::default(),
            paused: None,
            ungraceful: None,
            splits: Vec::new(),
            loss: None,
            disruption: Vec::new(),
            usual: Usuals::new(),
            opened: None,
            closed: None,
            telling: Telling::default(),
            entries: 0,
            process: 0,
            waited: Duration::ZERO,
            idle: None,
        }
    }

    /// A run of which only the journal is at hand: what is told of its steps, without the runbook's words for them. `None` of a
    /// journal that does not begin with one.
    pub fn from_journal(entries: &[Entry]) -> Option<Self> {
        let Body::RunOpened { service, runbook, mode, direction, .. } = &entries.first()?.body else { return None };
        Some(Self::new(service, Runbook::unknown(runbook), *mode, direction.clone()).fold(entries))
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
        if let Body::Resumed { .. } = &entry.body {
            self.process += 1;
        }
        let now = (entry.at, Some(Steady { process: self.process, ms: entry.mono_ms }));
        if let Some(since) = self.idle.take() {
            self.waited += elapsed(since, now);
        }
        self.take_in(entry, now.1);
        self.telling = std::mem::take(&mut self.telling).apply(self, entry);
        self.idle = self.waits_for_people().then_some(now);
    }

    fn take_in(&mut self, entry: &Entry, steady: Option<Steady>) {
        match &entry.body {
            Body::RunOpened { run, service, mode, direction, scenario, .. } => {
                self.id.clone_from(run);
                self.service.clone_from(service);
                self.mode = *mode;
                self.direction = direction.clone();
                self.scenario.clone_from(scenario);
                self.opened = Some(entry.at);
                self.mark(entry, steady, Milestone::RunStarted, entry.at, "the run was opened");
            }
            // Whoever takes a run up arms it anew: a consent never outlives its process.
            Body::Resumed { .. } | Body::Disarmed { .. } => self.armed = None,
            Body::Armed => self.armed = Some(entry.by.clone()),
            Body::LeadChange { lead, host } => {
                self.lead = Some((lead.clone(), host.clone()));
                self.led_since = Some(entry.at);
                self.offered = None;
                self.armed = None;
            }
            Body::LeadOffered { to, reason } => {
                let (by, to, reason) = (entry.by.clone(), to.clone(), reason.clone());
                self.offered = Some(Offer { by, to, reason, at: entry.at });
                self.armed = None;
            }
            Body::Usual { steps, .. } => self.usual.clone_from(steps),
            Body::OnCall { people } => self.on_call.clone_from(people),
            Body::Milestone { milestone, when, source } => self.mark(entry, steady, *milestone, *when, source),
            Body::DataLoss { loss } => self.loss = Some(loss.clone()),
            Body::SplitBrain { splits } => self.splits.clone_from(splits),
            Body::Paused { reason } => self.paused = Some((entry.by.clone(), reason.clone(), entry.at)),
            Body::Continued => self.paused = None,
            Body::RollBack { step, undo, .. } => append(&mut self.runbook, step, undo),
            Body::NextWay { step, way, .. } => self.fence_by(step, way),
            Body::Ungraceful { reason } => self.go_on_ungracefully(reason, entry),
            Body::RunClosed { outcome, .. } => {
                self.closed = Some((*outcome, entry.at));
                self.offered = None;
                self.armed = None;
            }
            Body::Metered { tallies, .. } => self.disruption.clone_from(tallies),
            Body::Reading { .. }
            | Body::Note { .. }
            | Body::FollowUp { .. }
            | Body::Left { .. }
            | Body::RecoveredTail { .. }
            | Body::ReadingsKept { .. }
            | Body::Told { .. }
            | Body::Untold { .. } => {}
            body => {
                if let Some(step) = body.step() {
                    let record = self.steps.entry(step.clone()).or_default();
                    record.apply(entry);
                }
            }
        }
    }

    fn mark(&mut self, entry: &Entry, steady: Option<Steady>, milestone: Milestone, at: Timestamp, source: &str) {
        let late = age(at, entry.at).max(age(entry.at, at));
        let moment = Moment {
            at,
            steady: steady.filter(|_| late <= LIVE),
            source: source.to_owned(),
            by: entry.by.clone(),
            entry: entry.seq,
            corrects: None,
        };
        self.timeline.mark(milestone, moment);
    }

    /// Whether a database was promoted in it, or was told to be, or traffic was moved.
    pub fn has_handed_over(&self) -> bool {
        let moved = [Milestone::PromoteCalled, Milestone::Promoted, Milestone::TrafficMoved];
        moved.into_iter().any(|moved| self.timeline.get(moved).is_some())
    }

    /// Whether nothing is under way that the run could go on by.
    fn waits_for_people(&self) -> bool {
        let over = self.closed.is_some() || self.timeline.get(Milestone::Sustained).is_some() || self.is_complete();
        self.opened.is_some() && !over && self.running().next().is_none()
    }

    /// How long, until it was recovered from, nothing was under way and a person was waited for.
    pub fn waiting(&self, now: Timestamp) -> Span {
        if self.opened.is_none() {
            return Span::NotMeasured;
        }
        match self.idle {
            Some((since, _)) => Span::SoFar(self.waited + age(since, now)),
            None if self.closed.is_some() || self.timeline.get(Milestone::Sustained).is_some() => {
                Span::Took(self.waited)
            }
            None => Span::SoFar(self.waited),
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

    /// The fence is done by another way: it begins anew.
    fn fence_by(&mut self, id: &str, way: &FenceWay) {
        let mut steps = self.runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps);
        let Some(before) = steps.find(|step| step.id == id).and_then(|step| turn(step, way)) else { return };
        let record = self.steps.entry(id.to_owned()).or_default();
        record.ways.push(before);
        record.state = State::Pending;
        record.plan = None;
        record.overrides.clear();
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
