//! What the run was worth as an exercise: of drills and simulations.

use super::Report;
use super::tables::{Table, table};
use crate::domain::duration::{clock, millis};
use crate::domain::journal::Entry;
use crate::domain::region::Region;
use crate::domain::run::{Mode, Run};
use crate::domain::score::{FULL, Score, Seen, score};
use crate::domain::service::Objectives;
use crate::report::record::second;

/// The score; of a run that was no exercise there is none.
pub(super) fn exercise(entries: &[Entry], run: &Run, objectives: Objectives) -> Option<Score> {
    let entries: Vec<&Entry> = entries.iter().collect();
    (run.mode != Mode::Live).then(|| score(&entries, run, objectives)).flatten()
}

/// Points: what was taken off, by which entry, and what would have been better.
pub(super) fn points(report: &Report) -> Table {
    let row =
        |points: String, why: &str, entry: String, better: &str| vec![points, why.to_owned(), entry, better.to_owned()];
    let mut rows = Vec::new();
    if let Some(score) = &report.score {
        rows.push(row(FULL.to_string(), "to begin with", String::new(), ""));
        rows.extend(
            score
                .deductions
                .iter()
                .map(|taken| row(format!("−{}", taken.points), &taken.why, taken.entry.to_string(), &taken.better)),
        );
        rows.push(row(score.points.to_string(), "are left", String::new(), ""));
        rows.extend(score.unknown.iter().map(|why| row("?".to_owned(), why, String::new(), "")));
    }
    table("Exercise", &["points", "why", "entry", "better"], rows)
}

/// What a simulation told afterwards: what was really so, and the surprise.
pub(super) fn debrief(report: &Report) -> Table {
    let mut rows = Vec::new();
    let mut put = |what: &str, says: String| rows.push(vec![what.to_owned(), says]);
    if let Some(truth) = report.score.as_ref().and_then(|score| score.truth.as_ref()) {
        let lost =
            truth.rows_lost.map_or_else(|| "no database was taken over".to_owned(), |rows| format!("{rows} rows"));
        let over = truth.loss_ms.map(|ms| format!(", the writes of {}", millis(ms)));
        put("really lost", lost + &over.unwrap_or_default());
        let writers: Vec<&str> = truth.writers.iter().map(Region::as_str).collect();
        put("takes writes", if writers.is_empty() { "nobody".to_owned() } else { writers.join(" and ") });
    }
    if let Some(surprise) = report.score.as_ref().and_then(|score| score.surprise.as_ref()) {
        let told = &surprise.told;
        put("surprise", format!("{}: {}", told.title, told.says));
        put("came", told.sprung.map_or_else(|| "never: the run did not get that far".to_owned(), second));
        put("shown by", seen(surprise.shown.as_ref(), "no entry"));
        put("noticed by", seen(surprise.noticed.as_ref(), "nobody, as far as the journal tells"));
        let handled = match surprise.handled {
            Some(true) => "yes",
            Some(false) => "no",
            None => "it was not called for",
        };
        put("handled", handled.to_owned());
        put("right would be", told.remedy.clone());
        let seal = if surprise.sealed {
            "its seal is the one that the journal has from the start"
        } else {
            "its seal is NOT the one that the journal has from the start"
        };
        put("sealed", seal.to_owned());
    }
    table("Debrief", &["what", "says"], rows)
}

fn seen(seen: Option<&Seen>, nobody: &str) -> String {
    seen.map_or_else(
        || nobody.to_owned(),
        |seen| {
            format!(
                "entry {}, {} later: {}",
                seen.entry,
                clock(std::time::Duration::from_millis(seen.after_ms)),
                seen.says
            )
        },
    )
}
