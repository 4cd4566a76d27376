//! What people are told of a run, as far as its journal says it: pure, and the same however often it is made.
//!
//! - `made`: which entries tell anything, and what;
//! - [`Telling`]: the fold of the journal that knows what has been told where, and what is still owed.

mod made;
mod telling;

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::run::Mode;

pub use made::MOST;
pub(crate) use made::made;
pub use telling::{Failing, Telling};

/// How much a notice matters. The levels are those of an escalation by severity: everybody is called, the team is told, it is
/// only on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Severity 3: on record, no action.
    Info,
    /// Severity 2: somebody should look.
    Warning,
    /// Severity 1: somebody is called.
    Critical,
}

impl Severity {
    /// The word in a service file and in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What a notice is, for systems that keep incidents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is", content = "incident")]
pub enum About {
    /// An incident is open, by its key.
    Opened(String),
    /// Somebody has taken the incident with this key on.
    Acknowledged(String),
    /// The incident with this key is over.
    Resolved(String),
    /// Something was changed or decided: nobody has to be called.
    Change,
}

/// One thing that people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// The run's id and the entry's number: the same however often it is sent.
    pub key: String,
    /// The run's id.
    pub run: String,
    /// The service's name.
    pub service: String,
    /// What the run may touch: a drill says so in its title's first word.
    pub mode: Mode,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who: an operator, or `handover`.
    pub by: String,
    /// The kind of the journal's entry.
    pub kind: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub about: About,
    /// In a line, at most 150 characters.
    pub title: String,
    /// In a sentence or two.
    pub text: String,
}

impl Notice {
    /// A notice with which a channel is tried. It names no run, and opens no incident.
    pub fn test(service: &str, by: &str, at: Timestamp) -> Arc<Self> {
        let run = format!("test-{}", at.strftime("%Y%m%dT%H%M%SZ"));
        Arc::new(Self {
            key: format!("{run}/1"),
            run,
            service: service.to_owned(),
            mode: Mode::Drill,
            at,
            by: by.to_owned(),
            kind: "test",
            severity: Severity::Info,
            about: About::Change,
            title: format!("TEST of handover's notices for {service}"),
            text: format!("{by} tries whether this channel works. Nothing has happened, and nothing is to be done."),
        })
    }
}
