//! `handover check`: are the files sound?

use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, eyre};
use jiff::Timestamp;

use super::options::{PRESETS, ServiceOptions};
use super::{Status, patience, surroundings};
use crate::config::{Diagnostics, Origin, Project, locate};
use crate::domain::board::Board;
use crate::domain::review::{Drilled, Finding, Live, Severity, Spot, Subject, review};
use crate::domain::service::Service;
use crate::domain::text;
use crate::engine::dry_run::board_of;
use crate::ports::Clock;
use crate::providers::clock::SystemClock;
use crate::report::review as told;
use crate::wire;

/// `handover check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Check a preset instead
    #[arg(long, value_name = "PRESET", value_parser = PRESETS)]
    preset: Option<String>,
    /// Print what the review looks for, and stop
    #[arg(long)]
    rules: bool,
    /// Look at the service, too: what is read is reviewed, and nothing is changed
    #[arg(long, conflicts_with = "preset")]
    live: bool,
    /// How the review's findings are told
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// From which severity on a finding that is not waived makes the exit status 1
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = Deny::Danger)]
    deny: Deny,
}

/// How findings are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// A document
    Markdown,
    /// For programs
    Json,
    /// For code hosts: SARIF 2.1.0
    Sarif,
}

/// What is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Anything
    Note,
    /// What costs time or hides something
    Warning,
    /// What loses data, or the failover
    Danger,
    /// Nothing: findings are told, and that is all
    Never,
}

impl Deny {
    fn denies(self, severity: Severity) -> bool {
        match self {
            Self::Note => true,
            Self::Warning => severity >= Severity::Warning,
            Self::Danger => severity >= Severity::Danger,
            Self::Never => false,
        }
    }
}

impl Check {
    pub(super) fn run(&self, options: &ServiceOptions) -> Result<Status> {
        if self.rules {
            say!(@raw told::catalogue());
            return Ok(Status::Ok);
        }
        let project = options.project(self.preset.as_deref())?;
        let status = report(&project.diagnostics);
        let (Status::Ok, Some(service)) = (status, project.service()) else { return Ok(status) };
        let read = if self.live { Some(look(service)?) } else { None };
        let drills = match self.preset {
            Some(_) => None,
            None => Some(surroundings::runs().last_drill(&service.name)?.map_or(Drilled::Never, Drilled::Last)),
        };
        let subject = Subject {
            service,
            runbooks: &project.runbooks,
            live: read.as_ref().map(|(board, now)| Live { board, now: *now }),
            drills,
            today: jiff::Zoned::now().date(),
        };
        let findings = review(&subject);
        let waived = findings.iter().filter(|finding| finding.waived.is_some()).count();
        match self.format {
            Format::Markdown => say!(@raw told::markdown(&service.name, &findings)),
            Format::Json => say!("{}", serde_json::to_string_pretty(&told::json(&findings))?),
            Format::Sarif => {
                let sarif = told::sarif(&findings, env!("CARGO_PKG_VERSION"), &|spot| line(&project, spot));
                say!("{}", serde_json::to_string_pretty(&sarif)?);
            }
            Format::Text => {
                let steps: usize = project.runbooks.iter().map(|runbook| runbook.steps().count()).sum();
                for line in told::text(&findings).lines() {
                    say!("{}", text::visible(line));
                }
                say!(
                    "{}: sound; {} components, {} runbooks, {steps} steps; the review finds {}{}",
                    service.name,
                    service.components.len(),
                    project.runbooks.len(),
                    if findings.len() > waived { (findings.len() - waived).to_string() } else { "nothing".to_owned() },
                    if waived > 0 { format!(", and {waived} waived") } else { String::new() },
                );
                if let Some(preset) = untouched(&project) {
                    say!(
                        "It is the preset {preset} as it came: sound, and nothing in it is yours. Replace its names and ids \
                         by your own."
                    );
                }
            }
        }
        let denied = |finding: &Finding| finding.waived.is_none() && self.deny.denies(finding.rule.severity);
        Ok(if findings.iter().any(denied) { Status::Failed } else { Status::Ok })
    }
}

/// The preset that a service file is, word for word.
fn untouched(project: &Project) -> Option<&'static str> {
    let Origin::File(path) = &project.origin else { return None };
    let bytes = std::fs::read(path).ok()?;
    locate::presets().iter().find(|preset| preset.service_toml.as_bytes() == bytes).map(|preset| preset.name)
}

/// Every reading of the service.
fn look(service: &Service) -> Result<(Board, Timestamp)> {
    let runtime = surroundings::runtime()?;
    let clock = Arc::new(SystemClock::new()) as Arc<dyn Clock>;
    runtime.block_on(patience::with("reading both Regions", None, async {
        let redactor = wire::redactor(service);
        let world = wire::live(service, Arc::clone(&clock), &redactor, None, None).await.map_err(|why| eyre!(why))?;
        Ok((board_of(&world).await, clock.now()))
    }))
}

/// The file that a spot is in, and the line.
fn line(project: &Project, spot: &Spot) -> Option<(String, usize)> {
    let Origin::File(path) = &project.origin else { return None };
    let (file, begins) = match spot {
        Spot::Service => (path.clone(), vec!["[service]".to_owned()]),
        Spot::Component(id) => (path.clone(), vec![format!("[components.{id}]")]),
        Spot::Runbook(id) => (path.with_file_name("runbooks").join(format!("{id}.toml")), vec!["[runbook]".to_owned()]),
        Spot::Step(runbook, id) => {
            let file = path.with_file_name("runbooks").join(format!("{runbook}.toml"));
            (file, vec![format!("id = \"{id}\""), format!("id = '{id}'")])
        }
    };
    let text = std::fs::read_to_string(&file).ok()?;
    let at = text.lines().position(|line| begins.iter().any(|begin| line.trim_start().starts_with(begin.as_str())));
    Some((file.display().to_string(), at.map_or(1, |at| at + 1)))
}

/// Prints what is wrong.
pub(super) fn report(diagnostics: &Diagnostics) -> Status {
    if !diagnostics.is_empty() {
        eprint!("{diagnostics}");
    }
    if diagnostics.has_errors() { Status::Failed } else { Status::Ok }
}
