//! The course of every lag: what each source of it said, and when, for a day.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::reading::{ComponentId, Observation, Sample, Unread, Value};
use super::region::Place;

/// The readings that tell how far something is behind.
pub const FACTS: [&str; 4] = ["lag", "rpo_lag", "progress_lag", "replay_age"];
/// The reading that brings the course of `lag` before the console began.
const SERIES: &str = "lag_series";
/// For how long samples are kept.
const KEPT: Duration = Duration::from_hours(24);
/// How many are kept of a source at most: one every five seconds, for a day.
const MOST: usize = 17_280;
/// From how much of a span a trend is made, and of how many samples at least.
const TREND: (Duration, usize) = (Duration::from_mins(10), 4);

/// Which lag: of which component, where, and by which reading.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The component.
    pub component: ComponentId,
    /// Where it was read.
    pub place: Place,
    /// The reading, one of [`FACTS`].
    pub fact: &'static str,
}

/// Every lag's samples, in seconds, oldest first. One without a value says that it could not be read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lags {
    series: BTreeMap<Source, VecDeque<Sample>>,
}

/// Where a lag is going.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// It falls, and at this rate is gone after so long.
    CatchesUp(Duration),
    /// It stays about as it is.
    Steady,
    /// It grows, by so many seconds in a second.
    FallsBehind(f64),
}

impl Lags {
    /// Takes in a look at a component.
    pub fn record(&mut self, component: &str, place: &Place, at: Timestamp, result: &Result<Observation, Unread>) {
        let source = |fact| Source { component: component.to_owned(), place: place.clone(), fact };
        let Ok(seen) = result else {
            let known = self.series.iter_mut().filter(|(source, _)| source.component == component);
            for (_, series) in known.filter(|(source, _)| source.place == *place) {
                if series.back().is_some_and(|(_, value)| value.is_some()) {
                    add(series, (at, None));
                }
            }
            return;
        };
        for fact in &seen.facts {
            match (&fact.value, FACTS.into_iter().find(|known| *known == fact.name)) {
                (Value::Seconds(seconds), Some(name)) => {
                    let value = (seconds.is_finite() && *seconds >= 0.0).then_some(*seconds);
                    add(self.series.entry(source(name)).or_default(), (fact.at.unwrap_or(at), value));
                }
                (Value::Series(samples), None) if fact.name == SERIES => {
                    let series = self.series.entry(source("lag")).or_default();
                    for sample in samples {
                        add(series, *sample);
                    }
                }
                _ => {}
            }
        }
    }

    /// Every source that has said anything, with what it said.
    pub fn iter(&self) -> impl Iterator<Item = (&Source, &VecDeque<Sample>)> {
        self.series.iter()
    }
}

/// Adds a sample in its place; one of the same moment is known already.
fn add(series: &mut VecDeque<Sample>, sample: Sample) {
    let at = series.partition_point(|(at, _)| *at < sample.0);
    match series.get(at) {
        Some((known, _)) if *known == sample.0 => return,
        _ => series.insert(at, sample),
    }
    let newest = series.back().map_or(sample.0, |(at, _)| *at);
    while series.len() > MOST || series.front().is_some_and(|(at, _)| super::reading::age(*at, newest) > KEPT) {
        series.pop_front();
    }
}

/// Where a lag is going, by the least squares of its last ten minutes; nothing where too little is known of them.
pub fn course(samples: &VecDeque<Sample>, now: Timestamp) -> Option<Course> {
    let (span, least) = TREND;
    let ago = |at: Timestamp| super::reading::age(at, now).as_secs_f64();
    let recent = samples.iter().rev().take_while(|(at, _)| super::reading::age(*at, now) <= span);
    let points: Vec<(f64, f64)> = recent.filter_map(|(at, value)| Some((-ago(*at), (*value)?))).collect();
    let last = points.first()?.1;
    if points.len() < least {
        return None;
    }
    let count = f64::from(u32::try_from(points.len()).ok()?);
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if spread < f64::EPSILON {
        return None;
    }
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread;
    // What changes by less than a second in ten minutes is noise, and so is a twentieth of what it is.
    let noise = (1.0_f64).max(last * 0.05) / span.as_secs_f64();
    Some(if slope < -noise {
        Course::CatchesUp(Duration::try_from_secs_f64(last / -slope).ok()?)
    } else if slope > noise {
        Course::FallsBehind(slope)
    } else {
        Course::Steady
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::{Fact, Why};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn place() -> Place {
        Place::Region("us-west-2".parse().unwrap())
    }

    fn looked(facts: Vec<Fact>) -> Observation {
        let mut seen = Observation::new("test");
        seen.facts = facts;
        seen
    }

    fn fact(name: &str, value: Value, second: i64) -> Fact {
        Fact { name: name.into(), value, at: Some(at(second)) }
    }

    fn series(lags: &Lags, fact: &str) -> Vec<Sample> {
        lags.iter().find(|(source, _)| source.fact == fact).map(|(_, all)| all.iter().copied().collect()).unwrap()
    }

    #[test]
    fn what_cloudwatch_has_from_before_stands_before_what_is_read_and_nothing_stands_twice() {
        let mut lags = Lags::default();
        lags.record("metrics", &place(), at(100), &Ok(looked(vec![fact("lag", Value::Seconds(3.0), 100)])));
        let before = Value::Series(vec![(at(40), Some(1.0)), (at(100), Some(3.0)), (at(160), None)]);
        lags.record("metrics", &place(), at(170), &Ok(looked(vec![fact("lag_series", before, 170)])));
        assert_eq!(series(&lags, "lag"), vec![(at(40), Some(1.0)), (at(100), Some(3.0)), (at(160), None)]);
    }

    #[test]
    fn a_look_that_fails_makes_one_gap_and_what_is_no_figure_is_none() {
        let mut lags = Lags::default();
        let failed = Err(Unread::new(Why::TimedOut, "5 s"));
        lags.record("database", &place(), at(0), &failed);
        assert_eq!(lags.iter().count(), 0);
        lags.record("database", &place(), at(1), &Ok(looked(vec![fact("replay_age", Value::Seconds(2.0), 1)])));
        lags.record("database", &place(), at(2), &failed);
        lags.record("database", &place(), at(3), &failed);
        lags.record("database", &place(), at(4), &Ok(looked(vec![fact("replay_age", Value::Seconds(-1.0), 4)])));
        assert_eq!(series(&lags, "replay_age"), vec![(at(1), Some(2.0)), (at(2), None), (at(4), None)]);
    }

    #[test]
    fn a_day_is_kept() {
        let mut lags = Lags::default();
        for hour in 0..30 {
            let second = hour * 3600;
            lags.record("d", &place(), at(second), &Ok(looked(vec![fact("lag", Value::Seconds(1.0), second)])));
        }
        assert_eq!(series(&lags, "lag").first().unwrap().0, at(5 * 3600));
    }

    #[test]
    fn the_course_tells_when_it_has_caught_up_and_says_nothing_of_too_little() {
        let course_of = |values: &[f64]| {
            let samples = (0i64..).zip(values).map(|(i, value)| (at(i * 60), Some(*value))).collect();
            course(&samples, at(60 * (i64::try_from(values.len()).unwrap() - 1)))
        };
        let Some(Course::CatchesUp(after)) = course_of(&[300.0, 240.0, 180.0, 120.0, 60.0]) else { panic!() };
        assert!((after.as_secs_f64() - 60.0).abs() < 1.0, "{after:?}");
        assert_eq!(course_of(&[3.0, 3.4, 2.9, 3.2, 3.0]), Some(Course::Steady));
        let Some(Course::FallsBehind(rate)) = course_of(&[0.0, 60.0, 120.0, 180.0, 240.0]) else { panic!() };
        assert!((rate - 1.0).abs() < 0.01, "{rate}");
        assert_eq!(course_of(&[9.0, 8.0, 7.0]), None);
    }
}
