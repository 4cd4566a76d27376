//! Checks and waits: readings compared with what they should be.

use std::time::Duration;

use super::{Executor, Found, LONG, MYSELF, Waiting};
use crate::domain::command::Event;
use crate::domain::duration;
use crate::domain::gate::{Predicate, Verdict};
use crate::domain::journal::Body;
use crate::domain::reading::{Evidence, age};
use crate::domain::region::Place;
use crate::domain::run::{Ending, Mode, State};
use crate::domain::runbook::{Action, Step, Way};

/// How long a simulation waits for what has to hold for long: it is gone through in one sitting. What has to hold for less than
/// [`LONG`] has a reason to take as long as it takes, such as a reading that comes every few minutes.
const SIMULATED_HOLD: Duration = Duration::from_mins(1);

impl Executor {
    /// Where the readings of some predicates come from, each place once.
    pub(super) fn places_of<'a>(&self, predicates: impl Iterator<Item = &'a Predicate>) -> Vec<(String, Place)> {
        let mut places: Vec<(String, Place)> = predicates
            .map(|predicate| {
                let place = predicate.reading.side.place(&self.run.direction, &self.service.regions);
                (predicate.reading.component.clone(), place)
            })
            .collect();
        places.sort();
        places.dedup();
        places
    }

    pub(super) async fn start_check(&mut self, step: &Step, expect: &[Predicate]) {
        let by = self.operator.clone();
        if !self.record(&by, Body::Started { step: step.id.clone() }).await {
            return;
        }
        self.look_for_check(&step.id, expect);
    }

    /// Reads everything that a check compares, now.
    pub(super) fn look_for_check(&mut self, id: &str, expect: &[Predicate]) {
        let looks = self.sampler.look_now(&self.places_of(expect.iter()));
        let (found, step) = (self.found.clone(), id.to_owned());
        self.tell(Event::Progress { step: step.clone(), text: "reading".to_owned(), next: None });
        self.tasks.spawn(async move {
            let _ = found.send(Found::Checked { step, looks: looks.await });
        });
    }

    fn weigh(&self, predicates: &[Predicate]) -> (Vec<Evidence>, Vec<String>) {
        let sight = self.sight();
        let mut against = Vec::new();
        let mut evidence = Vec::new();
        for predicate in predicates {
            let (verdict, seen) = sight.look(predicate);
            let wanted = sight.fill(&predicate.to_string());
            match verdict {
                Verdict::Pass => {}
                Verdict::Fail => against.push(format!("{wanted}: it is {}", seen.value)),
                Verdict::Unknown => against.push(format!("{wanted}: {}", seen.freshness.as_str())),
            }
            evidence.push(seen);
        }
        (evidence, against)
    }

    pub(super) async fn checked(&mut self, id: &str) {
        use crate::domain::runbook::Action;
        if self.run.state(id) != State::Looking {
            return;
        }
        let Some(step) = self.step(id) else { return };
        let Action::Check { expect } = &step.action else { return };
        let (evidence, against) = self.weigh(expect);
        let by = self.operator.clone();
        if against.is_empty() {
            let says = evidence.iter().map(|e| format!("{} {}", e.reading, e.value)).collect::<Vec<_>>().join(", ");
            self.settle_step(&by, id, Ending::Checked, says, evidence).await;
        } else {
            self.fail_step(MYSELF, id, against.join("; "), evidence).await;
        }
    }

    pub(super) async fn start_wait(&mut self, step: &Step, until: &[Predicate], hold: Duration, timeout: Duration) {
        let by = self.operator.clone();
        if !self.record(&by, Body::Started { step: step.id.clone() }).await {
            return;
        }
        self.wait_for(&step.id, until, hold, timeout).await;
    }

    /// How long something has to hold: in a simulated failover or drill no longer than can be sat through. On the way home what is
    /// told late, such as what waits to be replicated, comes while it is watched.
    pub(super) fn holds_for(&self, hold: Duration) -> Duration {
        let sat_through =
            self.run.mode == Mode::Simulation && matches!(self.run.runbook.way, Way::Failover | Way::Drill);
        if sat_through && hold >= LONG { SIMULATED_HOLD } else { hold }
    }

    /// Starts, or takes up again, waiting for something.
    pub(super) async fn wait_for(&mut self, id: &str, until: &[Predicate], hold: Duration, timeout: Duration) {
        let deadline = self.now() + timeout;
        let hold = self.holds_for(hold);
        let waiting = Waiting { until: until.to_vec(), hold, deadline, held_since: None, said: None };
        self.waits.insert(id.to_owned(), waiting);
        let looks = self.sampler.look_now(&self.places_of(until.iter()));
        let (found, clock) = (self.found.clone(), std::sync::Arc::clone(&self.world.clock));
        self.tasks.spawn(async move {
            let _ = found.send(Found::Looked(looks.await));
            // Were nothing to be looked at any more, the deadline would still have to be noticed.
            clock.sleep(timeout).await;
            let _ = found.send(Found::Looked(Vec::new()));
        });
        self.review_waits().await;
    }

    /// Looks at everything that is waited for: after every reading.
    pub(super) async fn review_waits(&mut self) {
        if self.waits.is_empty() {
            return;
        }
        let now = self.now();
        let ids: Vec<String> = self.waits.keys().cloned().collect();
        for id in ids {
            let Some(waiting) = self.waits.get(&id) else { continue };
            let (hold, deadline, said) = (waiting.hold, waiting.deadline, waiting.said);
            let (evidence, against) = self.weigh(&waiting.until.clone());
            let step_hold = self.step(&id).map_or(hold, |step| held_for(&step));
            let Some(waiting) = self.waits.get_mut(&id) else { continue };
            if against.is_empty() {
                let since = *waiting.held_since.get_or_insert(now);
                let held = age(since, now);
                if held >= hold {
                    self.waits.remove(&id);
                    let mut says = if hold.is_zero() {
                        evidence.iter().map(|e| format!("{} {}", e.reading, e.value)).collect::<Vec<_>>().join(", ")
                    } else {
                        format!("held for {}{}", duration::format(hold), waits_longer(step_hold, hold))
                    };
                    let answered = self.answered_before(&id, since);
                    if let Some(answered) = answered {
                        says += &format!("; users are answered since {}Z", answered.strftime("%H:%M:%S"));
                    }
                    let since = answered.unwrap_or(since);
                    self.settle_step_at(MYSELF, &id, Ending::Waited, says, evidence, Some(since)).await;
                    continue;
                }
                let longer = waits_longer(step_hold, hold);
                let text = format!("holds for {} of {}{longer}", duration::clock(held), duration::clock(hold));
                self.say_progress(&id, text, said, now);
            } else {
                waiting.held_since = None;
                if now >= deadline {
                    self.waits.remove(&id);
                    self.fail_step(MYSELF, &id, format!("it did not come to be: {}", against.join("; ")), evidence)
                        .await;
                    continue;
                }
                self.say_progress(&id, format!("waits for {}", against.join("; ")), said, now);
            }
        }
    }

    /// Tells how a wait gets on, at most once a second.
    fn say_progress(&mut self, id: &str, text: String, said: Option<jiff::Timestamp>, now: jiff::Timestamp) {
        if said.is_some_and(|said| age(said, now) < Duration::from_secs(1)) {
            return;
        }
        if let Some(waiting) = self.waits.get_mut(id) {
            waiting.said = Some(now);
        }
        self.tell(Event::Progress { step: id.to_owned(), text, next: None });
    }
}

/// How long a step has to hold in earnest.
fn held_for(step: &Step) -> Duration {
    if let Action::Wait { hold, .. } = step.action { hold } else { Duration::ZERO }
}

/// What is said where a simulation waits for less than is waited for in earnest.
fn waits_longer(in_earnest: Duration, here: Duration) -> String {
    if in_earnest > here { format!(" ({} in earnest)", duration::format(in_earnest)) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_simulation_shortens_is_said() {
        assert_eq!(waits_longer(Duration::from_hours(1), SIMULATED_HOLD), " (1h in earnest)");
        assert_eq!(waits_longer(Duration::from_secs(30), Duration::from_secs(30)), "");
    }
}
