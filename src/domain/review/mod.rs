//! The review: rules over a service and its runbooks, each of which knows one mistake that has cost data or hours.
//!
//! A rule says what is wrong *here*, why it matters, and what the right practice is. It reads what the files say, so that it
//! can be asked without the cloud; where there are readings or past drills, some rules look at those, too. `deeds.rs` tells
//! what a step does, whether it is an action of a component or a line of a program; the rules are one file each.

mod deeds;
pub(in crate::domain) mod line;
mod live;
mod order;
mod rules;

use std::fmt;

use jiff::civil::Date;

use super::runbook::{Runbook, Step};
use super::service::{Service, Waiver};

pub use self::live::Live;
pub use self::rules::RULES;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It costs time, or hides something.
    Warning,
    /// It loses data, or the failover.
    Danger,
}

impl Severity {
    /// The word at the start of a finding.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }
}

/// What is reviewed.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its runbooks.
    pub runbooks: &'a [Runbook],
    /// What was read of it, where somebody has looked.
    pub live: Option<Live<'a>>,
    /// Its past drills, where somebody has looked.
    pub drills: Option<Drilled>,
    /// Today. A waiver counts up to its last day, today included.
    pub today: Date,
}

/// The past drills of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drilled {
    /// There is none.
    Never,
    /// The last one that was carried through ended on this day.
    Last(Date),
}

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// In the service file as a whole.
    Service,
    /// In a component.
    Component(String),
    /// In a runbook as a whole.
    Runbook(String),
    /// In a step of a runbook.
    Step(String, String),
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service => f.write_str("service"),
            Self::Component(id) => write!(f, "components.{id}"),
            Self::Runbook(id) => write!(f, "runbooks/{id}"),
            Self::Step(runbook, id) => write!(f, "runbooks/{runbook}, step {id}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static Rule,
    /// Where.
    pub spot: Spot,
    /// What is wrong here, with names and values.
    pub says: String,
    /// What would mend it, as it would stand in the file, where that can be told.
    pub edit: Option<String>,
    /// The waiver that covers it, if one does.
    pub waived: Option<Waiver>,
}

/// A mistake that is looked for.
#[derive(Debug)]
pub struct Rule {
    /// Its id, such as `HO001`; never given to another.
    pub id: &'static str,
    /// What it finds, in a few words.
    pub title: &'static str,
    /// How bad that is.
    pub severity: Severity,
    /// Why it matters.
    pub why: &'static str,
    /// The right practice.
    pub practice: &'static str,
    /// Where the fact is from.
    pub source: &'static str,
    /// Looks for it.
    look: fn(&Subject<'_>, &mut Found),
}

/// Each has an id of its own.
impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What one rule has found.
#[derive(Debug, Default)]
struct Found {
    findings: Vec<(Spot, String, Option<String>)>,
}

impl Found {
    fn at(&mut self, spot: Spot, says: impl Into<String>) {
        self.findings.push((spot, says.into(), None));
    }

    fn at_step(&mut self, runbook: &Runbook, step: &Step, says: impl Into<String>) {
        self.at(Spot::Step(runbook.id.clone(), step.id.clone()), says);
    }

    /// The edit that mends what was found last.
    fn mend(&mut self, edit: impl Into<String>) {
        if let Some((_, _, slot)) = self.findings.last_mut() {
            *slot = Some(edit.into());
        }
    }
}

/// Everything that the rules find: the worst first, what is waived last, then in the order of the rules and of the files.
pub fn review(subject: &Subject<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    for rule in RULES {
        let mut found = Found::default();
        (rule.look)(subject, &mut found);
        all.extend(found.findings.into_iter().map(|(spot, says, edit)| {
            let covers = |waiver: &&Waiver| {
                waiver.rule == rule.id
                    && waiver.until >= subject.today
                    && waiver.at.as_ref().is_none_or(|at| *at == spot.to_string())
            };
            let waived = subject.service.waivers.iter().find(covers).cloned();
            Finding { rule, spot, says, edit, waived }
        }));
    }
    all.sort_by_key(|finding| (finding.waived.is_some(), std::cmp::Reverse(finding.rule.severity)));
    all
}
