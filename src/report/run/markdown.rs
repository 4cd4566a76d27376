//! The report as Markdown.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::Report;
use super::parts::{Identity, StepRow};
use crate::domain::duration::clock;
use crate::report::record::{cell, second};

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    identity(out, &report.identity)?;
    writeln!(out, "\n## Results\n\n| figure | achieved | objective | | how |\n|---|---|---|---|---|")?;
    for row in &report.results {
        let (objective, kept) = (row.objective.as_deref().unwrap_or("—"), row.kept.unwrap_or("—"));
        writeln!(
            out,
            "| {} ({}) | {} | {} | {kept} | {} |",
            row.figure,
            row.from,
            cell(&row.achieved),
            cell(objective),
            cell(&row.method)
        )?;
    }
    writeln!(
        out,
        "\n## Timeline\n\n| | moment | when (UTC) | by | how that is known | entry |\n|---|---|---|---|---|---|"
    )?;
    for row in &report.timeline {
        let entry = match (row.entry, row.corrects) {
            (Some(entry), Some(before)) => format!("{entry}, corrects {before}"),
            (Some(entry), None) => entry.to_string(),
            _ => String::new(),
        };
        let at = maybe(row.at);
        writeln!(
            out,
            "| {} | {} | {at} | {} | {} | {entry} |",
            row.number,
            row.milestone,
            cell(&row.by),
            cell(&row.source)
        )?;
    }
    writeln!(out, "\n## Steps\n\n| | step | ended as | began | took | expected | by |\n|---|---|---|---|---|---|---|")?;
    for row in &report.steps {
        let (took, expected) = (span(row.took_ms), span(row.expected_ms));
        let (title, state, by) = (cell(&row.title), cell(&row.state), cell(&row.by));
        writeln!(out, "| {} | {title} | {state} | {} | {took} | {expected} | {by} |", row.number, maybe(row.started))?;
    }
    calls(out, &report.steps)?;
    writeln!(out, "\n## People\n\n| who | as | where |\n|---|---|---|")?;
    for row in &report.people {
        writeln!(out, "| {} | {} | {} |", cell(&row.who), row.roles.join(", "), cell(&row.hosts.join(", ")))?;
    }
    writeln!(out, "\n## Decisions\n\n| entry | when (UTC) | who | what |\n|---|---|---|---|")?;
    for row in &report.decisions {
        writeln!(out, "| {} | {} | {} | {} |", row.entry, second(row.at), cell(&row.by), cell(&row.says))?;
    }
    writeln!(out, "\n## Deviations and follow-up\n")?;
    if report.deviations.is_empty() {
        writeln!(out, "Nothing deviated from the runbook.")?;
    } else {
        writeln!(out, "| severity | entry | what | owner | due |\n|---|---|---|---|---|")?;
        for row in &report.deviations {
            let (owner, due) = (cell(&row.owner), cell(&row.due));
            writeln!(out, "| {} | {} | {} | {owner} | {due} |", row.severity, row.entry, cell(&row.says))?;
        }
    }
    if !report.observations.is_empty() {
        writeln!(out, "\n## Found beside the run\n\n| by | what | the right practice | waived |\n|---|---|---|---|")?;
        for row in &report.observations {
            let waived = row.waived.as_deref().unwrap_or("");
            writeln!(out, "| {} | {} | {} | {} |", cell(&row.by), cell(&row.says), cell(&row.practice), cell(waived))?;
        }
    }
    let integrity = &report.integrity;
    writeln!(out, "\n## Integrity\n")?;
    match &integrity.broken {
        None => writeln!(out, "- the journal's {} entries hold; head `{}`", integrity.entries, integrity.head)?,
        Some(why) => writeln!(out, "- **the journal does not verify: {}**", cell(why))?,
    }
    writeln!(out, "- {}", copies(integrity.copies_hold))?;
    writeln!(out, "- to check: `{}`", integrity.verify)
}

/// What is said of the run's copies of its files.
pub(super) fn copies(hold: bool) -> &'static str {
    if hold {
        "the copies of the service file and the runbook are what was run, by their SHA-256 in the first entry"
    } else {
        "the copies of the service file or the runbook are NOT what was run: they were changed afterwards"
    }
}

fn identity(out: &mut String, identity: &Identity) -> fmt::Result {
    writeln!(out, "# {}: {} of {}\n", cell(&identity.title), identity.nature, cell(&identity.service))?;
    for (what, says) in head(identity) {
        writeln!(out, "- {what}: {}", cell(&says))?;
    }
    Ok(())
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
        lines.push(("purpose and assumptions", identity.purpose.trim().to_owned()));
    }
    if let Some(scenario) = &identity.scenario {
        lines.push(("scenario", scenario.clone()));
    }
    if let Some(terminal) = &identity.shared_terminal {
        lines.push(("shared terminal", terminal.clone()));
    }
    lines
}

/// The exact calls, for whoever compares them with the cloud's own trail.
fn calls(out: &mut String, steps: &[StepRow]) -> fmt::Result {
    let made: Vec<&StepRow> = steps.iter().filter(|step| step.call.is_some() && step.tries > 0).collect();
    if made.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n## Calls\n\n| | call | parameters | tries | request ids | before | after |\n|---|---|---|---|---|---|---|"
    )?;
    for step in made {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            step.number,
            cell(step.call.as_deref().unwrap_or("")),
            cell(&parameters(step)),
            step.tries,
            cell(&step.request_ids.join(", ")),
            cell(&step.before.join(", ")),
            cell(&step.evidence.join(", ")),
        )?;
    }
    Ok(())
}

/// A call's parameters in a line.
pub(super) fn parameters(step: &StepRow) -> String {
    step.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// A moment, or that there is none.
pub(super) fn maybe(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "—".to_owned(), second)
}

/// A span in milliseconds for a table.
pub(super) fn span(ms: Option<u64>) -> String {
    ms.map_or_else(|| "—".to_owned(), |ms| clock(std::time::Duration::from_millis(ms)))
}
