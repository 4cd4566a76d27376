//! `handover plan`: a dry run of a runbook.

use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{Format, PRESETS, ServiceOptions};
use super::{Status, patience, surroundings};
use crate::engine::dry_run;
use crate::report::plan::DryRun;
use crate::wire::{self, Stage, Wanted, book};

/// `handover plan`.
#[derive(Debug, Args)]
pub(super) struct PlanCommand {
    /// The runbook's id
    runbook: String,
    /// Plan a preset on the simulated Regions instead of a service
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    demo: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

impl PlanCommand {
    pub(super) fn run(&self, service: &ServiceOptions) -> Result<Status> {
        let project = service.project(self.demo.as_deref())?;
        let book = book(&project, Some(&self.runbook)).map_err(|why| eyre!(why))?;
        let operator = surroundings::operator(&super::options::WhoOptions { name: None });
        let runtime = surroundings::runtime()?;
        let _inside = runtime.enter();
        let wanted =
            self.demo.as_ref().map(|_| Wanted { scenario: "calm".to_owned(), seed: 1, speed: 1.0, surprise: None });
        let stage = Stage::new(book, operator, &surroundings::runs(), wanted.as_ref())?;
        let run = stage.run.clone();
        let resolved = async {
            let world = stage.world().await.map_err(|why| eyre!(why))?;
            Ok::<_, color_eyre::Report>(dry_run::resolve(&world, &stage.service, &run).await)
        };
        let steps = runtime.block_on(patience::with("resolving each step to its exact call", None, resolved))?;
        let steps: Vec<_> =
            steps.into_iter().map(|(step, call, gates)| crate::report::plan::Resolved { step, call, gates }).collect();
        let dry = DryRun {
            service: &Arc::clone(&stage.service),
            runbook: &run.runbook,
            direction: &run.direction,
            at: stage.clock.now(),
            simulated: wanted.is_some(),
            steps: &steps,
        };
        let text = match self.format {
            Format::Text => dry.text(),
            Format::Markdown => dry.markdown(),
            Format::Json => format!("{}\n", serde_json::to_string_pretty(&dry.json())?),
        };
        say!(@raw wire::redactor(&stage.service).apply(&text));
        Ok(Status::Ok)
    }
}
