//! `handover observe`: watches a run from a console of its own, which can never lead it.

use std::time::Duration;

use clap::Args;
use color_eyre::eyre::{Result, bail};

use super::options::{ScreenOptions, WhoOptions};
use super::{Status, console, surroundings};
use crate::domain::text;
use crate::store::runs::RunFolder;
use crate::wire::Stage;

/// How often a run that is waited for is looked for.
const AGAIN: Duration = Duration::from_millis(500);

/// `handover observe`.
#[derive(Debug, Args)]
pub(super) struct Observe {
    /// The run's id, or enough of it; without it, the one that is open now
    run: Option<String>,
    /// Wait for the run, if it is not there yet
    #[arg(long)]
    wait: bool,
}

impl Observe {
    pub(super) fn run(&self, screen: &ScreenOptions, who: &WhoOptions) -> Result<Status> {
        let folder = match self.find() {
            Ok(folder) => folder,
            Err(why) if self.wait => self.wait_for(&why),
            Err(why) => bail!(why),
        };
        let operator = surroundings::operator(who);
        console::run(screen, console::Begin::default(), move || Ok(Stage::observe(folder, operator)?))
    }

    /// The run, or why there is none. In plain words: whoever waits for it opens the console afterwards, which has its own
    /// way to report what goes wrong.
    fn find(&self) -> Result<RunFolder, String> {
        let runs = surroundings::runs();
        match self.run.as_deref() {
            Some(part) => runs.find(Some(part)).map_err(|error| error.to_string()),
            None => runs.open_now().map_err(|error| error.to_string())?.ok_or_else(|| {
                "no run is open on this machine: one opens when its console is armed. `handover observe --wait` waits for it, \
                 `handover runs` lists those that are over, and `handover observe RUN` shows one of them"
                    .to_owned()
            }),
        }
    }

    /// Looks again and again until the run is there.
    fn wait_for(&self, why: &str) -> RunFolder {
        say!("{}", text::visible(why.split(": ").next().unwrap_or_default()));
        say!("waiting for it; ctrl-c ends");
        loop {
            std::thread::sleep(AGAIN);
            if let Ok(folder) = self.find() {
                return folder;
            }
        }
    }
}
