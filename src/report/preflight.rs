//! What a preflight came to, as text, as Markdown and as JSON.

use std::fmt::{self, Write as _};

use serde_json::{Value, json};

use crate::domain::preflight::{AREAS, Preflight, Row, Verdict};
use crate::domain::text::visible;

/// For a terminal: what is wrong in full, what is good in a line.
pub fn text(preflight: &Preflight) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_text(&mut out, preflight);
    out
}

fn write_text(out: &mut String, preflight: &Preflight) -> fmt::Result {
    for area in AREAS {
        let rows: Vec<&Row> = preflight.rows.iter().filter(|row| row.area == area).collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(out, "{}", area.as_str())?;
        for row in rows {
            writeln!(out, "  {:<8} {}: {}", row.verdict.as_str(), visible(&row.what), visible(&row.says))?;
            if !row.remedy.is_empty() && row.verdict != Verdict::Good {
                writeln!(out, "           do: {}", visible(&row.remedy))?;
            }
        }
    }
    Ok(())
}

/// As a Markdown document.
pub fn markdown(service: &str, preflight: &Preflight) -> String {
    let mut out = format!(
        "# Preflight of {}\n\n{:.0}, as {}: {}\n",
        visible(service),
        preflight.at,
        visible(preflight.identity.as_deref().unwrap_or("nobody that AWS knows")),
        preflight.summary()
    );
    for area in AREAS {
        let rows: Vec<&Row> = preflight.rows.iter().filter(|row| row.area == area).collect();
        if rows.is_empty() {
            continue;
        }
        let cell = |text: &str| visible(text).replace('|', "\\|");
        // Writing to a string does not fail.
        let _ = writeln!(out, "\n## {}\n\n| verdict | what | says | do |\n|---|---|---|---|", area.as_str());
        for row in rows {
            let (what, says, remedy) = (cell(&row.what), cell(&row.says), cell(&row.remedy));
            let _ = writeln!(out, "| {} | {what} | {says} | {remedy} |", row.verdict.as_str());
        }
    }
    out
}

/// For programs.
pub fn json(preflight: &Preflight) -> Value {
    let rows: Vec<Value> = preflight
        .rows
        .iter()
        .map(|row| {
            json!({
                "area": row.area.as_str(),
                "what": row.what,
                "verdict": row.verdict.as_str(),
                "says": row.says,
                "do": row.remedy,
            })
        })
        .collect();
    json!({
        "at": preflight.at.to_string(),
        "identity": preflight.identity,
        "verdict": preflight.worst().as_str(),
        "rows": rows,
    })
}
