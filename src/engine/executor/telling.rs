//! Telling people: what the outbox says is recorded, and what is still on its way is given a moment when the console is left.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, MYSELF};
use crate::domain::journal::Body;
use crate::engine::outbox::Outbox;
use crate::ports::within;

/// How long what is on its way gets when the console is left.
const LEAVING: Duration = Duration::from_secs(2);

impl Executor {
    /// Gives what the last entry tells to the channels.
    pub(super) fn tell_people(&mut self, already: usize) {
        let Some(outbox) = &mut self.outbox else { return };
        for notice in self.run.telling.notices().iter().skip(already) {
            outbox.push(notice);
        }
    }

    /// Records what a channel took, or did not take. With a journal that is lost it is told all the same, and not recorded.
    pub(super) async fn told(&mut self, body: Body) {
        if self.recorder.latched().is_none() {
            self.record(MYSELF, body).await;
        }
    }

    /// Waits a little for what is on its way. What is not told then is owed, and told when the run is taken up or by
    /// `handover notify send`.
    pub(super) async fn last_words(&mut self) {
        let clock = Arc::clone(&self.world.clock);
        let until = clock.mono() + LEAVING;
        while self.outbox.as_ref().is_some_and(|outbox| outbox.pending() > 0) {
            let left = until.saturating_sub(clock.mono());
            let Some(body) = within(clock.as_ref(), left, Outbox::next(self.outbox.as_mut())).await else { break };
            self.told(body).await;
        }
    }
}
