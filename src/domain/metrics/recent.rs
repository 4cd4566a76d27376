//! What the disruption meter counted in the last minutes: its tallies go on for as long as somebody watches, and an outage of
//! five minutes is nothing in a month.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::disruption::{Asks, Tally, Vantage};
use crate::domain::reading::age;

/// Over how long availability goes: as long as the share of an endpoint's last looks, at rest.
const SPAN: Duration = Duration::from_mins(5);
/// How far apart two marks are at least.
const APART: Duration = Duration::from_secs(10);
/// A question may take so long to be answered, and those after it with it.
const SLOWEST: Duration = Duration::from_mins(1);

/// What was counted up to a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    at: Timestamp,
    asked: u64,
    failed: u64,
}

/// What one vantage counted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    vantage: Vantage,
    /// When the last question that was answered was put.
    last: Timestamp,
    /// Now and then, the oldest first; never empty for long.
    marks: VecDeque<Mark>,
    latest: Mark,
}

/// What was counted in the last minutes, by vantage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent(Vec<Counted>);

impl Recent {
    /// Takes in what the meter has counted up to now. What was counted before the first time is no part of it.
    pub fn take(&mut self, tallies: &[Tally], now: Timestamp) {
        for tally in tallies.iter().filter(|tally| tally.vantage.asks == Asks::Request) {
            let mark = Mark { at: now, asked: tally.asked, failed: tally.failed };
            match self.0.iter_mut().find(|counted| counted.vantage == tally.vantage) {
                Some(counted) => counted.take(tally.last, mark),
                None => self.0.push(Counted {
                    vantage: tally.vantage.clone(),
                    last: tally.last,
                    marks: VecDeque::from([mark]),
                    latest: mark,
                }),
            }
        }
    }

    /// The share of the last minutes' requests that were answered, in percent; of a vantage that has not asked lately, nothing.
    /// `every` is how often it asks.
    pub fn availability(&self, every: Duration, now: Timestamp) -> impl Iterator<Item = (&Vantage, f64)> {
        self.0.iter().filter_map(move |counted| {
            (age(counted.last, now) <= every * 3 + SLOWEST)
                .then(|| counted.share())
                .flatten()
                .map(|share| (&counted.vantage, share))
        })
    }
}

impl Counted {
    fn take(&mut self, last: Timestamp, mark: Mark) {
        if mark.asked < self.latest.asked || mark.failed < self.latest.failed {
            // Another meter, which counts from the start.
            self.marks = VecDeque::from([mark]);
        } else if self.marks.back().is_none_or(|back| age(back.at, mark.at) >= APART) {
            self.marks.push_back(mark);
        }
        while self.marks.get(1).is_some_and(|second| age(second.at, mark.at) >= SPAN) {
            self.marks.pop_front();
        }
        (self.last, self.latest) = (last, mark);
    }

    fn share(&self) -> Option<f64> {
        let first = self.marks.front()?;
        let asked = self.latest.asked.checked_sub(first.asked).filter(|asked| *asked > 0)?;
        let failed = self.latest.failed.saturating_sub(first.failed);
        let count = |number: u64| u32::try_from(number).map_or(f64::INFINITY, f64::from);
        Some(100.0 * count(asked.saturating_sub(failed)) / count(asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disruption::{PUBLIC, Probe};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn tally(asks: Asks) -> Tally {
        Tally::new(Vantage { component: "api".into(), from: PUBLIC.into(), asks }, at(0))
    }

    fn ask(recent: &mut Recent, tally: &mut Tally, seconds: std::ops::Range<i64>, good: bool) {
        for second in seconds {
            let probe = if good { Probe::Good(None) } else { Probe::Failed("503".into()) };
            tally.take(at(second), at(second), probe);
            recent.take(std::slice::from_ref(tally), at(second));
        }
    }

    fn share(recent: &Recent, second: i64) -> Option<f64> {
        recent.availability(Duration::from_secs(1), at(second)).next().map(|(_, share)| share)
    }

    #[test]
    fn an_outage_counts_for_five_minutes_and_no_longer() {
        let (mut recent, mut tally) = (Recent::default(), tally(Asks::Request));
        assert_eq!(share(&recent, 0), None);
        ask(&mut recent, &mut tally, 0..3600, true);
        assert_eq!(share(&recent, 3600), Some(100.0));
        ask(&mut recent, &mut tally, 3600..3720, false);
        let out = share(&recent, 3720).unwrap();
        assert!((55.0..=65.0).contains(&out), "{out}");
        ask(&mut recent, &mut tally, 3720..4100, true);
        assert_eq!(share(&recent, 4100), Some(100.0));
    }

    #[test]
    fn who_has_not_asked_lately_says_nothing() {
        let (mut recent, mut tally) = (Recent::default(), tally(Asks::Request));
        ask(&mut recent, &mut tally, 0..60, true);
        assert_eq!(share(&recent, 60), Some(100.0));
        assert_eq!(share(&recent, 59 + 64), None);
        let (mut recent, mut lookup) = (Recent::default(), self::tally(Asks::Lookup));
        ask(&mut recent, &mut lookup, 0..60, true);
        assert_eq!(share(&recent, 60), None);
    }

    #[test]
    fn what_was_counted_before_is_no_part_of_it_and_a_meter_that_begins_anew_is_followed() {
        let mut tally = tally(Asks::Request);
        ask(&mut Recent::default(), &mut tally, 0..100, false);
        let mut recent = Recent::default();
        ask(&mut recent, &mut tally, 100..102, true);
        assert_eq!(share(&recent, 102), Some(100.0));
        let mut anew = self::tally(Asks::Request);
        ask(&mut recent, &mut anew, 103..104, true);
        assert_eq!(share(&recent, 104), None);
        ask(&mut recent, &mut anew, 104..106, false);
        assert_eq!(share(&recent, 106), Some(0.0));
    }
}
