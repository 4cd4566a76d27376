//! `handover replay`: plays a run back in the console, or films it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, eyre};

use super::options::{ScreenOptions, speed};
use super::{Status, console, surroundings};
use crate::domain::duration::{self, clock};
use crate::domain::replay::From;
use crate::domain::text;
use crate::runtime::cast::Film;
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
    /// Film it into a new file in place of showing it: an asciicast, which `asciinema play` and web players show
    #[arg(long, value_name = "FILE", conflicts_with = "paused")]
    cast: Option<PathBuf>,
    /// How large the film's terminal is, such as 100x30
    #[arg(long, value_name = "COLUMNSxLINES", requires = "cast", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
    /// Of a time in which nothing is recorded the film shows so long at most, in its own time
    #[arg(long, value_name = "DURATION", requires = "cast", default_value = "2s", value_parser = idle)]
    idle: Duration,
}

/// A terminal's size.
fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(wide, high)| Some((wide.parse().ok()?, high.parse().ok()?)));
    let fits = |(wide, high): &(u16, u16)| (20..=500).contains(wide) && (5..=200).contains(high);
    parsed.filter(fits).ok_or_else(|| "expected columns (20 to 500) and lines (5 to 200), such as 100x30".to_owned())
}

fn idle(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
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
        let Some(file) = &self.cast else { return console::replay(screen, reel, from) };
        let film = Film { width: self.size.0, height: self.size.1, idle: self.idle };
        let took = console::film(screen, reel, &from, &film, file)?;
        let (name, (wide, high)) = (text::visible(&file.display().to_string()), self.size);
        say!("wrote {name}: {} long, {wide}x{high}; `asciinema play {name}` plays it", clock(took));
        Ok(Status::Ok)
    }
}
