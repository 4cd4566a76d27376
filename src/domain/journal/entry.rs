//! An entry, and what its bodies have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::body::Body;

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, from 1.
    pub seq: u64,
    /// When, by the wall clock (UTC).
    pub at: Timestamp,
    /// When, in milliseconds of a clock that never jumps, since the process that wrote it started.
    pub mono_ms: u64,
    /// Who: an operator's name, or `handover` for what the program found by itself.
    pub by: String,
    /// What.
    #[serde(flatten)]
    pub body: Body,
    /// The hash of the entry before.
    pub prev: String,
    /// The hash of this one.
    pub hash: String,
}

/// The files that a run is made of, by their SHA-256: the run keeps copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// Of the service file.
    pub service: String,
    /// Of the runbook file.
    pub runbook: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// Every step was done and the target verified.
    Verified,
    /// It was ended before a mutation was made: a false alarm, say.
    StoodDown,
    /// It was ended unfinished.
    Abandoned,
}

impl RunOutcome {
    /// The words for a screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::StoodDown => "stood down",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What became of one try of a mutation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum OutcomeOf {
    /// The other side accepted it.
    Accepted {
        /// What it said.
        answer: String,
        /// A handle with which to follow the change.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        handle: Option<String>,
    },
    /// The other side refused it: certainly not done.
    Refused {
        /// What it said.
        message: String,
    },
    /// Nobody knows: `settle` must tell.
    Unknown {
        /// What happened.
        message: String,
    },
}
