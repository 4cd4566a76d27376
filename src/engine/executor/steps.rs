//! How a step starts and how it ends, whatever it does in between.

use jiff::Timestamp;

use super::Executor;
use super::acts::Purpose;
use crate::domain::gate::GateResult;
use crate::domain::journal::Body;
use crate::domain::reading::Evidence;
use crate::domain::run::{Ending, State};
use crate::domain::runbook::{Action, Hazard, Step};
use crate::domain::timeline::Milestone;
use crate::engine::programs::program_of;

impl Executor {
    pub(super) fn step(&self, id: &str) -> Option<Step> {
        self.run.runbook.step(id).cloned()
    }

    /// The step, if it may be started now; else says why not.
    pub(super) fn startable(&self, id: &str) -> Option<Step> {
        let Some(step) = self.step(id) else {
            self.refuse(format!("there is no step {id:?}"));
            return None;
        };
        if self.applying.contains(id) {
            self.refuse(format!("{id} is being carried out"));
            return None;
        }
        if self.cancels.contains_key(id) && !self.run.state(id).is_running() {
            self.refuse(format!("the cloud is being asked about {id}; cancel that first"));
            return None;
        }
        if self.run.is_ready(id) {
            return Some(step);
        }
        if let Some((by, reason, _)) = &self.run.paused {
            self.refuse(format!("{by} holds the run ({reason}): go on with it first"));
            return None;
        }
        let why = match self.run.state(id) {
            State::Ended(ending) => format!("{id} is over: {}", ending.as_str()),
            state if state.is_running() => format!("{id} is running"),
            State::Unsure(_) => format!("{id} may have been carried out; first say what became of it"),
            _ => format!("{id} waits for {}", self.run.blocked_by(id).join(", ")),
        };
        self.refuse(why);
        None
    }

    /// Whether the gates of a step without a plan pass or are overridden; else says which do not.
    pub(super) fn gates_pass(&self, step: &Step) -> bool {
        let sight = self.sight();
        let gates: Vec<GateResult> = step
            .gates
            .iter()
            .map(|gate| {
                let (verdict, evidence) = sight.look(&gate.predicate);
                GateResult { name: gate.name.clone(), verdict, evidence }
            })
            .collect();
        let closed: Vec<&str> =
            self.run.open_questions(&step.id, &gates).into_iter().map(|gate| gate.name.as_str()).collect();
        if !closed.is_empty() {
            self.refuse(format!("{}: gates do not pass: {}", step.id, closed.join(", ")));
        }
        closed.is_empty()
    }

    /// Starts a step that needs no consent.
    pub(super) async fn start_step(&mut self, id: &str) {
        if let (State::Unsure(_), Some(plan)) = (self.run.state(id), self.run.record(id).plan) {
            return self.look_again(id, &plan);
        }
        let Some(step) = self.startable(id) else { return };
        // Of an act they are looked at with its plan.
        if !matches!(step.action, Action::Act { .. }) && !self.gates_pass(&step) {
            return;
        }
        match &step.action {
            Action::Check { expect } => self.start_check(&step, expect).await,
            Action::Wait { until, hold, timeout } => self.start_wait(&step, until, *hold, *timeout).await,
            Action::Exec(exec) if step.hazard == Hazard::None => {
                if self.record(&self.operator.clone(), Body::Started { step: step.id.clone() }).await {
                    let spec = program_of(&self.service, &self.run, exec, self.dir.as_deref());
                    self.spawn_program(&step.id, spec);
                }
            }
            Action::Act { .. } => {
                self.plan(&step.id, Purpose::Already);
            }
            Action::Exec(_) => self.refuse(format!("{id} can change something: it wants a confirmation")),
            Action::Attest { .. } => self.refuse(format!("{id} is for a person to confirm")),
        }
    }

    /// Records that a step is over, the moment that it marks, and what follows from it.
    pub(super) async fn settle_step(
        &mut self,
        by: &str,
        id: &str,
        ending: Ending,
        says: String,
        evidence: Vec<Evidence>,
    ) {
        self.settle_step_at(by, id, ending, says, evidence, None).await;
    }

    pub(super) async fn settle_step_at(
        &mut self,
        by: &str,
        id: &str,
        ending: Ending,
        says: String,
        evidence: Vec<Evidence>,
        when: Option<Timestamp>,
    ) {
        let Some(step) = self.step(id) else { return };
        let body = Body::Settled { step: id.to_owned(), ending, says, evidence };
        if !self.record(by, body).await {
            return;
        }
        if let Some(milestone) = step.marks.filter(|milestone| marks(ending, *milestone)) {
            let when = when.unwrap_or_else(|| self.now());
            let source = format!("step {id}: {}", ending.as_str());
            self.record(by, Body::Milestone { milestone, when, source }).await;
        }
        self.after_settled(&step, ending);
    }

    pub(super) async fn fail_step(&mut self, by: &str, id: &str, reason: String, evidence: Vec<Evidence>) {
        self.record(by, Body::Failed { step: id.to_owned(), reason, evidence }).await;
    }
}

/// Whether a step that ended so has reached the moment that it marks. What was left out has not, and a risk that was
/// accepted makes nothing so: only of a fence it is the result that counts.
pub(super) fn marks(ending: Ending, milestone: Milestone) -> bool {
    match ending {
        Ending::Skipped | Ending::Impossible => false,
        Ending::RiskAccepted => milestone == Milestone::Fenced,
        _ => true,
    }
}
