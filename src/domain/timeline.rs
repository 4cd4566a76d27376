//! The moments of a recovery, and the figures that follow from them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reading::age;

/// A moment of a recovery (T0 to T13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Milestone {
    /// T0: the impact began; entered by a person.
    ImpactBegan,
    /// T1: the first alarm.
    FirstAlarm,
    /// T2: somebody acknowledged it.
    Acknowledged,
    /// T3: the decision to hand over.
    Decided,
    /// T4: the run started.
    RunStarted,
    /// T5: the result of fencing is known.
    Fenced,
    /// T6: promotion was called.
    PromoteCalled,
    /// T7: the *promoted* predicate held.
    Promoted,
    /// T8: the target accepted its first write.
    FirstWrite,
    /// T9: the traffic was moved.
    TrafficMoved,
    /// T10: the move was read back as in sync.
    InSync,
    /// T11: the first success from outside on the target.
    FirstSuccess,
    /// T12: the start of the sustained healthy window.
    Sustained,
    /// T13: redundancy was restored.
    RedundancyRestored,
}

impl Milestone {
    /// Every milestone, T0 first.
    pub const ALL: [Self; 14] = [
        Self::ImpactBegan,
        Self::FirstAlarm,
        Self::Acknowledged,
        Self::Decided,
        Self::RunStarted,
        Self::Fenced,
        Self::PromoteCalled,
        Self::Promoted,
        Self::FirstWrite,
        Self::TrafficMoved,
        Self::InSync,
        Self::FirstSuccess,
        Self::Sustained,
        Self::RedundancyRestored,
    ];

    /// The word in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ImpactBegan => "impact-began",
            Self::FirstAlarm => "first-alarm",
            Self::Acknowledged => "acknowledged",
            Self::Decided => "decided",
            Self::RunStarted => "run-started",
            Self::Fenced => "fenced",
            Self::PromoteCalled => "promote-called",
            Self::Promoted => "promoted",
            Self::FirstWrite => "first-write",
            Self::TrafficMoved => "traffic-moved",
            Self::InSync => "in-sync",
            Self::FirstSuccess => "first-success",
            Self::Sustained => "sustained",
            Self::RedundancyRestored => "redundancy-restored",
        }
    }
}

/// When the moments were, by the wall clock. A later entry corrects an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    moments: BTreeMap<Milestone, Timestamp>,
}

impl Timeline {
    /// Sets a moment.
    pub fn mark(&mut self, milestone: Milestone, at: Timestamp) {
        self.moments.insert(milestone, at);
    }

    /// A moment, if it is known.
    pub fn at(&self, milestone: Milestone) -> Option<Timestamp> {
        self.moments.get(&milestone).copied()
    }

    /// Every known moment, T0 first.
    pub fn iter(&self) -> impl Iterator<Item = (Milestone, Timestamp)> {
        self.moments.iter().map(|(milestone, at)| (*milestone, *at))
    }

    /// The time between two moments, if both are known.
    pub fn between(&self, from: Milestone, to: Milestone) -> Option<Duration> {
        Some(age(self.at(from)?, self.at(to)?))
    }

    /// Recovery time achieved so far or in the end: from T0 to T12, or to `now` while T12 is unknown. `None` if T0 is
    /// unknown: not measured is not zero.
    pub fn recovery(&self, now: Timestamp) -> Option<Duration> {
        let began = self.at(Milestone::ImpactBegan)?;
        Some(age(began, self.at(Milestone::Sustained).unwrap_or(now)))
    }

    /// Execution time: from T4 to T12, or to `now`.
    pub fn execution(&self, now: Timestamp) -> Option<Duration> {
        let started = self.at(Milestone::RunStarted)?;
        Some(age(started, self.at(Milestone::Sustained).unwrap_or(now)))
    }
}

/// What was lost, as far as anybody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "loss")]
pub enum Loss {
    /// Counted on both sides by the service's own mark query, with the source fenced.
    Exact {
        /// Committed on the source and missing on the target.
        rows: u64,
        /// The highest mark on the source.
        source_mark: i64,
        /// The highest mark on the target.
        target_mark: i64,
    },
    /// Nothing: the roles were changed when the target had everything.
    Nothing {
        /// By what.
        why: String,
    },
    /// The last lag seen, and how old that was when the source was lost.
    Estimate {
        /// The lag, in milliseconds.
        lag_ms: u64,
        /// The sample's age, in milliseconds, when it was used.
        age_ms: u64,
        /// At most this, in milliseconds, however long the source went on taking writes: the time between the last
        /// commit that the replica had replayed and its promotion.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        at_most_ms: Option<u64>,
        /// How it was come by.
        method: String,
    },
    /// Nobody knows.
    Unknown {
        /// Why not.
        why: String,
    },
    /// The source could still take writes: unbounded until it is reconciled.
    Unbounded {
        /// Why.
        why: String,
    },
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use super::duration::{age as short, seconds};
        match self {
            Self::Exact { rows, .. } => write!(f, "{rows} rows (exact)"),
            Self::Nothing { why } => write!(f, "none ({why})"),
            Self::Estimate { lag_ms, age_ms, at_most_ms, .. } => {
                let lag = Duration::from_millis(*lag_ms).as_secs_f64();
                write!(f, "about {} (seen {} before)", seconds(lag), short(Duration::from_millis(*age_ms)))?;
                match at_most_ms {
                    Some(most) => write!(f, ", at most {}", seconds(Duration::from_millis(*most).as_secs_f64())),
                    None => Ok(()),
                }
            }
            Self::Unknown { .. } => f.write_str("unknown"),
            Self::Unbounded { .. } => f.write_str("unbounded until reconciled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn without_t0_the_recovery_time_is_not_measured_rather_than_zero() {
        let mut timeline = Timeline::default();
        timeline.mark(Milestone::RunStarted, at(100));
        assert_eq!(timeline.recovery(at(500)), None);
        assert_eq!(timeline.execution(at(500)), Some(Duration::from_secs(400)));
        timeline.mark(Milestone::ImpactBegan, at(0));
        timeline.mark(Milestone::Sustained, at(400));
        assert_eq!(timeline.recovery(at(900)), Some(Duration::from_secs(400)));
    }
}
