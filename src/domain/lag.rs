//! Replication lag: how far the standby is behind, with thresholds, its age, and gaps where data is missing.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reading::{Sample, age};

/// Where lag starts to matter, from the service file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Worth a look.
    pub warn: Duration,
    /// Beyond what may be lost: usually the RPO.
    pub breach: Duration,
}

/// What a lag figure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Below the warning threshold.
    Ok,
    /// At or above the warning threshold.
    Warn,
    /// At or above the breach threshold.
    Breach,
    /// No figure that could be trusted.
    Unknown,
}

impl Thresholds {
    /// The level of a lag in seconds.
    pub fn level(&self, seconds: f64) -> Level {
        if !seconds.is_finite() || seconds < 0.0 {
            Level::Unknown
        } else if seconds >= self.breach.as_secs_f64() {
            Level::Breach
        } else if seconds >= self.warn.as_secs_f64() {
            Level::Warn
        } else {
            Level::Ok
        }
    }
}

/// The lag in seconds of a `ReplicaLag` sample. RDS writes −1 where replication is not running or the lag is
/// unknown (RDS user guide, "Monitoring read replication"): that is no figure.
pub fn from_replica_lag(sample: f64) -> Option<f64> {
    (sample.is_finite() && sample >= 0.0).then_some(sample)
}

/// A series laid out in equal buckets, for a sparkline.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns {
    /// The greatest value of each bucket, oldest first; `None` is a gap.
    pub values: Vec<Option<f64>>,
    /// The latest sample that has a value.
    pub last: Option<(Timestamp, f64)>,
}

impl Columns {
    /// Lays samples out in `width` buckets of `span / width` each, the last of which ends at `now`. A bucket narrower
    /// than the samples' `period` takes the value of the sample before it, for one period, so that a wide screen shows
    /// no false gaps.
    pub fn lay_out(samples: &[Sample], now: Timestamp, span: Duration, period: Duration, width: usize) -> Self {
        let mut values = vec![None; width];
        let span_ms = i128::try_from(span.as_millis()).unwrap_or(i128::MAX).max(1);
        let columns = i128::try_from(width).unwrap_or(0);
        for (at, value) in samples {
            let Some(value) = value else { continue };
            let ago = now.as_millisecond().saturating_sub(at.as_millisecond());
            let column = |ago: i64| columns - 1 - (i128::from(ago) * columns).div_euclid(span_ms);
            let next = column(ago.saturating_sub(i64::try_from(period.as_millis()).unwrap_or(0))).min(columns);
            let first = column(ago);
            for column in first..next.max(first + 1) {
                let Some(slot) = usize::try_from(column).ok().and_then(|column| values.get_mut(column)) else {
                    continue;
                };
                *slot = Some(slot.map_or(*value, |had: f64| had.max(*value)));
            }
        }
        let last = samples.iter().filter_map(|(at, value)| value.map(|value| (*at, value))).max_by_key(|(at, _)| *at);
        Self { values, last }
    }

    /// How old the latest value is.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        self.last.map(|(at, _)| age(at, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn minus_one_is_no_figure() {
        assert_eq!(from_replica_lag(-1.0), None);
        assert_eq!(from_replica_lag(f64::NAN), None);
        assert_eq!(from_replica_lag(0.0), Some(0.0));
    }

    #[test]
    fn levels_follow_the_thresholds() {
        let thresholds = Thresholds { warn: Duration::from_secs(300), breach: Duration::from_secs(900) };
        assert_eq!(thresholds.level(299.9), Level::Ok);
        assert_eq!(thresholds.level(300.0), Level::Warn);
        assert_eq!(thresholds.level(900.0), Level::Breach);
        assert_eq!(thresholds.level(-1.0), Level::Unknown);
    }

    #[test]
    fn missing_samples_leave_gaps_and_the_last_value_has_an_age() {
        let samples: Vec<Sample> = vec![(at(0), Some(1.0)), (at(60), None), (at(120), Some(3.0))];
        let columns = Columns::lay_out(&samples, at(299), Duration::from_secs(300), Duration::from_secs(60), 5);
        assert_eq!(columns.values, vec![Some(1.0), None, Some(3.0), None, None]);
        assert_eq!(columns.age(at(299)), Some(Duration::from_secs(179)));
    }

    #[test]
    fn a_wide_screen_shows_no_false_gaps_and_width_zero_is_fine() {
        let samples: Vec<Sample> = (0..5).map(|i| (at(i * 60), Some(2.0))).collect();
        let wide = Columns::lay_out(&samples, at(299), Duration::from_secs(300), Duration::from_secs(60), 50);
        assert!(wide.values.iter().all(Option::is_some), "{:?}", wide.values);
        let odd = Columns::lay_out(&samples, at(299), Duration::from_mins(5), Duration::from_mins(1), 13);
        assert!(odd.values.iter().all(Option::is_some), "{:?}", odd.values);
        assert!(
            Columns::lay_out(&samples, at(299), Duration::from_secs(300), Duration::from_secs(60), 0).values.is_empty()
        );
    }
}
