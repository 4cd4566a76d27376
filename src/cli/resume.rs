//! `handover resume`: takes a run up again.

use clap::Args;
use color_eyre::eyre::{Result, bail};

use super::options::{ScreenOptions, WhoOptions};
use super::{Status, console, headless, surroundings};
use crate::wire::{NoStage, Stage};

/// `handover resume`.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// The run's id, or enough of it; without it, the latest run
    run: Option<String>,
    /// Let the simulation's own operator go on (simulations only)
    #[arg(long)]
    autoplay: bool,
    /// Without a terminal
    #[arg(long, requires = "autoplay")]
    headless: bool,
    /// Explain each step: why, what to look at, what would go wrong
    #[arg(long)]
    guided: bool,
}

impl Resume {
    pub(super) fn run(&self, screen: &ScreenOptions, who: &WhoOptions) -> Result<Status> {
        let folder = surroundings::runs().find(self.run.as_deref())?;
        if self.autoplay && !folder.is_simulation() {
            bail!("{} is not a simulation: autoplay confirms nothing that is real", folder.id);
        }
        let operator = surroundings::operator(who);
        let dir = std::env::current_dir().ok();
        if self.headless {
            let runtime = surroundings::runtime()?;
            let _inside = runtime.enter();
            return match Stage::resume(folder, operator, dir) {
                Ok(stage) => Ok(headless::play(&runtime, stage)),
                Err(NoStage::Journal(error @ crate::store::file::OpenError::Broken { .. })) => {
                    super::explain(&error.into());
                    Ok(Status::Corrupt)
                }
                Err(error) => Err(error.into()),
            };
        }
        let begin = console::Begin { autoplay: self.autoplay, guided: self.guided };
        console::run(screen, begin, move || Ok(Stage::resume(folder, operator, dir)?))
    }
}
