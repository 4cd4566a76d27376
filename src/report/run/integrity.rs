//! How it can be checked that nobody has changed anything.

use serde::Serialize;

use super::Material;
use crate::domain::journal::{Body, GENESIS};

/// How it can be checked that nobody has changed anything.
#[derive(Debug, Clone, Serialize)]
pub struct Integrity {
    /// How many entries the journal has.
    pub entries: usize,
    /// The hash of the last.
    pub head: String,
    /// Why it does not verify; absent if it does.
    pub broken: Option<String>,
    /// Whether the copies of the service file and the runbook are still what was run.
    pub copies_hold: bool,
    /// How to check it.
    pub verify: String,
}

pub(super) fn integrity(material: &Material<'_>) -> Integrity {
    let last = material.entries.last();
    let run = material.entries.iter().find_map(|entry| match &entry.body {
        Body::RunOpened { run, .. } => Some(run.as_str()),
        _ => None,
    });
    Integrity {
        entries: material.entries.len(),
        head: last.map_or(GENESIS, |entry| entry.hash.as_str()).to_owned(),
        broken: material.broken.map(str::to_owned),
        copies_hold: material.copies_hold,
        verify: format!("handover journal verify {}", run.unwrap_or("journal.jsonl")),
    }
}

/// What is said of the run's copies of its files.
pub(super) fn copies(hold: bool) -> &'static str {
    if hold {
        "the copies of the service file and the runbook are what was run, by their SHA-256 in the first entry"
    } else {
        "the copies of the service file or the runbook are NOT what was run: they were changed afterwards"
    }
}
