//! `handover completions`: a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use color_eyre::eyre::Result;

use super::Status;

/// `handover completions`.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    // The other commands can fail; this one has their shape.
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn run(&self) -> Result<Status> {
        clap_complete::generate(self.shell, &mut super::Cli::command(), "handover", &mut std::io::stdout());
        Ok(Status::Ok)
    }
}
