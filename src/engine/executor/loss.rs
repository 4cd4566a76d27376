//! What was lost: counted where both sides can be asked, else bounded, else said to be unknown.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Found, MYSELF};
use crate::domain::fencing::FENCE;
use crate::domain::journal::Body;
use crate::domain::reading::{Key, Value};
use crate::domain::region::Side;
use crate::domain::run::{Ending, State};
use crate::domain::runbook::{Action, Step};
use crate::domain::safeguard;
use crate::domain::service::SWITCHOVER;
use crate::domain::timeline::Loss;
use crate::ports::within;

/// How long a database may take to tell its mark.
const LIMIT: Duration = Duration::from_secs(10);

impl Executor {
    /// After fencing the source's mark no longer moves; after promotion the target's tells what arrived.
    pub(super) fn after_settled(&mut self, step: &Step, ending: Ending) {
        let Action::Act { action, .. } = &step.action else { return };
        let takes_over = self.takes_over(step);
        if !safeguard::is_done(ending) {
            return;
        }
        let (ask_source, ask_target) = match action.as_str() {
            FENCE if self.on_source(step) => (true, false),
            _ if takes_over => (self.source_mark.is_none() && self.is_fenced(), !self.written_since(&step.id)),
            _ => return,
        };
        let (found, clock, after) = (self.found.clone(), Arc::clone(&self.world.clock), step.id.clone());
        let (sql, direction) = (self.world.sql.clone(), self.run.direction.clone());
        self.tasks.spawn(async move {
            let ask = async |wanted: bool, region| match &sql {
                Some(sql) if wanted => {
                    within(clock.as_ref(), LIMIT, sql.mark(region)).await.and_then(Result::ok).flatten()
                }
                _ => None,
            };
            let (source, target) = tokio::join!(ask(ask_source, &direction.source), ask(ask_target, &direction.target));
            let _ = found.send(Found::Marks { source, target, after });
        });
    }

    /// Whether anything was intended after a step: then the target may have rows of its own.
    fn written_since(&self, id: &str) -> bool {
        let intended = self.run.record(id).intended;
        self.run.steps.iter().any(|(other, record)| {
            let on_target = self.run.runbook.step(other).is_some_and(|step| matches!(step.action, Action::Act { .. }));
            other != id && on_target && record.intended.is_some() && record.intended > intended
        })
    }

    /// Whether a step makes the target's database the one that writes. The way back at the end of a drill does not.
    pub(super) fn takes_over(&self, step: &Step) -> bool {
        let writes =
            matches!(&step.action, Action::Act { component, action, .. } if self.service.takes_over(component, action));
        writes && !self.on_source(step)
    }

    /// Whether a step acts on the Region being left: a failback fences the other one, too.
    pub(super) fn on_source(&self, step: &Step) -> bool {
        let place = |on: Side| on.place(&self.run.direction, &self.service.regions);
        matches!(&step.action, Action::Act { on, .. } if place(*on) == place(Side::Source))
    }

    /// Whether the source's database takes no more writes, by its own word: of a fleet that was stopped or a network that was
    /// cut off nobody knows who else writes, and so not that a mark is the last.
    pub(super) fn is_fenced(&self) -> bool {
        let fence = safeguard::fence(&self.service, &self.run);
        fence.is_some_and(|step| {
            let by_sql = matches!(&step.action, Action::Act { action, .. } if action == FENCE);
            by_sql && matches!(self.run.state(&step.id), State::Ended(ending) if safeguard::is_done(ending))
        })
    }

    pub(super) async fn marks(&mut self, source: Option<i64>, target: Option<i64>, after: &str) {
        if let Some(source) = source {
            self.source_mark = Some(source);
            let says = format!("the fenced source's highest mark is {source}");
            self.record(MYSELF, Body::Reading { evidence: Vec::new(), says }).await;
        }
        let Some(step) = self.step(after).filter(|step| self.takes_over(step)) else { return };
        if let Some(target) = target {
            let says = format!("the promoted database's highest mark is {target}");
            self.record(MYSELF, Body::Reading { evidence: Vec::new(), says }).await;
        }
        let loss = match &step.action {
            Action::Act { action, .. } if action == SWITCHOVER => {
                Loss::Nothing { why: "the roles were changed when the target had everything".to_owned() }
            }
            _ => self.loss(target),
        };
        self.record(MYSELF, Body::DataLoss { loss }).await;
    }

    fn loss(&self, target: Option<i64>) -> Loss {
        if let (true, Some(source_mark), Some(target_mark)) = (self.is_fenced(), self.source_mark, target) {
            return match u64::try_from(source_mark.saturating_sub(target_mark)) {
                Ok(rows) => Loss::Exact { rows, source_mark, target_mark, at_most_ms: self.at_most_ms() },
                Err(_) => Loss::Unknown {
                    why: "the target has newer rows than the fenced source: it took writes before it was asked"
                        .to_owned(),
                },
            };
        }
        let unreachable = !self.is_fenced();
        if unreachable && self.source_answers() {
            return Loss::Unbounded {
                why: "the source answers and was not fenced: it can still take writes".to_owned(),
            };
        }
        let Some((component, place)) = self.service.lag_series(&self.run.direction.target) else {
            return Loss::Unknown { why: "the service has no lag metric".to_owned() };
        };
        let reading = self.board.get(&Key::new(component, &place, "lag"));
        let (Some(reading), Some(Value::Seconds(lag))) = (reading, reading.map(|reading| &reading.value)) else {
            return Loss::Unknown { why: "the lag was never read".to_owned() };
        };
        if !lag.is_finite() || *lag < 0.0 {
            return Loss::Unknown { why: "the last sample says that replication was not running".to_owned() };
        }
        let lag = Duration::try_from_secs_f64(*lag).unwrap_or_default();
        let mut method = format!("the last sample of {}", reading.source);
        if unreachable {
            method.push_str("; holds only if the unreachable source took no writes after it was lost");
        }
        Loss::Estimate {
            at_most_ms: self.at_most_ms(),
            lag_ms: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
            age_ms: u64::try_from(reading.age(self.now()).as_millis()).unwrap_or(u64::MAX),
            method,
        }
    }

    fn at_most_ms(&self) -> Option<u64> {
        self.unreplayed.map(|most| u64::try_from(most.as_millis()).unwrap_or(u64::MAX))
    }

    /// Keeps what bounds the loss, just before a database takes over.
    pub(super) fn keep_unreplayed(&mut self, component: &str) {
        let target = crate::domain::region::Place::Region(self.run.direction.target.clone());
        self.unreplayed = self.board.unreplayed(component, &target, self.now());
    }

    /// Whether the source's database answers: whoever does was not unreachable.
    fn source_answers(&self) -> bool {
        let place = crate::domain::region::Place::Region(self.run.direction.source.clone());
        self.run.runbook.steps().any(|(_, step)| match &step.action {
            Action::Act { component, .. } if self.takes_over(step) => {
                let key = Key::new(component, &place, "in_recovery");
                self.board.evidence(&key, self.now()).freshness == crate::domain::reading::Freshness::Fresh
            }
            _ => false,
        })
    }
}
