//! What the console was told besides the journal's entries, as it is kept with a run: so that a replay can show what was on the
//! screen. One line of JSON each, in the order in which it was told.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::command::Event;
use super::disruption::Tally;
use super::gate::GateResult;
use super::plan::{Plan, Refusal};
use super::preflight::Preflight;
use super::reading::{ComponentId, Observation, Unread};
use super::redact::Redactor;
use super::region::Place;
use super::runbook::StepId;
use super::text;
use super::worst::Worst;

/// How many bytes of it a run keeps at most.
pub const LIMIT: u64 = 100_000_000;

/// A line of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// How many entries the journal had when it was told.
    pub after: u64,
    /// When that was, by the run's clock.
    pub at: Timestamp,
    /// What was told.
    #[serde(flatten)]
    pub what: What,
}

/// What was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum What {
    /// A process began to keep it: what was on its screen before the run was open follows.
    Began,
    /// How each Region was then: what was left out of that does not make it seem to have changed.
    Stood {
        /// The worst health in each Region, and since when.
        worst: Worst,
    },
    /// A component was looked at.
    Looked {
        /// The component.
        component: ComponentId,
        /// Where.
        place: Place,
        /// When it was asked.
        asked: Timestamp,
        /// For how long it counts as fresh, in milliseconds.
        fresh_ms: u64,
        /// What was seen, or why nothing was.
        result: Arc<Result<Observation, Unread>>,
    },
    /// A step was resolved, or could not be.
    Planned {
        /// The step.
        step: StepId,
        /// Its plan and gates, or why there is none.
        result: Result<(Arc<Plan>, Vec<GateResult>), Refusal>,
    },
    /// A step's exact call was asked for.
    Asked {
        /// The step.
        step: StepId,
    },
    /// Another step was looked at.
    Selected {
        /// The step.
        step: StepId,
    },
    /// What users met with.
    Metered {
        /// From every vantage.
        tallies: Arc<Vec<Tally>>,
    },
    /// Whose account the credentials were for.
    Account {
        /// The account.
        account: Arc<Account>,
    },
    /// What a run will need was asked.
    Preflight {
        /// What came of it.
        made: Arc<Preflight>,
    },
    /// A program wrote a line.
    Output {
        /// The step.
        step: StepId,
        /// The line.
        line: String,
    },
    /// How a running step got on.
    Progress {
        /// The step.
        step: StepId,
        /// What it waited for.
        text: String,
        /// When it was to look next.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        next: Option<Timestamp>,
    },
    /// A command was not carried out.
    Refused {
        /// Why.
        why: String,
    },
    /// The journal could no longer be written.
    Latched {
        /// Why.
        why: String,
    },
    /// Nothing more is kept.
    Stopped {
        /// Why.
        why: String,
    },
}

impl What {
    /// What an event told, if it is not told by an entry and was on the screen.
    pub fn of(event: &Event) -> Option<Self> {
        let what = match event {
            Event::Looked { component, place, at, fresh_for, result } => Self::Looked {
                component: component.clone(),
                place: place.clone(),
                asked: *at,
                fresh_ms: u64::try_from(fresh_for.as_millis()).unwrap_or(u64::MAX),
                result: Arc::clone(result),
            },
            Event::Planned { step, result } => Self::Planned { step: step.clone(), result: result.clone() },
            Event::Asked(step) => Self::Asked { step: step.clone() },
            Event::Selected(step) => Self::Selected { step: step.clone() },
            Event::Metered(tallies) => Self::Metered { tallies: Arc::clone(tallies) },
            Event::Account(account) => Self::Account { account: Arc::clone(account) },
            Event::Preflight(made) => Self::Preflight { made: Arc::clone(made) },
            Event::Output { step, line } => Self::Output { step: step.clone(), line: line.clone() },
            Event::Progress { step, text, next } => {
                Self::Progress { step: step.clone(), text: text.clone(), next: *next }
            }
            Event::Refused { why } => Self::Refused { why: why.clone() },
            Event::Latched { why } => Self::Latched { why: why.clone() },
            Event::Entry(_)
            | Event::Began
            | Event::Stood { .. }
            | Event::History(_)
            | Event::Replayed(_)
            | Event::Ended => return None,
        };
        Some(what)
    }

    /// The event that told it.
    pub fn event(self) -> Event {
        match self {
            Self::Began => Event::Began,
            Self::Stood { worst } => Event::Stood { worst },
            Self::Looked { component, place, asked, fresh_ms, result } => {
                Event::Looked { component, place, at: asked, fresh_for: Duration::from_millis(fresh_ms), result }
            }
            Self::Planned { step, result } => Event::Planned { step, result },
            Self::Asked { step } => Event::Asked(step),
            Self::Selected { step } => Event::Selected(step),
            Self::Metered { tallies } => Event::Metered(tallies),
            Self::Account { account } => Event::Account(account),
            Self::Preflight { made } => Event::Preflight(made),
            Self::Output { step, line } => Event::Output { step, line },
            Self::Progress { step, text, next } => Event::Progress { step, text, next },
            Self::Refused { why } => Event::Refused { why },
            Self::Latched { why } => Event::Latched { why },
            Self::Stopped { why } => Event::Refused { why: format!("from here on no readings were kept: {why}") },
        }
    }
}

impl Kept {
    /// Its line, without a line break: no secret that is known is in it, nor anything that a terminal would obey.
    ///
    /// # Errors
    /// If it cannot be written as JSON, which nothing of this crate does.
    pub fn line(&self, redactor: &Redactor) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        redactor.apply_json(&mut value);
        text::clean_json(&mut value);
        serde_json::to_string(&value)
    }
}

/// Reads what was kept, and says how many lines it could not make sense of.
pub fn read(bytes: &[u8]) -> (Vec<Kept>, usize) {
    let mut bad = 0;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let kept = lines
        .filter_map(|line| {
            let kept = serde_json::from_slice(line).ok();
            bad += usize::from(kept.is_none());
            kept
        })
        .collect();
    (kept, bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::{Fact, Health, Value, Why};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn looked(result: Result<Observation, Unread>) -> Kept {
        let (component, place) = ("database".to_owned(), Place::Region("us-west-2".parse().unwrap()));
        let what = What::Looked { component, place, asked: at(1), fresh_ms: 15_000, result: Arc::new(result) };
        Kept { after: 3, at: at(2), what }
    }

    #[test]
    fn what_was_seen_is_read_back_as_exactly_what_it_was() {
        let mut seen = Observation::new("rds:DescribeDBInstances us-west-2");
        seen.fact("tenth", Value::Number(0.1 + 0.2));
        seen.fact("lag", Value::Seconds(f64::INFINITY));
        seen.fact("well", Value::Bool(true));
        let series = Value::Series(vec![(at(0), Some(1.0 / 3.0)), (at(60), None)]);
        seen.facts.push(Fact { name: "lag_series".into(), value: series, at: Some(at(60)) });
        seen.glance(Health::Degraded, "replica lags");
        seen.unread.push(("sql".into(), Unread::new(Why::TimedOut, "5 s")));
        for kept in [looked(Ok(seen)), looked(Err(Unread::new(Why::Denied, "no")))] {
            let line = kept.line(&Redactor::default()).unwrap();
            assert_eq!(read(format!("{line}\n").as_bytes()), (vec![kept], 0));
        }
    }

    #[test]
    fn no_secret_and_no_control_character_is_kept() {
        let mut seen = Observation::new("test");
        seen.facts.push(Fact { name: "x".into(), value: Value::Text("\u{1b}[2J hunter22".into()), at: None });
        let line = looked(Ok(seen)).line(&Redactor::new(["hunter22".to_owned()])).unwrap();
        assert!(!line.contains("hunter22") && !line.contains("\\u001b["), "{line}");
        assert!(line.contains("[redacted]"), "{line}");
    }

    #[test]
    fn a_line_that_was_cut_off_is_counted_and_the_others_are_read() {
        let line = looked(Err(Unread::new(Why::Denied, "no"))).line(&Redactor::default()).unwrap();
        let (kept, bad) = read(format!("{line}\n{}", &line[..20]).as_bytes());
        assert_eq!((kept.len(), bad), (1, 1));
    }
}
