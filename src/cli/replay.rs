//! `handover replay`: plays a run back in the console.

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{ScreenOptions, speed};
use super::{Status, console, surroundings};
use crate::domain::replay::From;
use crate::store::file::OpenError;
use crate::wire::{NoStage, Reel};

/// `handover replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayCommand {
    /// The run's id, or enough of it; without it, the latest run
    run: Option<String>,
    /// How many times faster than time it goes
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Where it begins: an entry's number, a time (14:07, 14:07:30 or RFC 3339, in UTC), +5m after the first entry, or words
    /// from a phase's title
    #[arg(long, value_name = "WHERE")]
    from: Option<String>,
    /// Do not play yet
    #[arg(long)]
    paused: bool,
}

impl ReplayCommand {
    pub(super) fn run(&self, screen: &ScreenOptions) -> Result<Status> {
        let folder = surroundings::runs().find(self.run.as_deref())?;
        let reel = match Reel::open(&folder, self.speed, !self.paused) {
            Err(NoStage::Journal(error @ OpenError::Broken { .. })) => {
                super::explain(&error.into());
                return Ok(Status::Corrupt);
            }
            reel => reel?,
        };
        let from = match self.from.as_deref() {
            None => From::Start,
            Some(text) => reel.place(text).map_err(|why| eyre!(why))?,
        };
        console::replay(screen, reel, from)
    }
}
