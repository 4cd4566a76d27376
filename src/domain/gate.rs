//! Predicates over readings: what gates, checks and waits are made of. They fail closed: what is missing, stale or
//! unreadable holds nothing.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::board::Board;
use super::duration;
use super::reading::{Evidence, Freshness, Key, Value};
use super::region::{Direction, Pair, Region, Side};

/// Which reading, as a runbook names it: `database.target.status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingRef {
    /// The component's id.
    pub component: String,
    /// Where.
    pub side: Side,
    /// The fact.
    pub fact: String,
}

impl fmt::Display for ReadingRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.component, self.side, self.fact)
    }
}

/// One thing that must be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicate {
    /// The reading.
    pub reading: ReadingRef,
    /// What it must be.
    pub test: Test,
    /// Whether a limit is a span of time in seconds, not a plain number.
    pub span: bool,
}

/// What a reading must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Exactly this word. `source`, `target`, `primary` and `standby` in braces mean those Regions.
    Is(String),
    /// One of these words.
    OneOf(Vec<String>),
    /// Anything but this word.
    IsNot(String),
    /// Yes or no.
    IsBool(bool),
    /// At most this: seconds for a span, else a plain number.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reading = &self.reading;
        match &self.test {
            Test::Is(word) => write!(f, "{reading} is {word}"),
            Test::OneOf(words) => write!(f, "{reading} is one of {}", words.join(", ")),
            Test::IsNot(word) => write!(f, "{reading} is not {word}"),
            Test::IsBool(true) => write!(f, "{reading} is yes"),
            Test::IsBool(false) => write!(f, "{reading} is no"),
            Test::AtMost(limit) if self.span => write!(f, "{reading} is at most {}", duration::seconds(*limit)),
            Test::AtLeast(limit) if self.span => write!(f, "{reading} is at least {}", duration::seconds(*limit)),
            Test::AtMost(limit) => write!(f, "{reading} is at most {limit}"),
            Test::AtLeast(limit) => write!(f, "{reading} is at least {limit}"),
        }
    }
}

/// How a gate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds, by fresh evidence.
    Pass,
    /// It does not hold.
    Fail,
    /// Nobody can say: the evidence is missing, stale or unreadable. It does not pass.
    Unknown,
}

impl Verdict {
    /// The word beside the glyph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "holds",
            Self::Fail => "fails",
            Self::Unknown => "unknown",
        }
    }
}

/// A gate, looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub verdict: Verdict,
    /// By what evidence.
    pub evidence: Evidence,
}

/// What predicates are looked at with.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The readings.
    pub board: &'a Board,
    /// Which way the run goes.
    pub direction: &'a Direction,
    /// The Regions' home roles.
    pub home: &'a Pair<Region>,
    /// Now.
    pub now: Timestamp,
}

impl Sight<'_> {
    /// The key that a reference means in this run.
    pub fn key(&self, reading: &ReadingRef) -> Key {
        let place = reading.side.place(self.direction, self.home);
        Key::new(&reading.component, &place, &reading.fact)
    }

    /// `{target}` and the like filled in.
    pub fn fill(&self, text: &str) -> String {
        fill(text, self.direction, self.home)
    }

    /// Looks at a predicate.
    pub fn look(&self, predicate: &Predicate) -> (Verdict, Evidence) {
        let key = self.key(&predicate.reading);
        let evidence = self.board.evidence(&key, self.now);
        if evidence.freshness != Freshness::Fresh {
            return (Verdict::Unknown, evidence);
        }
        let Some(reading) = self.board.get(&key) else { return (Verdict::Unknown, evidence) };
        let value = &reading.value;
        let holds = match &predicate.test {
            Test::Is(word) => word_of(value).map(|have| have == self.fill(word)),
            Test::IsNot(word) => word_of(value).map(|have| have != self.fill(word)),
            Test::OneOf(words) => word_of(value).map(|have| words.iter().any(|word| self.fill(word) == have)),
            Test::IsBool(wanted) => match value {
                Value::Bool(have) => Some(have == wanted),
                _ => None,
            },
            Test::AtMost(limit) => number_of(value).map(|have| have <= *limit),
            Test::AtLeast(limit) => number_of(value).map(|have| have >= *limit),
        };
        let verdict = match holds {
            Some(true) => Verdict::Pass,
            Some(false) => Verdict::Fail,
            None => Verdict::Unknown,
        };
        (verdict, evidence)
    }
}

fn word_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(word) => Some(word),
        Value::Bool(true) => Some("yes"),
        Value::Bool(false) => Some("no"),
        _ => None,
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        // A negative lag means "unknown" in CloudWatch; it must not look small.
        Value::Seconds(number) => (number.is_finite() && *number >= 0.0).then_some(*number),
        Value::Number(number) => number.is_finite().then_some(*number),
        _ => None,
    }
}

/// Fills `{source}`, `{target}`, `{primary}` and `{standby}` in.
pub fn fill(text: &str, direction: &Direction, home: &Pair<Region>) -> String {
    text.replace("{source}", direction.source.as_str())
        .replace("{target}", direction.target.as_str())
        .replace("{primary}", home.primary.as_str())
        .replace("{standby}", home.standby.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reading::{Health, Observation, Unread, Why};
    use crate::domain::region::Place;
    use proptest::prelude::*;
    use std::time::Duration;

    fn home() -> Pair<Region> {
        Pair { primary: "us-east-1".parse().unwrap(), standby: "us-west-2".parse().unwrap() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn board(value: Value) -> Board {
        let mut board = Board::default();
        let mut seen = Observation::new("test");
        seen.fact("x", value);
        seen.glance(Health::Healthy, "");
        board.record("c", &Place::Region(home().standby), at(0), Duration::from_secs(10), &Ok(seen));
        board
    }

    fn verdict(board: &Board, test: Test, now: Timestamp) -> Verdict {
        let home = home();
        let direction = Direction { source: home.primary.clone(), target: home.standby.clone() };
        let sight = Sight { board, direction: &direction, home: &home, now };
        let reading = ReadingRef { component: "c".into(), side: Side::Target, fact: "x".into() };
        sight.look(&Predicate { reading, test, span: false }).0
    }

    #[test]
    fn fresh_evidence_decides() {
        let text = board(Value::Text("us-west-2".into()));
        assert_eq!(verdict(&text, Test::Is("{target}".into()), at(1)), Verdict::Pass);
        assert_eq!(verdict(&text, Test::Is("{source}".into()), at(1)), Verdict::Fail);
        let lag = board(Value::Seconds(4.0));
        assert_eq!(verdict(&lag, Test::AtMost(900.0), at(1)), Verdict::Pass);
        assert_eq!(verdict(&lag, Test::AtMost(3.0), at(1)), Verdict::Fail);
    }

    #[test]
    fn a_lag_of_minus_one_or_nan_never_passes() {
        for bad in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(verdict(&board(Value::Seconds(bad)), Test::AtMost(900.0), at(1)), Verdict::Unknown);
        }
    }

    #[test]
    fn a_value_of_another_type_never_passes() {
        assert_eq!(verdict(&board(Value::Text("yes".into())), Test::IsBool(true), at(1)), Verdict::Unknown);
        assert_eq!(verdict(&board(Value::Text("1".into())), Test::AtMost(2.0), at(1)), Verdict::Unknown);
    }

    #[test]
    fn evidence_whose_source_fails_never_passes() {
        let mut board = board(Value::Bool(true));
        let unread = Err(Unread::new(Why::TimedOut, "no answer"));
        board.record("c", &Place::Region(home().standby), at(1), Duration::from_secs(10), &unread);
        assert_eq!(verdict(&board, Test::IsBool(true), at(1)), Verdict::Unknown);
    }

    proptest! {
        #[test]
        fn stale_or_missing_evidence_never_passes(late in 11i64..100_000, limit in -1e9f64..1e9) {
            let lag = board(Value::Seconds(0.0));
            prop_assert_ne!(verdict(&lag, Test::AtMost(limit), at(late)), Verdict::Pass);
            prop_assert_ne!(verdict(&Board::default(), Test::AtMost(limit), at(0)), Verdict::Pass);
            prop_assert_ne!(verdict(&Board::default(), Test::IsNot("x".into()), at(0)), Verdict::Pass);
        }
    }
}
