//! `handover demo`: the console on the simulated Regions.

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{PRESETS, ScreenOptions, WhoOptions, simulated, speed};
use super::{Status, console, headless, surroundings};
use crate::domain::runbook::Way;
use crate::wire::{Stage, Wanted, open};

/// `handover demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The preset, or a service file of your own to simulate
    #[arg(default_value = "fineract", value_parser = PRESETS, hide_possible_values = true)]
    preset: String,
    /// The runbook
    #[arg(long, value_name = "ID")]
    runbook: Option<String>,
    /// What happens in the simulated Regions; without it, what the runbook is for
    #[arg(long, value_name = "NAME",
          value_parser = clap::builder::PossibleValuesParser::new(crate::sim::scenario::names()))]
    scenario: Option<String>,
    /// How many times faster than time it goes, where the machine can follow
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// What is drawn by chance is drawn from this
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Let the simulation's own operator do the run
    #[arg(long)]
    autoplay: bool,
    /// Without a terminal: print the journal as it goes; the exit status tells how the run ended
    #[arg(long, requires = "autoplay")]
    headless: bool,
    /// Explain each step: why, what to look at, what would go wrong
    #[arg(long)]
    guided: bool,
}

impl Demo {
    pub(super) fn run(&self, screen: &ScreenOptions, who: &WhoOptions) -> Result<Status> {
        if self.headless {
            // The simulation's clock starts with the runtime that it runs in.
            let runtime = surroundings::runtime()?;
            let _inside = runtime.enter();
            return Ok(headless::play(&runtime, self.stage(who)?));
        }
        let begin = console::Begin { autoplay: self.autoplay, guided: self.guided };
        console::run(screen, begin, || self.stage(who))
    }

    fn stage(&self, who: &WhoOptions) -> Result<Stage> {
        let book = open(simulated(&self.preset)?, self.runbook.as_deref()).map_err(|why| eyre!(why))?;
        let scenario = self.scenario.clone().or_else(|| book.runbook.scenario.clone());
        let scenario = scenario.unwrap_or_else(|| usual(book.runbook.way).to_owned());
        let wanted = Wanted { scenario, seed: self.seed, speed: self.speed, surprise: None };
        Ok(Stage::new(book, surroundings::operator(who), &surroundings::runs(), Some(&wanted))?)
    }
}

/// What a runbook that does not say otherwise is for.
pub(super) fn usual(way: Way) -> &'static str {
    match way {
        Way::Failover => "region-outage",
        Way::Failback => "failed-over",
        Way::Drill => "calm",
    }
}
