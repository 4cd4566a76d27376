//! The tables of a report: Markdown and HTML show the same ones.

use jiff::Timestamp;

use super::steps::StepRow;
use super::{Report, exercise};
use crate::domain::duration::clock;
use crate::report::record::second;

/// A table under its heading.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// What is said where it has no rows; without it, it is left out then.
    pub(super) none: Option<&'static str>,
    /// Whether a row has too much in it for columns: HTML sets each under a heading of its own, its first two cells.
    pub(super) stacked: bool,
}

pub(super) fn table(title: &'static str, heads: &[&'static str], rows: Vec<Vec<String>>) -> Table {
    Table { title, heads: heads.to_vec(), rows, none: None, stacked: false }
}

/// Every table, in the order in which somebody asks.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    vec![
        results(report),
        criteria(report),
        exercise::points(report),
        exercise::debrief(report),
        timeline(report),
        disruption(report),
        steps(report),
        calls(report),
        people(report),
        contacts(report),
        escalation(report),
        decisions(report),
        deviations(report),
        observations(report),
    ]
}

fn dash() -> String {
    "—".to_owned()
}

fn results(report: &Report) -> Table {
    let rows = report.results.iter().map(|row| {
        let objective = row.objective.clone().unwrap_or_else(dash);
        let kept = row.kept.map_or_else(dash, str::to_owned);
        vec![format!("{} ({})", row.figure, row.from), row.achieved.clone(), objective, kept, row.method.clone()]
    });
    table("Results", &["figure", "achieved", "objective", "kept", "how"], rows.collect())
}

fn criteria(report: &Report) -> Table {
    let rows = report.criteria.iter().map(|row| vec![row.says.clone(), row.verdict.to_owned(), row.why.clone()]);
    table("Criteria", &["criterion", "verdict", "by what"], rows.collect())
}

fn timeline(report: &Report) -> Table {
    let rows = report.timeline.iter().map(|row| {
        let entry = match (row.entry, row.corrects) {
            (Some(entry), Some(before)) => format!("{entry}, corrects {before}"),
            (Some(entry), None) => entry.to_string(),
            _ => String::new(),
        };
        vec![row.number.clone(), row.milestone.to_owned(), maybe(row.at), row.by.clone(), row.source.clone(), entry]
    });
    table("Timeline", &["number", "moment", "when (UTC)", "by", "how that is known", "entry"], rows.collect())
}

fn disruption(report: &Report) -> Table {
    let rows = report.disruption.iter().map(|row| {
        vec![
            format!("{} from {}", row.component, row.from),
            format!("{} of {}", row.failed, row.asked),
            row.gaps.to_string(),
            row.longest.clone().unwrap_or_else(dash),
            row.led_to.join(", "),
        ]
    });
    let heads = ["asked", "failed", "gaps", "longest gap", "led to"];
    Table {
        none: Some("The meter did not run: the console was never armed, or the service names nothing to ask."),
        ..table("What users met with", &heads, rows.collect())
    }
}

fn steps(report: &Report) -> Table {
    let rows = report.steps.iter().map(|row| {
        vec![
            row.number.clone(),
            row.title.clone(),
            row.state.clone(),
            maybe(row.started),
            span(row.took_ms),
            span(row.expected_ms),
            row.by.clone(),
        ]
    });
    table("Steps", &["number", "step", "ended as", "began (UTC)", "took", "expected", "by"], rows.collect())
}

/// The exact calls, for whoever compares them with the cloud's own trail.
fn calls(report: &Report) -> Table {
    let made = report.steps.iter().filter(|step| step.call.is_some() && step.tries > 0);
    let rows = made.map(|step| {
        vec![
            step.number.clone(),
            step.call.clone().unwrap_or_default(),
            parameters(step),
            step.tries.to_string(),
            step.request_ids.join(", "),
            step.before.join(", "),
            step.evidence.join(", "),
        ]
    });
    let heads = ["number", "call", "parameters", "tries", "request ids", "before", "after"];
    Table { stacked: true, ..table("Calls", &heads, rows.collect()) }
}

fn people(report: &Report) -> Table {
    let rows = report.people.iter().map(|row| vec![row.who.clone(), row.roles.join(", "), row.hosts.join(", ")]);
    table("People", &["who", "as", "where"], rows.collect())
}

fn contacts(report: &Report) -> Table {
    let rows = report.contacts.iter().map(|row| vec![row.role.clone(), row.reach.clone()]);
    table("Contacts", &["role", "reached by"], rows.collect())
}

fn escalation(report: &Report) -> Table {
    let rows = report.escalation.iter();
    let rows = rows.map(|row| vec![row.severity.to_string(), row.when.clone(), row.what.clone()]);
    table("Escalation", &["severity", "when", "what is done"], rows.collect())
}

fn decisions(report: &Report) -> Table {
    let rows = report.decisions.iter();
    let rows = rows.map(|row| vec![row.entry.to_string(), second(row.at), row.by.clone(), row.says.clone()]);
    table("Decisions", &["entry", "when (UTC)", "who", "what"], rows.collect())
}

fn deviations(report: &Report) -> Table {
    let rows = report.deviations.iter().map(|row| {
        let due = row.due.map(|due| due.to_string()).unwrap_or_default();
        let done = row.done.clone().unwrap_or_default();
        let (says, measure, owner) = (row.says.clone(), row.measure.clone(), row.owner.clone());
        vec![row.severity.to_owned(), row.entry.to_string(), says, measure, owner, due, done]
    });
    Table {
        none: Some("Nothing deviated from the runbook."),
        ..table(
            "Deviations and follow-up",
            &["severity", "entry", "what", "measure", "owner", "due", "done"],
            rows.collect(),
        )
    }
}

fn observations(report: &Report) -> Table {
    let rows = report.observations.iter().map(|row| {
        vec![row.by.clone(), row.says.clone(), row.practice.clone(), row.waived.clone().unwrap_or_default()]
    });
    table("Found beside the run", &["by", "what", "the right practice", "waived"], rows.collect())
}

/// A call's parameters in a line.
fn parameters(step: &StepRow) -> String {
    step.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// A moment, or that there is none.
fn maybe(at: Option<Timestamp>) -> String {
    at.map_or_else(dash, second)
}

/// A span in milliseconds.
fn span(ms: Option<u64>) -> String {
    ms.map_or_else(dash, |ms| clock(std::time::Duration::from_millis(ms)))
}
