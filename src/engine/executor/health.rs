//! What is seen of the components: taken in, told, and recorded when it changes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Executor, MYSELF};
use crate::domain::command::Event;
use crate::domain::journal::Body;
use crate::domain::reading::{Health, Key, age};
use crate::domain::region::Place;
use crate::domain::timeline::Milestone;
use crate::domain::worst;
use crate::domain::writers::is_watched;
use crate::engine::sampler::Look;

/// What was last seen of a component in one place, and when that was last recorded.
pub(super) struct Shown {
    health: Health,
    says: String,
    at: Timestamp,
    recorded: Option<Timestamp>,
}

/// A component that flaps is recorded at most this often.
const RECORD_EVERY: Duration = Duration::from_secs(30);

/// A look may have been asked for at most so long before one that was answered first.
const OVERTAKEN: Duration = Duration::from_secs(30);

impl Executor {
    /// Takes a look in: the readings, the change of health worth recording, and what waits for it.
    pub(super) async fn seen(&mut self, look: Look) {
        let slot = (look.component.clone(), look.place.clone());
        // An answer that took long does not replace that to a later question. (More than that is a clock that jumped.)
        let ahead = self.shown_health.get(&slot).map_or(Duration::ZERO, |shown| age(look.at, shown.at));
        if ahead > Duration::ZERO && ahead < OVERTAKEN {
            return;
        }
        self.board.record(&look.component, &look.place, look.at, look.fresh_for, &look.result);
        let now = self.now();
        worst::refresh(&mut self.worst, &self.service, &self.board, now);
        if let Some(why) = self.keeper.complaint() {
            self.refuse(format!("what is shown is no longer kept for a replay: {why}; the journal is"));
        }
        let health = look.result.as_ref().map_or(Health::Unknown, |seen| seen.health);
        let says = match &look.result {
            Ok(seen) => format!("{} in {}: {} ({})", look.component, look.place, health.as_str(), seen.summary),
            Err(unread) => format!("{} in {}: unknown ({unread})", look.component, look.place),
        };
        let before = self.shown_health.get(&slot);
        let changed = before.is_none_or(|before| before.health != health);
        let recorded = before.and_then(|before| before.recorded);
        self.shown_health.insert(slot.clone(), Shown { health, says, at: look.at, recorded });
        self.tell(Event::Looked {
            component: look.component,
            place: look.place,
            at: look.at,
            fresh_for: look.fresh_for,
            result: Arc::new(look.result),
        });
        if changed && self.announced {
            self.record_health(&slot).await;
        }
        if self.service.component(&slot.0).is_some_and(|component| component.spec.is_database()) {
            self.watch_writers().await;
        }
        self.review_waits().await;
    }

    /// Whoever arms the console while something is down has taken notice of it: at the latest then. A person can correct it.
    pub(super) async fn acknowledge(&mut self) {
        let timeline = &self.run.timeline;
        if timeline.get(Milestone::FirstAlarm).is_some() && timeline.get(Milestone::Acknowledged).is_none() {
            let (when, source) = (self.now(), format!("{} armed the console", self.operator));
            self.record(MYSELF, Body::Milestone { milestone: Milestone::Acknowledged, when, source }).await;
        }
    }

    /// The split-brain watch: from the fence of the old primary on, who takes writes is asked of every look at a database.
    async fn watch_writers(&mut self) {
        if !self.recorder.is_open() || !is_watched(&self.service, &self.run) {
            return;
        }
        let now = self.now();
        let splits = self.watch.look(&self.service, &self.board, now, &self.run.splits);
        if splits != self.run.splits {
            self.record(MYSELF, Body::SplitBrain { splits }).await;
        }
    }

    /// Records what is seen of a component, if a run is going on and it was not said just before.
    async fn record_health(&mut self, slot: &(String, Place)) {
        let Some(shown) = self.shown_health.get(slot) else { return };
        let now = self.now();
        if self.run.closed.is_some() || shown.recorded.is_some_and(|at| age(at, now) < RECORD_EVERY) {
            return;
        }
        let (health, says, at) = (shown.health, shown.says.clone(), shown.at);
        let key = Key::new(&slot.0, &slot.1, "health");
        let evidence = self.board.get(&key).map(|_| self.board.evidence(&key, now)).into_iter().collect();
        if !self.record(MYSELF, Body::Reading { evidence, says: says.clone() }).await {
            return;
        }
        if let Some(shown) = self.shown_health.get_mut(slot) {
            shown.recorded = Some(now);
        }
        let at_source = slot.1.region() == Some(&self.run.direction.source);
        if health == Health::Down && at_source && self.run.timeline.at(Milestone::FirstAlarm).is_none() {
            self.record(MYSELF, Body::Milestone { milestone: Milestone::FirstAlarm, when: at, source: says }).await;
        }
    }

    /// Once a run is open, records what was found when it began: everything that is not healthy.
    pub(super) async fn announce(&mut self) {
        self.announced = true;
        let mut slots: Vec<(String, Place)> = self
            .shown_health
            .iter()
            .filter(|(_, shown)| shown.health != Health::Healthy)
            .map(|(slot, _)| slot.clone())
            .collect();
        slots.sort();
        for slot in slots {
            self.record_health(&slot).await;
        }
        if self.run.armed.is_some() {
            self.acknowledge().await;
        }
    }
}
