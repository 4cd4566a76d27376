//! `handover runs score`: what a drill or a simulation was worth as an exercise.

use std::fs;
use std::time::Duration;

use color_eyre::eyre::{Result, bail, eyre};

use super::{Status, surroundings};
use crate::config::Project;
use crate::domain::duration::clock;
use crate::domain::journal::{Entry, verify};
use crate::domain::run::{Mode, Run};
use crate::domain::score::{FULL, Score, Seen, score};
use crate::domain::text;
use crate::wire::check_files;

/// Prints the score of a run: the latest, or one by its id or enough of it.
pub(super) fn run(wanted: Option<&str>, json: bool) -> Result<Status> {
    let folder = surroundings::runs().find(wanted)?;
    let bytes = fs::read(folder.journal())?;
    // What was changed afterwards is worth nothing.
    if let Err(broken) = verify(&bytes) {
        super::explain(&eyre!("{}: {broken}", folder.id));
        return Ok(Status::Corrupt);
    }
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entries: Vec<Entry> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let project = Project::from_file(&folder.service());
    let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
        bail!("the run's own files do not load:\n{}", project.diagnostics);
    };
    check_files(entries.first(), &folder.files(&runbook.id)?)?;
    let opened =
        Run::from_journal(&entries).ok_or_else(|| eyre!("the journal does not begin with the opening of a run"))?;
    if opened.mode == Mode::Live {
        bail!("{} was no exercise: `handover report` tells what it came to", folder.id);
    }
    let run = Run::new(&service.name, runbook.clone(), opened.mode, opened.direction).fold(&entries);
    let all: Vec<&Entry> = entries.iter().collect();
    let Some(score) = score(&all, &run, service.objectives) else {
        bail!("{} is open: it is judged when it is closed", folder.id);
    };
    if json {
        let mut value = serde_json::json!({ "run": folder.id, "score": score });
        text::clean_json(&mut value);
        say!("{}", serde_json::to_string_pretty(&value)?);
    } else {
        say!("{}: {} of {FULL} points", text::visible(&folder.id), score.points);
        as_text(&score);
    }
    Ok(Status::Ok)
}

fn as_text(score: &Score) {
    let line = |text: &str| say!("{}", text::visible(text));
    for taken in &score.deductions {
        line(&format!("  -{:<3} entry {}: {}", taken.points, taken.entry, taken.why));
        line(&format!("       better: {}", taken.better));
    }
    for why in &score.unknown {
        line(&format!("  ?    not judged: {why}"));
    }
    if let Some(truth) = &score.truth {
        let over =
            truth.loss_ms.map(|ms| format!(", the writes of {}", clock(Duration::from_millis(ms)))).unwrap_or_default();
        let lost = truth
            .rows_lost
            .map_or_else(|| "nothing: no database was taken over".to_owned(), |rows| format!("{rows} rows{over}"));
        line(&format!("Really lost: {lost}"));
    }
    let Some(surprise) = &score.surprise else { return };
    let told = &surprise.told;
    line(&format!("The surprise: {}. {}", told.title, told.says));
    let seen = |seen: Option<&Seen>, nobody: &str| {
        seen.map_or_else(
            || nobody.to_owned(),
            |seen| {
                format!("{} later, by entry {}: {}", clock(Duration::from_millis(seen.after_ms)), seen.entry, seen.says)
            },
        )
    };
    line(&format!(
        "  came     {}",
        told.sprung.map_or_else(
            || "never: the run did not get that far".to_owned(),
            |at| at.strftime("%H:%M:%SZ").to_string()
        )
    ));
    if told.sprung.is_some() {
        line(&format!("  shown    {}", seen(surprise.shown.as_ref(), "by no entry")));
        line(&format!("  noticed  {}", seen(surprise.noticed.as_ref(), "by nobody, as far as the journal tells")));
        let handled = if surprise.handled == Some(true) { "yes" } else { "no" };
        line(&format!("  handled  {handled}"));
    }
    line(&format!("  right    {}", told.remedy));
    let seal =
        if surprise.sealed { "as it was from the start" } else { "NOT the one that the journal has from the start" };
    line(&format!("  sealed   {seal}"));
}
