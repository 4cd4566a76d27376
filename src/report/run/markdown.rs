//! The report as Markdown.

use std::fmt::{self, Write as _};

use super::Report;
use super::identity::head;
use super::integrity::lines;
use super::tables::{Table, tables};
use crate::report::record::cell;

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    let identity = &report.identity;
    writeln!(out, "# {}: {} of {}\n", cell(&identity.title), identity.nature, cell(&identity.service))?;
    for (what, says) in head(identity) {
        writeln!(out, "- {what}: {}", cell(&says))?;
    }
    for table in tables(report) {
        section(out, &table)?;
    }
    writeln!(out, "\n## Integrity\n")?;
    for (what, says) in lines(&report.integrity) {
        writeln!(out, "- {what}: {}", cell(&says))?;
    }
    Ok(())
}

fn section(out: &mut String, table: &Table) -> fmt::Result {
    if table.rows.is_empty() {
        return match table.none {
            Some(none) => writeln!(out, "\n## {}\n\n{none}", table.title),
            None => Ok(()),
        };
    }
    writeln!(out, "\n## {}\n\n| {} |", table.title, table.heads.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(table.heads.len()))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}
