//! `handover journal`: prints or verifies a run's journal.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr};

use super::{Status, headless, surroundings};
use crate::domain::journal::{Entry, verify};
use crate::domain::text;

/// `handover journal`.
#[derive(Debug, Args)]
pub(super) struct JournalCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print a journal, an entry a line
    Show {
        /// A run's id (or enough of it) or a journal file; without it, the latest run
        run: Option<String>,
        /// The lines of the file as they are
        #[arg(long)]
        json: bool,
    },
    /// Verify a journal with nothing but the file
    Verify {
        /// A run's id (or enough of it) or a journal file; without it, the latest run
        run: Option<String>,
    },
}

impl JournalCommand {
    pub(super) fn run(&self) -> Result<Status> {
        match &self.what {
            What::Show { run, json } => show(&file(run.as_deref())?, *json),
            What::Verify { run } => check(&file(run.as_deref())?),
        }
    }
}

fn file(run: Option<&str>) -> Result<PathBuf> {
    if let Some(path) = run.map(Path::new).filter(|path| path.is_file()) {
        return Ok(path.to_owned());
    }
    Ok(surroundings::runs().find(run)?.journal())
}

/// A path as it may be printed.
fn name(path: &Path) -> String {
    text::visible(&path.display().to_string())
}

fn show(path: &Path, json: bool) -> Result<Status> {
    let bytes = fs::read(path).wrap_err_with(|| path.display().to_string())?;
    let verified = verify(&bytes);
    // What cannot be trusted is still shown, line by line, with a warning after it.
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Entry>(line) {
            Ok(entry) if !json => say!("{}", headless::line(&entry)),
            // Whole, however long: a cut line is no JSON.
            _ => match std::str::from_utf8(line) {
                Ok(line) if json => say!("{}", text::bounded(line, usize::MAX)),
                _ => say!("{}", text::visible_bytes(line)),
            },
        }
    }
    match verified {
        Ok(_) => Ok(Status::Ok),
        Err(broken) => {
            eprintln!("{}: {broken}", name(path));
            Ok(Status::Corrupt)
        }
    }
}

fn check(path: &Path) -> Result<Status> {
    let bytes = fs::read(path).wrap_err_with(|| path.display().to_string())?;
    match verify(&bytes) {
        Ok(verified) => {
            let head = verified.entries.last().map_or(crate::domain::journal::GENESIS, |entry| entry.hash.as_str());
            say!("{}: {} entries hold; head {head}", name(path), verified.entries.len());
            if let Some(tail) = verified.tail {
                say!(
                    "the last line is incomplete ({} bytes): the process died while it wrote it; `handover resume` \
                     sets it aside",
                    tail.bytes.len()
                );
            }
            Ok(Status::Ok)
        }
        Err(broken) => {
            eprintln!("{}: does not verify: {broken}", name(path));
            Ok(Status::Corrupt)
        }
    }
}
