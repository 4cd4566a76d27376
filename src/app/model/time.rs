//! What a second that passes does, and how old things are said to be.

use std::time::Duration;

use jiff::Timestamp;

use super::{Due, Model};
use crate::app::screen::Screen;
use crate::domain::duration;
use crate::domain::reading::age;
use crate::domain::run::State;

/// After how many seconds ages move on, all of them together.
pub const BEAT: i64 = 5;

impl Model {
    /// A second has passed.
    pub fn tick(&mut self, now: Timestamp) {
        let before = std::mem::replace(&mut self.now, now);
        self.refresh_worst();
        let news = std::mem::take(&mut self.news);
        if news || !self.stands_still() || beat(before) != beat(now) || self.board.flips(before, now) {
            self.due = Due::Everything;
        }
        // The hint of a begun chord stands over it.
        if let Some(toast) = self.toast.as_mut().filter(|_| self.pending.is_none()) {
            toast.left = toast.left.saturating_sub(1);
            if toast.left == 0 {
                self.toast = None;
                self.due = Due::Everything;
            }
        }
    }

    /// Whether nothing below the banner goes by the second: no step is under way, and nobody is answering something.
    fn stands_still(&self) -> bool {
        let overlaid = !self.modals.is_empty() || self.pending.is_some() || !self.presenter.pressed.is_empty();
        let counts = self.screens.shown == Screen::Timeline && self.run.closed.is_none();
        let clocked = |state: &State| state.is_running() || matches!(state, State::Unsure(_));
        let steps = self.run.steps.values().any(|record| clocked(&record.state));
        let moves = counts || steps || self.screens.wall || self.replay.is_some();
        !overlaid && !moves
    }

    /// A second has passed at the keyboard: a begun chord does not wait for ever.
    pub(in crate::app) fn lose_patience(&mut self) {
        if let Some(pending) = &mut self.pending {
            pending.left = pending.left.saturating_sub(1);
            if pending.left == 0 {
                self.pending = None;
            }
        }
    }

    /// How long ago something was, by the run's clock.
    pub fn since(&self, at: Timestamp) -> Duration {
        age(at, self.now)
    }

    /// How old something is, in a word for a column of ages: they move on together, every [`BEAT`] seconds, and stand still in
    /// between. A screen on which twenty figures tick says nothing with it, and hides the one that has changed. No age is further
    /// from the truth than a beat; whether something is stale is not judged by it.
    pub fn age(&self, at: Timestamp) -> String {
        let beats = u64::try_from(beat(self.now) - beat(at)).unwrap_or(0);
        duration::age(Duration::from_secs(beats * BEAT.unsigned_abs()))
    }

    /// The same in a sentence: `now`, `15s ago`.
    pub fn ago(&self, at: Timestamp) -> String {
        match self.age(at) {
            now if now == "now" => now,
            age => format!("{age} ago"),
        }
    }

    /// A round time within which something was: it is no older.
    pub fn at_most(&self, at: Timestamp) -> String {
        let beats = u64::try_from(beat(self.now) - beat(at)).unwrap_or(0) + 1;
        let seconds = beats * BEAT.unsigned_abs();
        let round = [15, 30, 60, 120, 300, 900, 3600].into_iter().find(|round| seconds <= *round).unwrap_or(seconds);
        duration::format(Duration::from_secs(round))
    }

    /// Up to when a chart of the present reaches: to the end of the beat, so that it moves on with the ages. What it shows has to
    /// reach as much further.
    pub fn charted(&self) -> Timestamp {
        Timestamp::from_second((beat(self.now) + 1) * BEAT).unwrap_or(self.now)
    }
}

/// The number of a moment's beat.
fn beat(at: Timestamp) -> i64 {
    at.as_second().div_euclid(BEAT)
}
