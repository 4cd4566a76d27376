//! `handover demo`: the console on the simulated Regions.

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{ScreenOptions, WhoOptions, simulated, speed};
use super::{Status, console, headless, surroundings};
use crate::wire::{Stage, Wanted, book};

/// `handover demo`.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The preset, or a service file of your own to simulate
    #[arg(default_value = "fineract")]
    preset: String,
    /// The runbook
    #[arg(long, value_name = "ID")]
    runbook: Option<String>,
    /// What happens in the simulated Regions
    #[arg(long, value_name = "NAME", default_value = "region-outage",
          value_parser = clap::builder::PossibleValuesParser::new(crate::sim::scenario::names()))]
    scenario: String,
    /// How many times faster than time it goes
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
}

impl Demo {
    pub(super) fn run(&self, screen: &ScreenOptions, who: &WhoOptions) -> Result<Status> {
        let project = simulated(&self.preset)?;
        let book = book(&project, self.runbook.as_deref()).map_err(|why| eyre!(why))?;
        let wanted = Wanted { scenario: self.scenario.clone(), seed: self.seed, speed: self.speed };
        let operator = surroundings::operator(who);
        if self.headless {
            // The simulation's clock starts with the runtime that it runs in.
            let runtime = surroundings::runtime()?;
            let _inside = runtime.enter();
            let stage = Stage::new(book, operator, &surroundings::runs(), Some(&wanted))?;
            return Ok(headless::play(&runtime, stage));
        }
        console::run(screen, self.autoplay, move || Stage::new(book, operator, &surroundings::runs(), Some(&wanted)))
    }
}
