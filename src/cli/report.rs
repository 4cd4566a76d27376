//! `handover report`: what a run came to, for whoever was not there.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use color_eyre::eyre::{Result, WrapErr, bail, eyre};

use super::{Status, surroundings};
use crate::config::Project;
use crate::domain::journal::{Entry, verify};
use crate::domain::text;
use crate::report::run::{Material, html, markdown, otlp, report, yaml};
use crate::wire::check_files;

/// `handover report`.
#[derive(Debug, Args)]
pub(super) struct ReportCommand {
    /// A run's id, or enough of it; without it, the latest run
    run: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value = "md", value_name = "FORMAT")]
    format: Format,
    /// Write it into a new file, and its folders with it
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// Markdown
    Md,
    /// One file for a browser and for paper, that asks nobody for anything
    Html,
    /// For programs
    Json,
    /// The entry of an audit log
    Yaml,
    /// OpenTelemetry spans, as a collector takes them at `/v1/traces`
    Otlp,
}

impl ReportCommand {
    pub(super) fn run(&self) -> Result<Status> {
        let folder = surroundings::runs().find(self.run.as_deref())?;
        let path = folder.journal();
        let bytes = fs::read(&path).wrap_err_with(|| text::visible(&path.display().to_string()))?;
        let broken = verify(&bytes).err().map(|broken| broken.to_string());
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let entries: Vec<Entry> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let project = Project::from_file(&folder.service());
        let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
            bail!("the run's own files do not load:\n{}", project.diagnostics);
        };
        let files = folder.files(&runbook.id)?;
        let material = Material {
            entries: &entries,
            broken: broken.as_deref(),
            service,
            runbook,
            copies_hold: check_files(entries.first(), &files).is_ok(),
            // Without a simulation's own log the report is none the worse.
            now: surroundings::now(&folder).unwrap_or_else(|_| jiff::Timestamp::now()),
        };
        let made = report(&material).ok_or_else(|| eyre!("the journal does not begin with the opening of a run"))?;
        let told = match self.format {
            Format::Md => markdown(&made),
            Format::Html => html(&made),
            Format::Json => pretty(serde_json::to_value(&made)?)?,
            Format::Yaml => yaml(&made),
            Format::Otlp => pretty(otlp(&made, &entries))?,
        };
        match &self.to {
            None => say!(@raw told),
            Some(to) => {
                let name = text::visible(&to.display().to_string());
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder).wrap_err_with(|| format!("cannot make the folder of {name}"))?;
                }
                // What is there is kept: it may be the report of another run.
                let mut file = fs::File::create_new(to).wrap_err_with(|| format!("cannot write {name} anew"))?;
                file.write_all(told.as_bytes()).and_then(|()| file.sync_all()).wrap_err_with(|| name.clone())?;
                say!("{name}");
            }
        }
        if let Some(broken) = broken {
            eprintln!("{}: {broken}", text::visible(&path.display().to_string()));
            return Ok(Status::Corrupt);
        }
        Ok(Status::Ok)
    }
}

fn pretty(mut value: serde_json::Value) -> Result<String> {
    text::clean_json(&mut value);
    Ok(format!("{}\n", serde_json::to_string_pretty(&value)?))
}
