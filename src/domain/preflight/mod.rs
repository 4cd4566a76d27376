//! The preflight: what a run of any runbook will need, asked beforehand and without changing anything. Who we are, what we
//! would be let do, which endpoints have to answer and where they are, and whether what the files name is there.

mod endpoints;
mod judge;
mod questions;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reading::{Unread, age};
use super::region::Region;

pub use endpoints::{Answered, Needed, needed};
pub use judge::{Asked, Estate, judge};
pub use questions::{Question, Ruling, questions};

/// How often it is made while a console is open.
pub const EVERY: Duration = Duration::from_mins(30);
/// For how long it is not worth asking anew.
const YOUNG: Duration = Duration::from_mins(1);
/// After this long nobody should rely on one.
const OLD: Duration = Duration::from_hours(1);

/// What was asked, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preflight {
    /// When it was begun.
    pub at: Timestamp,
    /// The account and the identity that it holds for, where AWS said so.
    pub identity: Option<String>,
    /// By how much our clock and AWS's certainly differ, in milliseconds, where AWS answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clock_ms: Option<u64>,
    /// Its rows, those of an area together, in the order of [`AREAS`].
    pub rows: Vec<Row>,
}

/// A thing that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is about.
    pub area: Area,
    /// What was asked.
    pub what: String,
    /// What came of it.
    pub verdict: Verdict,
    /// In words.
    pub says: String,
    /// What to do; empty where nothing is.
    pub remedy: String,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// Who we are, for how long yet, and by which clock.
    Identity,
    /// What we would be let do.
    Permissions,
    /// What has to answer, and where it is.
    Endpoints,
    /// What is started on this machine.
    Programs,
    /// Whether what the files name is there, and as they say.
    Estate,
}

/// Every area, in the order in which they are told.
pub const AREAS: [Area; 5] = [Area::Identity, Area::Permissions, Area::Endpoints, Area::Programs, Area::Estate];

impl Area {
    /// The heading.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Permissions => "permissions",
            Self::Endpoints => "endpoints",
            Self::Programs => "programs",
            Self::Estate => "the estate",
        }
    }
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it has to be.
    Good,
    /// It could not be asked: nothing is concluded.
    Unknown,
    /// A run can be made, and somebody should know.
    Wanting,
    /// A run will not get through.
    Bad,
}

impl Verdict {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Unknown => "unknown",
            Self::Wanting => "wanting",
            Self::Bad => "bad",
        }
    }
}

impl Preflight {
    /// Whether it was made only now.
    pub fn is_young(&self, now: Timestamp) -> bool {
        age(self.at, now) < YOUNG
    }

    /// Whether so much time has passed that nobody should rely on it.
    pub fn is_old(&self, now: Timestamp) -> bool {
        age(self.at, now) > OLD
    }

    /// How many rows came to a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// The worst of all verdicts.
    pub fn worst(&self) -> Verdict {
        self.rows.iter().map(|row| row.verdict).max().unwrap_or(Verdict::Unknown)
    }

    /// What is not as it has to be, the worst first.
    pub fn wrong(&self) -> impl Iterator<Item = &Row> {
        let of = |verdict| self.rows.iter().filter(move |row| row.verdict == verdict);
        of(Verdict::Bad).chain(of(Verdict::Wanting))
    }

    /// `2 bad, 1 wanting, 3 unknown, 40 good`, without what there is none of.
    pub fn summary(&self) -> String {
        let counted = [Verdict::Bad, Verdict::Wanting, Verdict::Unknown, Verdict::Good].map(|verdict| {
            let count = self.count(verdict);
            (count > 0).then(|| format!("{count} {}", verdict.as_str()))
        });
        let said: Vec<String> = counted.into_iter().flatten().collect();
        if said.is_empty() { "nothing was asked".to_owned() } else { said.join(", ") }
    }
}

/// Whether a system that has rights of its own (SQL, Kubernetes) would let us do something in a Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The component.
    pub component: String,
    /// The Region.
    pub region: Region,
    /// What was asked for, such as `patch deployments/scale`.
    pub what: String,
    /// Whether it is allowed: why not, where it isn't.
    pub answer: Result<Option<String>, Unread>,
}
