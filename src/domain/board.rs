//! The board: the latest of every reading, and what each component says in each place.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::reading::{ComponentId, Evidence, Freshness, Health, Key, Observation, Reading, Unread, Value};
use super::region::Place;

/// The state of one component in one place, for a panel's line.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    /// Its health when it was last read.
    pub health: Health,
    /// Its line.
    pub summary: String,
    /// When it was last read, if ever.
    pub read_at: Option<Timestamp>,
    /// For how long that counts as fresh.
    pub fresh_for: Duration,
    /// The latest failure since then, and since when it fails.
    pub failure: Option<(Unread, Timestamp)>,
}

impl Glance {
    /// The health to show: unknown as soon as the last good look is not fresh.
    pub fn shown(&self, now: Timestamp) -> Health {
        if self.freshness(now) == Freshness::Fresh { self.health } else { Health::Unknown }
    }

    /// How fresh the glance is.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let Some(at) = self.read_at else { return Freshness::Never };
        Reading {
            value: Value::Bool(true),
            at,
            source: String::new(),
            fresh_for: self.fresh_for,
            failing: self.failure.is_some(),
        }
        .freshness(now)
    }
}

/// Every reading there is: the latest of each, and each component's glance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Board {
    readings: BTreeMap<Key, Reading>,
    glances: BTreeMap<(ComponentId, Place), Glance>,
}

impl Board {
    /// Takes in what a look at a component gave, or why it gave nothing; gives whether that says anything else than was known.
    pub fn record(
        &mut self,
        component: &str,
        place: &Place,
        at: Timestamp,
        fresh_for: Duration,
        result: &Result<Observation, Unread>,
    ) -> bool {
        let slot = (component.to_owned(), place.clone());
        let mut news = false;
        match result {
            Ok(seen) => {
                // What this look did not bring must not stay as if it had.
                for (key, reading) in &mut self.readings {
                    if key.component == component && key.place == *place {
                        let brought = seen.facts.iter().find(|fact| fact.name == key.fact);
                        news |= brought.map_or(!reading.failing, |fact| reading.failing || fact.value != reading.value);
                        reading.failing = true;
                    }
                }
                for fact in &seen.facts {
                    let reading = Reading {
                        value: fact.value.clone(),
                        at: fact.at.unwrap_or(at),
                        source: seen.source.clone(),
                        fresh_for,
                        failing: false,
                    };
                    news |= self.readings.insert(Key::new(component, place, &fact.name), reading).is_none();
                }
                let glance = Glance {
                    health: seen.health,
                    summary: seen.summary.clone(),
                    read_at: Some(at),
                    fresh_for,
                    failure: None,
                };
                let says = |glance: &Glance| (glance.health, glance.summary.clone(), glance.failure.is_some());
                let now = says(&glance);
                news |= self.glances.insert(slot, glance).is_none_or(|before| says(&before) != now);
            }
            Err(unread) => {
                for (key, reading) in &mut self.readings {
                    if key.component == component && key.place == *place {
                        news |= !reading.failing;
                        reading.failing = true;
                    }
                }
                let glance = self.glances.entry(slot).or_insert(Glance {
                    health: Health::Unknown,
                    summary: String::new(),
                    read_at: None,
                    fresh_for,
                    failure: None,
                });
                news |= glance.failure.as_ref().is_none_or(|(before, _)| before != unread);
                let since = glance.failure.as_ref().map_or(at, |(_, since)| *since);
                glance.failure = Some((unread.clone(), since));
            }
        }
        news
    }

    /// How long ago the last commit was made that a replica has: nothing older is lost when it is promoted, whatever the lag
    /// metric said last. `None` where its database does not say.
    pub fn unreplayed(&self, component: &str, replica: &Place, now: Timestamp) -> Option<Duration> {
        let reading = self.get(&Key::new(component, replica, "replay_age"))?;
        match reading.value {
            Value::Seconds(age) => Duration::try_from_secs_f64(age).ok().map(|age| age + reading.age(now)),
            _ => None,
        }
    }

    /// Whether anything is of another freshness at one moment than at another.
    pub fn flips(&self, before: Timestamp, now: Timestamp) -> bool {
        self.readings.values().any(|reading| reading.freshness(before) != reading.freshness(now))
            || self.glances.values().any(|glance| glance.freshness(before) != glance.freshness(now))
    }

    /// A reading.
    pub fn get(&self, key: &Key) -> Option<&Reading> {
        self.readings.get(key)
    }

    /// Every reading, in the order of its key.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Reading)> {
        self.readings.iter()
    }

    /// A component's glance in one place.
    pub fn glance(&self, component: &str, place: &Place) -> Option<&Glance> {
        self.glances.get(&(component.to_owned(), place.clone()))
    }
    /// A reading as evidence, now.
    pub fn evidence(&self, key: &Key, now: Timestamp) -> Evidence {
        match self.get(key) {
            Some(reading) => Evidence {
                reading: key.to_string(),
                value: reading.value.to_string(),
                at: Some(reading.at),
                freshness: reading.freshness(now),
                source: reading.source.clone(),
            },
            None => Evidence {
                reading: key.to_string(),
                value: "?".to_owned(),
                at: None,
                freshness: Freshness::Never,
                source: String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_replica_lacks_was_committed_since_its_last_commit_however_old_that_reading_is() {
        let (place, at) = (Place::Region("us-west-2".parse().unwrap()), Timestamp::from_second(1_800_000_000).unwrap());
        let later = at + Duration::from_secs(30);
        let mut board = Board::default();
        assert_eq!(board.unreplayed("database", &place, later), None);
        for (age, bound) in [(120.0, Some(150)), (0.0, Some(30)), (-1.0, None), (f64::NAN, None)] {
            let mut seen = Observation::new("test");
            seen.fact("replay_age", Value::Seconds(age));
            board.record("database", &place, at, Duration::from_secs(15), &Ok(seen));
            assert_eq!(board.unreplayed("database", &place, later), bound.map(Duration::from_secs), "{age}");
        }
    }
    use crate::domain::reading::Why;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    // As a look comes back.
    #[allow(clippy::unnecessary_wraps)]
    fn seen(status: &str) -> Result<Observation, Unread> {
        let mut seen = Observation::new("test");
        seen.text("status", status);
        seen.glance(Health::Healthy, status);
        Ok(seen)
    }

    #[test]
    fn a_reading_ages_and_a_failing_source_never_looks_healthy() {
        let place = Place::Global;
        let mut board = Board::default();
        let key = Key::new("database", &place, "status");
        let fresh_for = Duration::from_secs(15);
        assert_eq!(board.evidence(&key, at(0)).freshness, Freshness::Never);
        board.record("database", &place, at(0), fresh_for, &seen("available"));
        let reading = board.get(&key).unwrap().clone();
        assert_eq!(reading.freshness(at(15)), Freshness::Fresh);
        assert_eq!(reading.freshness(at(16)), Freshness::Stale);
        assert_eq!(reading.freshness(at(76)), Freshness::Lost);
        board.record("database", &place, at(5), fresh_for, &Err(Unread::new(Why::TimedOut, "5 s")));
        assert_eq!(board.get(&key).unwrap().freshness(at(5)), Freshness::Stale);
        let glance = board.glance("database", &place).unwrap();
        assert_eq!(glance.shown(at(5)), Health::Unknown);
        assert_eq!(glance.summary, "available");
    }

    #[test]
    fn news_is_what_differs_in_more_than_its_time() {
        let place = Place::Global;
        let mut board = Board::default();
        let mut record =
            |second, result| board.record("database", &place, at(second), Duration::from_secs(15), &result);
        assert!(record(0, seen("available")), "the first look");
        assert!(!record(5, seen("available")));
        assert!(record(10, seen("modifying")));
        let failed = |why| Err(Unread::new(why, "5 s"));
        assert!(record(15, failed(Why::TimedOut)));
        assert!(!record(20, failed(Why::TimedOut)), "it fails as it did");
        assert!(record(25, failed(Why::Throttled)), "it fails for another reason");
        assert!(record(30, seen("modifying")), "it can be read again");
        assert!(record(35, Ok(Observation::new("test"))), "it brings no status any more");
        assert!(record(40, seen("available")), "and another one now");
        assert!(!board.flips(at(40), at(55)) && board.flips(at(55), at(56)));
    }

    #[test]
    fn a_fact_that_a_later_look_does_not_bring_is_no_longer_fresh() {
        let place = Place::Global;
        let mut board = Board::default();
        board.record("database", &place, at(0), Duration::from_secs(15), &seen("available"));
        let other: Result<Observation, Unread> = Ok(Observation::new("test"));
        board.record("database", &place, at(1), Duration::from_secs(15), &other);
        let reading = board.get(&Key::new("database", &place, "status")).unwrap();
        assert_eq!(reading.freshness(at(1)), Freshness::Stale);
    }

    #[test]
    fn a_clock_that_jumps_back_makes_nothing_panic() {
        let mut board = Board::default();
        board.record("database", &Place::Global, at(100), Duration::from_secs(15), &seen("available"));
        let reading = board.get(&Key::new("database", &Place::Global, "status")).unwrap();
        assert_eq!(reading.age(at(0)), Duration::ZERO);
    }
}
