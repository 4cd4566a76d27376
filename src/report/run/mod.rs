//! A run as a report: what auditors, managers and whoever does it next time ask for, from the run's folder alone. Each part is a
//! file of its own; Markdown and HTML show the same tables (`tables.rs`), JSON is the parts themselves.

mod chart;
mod criteria;
mod exercise;
mod follow_up;
mod html;
mod identity;
mod integrity;
mod markdown;
mod moments;
mod otlp;
mod people;
mod picture;
mod results;
mod steps;
mod tables;
mod watched;
mod yaml;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::disruption::LagSample;
use crate::domain::figures::Figures;
use crate::domain::journal::Entry;
use crate::domain::run::Run;
use crate::domain::runbook::Runbook;
use crate::domain::score::Score;
use crate::domain::service::Service;

pub use criteria::Judged;
pub use follow_up::{Deviation, Observation};
pub use html::html;
pub use identity::Identity;
pub use integrity::{Anchor, Integrity};
pub use markdown::markdown;
pub use moments::Moment;
pub use otlp::otlp;
pub use people::{Contact, Decision, Escalation, Participant};
pub use results::Result;
pub use steps::StepRow;
pub use watched::Watched;
pub use yaml::yaml;

/// What a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The journal, as far as it could be read.
    pub entries: &'a [Entry],
    /// Why it does not verify, if it does not.
    pub broken: Option<&'a str>,
    /// The run's copy of the service file.
    pub service: &'a Service,
    /// The run's copy of the runbook.
    pub runbook: &'a Runbook,
    /// Whether these copies are still what was run: their hashes are in the journal.
    pub copies_hold: bool,
    /// When the report is made.
    pub now: Timestamp,
}

/// The report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The format: another number, another meaning of some field.
    pub format: &'static str,
    /// What was run, and with what.
    pub identity: Identity,
    /// What was achieved, against what was promised.
    pub results: Vec<Result>,
    /// What the runbook says that a run has to show.
    pub criteria: Vec<Judged>,
    /// What it was worth as an exercise, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// T0 to T13.
    pub timeline: Vec<Moment>,
    /// What users met with, from every vantage.
    pub disruption: Vec<Watched>,
    /// The samples of the replication lag.
    pub lag: Vec<LagSample>,
    /// Every step, planned and actual.
    pub steps: Vec<StepRow>,
    /// Who took part, and as what.
    pub people: Vec<Participant>,
    /// Whom the service file says to call.
    pub contacts: Vec<Contact>,
    /// What the service file says to do at which severity.
    pub escalation: Vec<Escalation>,
    /// What people decided, each with its reason.
    pub decisions: Vec<Decision>,
    /// What did not go by the book.
    pub deviations: Vec<Deviation>,
    /// What the preflight had found, and what the review finds in the files of the run.
    pub observations: Vec<Observation>,
    /// How it can be checked that nobody has changed anything since.
    pub integrity: Integrity,
}

/// Makes a run's report.
pub fn report(material: &Material<'_>) -> Option<Report> {
    let opened = material.entries.first()?;
    let direction = Run::from_journal(material.entries)?.direction;
    let mode = Run::from_journal(material.entries)?.mode;
    let run = Run::new(&material.service.name, material.runbook.clone(), mode, direction).fold(material.entries);
    let until = run.closed.map_or(material.now, |(_, at)| at);
    let figures = Figures::of(&run, until);
    Some(Report {
        format: "handover-report/1",
        identity: identity::identity(material, &run, opened),
        results: results::results(material, &run, &figures),
        criteria: criteria::criteria(material, &run, &figures),
        score: exercise::exercise(material.entries, &run, material.service.objectives),
        timeline: moments::timeline(&run),
        disruption: watched::disruption(&run),
        lag: watched::lag(material.entries),
        steps: steps::steps(&run),
        people: people::people(material.entries, &run),
        contacts: people::contacts(material.service),
        escalation: people::escalation(material.service),
        decisions: people::decisions(material.entries),
        deviations: follow_up::deviations(material.entries, &run),
        observations: follow_up::observations(material),
        integrity: integrity::integrity(material),
    })
}
