//! The parts of a report, each from what the journal says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Material;
use crate::domain::duration;
use crate::domain::figures::{Figures, Span};
use crate::domain::journal::{Body, Entry, GENESIS};
use crate::domain::run::{Ending, Mode, Run, State};
use crate::domain::runbook::{Action, Step};
use crate::domain::timeline::{Loss, Milestone};

/// What was run, and with what.
#[derive(Debug, Clone, Serialize)]
pub struct Identity {
    /// The run's id.
    pub run: String,
    /// `real`, `exercise` or `simulation`.
    pub nature: &'static str,
    /// The service.
    pub service: String,
    /// Its environment.
    pub environment: String,
    /// The runbook's id.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// What it is for: its scope and its assumptions.
    pub purpose: String,
    /// The Region that was left.
    pub source: String,
    /// The Region that took over.
    pub target: String,
    /// The components: what was in scope.
    pub scope: Vec<String>,
    /// The simulation's scenario.
    pub scenario: Option<String>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// How it ended.
    pub outcome: String,
    /// What was said at its end.
    pub says: String,
    /// The version of handover.
    pub tool: String,
    /// Where it was opened.
    pub host: String,
    /// The terminal, where several people share it.
    pub shared_terminal: Option<String>,
    /// SHA-256 of the service file.
    pub service_sha256: String,
    /// SHA-256 of the runbook.
    pub runbook_sha256: String,
}

pub(super) fn identity(material: &Material<'_>, run: &Run, opened: &Entry) -> Identity {
    let (tool, host, shared, files) = match &opened.body {
        Body::RunOpened { tool, host, shared_terminal, files, .. } => {
            (tool.clone(), host.clone(), shared_terminal.clone(), Some(files.clone()))
        }
        _ => Default::default(),
    };
    let says = material.entries.iter().rev().find_map(|entry| match &entry.body {
        Body::RunClosed { says, .. } => Some(says.clone()),
        _ => None,
    });
    Identity {
        run: run.id.clone(),
        nature: match run.mode {
            Mode::Live => "real",
            Mode::Drill => "exercise",
            Mode::Simulation => "simulation",
        },
        service: run.service.clone(),
        environment: material.service.environment.clone(),
        runbook: run.runbook.id.clone(),
        title: run.runbook.title.clone(),
        purpose: run.runbook.description.clone(),
        source: run.direction.source.to_string(),
        target: run.direction.target.to_string(),
        scope: material.service.components.iter().map(|of| format!("{} ({})", of.title, of.spec.kind())).collect(),
        scenario: run.scenario.clone(),
        opened: opened.at,
        closed: run.closed.map(|(_, at)| at),
        outcome: run.closed.map_or("open", |(outcome, _)| outcome.as_str()).to_owned(),
        says: says.unwrap_or_default(),
        tool,
        host,
        shared_terminal: shared,
        service_sha256: files.as_ref().map(|files| files.service.clone()).unwrap_or_default(),
        runbook_sha256: files.map(|files| files.runbook).unwrap_or_default(),
    }
}

/// One figure against what was promised.
#[derive(Debug, Clone, Serialize)]
pub struct Result {
    /// Which, such as `Recovery time`.
    pub figure: &'static str,
    /// From which moment to which.
    pub from: &'static str,
    /// What was achieved, in words.
    pub achieved: String,
    /// The same as a span of time, where it is one.
    pub span: Option<Span>,
    /// What was promised, where anything was.
    pub objective: Option<String>,
    /// `met`, `missed` or `unknown`, where anything was promised.
    pub kept: Option<&'static str>,
    /// How it was come by.
    pub method: String,
}

pub(super) fn results(material: &Material<'_>, run: &Run, figures: &Figures) -> Vec<Result> {
    let objectives = material.service.objectives;
    let clock = duration::format;
    let span = |figure, from, span: Span, method: &str| Result {
        figure,
        from,
        achieved: span.to_string(),
        span: Some(span),
        objective: None,
        kept: None,
        method: method.to_owned(),
    };
    let t0 = run.timeline.get(Milestone::ImpactBegan);
    let began = t0.map_or_else(
        || "nobody entered when the impact began (T0)".to_owned(),
        |began| format!("T0 entered by {}: {}", began.by, began.source),
    );
    let loss = figures.loss.as_ref();
    vec![
        Result {
            objective: Some(format!("RTO {}", clock(objectives.rto))),
            kept: Some(figures.rto(objectives).as_str()),
            ..span("Recovery time", "T12 − T0", figures.total, &began)
        },
        span(
            "Execution",
            "T12 − T4",
            figures.execution,
            "from the run's opening to the start of the sustained healthy window",
        ),
        span("Detection", "T1 − T0", figures.detection, "to the first alarm that the journal has"),
        span("Decision", "T3 − T1", figures.decision, "from there to the recorded decision"),
        span(
            "Waiting for people",
            "within T4 to T12",
            figures.waiting,
            "nothing was under way, and a step could have been",
        ),
        span("Without a standby", "T13 − T7", figures.exposure, "from the promotion until redundancy was restored"),
        Result {
            figure: "Data loss",
            from: "at the promotion",
            achieved: loss.map_or_else(|| "not measured".to_owned(), ToString::to_string),
            span: None,
            objective: Some(format!("RPO {}", clock(objectives.rpo))),
            kept: Some(figures.rpo(objectives).as_str()),
            method: method(loss),
        },
    ]
}

fn method(loss: Option<&Loss>) -> String {
    match loss {
        Some(Loss::Exact { source_mark, target_mark, at_most_ms, .. }) => {
            let most = at_most_ms.map(|ms| {
                let most = std::time::Duration::from_millis(ms).as_secs_f64();
                format!("; committed in the last {} before the promotion", duration::seconds(most))
            });
            let most = most.unwrap_or_default();
            format!("counted on both sides, the source being fenced: {source_mark} there, {target_mark} here{most}")
        }
        Some(Loss::Nothing { why } | Loss::Unknown { why } | Loss::Unbounded { why }) => why.clone(),
        Some(Loss::Estimate { method, .. }) => format!("estimated from {method}"),
        None => "no database was taken over".to_owned(),
    }
}

/// A moment of the timeline.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// Its number, such as `T0`.
    pub number: String,
    /// What it is.
    pub milestone: &'static str,
    /// When, by the wall clock.
    pub at: Option<Timestamp>,
    /// Milliseconds by the clock that never jumps, in its process, where that was there.
    pub steady_ms: Option<u64>,
    /// Who recorded it.
    pub by: String,
    /// How it is known.
    pub source: String,
    /// The entry of the journal.
    pub entry: Option<u64>,
    /// The entry that it corrects.
    pub corrects: Option<u64>,
}

pub(super) fn timeline(run: &Run) -> Vec<Moment> {
    let row = |milestone: Milestone| {
        let known = run.timeline.get(milestone);
        Moment {
            number: milestone.number(),
            milestone: milestone.as_str(),
            at: known.map(|known| known.at),
            steady_ms: known.and_then(|known| known.steady).map(|steady| steady.ms),
            by: known.map(|known| known.by.clone()).unwrap_or_default(),
            source: known.map_or_else(|| "not known".to_owned(), |known| known.source.clone()),
            entry: known.map(|known| known.entry),
            corrects: known.and_then(|known| known.corrects),
        }
    };
    Milestone::ALL.into_iter().map(row).collect()
}

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
    let took = started.zip(record.ended).map(|(from, to)| ms(crate::domain::reading::age(from, to)));
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

/// Somebody who took part.
#[derive(Debug, Clone, Serialize)]
pub struct Participant {
    /// Their name, as the system knew them.
    pub who: String,
    /// As what: lead, operator, decision-maker, approver.
    pub roles: Vec<&'static str>,
    /// Where they sat.
    pub hosts: Vec<String>,
}

pub(super) fn people(entries: &[Entry], run: &Run) -> Vec<Participant> {
    let mut all: BTreeMap<String, (Vec<&'static str>, Vec<String>)> = BTreeMap::new();
    let mut add = |who: &str, role: &'static str, host: Option<&String>| {
        let (roles, hosts) = all.entry(who.to_owned()).or_default();
        if !roles.contains(&role) {
            roles.push(role);
        }
        if let Some(host) = host.filter(|host| !hosts.contains(host)) {
            hosts.push(host.clone());
        }
    };
    let decides = |id: &str| run.runbook.step(id).is_some_and(|step| step.marks == Some(Milestone::Decided));
    for entry in entries {
        match &entry.body {
            Body::LeadChange { lead, host } => add(lead, "lead", Some(host)),
            Body::Armed => add(&entry.by, "operator", None),
            Body::Settled { step, ending: Ending::Attested, .. } if decides(step) => {
                add(&entry.by, "decision-maker", None);
            }
            Body::Approved { approval, .. } => {
                add(&approval.statement.approver, "approver", Some(&approval.statement.host));
            }
            _ => {}
        }
    }
    all.into_iter().map(|(who, (roles, hosts))| Participant { who, roles, hosts }).collect()
}

/// What a person decided.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// The entry of the journal.
    pub entry: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What, with the reason.
    pub says: String,
}

pub(super) fn decisions(entries: &[Entry]) -> Vec<Decision> {
    let decided = |entry: &&Entry| match &entry.body {
        Body::Consent { .. }
        | Body::Override { .. }
        | Body::Approved { .. }
        | Body::Armed
        | Body::Disarmed { .. }
        | Body::LeadChange { .. }
        | Body::Paused { .. }
        | Body::Continued
        | Body::Ungraceful { .. }
        | Body::RollBack { .. }
        | Body::NextWay { .. }
        | Body::Reopened { .. }
        | Body::RunClosed { .. } => true,
        Body::Settled { ending, .. } => matches!(ending, Ending::Attested | Ending::ByHand) || ending.is_undone(),
        _ => false,
    };
    let row =
        |entry: &Entry| Decision { entry: entry.seq, at: entry.at, by: entry.by.clone(), says: entry.body.says() };
    entries.iter().filter(decided).map(row).collect()
}

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
        let took = record.started.zip(record.ended).map(|(from, to)| crate::domain::reading::age(from, to));
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
