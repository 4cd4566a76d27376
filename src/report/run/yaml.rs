//! The audit log's entry as YAML, as the first of the documents keeps one of each run; every text is a JSON string, which YAML
//! reads as well, so that nothing in it can be taken for anything else.

use std::fmt::{self, Write as _};

use super::Report;
use crate::report::record::second;

/// The entry of an audit log.
pub fn yaml(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report);
    out
}

fn text(words: &str) -> String {
    serde_json::Value::from(crate::domain::text::bounded(words, 4_000)).to_string()
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    let identity = &report.identity;
    writeln!(out, "- date: {}", text(&second(identity.opened)))?;
    for (key, value) in [
        ("run", identity.run.as_str()),
        ("event", &identity.title),
        ("nature", identity.nature),
        ("service", &identity.service),
        ("environment", &identity.environment),
        ("from", &identity.source),
        ("to", &identity.target),
        ("outcome", &identity.outcome),
        ("says", &identity.says),
        ("tool", &identity.tool),
        ("journal_head", &report.integrity.head),
    ] {
        writeln!(out, "  {key}: {}", text(value))?;
    }
    writeln!(out, "  closed: {}", identity.closed.map_or_else(|| "null".to_owned(), |at| text(&second(at))))?;
    writeln!(out, "  performed_by:")?;
    for person in &report.people {
        writeln!(out, "    - {{ name: {}, roles: {} }}", text(&person.who), text(&person.roles.join(", ")))?;
    }
    writeln!(out, "  results:")?;
    for row in &report.results {
        let (figure, achieved) = (text(row.figure), text(&row.achieved));
        let objective = row.objective.as_deref().map_or_else(|| "null".to_owned(), text);
        writeln!(
            out,
            "    - {{ figure: {figure}, achieved: {achieved}, objective: {objective}, kept: {} }}",
            text(row.kept.unwrap_or(""))
        )?;
    }
    list(
        out,
        "criteria",
        report.criteria.iter().map(|row| format!("{{ says: {}, verdict: {} }}", text(&row.says), text(row.verdict))),
    )?;
    list(
        out,
        "issues",
        report
            .deviations
            .iter()
            .map(|row| format!("{{ severity: {}, what: {} }}", text(row.severity), text(&row.says))),
    )
}

fn list(out: &mut String, key: &str, rows: impl Iterator<Item = String>) -> fmt::Result {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return writeln!(out, "  {key}: []");
    }
    writeln!(out, "  {key}:")?;
    for row in rows {
        writeln!(out, "    - {row}")?;
    }
    Ok(())
}
