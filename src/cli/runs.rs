//! `handover runs`: the runs of this machine.

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::{Status, surroundings};
use crate::domain::figures::{Figures, Span};
use crate::domain::journal::Verified;
use crate::domain::run::Run;
use crate::domain::text;
use crate::store::runs::RunFolder;

/// `handover runs`.
#[derive(Debug, Args)]
pub(super) struct RunsCommand {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A run in a line.
struct Summary {
    service: String,
    runbook: String,
    mode: String,
    state: String,
    lead: String,
    entries: usize,
    figures: Option<Figures>,
}

impl RunsCommand {
    pub(super) fn run(&self) -> Result<Status> {
        let runs = surroundings::runs().list()?;
        let summaries: Vec<(RunFolder, Summary)> = runs
            .into_iter()
            .map(|folder| {
                let summary = match folder.read() {
                    Ok(Ok(verified)) => summarise(&verified),
                    Ok(Err(broken)) => unreadable(&format!("does not verify: {broken}")),
                    Err(error) => unreadable(&error.to_string()),
                };
                (folder, summary)
            })
            .collect();
        if self.json {
            let mut list: serde_json::Value = summaries
                .iter()
                .map(|(folder, s)| {
                    let figures = s.figures.as_ref();
                    let loss = figures.and_then(|figures| figures.loss.as_ref());
                    json!({"run": folder.id, "service": s.service, "runbook": s.runbook, "mode": s.mode,
                           "state": s.state, "lead": s.lead, "entries": s.entries, "folder": folder.path,
                           "recovery_time": figures.map(|figures| figures.total),
                           "execution_time": figures.map(|figures| figures.execution),
                           "waiting_for_people": figures.map(|figures| figures.waiting),
                           "without_a_standby": figures.map(|figures| figures.exposure),
                           "data_loss": loss.map(ToString::to_string)})
                })
                .collect();
            text::clean_json(&mut list);
            say!("{}", serde_json::to_string_pretty(&list)?);
            return Ok(Status::Ok);
        }
        if summaries.is_empty() {
            say!("There is no run yet. `handover demo` opens one on the simulated Regions.");
        }
        for (folder, s) in summaries {
            let took = s.figures.as_ref().and_then(|figures| match figures.execution {
                Span::NotMeasured | Span::SoFar(_) => None,
                span => Some(format!("  took {span}")),
            });
            let took = took.unwrap_or_default();
            let loss =
                s.figures.and_then(|figures| figures.loss).map_or_else(String::new, |loss| format!("  lost {loss}"));
            say!(
                "{}  {}  {}  {}  {} entries{took}{loss}",
                text::visible(&folder.id),
                s.mode,
                s.state,
                text::bounded(&s.lead, 40),
                s.entries
            );
        }
        Ok(Status::Ok)
    }
}

fn unreadable(why: &str) -> Summary {
    Summary {
        service: String::new(),
        runbook: String::new(),
        mode: "?".to_owned(),
        state: text::visible(why),
        lead: String::new(),
        entries: 0,
        figures: None,
    }
}

fn summarise(verified: &Verified) -> Summary {
    let Some(run) = Run::from_journal(&verified.entries) else { return unreadable("begins with no run") };
    let now = verified.entries.last().map_or(jiff::Timestamp::UNIX_EPOCH, |entry| entry.at);
    let runbook = run.runbook.id.clone();
    Summary {
        service: run.service.clone(),
        runbook,
        mode: run.mode.as_str().to_owned(),
        state: run.closed.map_or("open", |(outcome, _)| outcome.as_str()).to_owned(),
        lead: run.lead.as_ref().map(|(lead, _)| lead.clone()).unwrap_or_default(),
        entries: verified.entries.len(),
        figures: Some(Figures::of(&run, now)),
    }
}
