//! Readings: one observed value, when it was observed, where from, and how fresh it is.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::duration;
use super::region::Place;
use super::text;

/// The id of a component of the service: the key of its table in the service file.
pub type ComponentId = String;

/// Which value: a component, a place, and the name of the fact, such as `database` · `us-west-2` · `status`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The component.
    pub component: ComponentId,
    /// Where.
    pub place: Place,
    /// The fact's name; each component kind documents its own.
    pub fact: String,
}

impl Key {
    /// A key from its parts.
    pub fn new(component: &str, place: &Place, fact: &str) -> Self {
        Self { component: component.to_owned(), place: place.clone(), fact: fact.to_owned() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.component, self.place, self.fact)
    }
}

/// One sample of a series: when, and the value, if there was one.
pub type Sample = (Timestamp, Option<f64>);

/// An observed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "is", content = "value")]
pub enum Value {
    /// A word or a sentence.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// A plain number.
    Number(#[serde(with = "super::exact")] f64),
    /// A span of time, in seconds.
    Seconds(#[serde(with = "super::exact")] f64),
    /// Samples over time, oldest first; a missing one is `None`, never 0.
    Series(#[serde(with = "super::exact::samples")] Vec<Sample>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Bool(true) => f.pad("yes"),
            Self::Bool(false) => f.pad("no"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Seconds(seconds) => f.pad(&duration::seconds(*seconds)),
            Self::Series(samples) => write!(f, "{} samples", samples.len()),
        }
    }
}

/// How a component in one place does, for a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It does what it should.
    Healthy,
    /// It works, with something that wants an eye.
    Degraded,
    /// It does not do what it should.
    Down,
    /// Nobody knows. Never shown as healthy.
    Unknown,
}

impl Health {
    /// The word beside the glyph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// No answer in time.
    TimedOut,
    /// Nothing to connect to: refused, reset, no route, no such name.
    Unreachable,
    /// Asked to slow down.
    Throttled,
    /// No, or no valid, credentials.
    Auth,
    /// Credentials are valid and not allowed to do this.
    Denied,
    /// What the service file names does not exist.
    NotFound,
    /// The other side failed (a 5xx).
    ServerError,
    /// An answer that makes no sense.
    Malformed,
    /// Anything else.
    Other,
}

impl Why {
    /// The short word for a panel.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "timed out",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Auth => "no credentials",
            Self::Denied => "denied",
            Self::NotFound => "not found",
            Self::ServerError => "server error",
            Self::Malformed => "bad answer",
            Self::Other => "failed",
        }
    }
}

/// A failed reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {message}", why.as_str())]
pub struct Unread {
    /// The kind of failure.
    pub why: Why,
    /// What was tried, on what, and what came back.
    pub message: String,
}

impl Unread {
    /// A failure with its message, which is made safe to show.
    pub fn new(why: Why, message: impl AsRef<str>) -> Self {
        Self { why, message: text::bounded(message.as_ref(), 400) }
    }
}

/// One fact of an [`Observation`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// When the value was true, where that differs from when it was asked for: a metric's sample has a time of its own.
    pub at: Option<Timestamp>,
}

/// What one look at a component in one place gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The facts, in the component kind's own order.
    pub facts: Vec<Fact>,
    /// The glance.
    pub health: Health,
    /// The line beside it, such as `replica available, replicating`.
    pub summary: String,
    /// What was asked, such as `rds:DescribeDBInstances us-west-2`.
    pub source: String,
    /// Parts that could not be read although the rest could, such as the SQL of a database whose API answers.
    pub unread: Vec<(String, Unread)>,
}

impl Observation {
    /// An observation without facts yet.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            facts: Vec::new(),
            health: Health::Unknown,
            summary: String::new(),
            source: source.into(),
            unread: Vec::new(),
        }
    }

    /// Adds a fact that is true now.
    pub fn fact(&mut self, name: &str, value: Value) {
        self.facts.push(Fact { name: name.to_owned(), value, at: None });
    }

    /// Adds a text.
    pub fn text(&mut self, name: &str, value: impl AsRef<str>) {
        self.fact(name, Value::Text(text::bounded(value.as_ref(), 400)));
    }

    /// The value of a fact in this observation.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| &fact.value)
    }

    /// The text of a fact that is one.
    pub fn said(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets the glance.
    pub fn glance(&mut self, health: Health, summary: impl AsRef<str>) {
        self.health = health;
        self.summary = text::bounded(summary.as_ref(), 200);
    }
}

/// How much a reading can be trusted by its age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// Young enough to decide by.
    Fresh,
    /// Too old to pass a gate; still worth showing.
    Stale,
    /// The source has stopped answering, or the value is far too old.
    Lost,
    /// Never read at all.
    Never,
}

impl Freshness {
    /// The word for a gate or a panel.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Lost => "lost",
            Self::Never => "never read",
        }
    }
}

/// A stored reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value,
    /// When it was true.
    pub at: Timestamp,
    /// What was asked.
    pub source: String,
    /// For how long it counts as fresh.
    pub fresh_for: Duration,
    /// Whether the latest look failed to read it again.
    pub failing: bool,
}

impl Reading {
    /// Its age; zero where the clocks disagree.
    pub fn age(&self, now: Timestamp) -> Duration {
        age(self.at, now)
    }

    /// How fresh it is now. A value whose source fails is never fresher than stale.
    pub fn freshness(&self, now: Timestamp) -> Freshness {
        let age = self.age(now);
        if age > self.fresh_for.saturating_mul(5) {
            Freshness::Lost
        } else if age > self.fresh_for {
            if self.failing { Freshness::Lost } else { Freshness::Stale }
        } else if self.failing {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }
}

/// The time since `at`; zero if it lies ahead.
pub fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(at)).unwrap_or_default()
}

/// A reading as it stands in the journal: what somebody saw when they decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which reading, such as `database.us-west-2.status`.
    pub reading: String,
    /// Its value, as shown.
    pub value: String,
    /// When it was true; absent if it was never read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Timestamp>,
    /// How fresh it was.
    pub freshness: Freshness,
    /// What was asked.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub source: String,
}
