//! What did not go by the book, and what was found beside the run: what somebody has to see to afterwards.

use jiff::civil::Date;
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
    /// What is done about it, where somebody said.
    pub measure: String,
    /// Who sees to it.
    pub owner: String,
    /// Until when.
    pub due: Option<Date>,
    /// How it was seen to, and by what retest that is known.
    pub done: Option<String>,
}

impl Deviation {
    fn new(severity: &'static str, entry: u64, says: String) -> Self {
        Self { severity, entry, says, measure: String::new(), owner: String::new(), due: None, done: None }
    }
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
    let row = Deviation::new;
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
    follow_up(entries, &mut rows);
    let rank = |row: &Deviation| ["high", "medium", "low"].iter().position(|of| *of == row.severity);
    rows.sort_by_key(|of| (rank(of), of.entry));
    rows
}

/// What somebody sees to: of a deviation, of an entry that says so itself, or of something that was found afterwards.
fn follow_up(entries: &[Entry], rows: &mut Vec<Deviation>) {
    for entry in entries {
        let Body::FollowUp { about, says, owner, due, done } = &entry.body else { continue };
        let known = rows.iter().position(|row| about.is_some_and(|about| row.entry == about));
        let place = known.unwrap_or_else(|| {
            let about = about.and_then(|about| entries.iter().find(|entry| entry.seq == about));
            let found = about.map_or_else(|| says.clone(), |about| about.body.says());
            rows.push(Deviation::new("medium", about.map_or(entry.seq, |about| about.seq), found));
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(place) {
            row.measure.clone_from(says);
            row.owner.clone_from(owner);
            row.due = Some(*due);
            row.done.clone_from(done);
        }
    }
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
