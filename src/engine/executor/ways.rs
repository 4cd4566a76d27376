//! The ways out of a run that does not go as planned: held, taken back, gone on with ungracefully.

use super::Executor;
use crate::domain::fencing::next;
use crate::domain::journal::Body;
use crate::domain::run::{Ending, State};
use crate::domain::safeguard::is_done;
use crate::domain::undo::undo;

impl Executor {
    pub(super) async fn impossible(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "say that it is impossible") || !self.can_be_ended(id) {
            return;
        }
        if let State::Unsure(_) = self.run.state(id) {
            return self.refuse(format!("{id} may have been carried out: say whether it was"));
        }
        let by = self.operator.clone();
        self.settle_step(&by, id, Ending::Impossible, reason.trim().to_owned(), Vec::new()).await;
    }

    /// Does the fence by the service's next way, once nobody asks about this one any more.
    pub(super) async fn next_way(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "fence by another way") {
            return;
        }
        let Some(step) = self.step(id) else { return self.refuse(format!("there is no step {id:?}")) };
        let state = self.run.state(id);
        // Where nobody knows what became of this way, the next does no harm beside it.
        if state.is_ended() || state.is_running() || self.applying.contains(id) || self.cancels.contains_key(id) {
            return self.refuse(format!("{id} is over or under way: stop following it, or open it again, first"));
        }
        let Some(way) = next(&self.service, &self.run, &step).cloned() else {
            return self.refuse(format!("the service file has no other way to do {id}"));
        };
        let by = self.operator.clone();
        let reason = reason.trim().to_owned();
        self.record(&by, Body::NextWay { step: id.to_owned(), way, reason }).await;
    }

    /// Opens a step again that was left undone: the fence of a primary that has come back, say.
    pub(super) async fn reopen(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "open a step again") {
            return;
        }
        if !matches!(self.run.state(id), State::Ended(ending) if ending.is_undone()) {
            return self.refuse(format!("{id} was not left undone"));
        }
        let by = self.operator.clone();
        self.record(&by, Body::Reopened { step: id.to_owned(), reason: reason.trim().to_owned() }).await;
    }

    /// Adds the step that takes another one back; it is planned and confirmed like any.
    pub(super) async fn roll_back(&mut self, id: &str, reason: &str) {
        if !self.allowed(reason, "take a step back") {
            return;
        }
        let Some(step) = self.step(id) else { return self.refuse(format!("there is no step {id:?}")) };
        if !matches!(self.run.state(id), State::Ended(ending) if is_done(ending)) {
            return self.refuse(format!("{id} is not done: there is nothing to take back"));
        }
        let pending = self.run.runbook.steps().map(|(_, step)| step).find(|other| {
            other.after.iter().any(|after| after == id)
                && other.id.starts_with("undo-")
                && !self.run.state(&other.id).is_ended()
        });
        if let Some(pending) = pending {
            return self.refuse(format!("{} takes it back already", pending.id));
        }
        let Some(undo) = undo(&self.service, &self.run.runbook, &step) else {
            return self.refuse(format!("nothing takes {id} back: its runbook or a person has to"));
        };
        let by = self.operator.clone();
        let reason = reason.trim().to_owned();
        self.record(&by, Body::RollBack { step: id.to_owned(), undo, reason }).await;
    }

    pub(super) async fn pause(&mut self, reason: &str) {
        if reason.trim().is_empty() {
            return self.refuse("a reason is needed to hold the run");
        }
        if let Some((by, ..)) = &self.run.paused {
            return self.refuse(format!("{by} holds the run already"));
        }
        let by = self.operator.clone();
        self.record(&by, Body::Paused { reason: reason.trim().to_owned() }).await;
    }

    pub(super) async fn go_on(&mut self) {
        if self.run.paused.is_none() {
            return self.refuse("nobody holds the run");
        }
        let by = self.operator.clone();
        self.record(&by, Body::Continued).await;
    }

    /// Goes on without the source. What is under way is first to be known: it may be what is done otherwise from here on.
    pub(super) async fn ungraceful(&mut self, reason: &str) {
        if !self.allowed(reason, "go on ungracefully") {
            return;
        }
        let open: Vec<_> = self
            .run
            .runbook
            .steps()
            .map(|(_, step)| step)
            .filter(|step| step.ungraceful.is_some() && !self.run.state(&step.id).is_ended())
            .collect();
        if open.is_empty() {
            return self.refuse("no step that is still open is done otherwise: there is nothing to change");
        }
        let unclear = open.iter().find(|step| {
            let state = self.run.state(&step.id);
            state.is_running() || matches!(state, State::Unsure(_)) || self.applying.contains(&step.id)
        });
        if let Some(step) = unclear {
            return self.refuse(format!("{} is under way: cancel it, or say what became of it, first", step.id));
        }
        let by = self.operator.clone();
        self.record(&by, Body::Ungraceful { reason: reason.trim().to_owned() }).await;
    }
}
