//! What a journal says, as a document to be filed: who did what when, and how it ended.

use std::fmt::{self, Write as _};

use crate::domain::journal::{Body, Entry};
use crate::domain::text;

/// A journal as Markdown: a head, the moments, and every entry but the readings, which are counted. `sound` is what verifying it
/// has found.
pub fn markdown(entries: &[Entry], sound: Result<&str, &str>) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, entries, sound);
    out
}

fn write(out: &mut String, entries: &[Entry], sound: Result<&str, &str>) -> fmt::Result {
    let opened = entries.iter().find_map(|entry| match &entry.body {
        Body::RunOpened { run, service, runbook, mode, direction, tool, host, scenario, .. } => {
            Some((entry.at, run, service, runbook, mode, direction, tool, host, scenario))
        }
        _ => None,
    });
    if let Some((at, run, service, runbook, mode, direction, tool, host, scenario)) = opened {
        writeln!(out, "# {} of {}, {}\n", cell(runbook), cell(service), at.strftime("%Y-%m-%d"))?;
        let scenario = scenario.as_ref().map(|name| format!(", scenario {}", cell(name))).unwrap_or_default();
        writeln!(out, "- run: `{}`, {}{scenario}", text::visible(run), mode.as_str())?;
        writeln!(out, "- way: {} → {}", direction.source, direction.target)?;
        writeln!(out, "- opened: {} on {} by handover {}", second(at), cell(host), cell(tool))?;
    } else {
        writeln!(out, "# A journal without a beginning\n")?;
    }
    let last = |of: fn(&Body) -> bool| entries.iter().rev().find(|entry| of(&entry.body));
    match last(|body| matches!(body, Body::RunClosed { .. })) {
        Some(entry) => writeln!(out, "- closed: {}: {}", second(entry.at), cell(&entry.body.says()))?,
        None => writeln!(out, "- not closed when this was written")?,
    }
    if let Some(entry) = last(|body| matches!(body, Body::DataLoss { .. })) {
        writeln!(out, "- {}", cell(&entry.body.says()))?;
    }
    match sound {
        Ok(head) => writeln!(out, "- journal: {} entries hold; head `{head}`", entries.len())?,
        Err(why) => writeln!(out, "- **journal: it does not verify: {}**", cell(why))?,
    }
    writeln!(out, "\n## Moments\n\n| moment | when (UTC) | how that is known |\n|---|---|---|")?;
    for entry in entries {
        if let Body::Milestone { milestone, when, source } = &entry.body {
            writeln!(out, "| {} | {} | {} |", milestone.as_str(), second(*when), cell(source))?;
        }
    }
    writeln!(out, "\n## Entries\n\n| | when (UTC) | who | what | |\n|---|---|---|---|---|")?;
    let readings = entries.iter().filter(|entry| matches!(entry.body, Body::Reading { .. })).count();
    for entry in entries.iter().filter(|entry| !matches!(entry.body, Body::Reading { .. })) {
        let (by, says) = (cell(&entry.by), cell(&entry.body.says()));
        writeln!(out, "| {} | {} | {by} | {} | {says} |", entry.seq, second(entry.at), entry.body.kind())?;
    }
    writeln!(out, "\n{readings} readings are in the journal and not in this table.")
}

pub(super) fn second(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A text that stays in its cell, and is nothing else than text there.
pub(super) fn cell(words: &str) -> String {
    let mut out = String::new();
    for letter in text::visible(words).chars() {
        match letter {
            '|' | '<' | '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_stays_in_its_cell() {
        assert_eq!(cell("a | b <script> `c`\n*d*"), "a \\| b \\<script> \\`c\\` / \\*d\\*");
        assert!(!cell("\u{1b}[31mred\u{202e}").contains(['\u{1b}', '\u{202e}']));
    }

    #[test]
    fn a_journal_that_does_not_verify_says_so_at_its_head() {
        let told = markdown(&[], Err("line 3: the hash is another"));
        assert!(told.contains("**journal: it does not verify: line 3"), "{told}");
        assert!(told.contains("not closed when this was written"), "{told}");
    }
}
