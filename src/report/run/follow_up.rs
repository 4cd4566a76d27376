//! What did not go by the book, and what was found beside the run: what somebody has to see to afterwards.

use serde::Serialize;

use super::Material;
use crate::domain::duration;
use crate::domain::journal::{Body, Entry};
use crate::domain::reading::age;
use crate::domain::run::{Ending, Run};

/// What did not go by the book.
#[derive(Debug, Clone, Serialize)]
pub struct Deviation {
    /// `high`, `medium` or `low`.
    pub severity: &'static str,
    /// The entry of the journal.
    pub entry: u64,
    /// What.
    pub says: String,
    /// Who sees to it; for a person to fill in.
    pub owner: String,
    /// Until when; for a person to fill in.
    pub due: String,
}

pub(super) fn deviations(entries: &[Entry], run: &Run) -> Vec<Deviation> {
    let severity = |body: &Body| match body {
        Body::SplitBrain { splits } if !splits.is_empty() => Some("high"),
        Body::Override { .. }
        | Body::NextWay { .. }
        | Body::Ungraceful { .. }
        | Body::Settled { ending: Ending::RiskAccepted, .. } => Some("high"),
        Body::Settled { ending, .. } if ending.is_undone() || *ending == Ending::ByHand => Some("medium"),
        Body::Unsure { .. } | Body::RollBack { .. } | Body::Reopened { .. } | Body::RecoveredTail { .. } => {
            Some("medium")
        }
        Body::Kept { days: Some(days), wanted_days, .. } if days < wanted_days => Some("medium"),
        Body::Failed { .. }
        | Body::Void { .. }
        | Body::Paused { .. }
        | Body::Resumed { .. }
        | Body::Untold { .. }
        | Body::TrailBehind { .. } => Some("low"),
        _ => None,
    };
    let row =
        |severity, entry: u64, says| Deviation { severity, entry, says, owner: String::new(), due: String::new() };
    let mut rows: Vec<Deviation> =
        entries.iter().filter_map(|entry| Some(row(severity(&entry.body)?, entry.seq, entry.body.says()))).collect();
    let last = entries.last().map_or(0, |entry| entry.seq);
    for (_, step) in run.runbook.steps() {
        let record = run.record(&step.id);
        let took = record.started.zip(record.ended).map(|(from, to)| age(from, to));
        if let (Some(took), Some(expected)) = (took, step.expected)
            && took > expected * 2
        {
            let (took, expected) = (duration::clock(took), duration::clock(expected));
            rows.push(row("low", last, format!("{}: took {took}, expected {expected}", step.id)));
        }
    }
    let rank = |row: &Deviation| ["high", "medium", "low"].iter().position(|of| *of == row.severity);
    rows.sort_by_key(|of| (rank(of), of.entry));
    rows
}

/// What was found wrong beside the run itself.
#[derive(Debug, Clone, Serialize)]
pub struct Observation {
    /// What found it: `preflight`, or a rule's id.
    pub by: String,
    /// `danger`, `warning` or `note`; empty of a preflight.
    pub severity: &'static str,
    /// What.
    pub says: String,
    /// The right practice.
    pub practice: String,
    /// Why it is lived with, where it is.
    pub waived: Option<String>,
}

pub(super) fn observations(material: &Material<'_>) -> Vec<Observation> {
    use crate::domain::review::{Spot, Subject, review};
    let preflight = material.entries.iter().rev().find_map(|entry| match &entry.body {
        Body::Preflight { wrong, .. } => Some(wrong.clone()),
        _ => None,
    });
    let found =
        |says| Observation { by: "preflight".to_owned(), severity: "", says, practice: String::new(), waived: None };
    let mut rows: Vec<Observation> = preflight.unwrap_or_default().into_iter().map(found).collect();
    let today =
        material.entries.first().map_or(material.now, |entry| entry.at).to_zoned(jiff::tz::TimeZone::UTC).date();
    let runbooks = std::slice::from_ref(material.runbook);
    let subject = Subject { service: material.service, runbooks, live: None, drills: None, today };
    // The folder has one runbook: what is said of the others' absence says nothing.
    let mut findings = review(&subject);
    findings.retain(|finding| matches!(finding.spot, Spot::Step(..)));
    rows.extend(findings.into_iter().map(|finding| Observation {
        by: finding.rule.id.to_owned(),
        severity: finding.rule.severity.as_str(),
        says: format!("{}: {}", finding.spot, finding.says),
        practice: finding.rule.practice.to_owned(),
        waived: finding.waived.map(|waiver| waiver.reason),
    }));
    rows
}
