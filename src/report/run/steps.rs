//! Every step, planned and actual.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::reading::age;
use crate::domain::run::{Run, State};
use crate::domain::runbook::{Action, Step};

/// A step, planned and actual.
#[derive(Debug, Clone, Serialize)]
pub struct StepRow {
    /// Its number on the screen.
    pub number: String,
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its phase.
    pub phase: String,
    /// What it can do to the world.
    pub hazard: &'static str,
    /// How it ended, or where it stood.
    pub state: String,
    /// In its own words.
    pub says: String,
    /// Who ended it.
    pub by: String,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How long it was expected to take, in milliseconds.
    pub expected_ms: Option<u64>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// How often it was tried.
    pub tries: u32,
    /// The exact call.
    pub call: Option<String>,
    /// Its parameters.
    pub parameters: Vec<(String, String)>,
    /// The request ids of every call: what the cloud's own trail knows it by.
    pub request_ids: Vec<String>,
    /// The gates that were overridden, and why.
    pub overrides: BTreeMap<String, String>,
    /// Who approved it as a second person.
    pub approved_by: Vec<String>,
    /// The readings by which it ended: what was so afterwards.
    pub evidence: Vec<String>,
    /// The values that it rested on: what was so before.
    pub before: Vec<String>,
}

pub(super) fn steps(run: &Run) -> Vec<StepRow> {
    let phase = |index: usize| run.runbook.phases.get(index).map(|phase| phase.title.clone()).unwrap_or_default();
    run.runbook.steps().map(|(index, step)| step_row(run, step, phase(index))).collect()
}

fn step_row(run: &Run, step: &Step, phase: String) -> StepRow {
    let record = run.record(&step.id);
    let ms = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let started = record.started.or(record.ended);
    let took = started.zip(record.ended).map(|(from, to)| ms(age(from, to)));
    let plan = record.plan.as_ref().filter(|_| matches!(step.action, Action::Act { .. } | Action::Exec(_)));
    StepRow {
        number: run.runbook.number(&step.id),
        id: step.id.clone(),
        title: step.title.clone(),
        phase,
        hazard: step.hazard.as_str(),
        state: match &record.state {
            State::Ended(ending) => ending.as_str().to_owned(),
            State::Failed(why) => format!("failed: {why}"),
            State::Unsure(why) => format!("unsure: {why}"),
            State::Pending | State::Planned => "not begun".to_owned(),
            State::Looking | State::InFlight | State::Settling => "under way".to_owned(),
        },
        says: record.says.clone(),
        by: record.by.clone(),
        started,
        ended: record.ended,
        expected_ms: step.expected.map(ms),
        took_ms: took,
        tries: record.tries,
        call: plan.map(|plan| plan.call.headline()),
        parameters: plan.map(|plan| plan.call.params.clone()).unwrap_or_default(),
        request_ids: record.request_ids.clone(),
        overrides: record.overrides.clone(),
        approved_by: record.approved.values().cloned().collect(),
        evidence: record.evidence.iter().map(|seen| format!("{} {}", seen.reading, seen.value)).collect(),
        before: plan
            .map(|plan| plan.basis.iter().map(|basis| format!("{}: {}", basis.what, basis.value)).collect())
            .unwrap_or_default(),
    }
}
