//! What a person declares: attested, overridden, skipped, accepted, done by hand, not done, cancelled.

use jiff::Timestamp;

use super::acts::Purpose;
use super::{Executor, MYSELF};
use crate::domain::gate::Verdict;
use crate::domain::journal::Body;
use crate::domain::run::{Ending, State};
use crate::domain::runbook::Action;

impl Executor {
    pub(super) async fn attest(&mut self, id: &str, note: &str, when: Option<Timestamp>) {
        let Some(step) = self.startable(id) else { return };
        let Action::Attest { statement } = &step.action else {
            return self.refuse(format!("{id} is not for a person to attest"));
        };
        if !self.gates_pass(&step) {
            return;
        }
        if when.is_some_and(|when| when > self.now()) {
            return self.refuse("that moment lies in the future");
        }
        let says = if note.is_empty() { statement.clone() } else { format!("{statement} — {note}") };
        let by = self.operator.clone();
        self.settle_step_at(&by, id, Ending::Attested, says, Vec::new(), when).await;
    }

    /// Refuses what needs an armed console or a reason.
    pub(super) fn allowed(&self, reason: &str, what: &str) -> bool {
        if self.run.armed.as_deref() != Some(self.operator.as_str()) {
            self.refuse(format!("the console is read-only: arm it first to {what}"));
            return false;
        }
        if reason.trim().is_empty() {
            self.refuse(format!("a reason is needed to {what}"));
            return false;
        }
        true
    }

    pub(super) async fn override_gate(&mut self, id: &str, gate: &str, reason: &str) {
        if !self.allowed(reason, "override a gate") {
            return;
        }
        let Some(step) = self.startable(id) else { return };
        let sight = self.sight();
        let known = step.gates.iter().find(|g| g.name == gate).map(|g| sight.look(&g.predicate));
        // The component's own gates are looked at when a plan is made.
        let seen = || self.seen_gates.get(id)?.iter().find(|g| g.name == gate).map(|g| (g.verdict, g.evidence.clone()));
        let Some((verdict, evidence)) = known.or_else(seen) else {
            return self.refuse(format!("{id} has no gate {gate:?}, or its plan has not been looked at yet"));
        };
        if verdict == Verdict::Pass {
            return self.refuse(format!("the gate {gate:?} passes: there is nothing to override"));
        }
        let by = self.operator.clone();
        let body =
            Body::Override { step: step.id.clone(), gate: gate.to_owned(), reason: reason.trim().to_owned(), evidence };
        if self.record(&by, body).await && matches!(step.action, Action::Act { .. } | Action::Exec(_)) {
            self.plan(&step.id, Purpose::Show);
        }
    }

    /// Whether a step can be ended by a person's word: it is not running, not over, and its turn has come.
    pub(super) fn can_be_ended(&self, id: &str) -> bool {
        match self.run.state(id) {
            State::Unsure(_) => true,
            _ => self.startable(id).is_some(),
        }
    }

    pub(super) async fn skip(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "skip a step") || !self.can_be_ended(id) {
            return;
        }
        if let State::Unsure(_) = self.run.state(id) {
            return self.refuse(format!("{id} may have been carried out: say whether it was, rather than skip it"));
        }
        let by = self.operator.clone();
        self.settle_step(&by, id, Ending::Skipped, reason.trim().to_owned(), Vec::new()).await;
    }

    pub(super) async fn accept_risk(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "accept a risk") || !self.can_be_ended(id) {
            return;
        }
        if self.run.record(id).tries == 0 && !matches!(self.run.state(id), State::Failed(_)) {
            return self.refuse(format!("{id} has not been tried: try it before its risk is accepted"));
        }
        let by = self.operator.clone();
        let says = format!("{} — {}", reason.trim(), self.run.record(id).says);
        self.settle_step(&by, id, Ending::RiskAccepted, says, Vec::new()).await;
    }

    pub(super) async fn did_by_hand(&mut self, id: &str, reason: String) {
        if !self.allowed(&reason, "say that it was done by hand") || !self.can_be_ended(id) {
            return;
        }
        let Some(step) = self.step(id) else { return };
        if let Action::Act { .. } = step.action {
            // The cloud can be asked whether it shows.
            self.plan(id, Purpose::ByHand(reason));
        } else {
            let by = self.operator.clone();
            self.settle_step(&by, id, Ending::ByHand, reason, Vec::new()).await;
        }
    }

    pub(super) async fn not_done(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "say that it was not done") {
            return;
        }
        if !matches!(self.run.state(id), State::Unsure(_)) {
            return self.refuse(format!("there is no doubt about {id}"));
        }
        if self.cancels.contains_key(id) {
            return self.refuse(format!("the cloud is still being asked about {id}; cancel that first"));
        }
        let by = self.operator.clone();
        self.fail_step(&by, id, format!("it was not carried out: {}", reason.trim()), Vec::new()).await;
    }

    pub(super) async fn cancel(&mut self, id: &str) {
        if self.waits.remove(id).is_some() {
            let by = self.operator.clone();
            return self.fail_step(&by, id, "cancelled by the operator".to_owned(), Vec::new()).await;
        }
        let Some(cancel) = self.cancels.remove(id) else {
            return self.refuse(format!("there is nothing to cancel in {id}"));
        };
        self.by_hand.remove(id);
        // A program is ended; what was asked of the cloud goes on, and is only no longer followed.
        let _ = cancel.send(true);
        if self.run.state(id) == State::Settling || matches!(self.run.state(id), State::Unsure(_)) {
            let reason = "no longer followed; the cloud may still carry it out".to_owned();
            self.record(MYSELF, Body::Unsure { step: id.to_owned(), reason }).await;
        }
    }
}
