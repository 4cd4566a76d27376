//! `handover check`: are the files sound?

use std::path::PathBuf;

use clap::Args;
use color_eyre::eyre::Result;

use super::options::ServiceOptions;
use super::{Status, console};
use crate::config::Diagnostics;

/// `handover check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Check a preset instead
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
}

impl Check {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        let project = options.project(self.preset.as_deref())?;
        let status = report(&project.diagnostics);
        if let (Status::Ok, Some(service)) = (status, project.service()) {
            let steps: usize = project.runbooks.iter().map(|runbook| runbook.steps().count()).sum();
            say!(
                "{}: sound; {} components, {} runbooks, {steps} steps",
                service.name,
                service.components.len(),
                project.runbooks.len()
            );
        }
        Ok(status)
    }
}

/// `handover theme check`.
#[derive(Debug, Args)]
pub(super) struct ThemeCommand {
    #[command(subcommand)]
    what: ThemeWhat,
}

#[derive(Debug, clap::Subcommand)]
enum ThemeWhat {
    /// Check a theme file
    Check {
        /// The file, or the name of a bundled theme
        file: PathBuf,
    },
}

impl ThemeCommand {
    pub(super) fn run(&self) -> Result<Status> {
        let ThemeWhat::Check { file } = &self.what;
        Ok(sound(&file.display().to_string(), &console::read_theme(&file.to_string_lossy())?.1))
    }
}

/// `handover keymap check`.
#[derive(Debug, Args)]
pub(super) struct KeymapCommand {
    #[command(subcommand)]
    what: KeymapWhat,
}

#[derive(Debug, clap::Subcommand)]
enum KeymapWhat {
    /// Check a keymap file
    Check {
        /// The file, or the name of a bundled keymap
        file: PathBuf,
    },
}

impl KeymapCommand {
    pub(super) fn run(&self) -> Result<Status> {
        let KeymapWhat::Check { file } = &self.what;
        Ok(sound(&file.display().to_string(), &console::read_keymap(&file.to_string_lossy())?.1))
    }
}

/// Prints what is wrong.
fn report(diagnostics: &Diagnostics) -> Status {
    if !diagnostics.is_empty() {
        eprint!("{diagnostics}");
    }
    if diagnostics.has_errors() { Status::Failed } else { Status::Ok }
}

fn sound(name: &str, diagnostics: &Diagnostics) -> Status {
    let status = report(diagnostics);
    if status == Status::Ok {
        say!("{}: sound", crate::domain::text::visible(name));
    }
    status
}
