//! `handover preflight`: would a run get through? Asks, and changes nothing.

use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{Format, PRESETS, ServiceOptions};
use super::{Status, patience, surroundings};
use crate::domain::preflight::Verdict;
use crate::engine::preflight::preflight;
use crate::report::preflight as told;
use crate::wire::{Stage, Wanted, book};

/// `handover preflight`.
#[derive(Debug, Args)]
pub(super) struct PreflightCommand {
    /// The runbook's id; without one, what any of them needs is asked
    runbook: Option<String>,
    /// Of a preset on the simulated Regions instead of a service
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    demo: Option<String>,
    /// In which scenario, with --demo
    #[arg(long, value_name = "NAME", default_value = "calm", requires = "demo",
          value_parser = clap::builder::PossibleValuesParser::new(crate::sim::scenario::names()))]
    scenario: String,
    /// How to write it
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    format: Format,
}

impl PreflightCommand {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        let project = options.project(self.demo.as_deref())?;
        let book = book(&project, self.runbook.as_deref()).map_err(|why| eyre!(why))?;
        let dir = book.dir.as_ref().map(|dir| dir.display().to_string());
        let runbooks = match self.runbook {
            Some(_) => vec![book.runbook.clone()],
            None => book.runbooks.to_vec(),
        };
        let operator = surroundings::operator(&super::options::WhoOptions { name: None });
        let runtime = surroundings::runtime()?;
        let _inside = runtime.enter();
        let wanted =
            self.demo.as_ref().map(|_| Wanted { scenario: self.scenario.clone(), seed: 1, speed: 1.0, surprise: None });
        let stage = Stage::new(book, operator, &surroundings::runs(), wanted.as_ref())?;
        let asked = async {
            let world = stage.world().await.map_err(|why| eyre!(why))?;
            Ok::<_, color_eyre::Report>(preflight(&world, &stage.service, &runbooks, dir.as_deref()).await)
        };
        // IAM's simulator alone may take two minutes.
        let what = "asking both Regions, IAM and every endpoint";
        let made = runtime.block_on(patience::with(what, Some(Duration::from_secs(150)), asked))?;
        match self.format {
            Format::Json => say!("{}", serde_json::to_string_pretty(&told::json(&made))?),
            Format::Markdown => say!(@raw told::markdown(&stage.service.name, &made)),
            Format::Text => {
                say!(@raw told::text(&made));
                say!("{}: {}", stage.service.name, made.summary());
            }
        }
        Ok(if made.worst() == Verdict::Bad { Status::Failed } else { Status::Ok })
    }
}
