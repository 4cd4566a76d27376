//! The report as one HTML file that asks nobody for anything: style and picture are in it, and there is no script.

use std::fmt::{self, Write as _};

use super::Report;
use super::chart::charts;
use super::identity::head;
use super::integrity::lines;
use super::picture::picture;
use super::tables::{Table, tables};
use crate::domain::text::bounded;

/// From how many letters on a word is too long for a column.
const LONG: usize = 24;

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
        writeln!(out, "<h2>What happened when</h2>\n{picture}{}", charts(report))?;
    }
    for table in tables(report) {
        section(out, &table)?;
    }
    writeln!(out, "<h2>Integrity</h2>\n<dl>")?;
    for (what, says) in lines(&report.integrity) {
        writeln!(out, "<dt>{what}</dt><dd>{}</dd>", escape(&says))?;
    }
    writeln!(out, "</dl>\n</main>\n</body>\n</html>")
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

/// A table under its heading; of nothing, what is said instead.
fn section(out: &mut String, table: &Table) -> fmt::Result {
    match (table.rows.is_empty(), table.none) {
        (true, None) => return Ok(()),
        (true, Some(none)) => return writeln!(out, "<h2>{}</h2>\n<p>{none}</p>", table.title),
        (false, _) => {}
    }
    if table.stacked {
        return stacked(out, table);
    }
    // A table that is wider than the page is scrolled, by the keyboard too.
    write!(out, "<h2>{0}</h2>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">", table.title)?;
    write!(out, "<table>\n<thead><tr>")?;
    for head in &table.heads {
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in &table.rows {
        write!(out, "<tr>")?;
        for text in row {
            let class = match text.as_str() {
                "met" | "pass" => " class=\"met\"",
                "missed" | "fail" | "high" => " class=\"missed\"",
                "unknown" | "not shown" => " class=\"unknown\"",
                // Only what has a word too long for a column is broken anywhere.
                text if text.split_whitespace().any(|word| word.chars().count() > LONG) => " class=\"long\"",
                _ => "",
            };
            write!(out, "<td{class}>{}</td>", escape(text))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table></div>")
}

/// Each row under a heading of its own.
fn stacked(out: &mut String, table: &Table) -> fmt::Result {
    writeln!(out, "<h2>{}</h2>", table.title)?;
    for row in &table.rows {
        let heading: Vec<String> = row.iter().take(2).map(|text| escape(text)).collect();
        writeln!(out, "<section class=\"entry\">\n<h3>{}</h3>\n<dl>", heading.join(" "))?;
        for (head, text) in table.heads.iter().zip(row).skip(2).filter(|(_, text)| !text.is_empty()) {
            writeln!(out, "<dt>{head}</dt><dd>{}</dd>", escape(text))?;
        }
        writeln!(out, "</dl>\n</section>")?;
    }
    Ok(())
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
