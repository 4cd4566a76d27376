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
    /// Its number as people say it, such as `T0`.
    pub fn number(self) -> String {
        format!("T{}", self as u8)
    }

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

/// A moment, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When, by the wall clock.
    pub at: Timestamp,
    /// When, by the clock that never jumps; absent of what was entered later, which only the wall clock has.
    pub steady: Option<Steady>,
    /// How that is known.
    pub source: String,
    /// Who recorded it: an operator, or `handover` for what it saw by itself.
    pub by: String,
    /// The journal's entry that says so.
    pub entry: u64,
    /// The entry that it corrects.
    pub corrects: Option<u64>,
}

/// A reading of the clock that never jumps. Readings of two processes have nothing in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// Which process of the run read it, from 0.
    pub process: u32,
    /// Milliseconds.
    pub ms: u64,
}

impl Moment {
    /// The time from this moment to another, as [`elapsed`] has it.
    pub fn until(&self, other: &Self) -> Duration {
        elapsed((self.at, self.steady), (other.at, other.steady))
    }
}

/// The time from one moment to another: by the clock that never jumps where one process took both, else by the wall clock. Zero
/// where the other lies before.
pub fn elapsed(from: (Timestamp, Option<Steady>), to: (Timestamp, Option<Steady>)) -> Duration {
    match (from.1, to.1) {
        (Some(one), Some(other)) if one.process == other.process => {
            Duration::from_millis(other.ms.saturating_sub(one.ms))
        }
        _ => age(from.0, to.0),
    }
}

/// The moments of a recovery. A later entry corrects an earlier one, which stays in the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    moments: BTreeMap<Milestone, Moment>,
}

impl Timeline {
    /// Sets a moment.
    pub fn mark(&mut self, milestone: Milestone, mut moment: Moment) {
        moment.corrects = self.moments.get(&milestone).map(|before| before.entry);
        self.moments.insert(milestone, moment);
    }

    /// When a moment was, if it is known.
    pub fn at(&self, milestone: Milestone) -> Option<Timestamp> {
        self.get(milestone).map(|moment| moment.at)
    }

    /// A moment with how it is known, if it is.
    pub fn get(&self, milestone: Milestone) -> Option<&Moment> {
        self.moments.get(&milestone)
    }

    /// Every known moment, T0 first.
    pub fn iter(&self) -> impl Iterator<Item = (Milestone, &Moment)> {
        self.moments.iter().map(|(milestone, moment)| (*milestone, moment))
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
        /// At most this, in milliseconds: the time between the last commit that the replica had replayed and its promotion.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        at_most_ms: Option<u64>,
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

impl Loss {
    /// The span of time from which nothing can have been lost but what was committed in it; `None` where there is no bound.
    pub fn bound(&self) -> Option<Duration> {
        match self {
            Self::Nothing { .. } | Self::Exact { rows: 0, .. } => Some(Duration::ZERO),
            Self::Exact { at_most_ms, .. } | Self::Estimate { at_most_ms, .. } => at_most_ms.map(Duration::from_millis),
            Self::Unknown { .. } | Self::Unbounded { .. } => None,
        }
    }

    /// In few words, for a line that has other things to say.
    pub fn brief(&self) -> String {
        use super::duration::millis;
        let span = |ms| Duration::from_millis(ms).as_secs_f64();
        match self {
            Self::Nothing { .. } => "none".to_owned(),
            Self::Estimate { lag_ms, at_most_ms: Some(most), .. } => estimate(span(*lag_ms), span(*most)),
            Self::Estimate { lag_ms, .. } => format!("about {}", millis(*lag_ms)),
            Self::Exact { .. } | Self::Unknown { .. } | Self::Unbounded { .. } => self.to_string(),
        }
    }
}

/// What is lost by an estimate that has a bound, both in seconds: `3.2 s, at most 12 m 06 s`; an estimate that is not below the bound
/// tells nothing.
pub fn estimate(about: f64, most: f64) -> String {
    use super::duration::seconds;
    let most_says = format!("at most {}", seconds(most));
    if about < most { format!("{}, {most_says}", seconds(about)) } else { most_says }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use super::duration::{age as short, millis};
        match self {
            Self::Exact { rows, .. } => write!(f, "{rows} rows (exact)"),
            Self::Nothing { why } => write!(f, "none ({why})"),
            Self::Estimate { lag_ms, age_ms, at_most_ms, .. } => {
                let age = short(Duration::from_millis(*age_ms));
                write!(f, "about {} (by a lag seen {age} earlier)", millis(*lag_ms))?;
                match at_most_ms {
                    Some(most) => write!(f, ", at most {}", millis(*most)),
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

    fn moment(second: i64, steady: Option<(u32, u64)>) -> Moment {
        Moment {
            at: Timestamp::from_second(1_800_000_000 + second).unwrap(),
            steady: steady.map(|(process, ms)| Steady { process, ms }),
            source: "test".to_owned(),
            by: "anna".to_owned(),
            entry: 1,
            corrects: None,
        }
    }

    #[test]
    fn a_wall_clock_that_jumps_changes_no_span_that_one_process_has_measured() {
        let (from, to) = (moment(0, Some((0, 5_000))), moment(7_200, Some((0, 65_000))));
        assert_eq!(from.until(&to), Duration::from_mins(1));
        // Two processes have the wall clock alone in common, and so has what was entered later.
        assert_eq!(from.until(&moment(90, Some((1, 6_000)))), Duration::from_secs(90));
        assert_eq!(moment(0, None).until(&moment(30, Some((0, 1)))), Duration::from_secs(30));
        assert_eq!(moment(30, None).until(&moment(0, None)), Duration::ZERO);
    }

    #[test]
    fn a_correction_names_the_entry_that_it_corrects() {
        let mut timeline = Timeline::default();
        timeline.mark(Milestone::ImpactBegan, moment(0, None));
        timeline.mark(Milestone::ImpactBegan, Moment { entry: 9, ..moment(5, None) });
        let now = timeline.get(Milestone::ImpactBegan).unwrap();
        assert_eq!((now.entry, now.corrects), (9, Some(1)));
    }
}
