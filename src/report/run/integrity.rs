//! How it can be checked that nobody has changed anything.

use serde::Serialize;

use super::Material;
use crate::domain::journal::{Body, Entry, GENESIS};

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
    /// Which hashes are kept outside the machine.
    pub anchors: Vec<Anchor>,
    /// How each place outside keeps the journal, in words.
    pub kept: Vec<String>,
    /// The environment variables whose contents were redacted, as far as the journal names them.
    pub redacted: Vec<String>,
}

/// The hash of an entry, kept outside the machine.
#[derive(Debug, Clone, Serialize)]
pub struct Anchor {
    /// The entry.
    pub entry: u64,
    /// Its hash.
    pub head: String,
    /// Where it is kept.
    pub to: String,
}

pub(super) fn integrity(material: &Material<'_>) -> Integrity {
    let last = material.entries.last();
    let run = material.entries.iter().find_map(|entry| match &entry.body {
        Body::RunOpened { run, .. } => Some(run.as_str()),
        _ => None,
    });
    let redacted = material.entries.iter().rev().find_map(|entry| match &entry.body {
        Body::Kept { redacted, .. } => Some(redacted.clone()),
        _ => None,
    });
    Integrity {
        entries: material.entries.len(),
        head: last.map_or(GENESIS, |entry| entry.hash.as_str()).to_owned(),
        broken: material.broken.map(str::to_owned),
        copies_hold: material.copies_hold,
        verify: format!("handover journal verify {}", run.unwrap_or("journal.jsonl")),
        anchors: material.entries.iter().filter_map(anchor).collect(),
        kept: material
            .entries
            .iter()
            .filter(|of| matches!(of.body, Body::Kept { .. }))
            .map(|of| of.body.says())
            .collect(),
        redacted: redacted.unwrap_or_default(),
    }
}

fn anchor(entry: &Entry) -> Option<Anchor> {
    let Body::Anchored { at, head, to } = &entry.body else { return None };
    Some(Anchor { entry: *at, head: head.clone(), to: to.clone() })
}

/// The lines of the chapter: what, and what is said of it.
pub(super) fn lines(integrity: &Integrity) -> Vec<(&'static str, String)> {
    let mut lines = vec![match &integrity.broken {
        None => ("journal", format!("{} entries hold, head {}", integrity.entries, integrity.head)),
        Some(why) => ("journal", format!("DOES NOT VERIFY: {why}")),
    }];
    lines.push(("files", copies(integrity.copies_hold).to_owned()));
    lines.push(("to check", integrity.verify.clone()));
    match integrity.anchors.last() {
        Some(last) => lines.push((
            "anchors",
            format!("{} outside the machine, the last of entry {} at {}", integrity.anchors.len(), last.entry, last.to),
        )),
        None => lines
            .push(("anchors", "none: nothing outside the machine tells of a journal that was made anew".to_owned())),
    }
    lines.extend(integrity.kept.iter().map(|says| ("retention", says.clone())));
    if !integrity.redacted.is_empty() {
        lines.push(("redacted", integrity.redacted.join(", ")));
    }
    lines
}

/// What is said of the run's copies of its files.
fn copies(hold: bool) -> &'static str {
    if hold {
        "the copies of the service file and the runbook are what was run, by their SHA-256 in the first entry"
    } else {
        "the copies of the service file or the runbook are NOT what was run: they were changed afterwards"
    }
}
