//! What the review has found, as text, as JSON and as SARIF.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use crate::domain::review::{Finding, RULES, Severity, Spot};
use crate::domain::text::visible;

/// For a terminal: a finding a paragraph.
pub fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = findings.iter().try_for_each(|finding| paragraph(&mut out, finding));
    out
}

fn paragraph(out: &mut String, finding: &Finding) -> fmt::Result {
    let rule = finding.rule;
    let word = if finding.waived.is_some() { "waived" } else { rule.severity.as_str() };
    writeln!(out, "{word} {}: {} ({})", rule.id, rule.title, finding.spot)?;
    writeln!(out, "  here      {}", finding.says)?;
    match &finding.waived {
        Some(waiver) => return writeln!(out, "  waived    until {}: {}\n", waiver.until, waiver.reason),
        None => writeln!(out, "  because   {}\n  practice  {}", rule.why, rule.practice)?,
    }
    for (at, line) in finding.edit.iter().flat_map(|edit| edit.lines()).enumerate() {
        writeln!(out, "  {}{line}", if at == 0 { "such as   " } else { "          " })?;
    }
    writeln!(out, "  see       {}\n", rule.source)
}

/// What was found, as a Markdown document.
pub fn markdown(service: &str, findings: &[Finding]) -> String {
    let mut out = format!("# Review of {}\n", visible(service));
    if findings.is_empty() {
        out.push_str("\nNothing that the review knows of is wrong.\n");
    }
    // Writing to a string does not fail.
    let _ = findings.iter().try_for_each(|finding| {
        let rule = finding.rule;
        let word = if finding.waived.is_some() { "waived" } else { rule.severity.as_str() };
        writeln!(out, "\n## {} {} ({word})\n\n{}: {}", rule.id, rule.title, finding.spot, visible(&finding.says))?;
        match &finding.waived {
            Some(waiver) => writeln!(out, "\nWaived until {}: {}", waiver.until, visible(&waiver.reason)),
            None => writeln!(out, "\n{}\n\nDo: {}\n\n<{}>", rule.why, rule.practice, rule.source),
        }
    });
    out
}

/// Every rule, as a Markdown document.
pub fn catalogue() -> String {
    let mut out = String::from(
        "# What the review looks for\n\nPrinted by `handover check --rules`. A danger loses data, or the failover; a warning costs time, or \
         hides something; a note is worth knowing.\n",
    );
    // Writing to a string does not fail.
    let _ = RULES.iter().try_for_each(|rule| {
        let word = rule.severity.as_str();
        writeln!(
            out,
            "\n## {} {}\n\n{word}. {}\n\nDo: {}\n\n<{}>",
            rule.id, rule.title, rule.why, rule.practice, rule.source
        )
    });
    out
}

/// For programs: a list of objects.
pub fn json(findings: &[Finding]) -> Value {
    findings
        .iter()
        .map(|finding| {
            let rule = finding.rule;
            json!({
                "rule": rule.id,
                "title": rule.title,
                "severity": rule.severity.as_str(),
                "at": finding.spot.to_string(),
                "says": finding.says,
                "why": rule.why,
                "practice": rule.practice,
                "source": rule.source,
                "edit": finding.edit,
                "waived": finding.waived.as_ref().map(|waiver| {
                    json!({ "reason": waiver.reason, "until": waiver.until.to_string() })
                }),
            })
        })
        .collect()
}

/// For code hosts: SARIF 2.1.0 (OASIS), with the file and, where `line` tells it, the line from 1.
pub fn sarif(findings: &[Finding], version: &str, line: &dyn Fn(&Spot) -> Option<(String, usize)>) -> Value {
    let level = |severity: Severity| match severity {
        Severity::Danger => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why },
                "help": { "text": rule.practice },
                "helpUri": rule.source,
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let mut result = json!({
                "ruleId": finding.rule.id,
                "level": level(finding.rule.severity),
                "message": { "text": format!("{}: {}", finding.spot, finding.says) },
            });
            if let (Some((file, line)), Some(fields)) = (line(&finding.spot), result.as_object_mut()) {
                let place = json!({ "artifactLocation": { "uri": file }, "region": { "startLine": line } });
                fields.insert("locations".to_owned(), json!([{ "physicalLocation": place }]));
            }
            if let (Some(waiver), Some(fields)) = (&finding.waived, result.as_object_mut()) {
                let why = json!([{ "kind": "inSource", "justification": waiver.reason }]);
                fields.insert("suppressions".to_owned(), why);
            }
            result
        })
        .collect();
    let driver = json!({ "name": "handover", "version": version, "rules": rules });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "results": results }],
    })
}
