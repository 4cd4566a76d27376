//! `handover runs`: the runs of this machine.

use clap::Args;
use color_eyre::eyre::Result;
use serde_json::json;

use super::{Status, surroundings};
use crate::domain::duration;
use crate::domain::journal::{Body, Verified};
use crate::domain::text;
use crate::domain::timeline::Timeline;
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
    execution_s: Option<u64>,
    loss: Option<String>,
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
                    json!({"run": folder.id, "service": s.service, "runbook": s.runbook, "mode": s.mode,
                           "state": s.state, "lead": s.lead, "entries": s.entries,
                           "execution_seconds": s.execution_s, "data_loss": s.loss, "folder": folder.path})
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
            let took = s
                .execution_s
                .map_or_else(String::new, |s| format!("  took {}", duration::clock(std::time::Duration::from_secs(s))));
            let loss = s.loss.map_or_else(String::new, |loss| format!("  lost {loss}"));
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
        execution_s: None,
        loss: None,
    }
}

fn summarise(verified: &Verified) -> Summary {
    let mut summary = unreadable("open");
    summary.entries = verified.entries.len();
    let mut timeline = Timeline::default();
    let mut until = None;
    for entry in &verified.entries {
        match &entry.body {
            Body::RunOpened { service, runbook, mode, .. } => {
                summary.service.clone_from(service);
                summary.runbook.clone_from(runbook);
                mode.as_str().clone_into(&mut summary.mode);
                timeline.mark(crate::domain::timeline::Milestone::RunStarted, entry.at);
            }
            Body::LeadChange { lead, .. } => summary.lead.clone_from(lead),
            Body::Milestone { milestone, when, .. } => timeline.mark(*milestone, *when),
            Body::DataLoss { loss } => summary.loss = Some(loss.to_string()),
            Body::RunClosed { outcome, .. } => {
                outcome.as_str().clone_into(&mut summary.state);
                until = Some(entry.at);
            }
            _ => {}
        }
    }
    summary.execution_s = until.and_then(|until| timeline.execution(until)).map(|took| took.as_secs());
    summary
}
