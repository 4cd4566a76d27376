//! What was run, and with what.

use jiff::Timestamp;
use serde::Serialize;

use super::Material;
use crate::domain::duration;
use crate::domain::journal::{Body, Entry};
use crate::domain::run::{Mode, Run};
use crate::report::record::second;

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
    /// What it is for.
    pub purpose: String,
    /// The Region that was left.
    pub source: String,
    /// The Region that took over.
    pub target: String,
    /// The components: what was in scope.
    pub scope: Vec<String>,
    /// The simulation's scenario.
    pub scenario: Option<String>,
    /// What the runbook takes for granted.
    pub assumptions: Vec<String>,
    /// What had to be so before it began.
    pub preconditions: Vec<String>,
    /// What the last preflight had found.
    pub preflight: Option<String>,
    /// By how much our clock and AWS's certainly differed, in milliseconds, where AWS was asked.
    pub clock_offset_ms: Option<u64>,
    /// Who outside took part, or was relied on.
    pub third_parties: Vec<String>,
    /// Who or what was played as absent.
    pub absences: Vec<String>,
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
    /// As whom AWS knew whoever ran it, where a preflight asked.
    pub authenticated: Option<String>,
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
    let authenticated = material.entries.iter().rev().find_map(|entry| match &entry.body {
        Body::Preflight { identity, .. } => identity.clone(),
        _ => None,
    });
    let preflight = material.entries.iter().rev().find_map(|entry| match &entry.body {
        Body::Preflight { says, clock_ms, .. } => Some((says.clone(), *clock_ms)),
        _ => None,
    });
    let exercise = run.runbook.exercise.clone();
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
        assumptions: exercise.assumptions,
        preconditions: exercise.preconditions,
        clock_offset_ms: preflight.as_ref().and_then(|(_, clock)| *clock),
        preflight: preflight.map(|(says, _)| says),
        third_parties: exercise.third_parties,
        absences: exercise.absences,
        opened: opened.at,
        closed: run.closed.map(|(_, at)| at),
        outcome: run.closed.map_or("open", |(outcome, _)| outcome.as_str()).to_owned(),
        says: says.unwrap_or_default(),
        tool,
        host,
        shared_terminal: shared,
        authenticated,
        service_sha256: files.as_ref().map(|files| files.service.clone()).unwrap_or_default(),
        runbook_sha256: files.map(|files| files.runbook).unwrap_or_default(),
    }
}

/// The lines at the head of a report.
pub(super) fn head(identity: &Identity) -> Vec<(&'static str, String)> {
    let closed = identity.closed.map_or_else(|| "not closed".to_owned(), second);
    let mut lines = vec![
        ("outcome", format!("{} {}", identity.outcome, identity.says).trim_end().to_owned()),
        ("way", format!("{} → {}", identity.source, identity.target)),
        ("run", identity.run.clone()),
        ("environment", identity.environment.clone()),
        ("opened and closed (UTC)", format!("{}, {closed}", second(identity.opened))),
        ("runbook", format!("{} (sha256 {})", identity.runbook, identity.runbook_sha256)),
        ("service file", format!("sha256 {}", identity.service_sha256)),
        ("made with", format!("handover {} on {}", identity.tool, identity.host)),
        ("scope", identity.scope.join(", ")),
    ];
    if !identity.purpose.is_empty() {
        lines.push(("purpose", identity.purpose.trim().to_owned()));
    }
    let lists = [
        ("assumptions", &identity.assumptions),
        ("preconditions", &identity.preconditions),
        ("third parties", &identity.third_parties),
        ("played as absent", &identity.absences),
    ];
    lines.extend(lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(what, list)| (what, list.join("; "))));
    if let Some(preflight) = &identity.preflight {
        lines.push(("preflight", preflight.clone()));
    }
    let clock = identity.clock_offset_ms.map_or_else(
        || "not compared with AWS's".to_owned(),
        |ms| match ms {
            0 => "agreed with AWS's, as far as whole seconds tell".to_owned(),
            ms => {
                format!("at least {} off AWS's", duration::millis(ms))
            }
        },
    );
    lines.push(("clock", clock));
    if let Some(scenario) = &identity.scenario {
        lines.push(("scenario", scenario.clone()));
    }
    if let Some(arn) = &identity.authenticated {
        lines.push(("authenticated as", arn.clone()));
    }
    if let Some(terminal) = &identity.shared_terminal {
        lines.push(("shared terminal", terminal.clone()));
    }
    lines
}
