//! `handover journal`: prints or verifies a run's journal.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use color_eyre::eyre::{Result, WrapErr};

use super::{Status, headless, surroundings, trail};
use crate::domain::journal::{Entry, verify};
use crate::domain::text;
use crate::report::record;

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
        /// As a Markdown document, to be filed
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
        /// Write the document into a new file, and its folders with it
        #[arg(long, value_name = "FILE", requires = "markdown")]
        to: Option<PathBuf>,
    },
    /// Verify a journal with nothing but the file, and with what was kept of it elsewhere
    Verify {
        /// A run's id (or enough of it) or a journal file; without it, the latest run
        run: Option<String>,
        /// Hashes that were kept elsewhere, a line `SEQ HASH` each, as `handover journal anchors` prints them
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
        /// An export of CloudTrail: a log file, or what `aws cloudtrail lookup-events` prints. Exit status 1 if it lacks a
        /// request of the journal, 4 if it says otherwise
        #[arg(long, value_name = "FILE")]
        against_cloudtrail: Option<PathBuf>,
    },
    /// Ship what a run's places outside this machine do not have yet, and anchor its end
    Ship {
        /// A run's id (or enough of it); without it, the latest run
        run: Option<String>,
    },
    /// Print the anchors of a run, as the places outside this machine have them: a line `SEQ HASH` each
    Anchors {
        /// A run's id (or enough of it); without it, the latest run
        run: Option<String>,
    },
}

impl JournalCommand {
    pub(super) fn run(&self) -> Result<Status> {
        match &self.what {
            What::Show { run, markdown: true, to, .. } => document(&file(run.as_deref())?, to.as_deref()),
            What::Show { run, json, .. } => show(&file(run.as_deref())?, *json),
            What::Verify { run, anchors, against_cloudtrail } => {
                check(&file(run.as_deref())?, anchors.as_deref(), against_cloudtrail.as_deref())
            }
            What::Ship { run } => trail::ship(&surroundings::runs().find(run.as_deref())?),
            What::Anchors { run } => trail::anchors(&surroundings::runs().find(run.as_deref())?),
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
pub(super) fn name(path: &Path) -> String {
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

fn document(path: &Path, to: Option<&Path>) -> Result<Status> {
    let bytes = fs::read(path).wrap_err_with(|| name(path))?;
    let verified = verify(&bytes);
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let entries: Vec<Entry> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let head = entries.last().map_or(crate::domain::journal::GENESIS, |entry| entry.hash.as_str());
    let broken = verified.as_ref().err().map(ToString::to_string);
    let told = record::markdown(&entries, broken.as_deref().map_or(Ok(head), Err));
    match to {
        None => say!("{told}"),
        Some(to) => {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).wrap_err_with(|| format!("cannot make {}", name(folder)))?;
            }
            // What is there is kept: it may be the record of another run.
            let mut file = fs::File::create_new(to).wrap_err_with(|| format!("cannot write {} anew", name(to)))?;
            file.write_all(told.as_bytes()).and_then(|()| file.sync_all()).wrap_err_with(|| name(to))?;
            say!("{}", name(to));
        }
    }
    match broken {
        None => Ok(Status::Ok),
        Some(broken) => {
            eprintln!("{}: {broken}", name(path));
            Ok(Status::Corrupt)
        }
    }
}

fn check(path: &Path, anchors: Option<&Path>, cloudtrail: Option<&Path>) -> Result<Status> {
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
            if let Some(anchors) = anchors
                && !trail::anchored(path, &verified.entries, anchors)?
            {
                return Ok(Status::Corrupt);
            }
            cloudtrail.map_or(Ok(Status::Ok), |export| trail::corroborated(&verified.entries, export))
        }
        Err(broken) => {
            eprintln!("{}: does not verify: {broken}", name(path));
            Ok(Status::Corrupt)
        }
    }
}
