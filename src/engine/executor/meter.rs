//! What the disruption meter counts: kept, told to the screen, and recorded when it changes.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use super::{Executor, MYSELF};
use crate::domain::command::Event;
use crate::domain::disruption::{LagSample, Tally};
use crate::domain::figures::answered_since;
use crate::domain::journal::Body;
use crate::domain::reading::{Key, Value, age};
use crate::domain::timeline::Milestone;
use crate::engine::meter::{self, Asked};

/// A service that flaps is recorded at most this often.
const RECORD_EVERY: Duration = Duration::from_secs(30);
/// So many samples of the lag are worth an entry.
const SAMPLES: usize = 5;
/// What is no news, only a larger number, is told at most this often.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// The meter, from the moment on at which the console is armed.
pub(super) struct Metering {
    /// Ends what it holds when it is dropped.
    _asking: JoinSet<()>,
    tallies: Vec<Tally>,
    told: Option<Timestamp>,
    recorded: Option<Timestamp>,
    /// Whether there is news that the journal does not have.
    news: bool,
    /// The samples of the lag that the journal does not have, and when the last one was taken.
    lag: Vec<LagSample>,
    sampled: Option<Timestamp>,
}

impl Executor {
    /// Starts the meter once somebody has armed the console; ends it with the run.
    pub(super) fn keep_meter(&mut self) {
        if self.run.closed.is_some() {
            self.metering = None;
        } else if self.metering.is_none() && self.run.armed.is_some() {
            let now = self.now();
            // What an earlier process counted is gone on from.
            let known = |vantage| self.run.disruption.iter().find(|tally| tally.vantage == vantage).cloned();
            let vantages = meter::vantages(&self.world).into_iter();
            let tallies: Vec<Tally> =
                vantages.map(|vantage| known(vantage.clone()).unwrap_or_else(|| Tally::new(vantage, now))).collect();
            let asking = meter::start(&self.world, self.service.meter, &self.asked);
            self.metering = Some(Metering {
                _asking: asking,
                tallies,
                told: None,
                recorded: None,
                news: false,
                lag: Vec::new(),
                sampled: None,
            });
        }
    }

    pub(super) async fn probed(&mut self, asked: Asked) {
        let now = self.now();
        let Some(metering) = &mut self.metering else { return };
        let Some(tally) = metering.tallies.iter_mut().find(|tally| tally.vantage == asked.vantage) else { return };
        let news = tally.take(asked.at, asked.answered, asked.probe);
        self.recent.take(std::slice::from_ref(tally), now);
        metering.news |= news;
        if news || metering.told.is_none_or(|at| age(at, now) >= TELL_EVERY) {
            metering.told = Some(now);
            let tallies = Arc::new(metering.tallies.clone());
            self.tell(Event::Metered(tallies));
        }
        self.sample_lag();
        let due = |metering: &Metering| metering.recorded.is_none_or(|at| age(at, now) >= RECORD_EVERY);
        if self
            .metering
            .as_ref()
            .is_some_and(|metering| (metering.news || metering.lag.len() >= SAMPLES) && due(metering))
        {
            self.record_metered().await;
        }
    }

    /// Since when users are answered without a gap, of a recovery that somebody only began to watch later.
    pub(super) fn answered_before(&self, id: &str, watched: Timestamp) -> Option<Timestamp> {
        self.step(id).filter(|step| step.marks == Some(Milestone::Sustained))?;
        let tallies = self.metering.as_ref().map_or(&self.run.disruption, |metering| &metering.tallies);
        answered_since(&self.run, tallies).filter(|answered| *answered < watched)
    }

    /// Keeps the lag's sample, if it is a new one.
    fn sample_lag(&mut self) {
        let Some((component, place)) = self.service.lag_series(&self.run.direction.target) else { return };
        let reading = self.board.get(&Key::new(component, &place, "lag"));
        let Some((at, Value::Seconds(lag))) = reading.map(|reading| (reading.at, &reading.value)) else { return };
        let Some(metering) = &mut self.metering else { return };
        if metering.sampled.is_none_or(|last| last < at) {
            metering.sampled = Some(at);
            let span = Duration::try_from_secs_f64(*lag).ok();
            metering.lag.push(LagSample { at, ms: span.and_then(|span| u64::try_from(span.as_millis()).ok()) });
        }
    }

    /// Records what was counted so far.
    pub(super) async fn record_metered(&mut self) {
        let now = self.now();
        let Some(metering) = &mut self.metering else { return };
        if metering.tallies.iter().all(|tally| tally.asked == 0) || self.recorder.latched().is_some() {
            return;
        }
        metering.recorded = Some(now);
        metering.news = false;
        let (tallies, lag) = (metering.tallies.clone(), std::mem::take(&mut metering.lag));
        self.record(MYSELF, Body::Metered { tallies, lag }).await;
    }
}
