//! The report as one HTML file that asks nobody for anything: style and picture are in it, and there is no script.

use std::fmt::{self, Write as _};

use super::Report;
use super::markdown::{copies, head, maybe, parameters, span};
use super::picture::picture;
use crate::domain::text::bounded;
use crate::report::record::second;

const STYLE: &str = include_str!("style.css");

/// The report as HTML.
pub fn html(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report);
    out
}

/// A text that is nothing else than text in HTML, on one line.
pub(super) fn escape(words: &str) -> String {
    let mut out = String::new();
    for letter in bounded(words, 4_000).chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(letter),
        }
    }
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    let identity = &report.identity;
    let (title, service) = (escape(&identity.title), escape(&identity.service));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}: {service}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
    )?;
    writeln!(out, "<h1>{title}</h1>\n<p><span class=\"nature {0}\">{0}</span> {service}</p>", identity.nature)?;
    if let Some(why) = &report.integrity.broken {
        writeln!(out, "<p class=\"broken\">The journal does not verify: {}</p>", escape(why))?;
    }
    summary(out, report)?;
    writeln!(out, "<dl>")?;
    for (what, says) in head(identity) {
        writeln!(out, "<dt>{what}</dt><dd>{}</dd>", escape(&says))?;
    }
    writeln!(out, "</dl>")?;
    if let Some(picture) = picture(report) {
        writeln!(out, "<h2>What happened when</h2>\n{picture}")?;
    }
    tables(out, report)?;
    let integrity = &report.integrity;
    writeln!(out, "<h2>Integrity</h2>\n<dl>")?;
    writeln!(
        out,
        "<dt>journal</dt><dd>{} entries, head <code>{}</code></dd>",
        integrity.entries,
        escape(&integrity.head)
    )?;
    writeln!(out, "<dt>files</dt><dd>{}</dd>", copies(integrity.copies_hold))?;
    writeln!(
        out,
        "<dt>to check</dt><dd><code>{}</code></dd>\n</dl>\n</main>\n</body>\n</html>",
        escape(&integrity.verify)
    )
}

/// For whoever reads no further.
fn summary(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "<div class=\"summary\">")?;
    let outcome = escape(&report.identity.outcome);
    writeln!(out, "<div>Outcome<strong>{outcome}</strong>{}</div>", escape(&report.identity.says))?;
    for row in report.results.iter().filter(|row| row.objective.is_some()) {
        let kept = row.kept.unwrap_or("unknown");
        let (figure, achieved) = (row.figure, escape(&row.achieved));
        let objective = escape(row.objective.as_deref().unwrap_or(""));
        writeln!(out, "<div class=\"{kept}\">{figure}<strong>{achieved}</strong>{objective}: {kept}</div>")?;
    }
    let high = report.deviations.iter().filter(|row| row.severity == "high").count();
    let kept = if high == 0 { "met" } else { "missed" };
    let all = report.deviations.len();
    writeln!(out, "<div class=\"{kept}\">Deviations<strong>{all}</strong>{high} of high severity</div>\n</div>")
}

fn tables(out: &mut String, report: &Report) -> fmt::Result {
    let none = || "—".to_owned();
    let rows = report.results.iter().map(|row| {
        let objective = row.objective.clone().unwrap_or_else(none);
        let kept = row.kept.map_or_else(none, str::to_owned);
        vec![format!("{} ({})", row.figure, row.from), row.achieved.clone(), objective, kept, row.method.clone()]
    });
    table(out, "Results", &["figure", "achieved", "objective", "kept", "how"], rows)?;
    let rows = report.timeline.iter().map(|row| {
        let entry = match (row.entry, row.corrects) {
            (Some(entry), Some(before)) => format!("{entry}, corrects {before}"),
            (Some(entry), None) => entry.to_string(),
            _ => String::new(),
        };
        vec![row.number.clone(), row.milestone.to_owned(), maybe(row.at), row.by.clone(), row.source.clone(), entry]
    });
    table(out, "Timeline", &["number", "moment", "when (UTC)", "by", "how that is known", "entry"], rows)?;
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
    table(out, "Steps", &["number", "step", "ended as", "began (UTC)", "took", "expected", "by"], rows)?;
    let rows = report.steps.iter().filter(|step| step.call.is_some() && step.tries > 0).map(|step| {
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
    table(out, "Calls", &["number", "call", "parameters", "tries", "request ids", "before", "after"], rows)?;
    let rows = report.people.iter().map(|row| vec![row.who.clone(), row.roles.join(", "), row.hosts.join(", ")]);
    table(out, "People", &["who", "as", "where"], rows)?;
    let rows = report
        .decisions
        .iter()
        .map(|row| vec![row.entry.to_string(), second(row.at), row.by.clone(), row.says.clone()]);
    table(out, "Decisions", &["entry", "when (UTC)", "who", "what"], rows)?;
    let rows = report.deviations.iter().map(|row| {
        vec![row.severity.to_owned(), row.entry.to_string(), row.says.clone(), row.owner.clone(), row.due.clone()]
    });
    table(out, "Deviations and follow-up", &["severity", "entry", "what", "owner", "due"], rows)?;
    let rows = report.observations.iter().map(|row| {
        vec![row.by.clone(), row.says.clone(), row.practice.clone(), row.waived.clone().unwrap_or_default()]
    });
    table(out, "Found beside the run", &["by", "what", "the right practice", "waived"], rows)
}

/// A table under its heading; of nothing, that there is nothing.
fn table(out: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> fmt::Result {
    writeln!(out, "<h2>{title}</h2>")?;
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return writeln!(out, "<p>Nothing.</p>");
    }
    write!(out, "<table>\n<thead><tr>")?;
    for head in heads {
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in rows {
        write!(out, "<tr>")?;
        for text in row {
            write!(out, "<td>{}</td>", escape(&text))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_text_and_nothing_else() {
        let told = escape("<img src=x onerror=\"a('b')\">&\u{1b}[31m\u{202e}");
        assert!(!told.contains(['<', '>', '"', '\'', '\u{1b}', '\u{202e}']), "{told}");
        assert!(told.starts_with("&lt;img src=x onerror=&quot;"), "{told}");
    }
}
