//! What a run is worth as an exercise: points out of 100, and for each that was taken off the entry that shows why and what would have
//! been better. A pure function of the journal and of what the simulation told when the run was closed; nothing is praised that the
//! journal does not show.

mod rules;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::debrief::{Handled, Revealed, Truth};
use super::figures::Figures;
use super::journal::{Body, Entry};
use super::reading::age;
use super::run::{Ending, Run};
use super::service::Objectives;

/// What a run begins with.
pub const FULL: u32 = 100;
/// How late a surprise may be noticed without a deduction.
pub const PROMPT: Duration = Duration::from_mins(5);

/// The score of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Score {
    /// What is left of the 100; never below 0.
    pub points: u32,
    /// What was taken off, in the order of the journal.
    pub deductions: Vec<Deduction>,
    /// What could not be judged, and why.
    pub unknown: Vec<String>,
    /// What was really so in the end, where the run was a simulation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truth: Option<Truth>,
    /// The surprise, if the run had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surprise: Option<Surprise>,
}

/// Points that were taken off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deduction {
    /// How many.
    pub points: u32,
    /// For what.
    pub why: String,
    /// The number of the entry that shows it.
    pub entry: u64,
    /// What would have been better.
    pub better: String,
}

/// How a surprise was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surprise {
    /// What was told of it.
    pub told: Revealed,
    /// Whether it is the one that was sealed when the run was opened.
    pub sealed: bool,
    /// The first entry that shows it, and how long that was after it came, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Seen>,
    /// The first entry by which a person reacted to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noticed: Option<Seen>,
    /// Whether it was handled; none where it never came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled: Option<bool>,
}

/// An entry that shows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its number.
    pub entry: u64,
    /// How long after the surprise came, in milliseconds.
    pub after_ms: u64,
    /// What it says.
    pub says: String,
}

/// What the rules look at.
struct Case<'a> {
    entries: &'a [&'a Entry],
    run: &'a Run,
    figures: Figures,
    objectives: Objectives,
    truth: Option<&'a Truth>,
    /// The number and the time of the entry that closed the run.
    closed: (u64, Timestamp),
}

/// The score of a run, from its journal: `run` is its fold, with the runbook's words where they are known. `None` while it is open.
pub fn score(entries: &[&Entry], run: &Run, objectives: Objectives) -> Option<Score> {
    let last = entries.iter().find(|entry| matches!(entry.body, Body::RunClosed { .. }))?;
    let closed = (last.seq, last.at);
    let debrief = entries.iter().rev().find_map(|entry| match &entry.body {
        Body::Debriefed { truth, surprise } => Some((truth, surprise.as_ref())),
        _ => None,
    });
    let truth = debrief.map(|(truth, _)| truth);
    let case = Case { entries, run, figures: Figures::of(run, closed.1), objectives, truth, closed };
    let mut unknown = Vec::new();
    let mut deductions = Vec::new();
    rules::judge(&case, &mut deductions, &mut unknown);
    let surprise = debrief.and_then(|(_, told)| told).map(|told| case.surprise(told));
    if let Some(surprise) = &surprise {
        rules::surprise(&case, surprise, &mut deductions, &mut unknown);
    }
    deductions.sort_by_key(|deduction| deduction.entry);
    let taken: u32 = deductions.iter().map(|deduction| deduction.points).sum();
    Some(Score { points: FULL.saturating_sub(taken), deductions, unknown, truth: truth.cloned(), surprise })
}

impl Case<'_> {
    /// The number of the first entry that fits; of the one that closed the run where none does.
    fn entry(&self, fits: impl Fn(&Body) -> bool) -> u64 {
        self.entries.iter().find(|entry| fits(&entry.body)).map_or(self.closed.0, |entry| entry.seq)
    }

    fn surprise(&self, told: &Revealed) -> Surprise {
        let sealed = self
            .entries
            .iter()
            .any(|entry| matches!(&entry.body, Body::SurpriseSealed { sha256 } if *sha256 == told.secret.seal()));
        let told = told.clone();
        let Some(sprung) = told.sprung else {
            return Surprise { told, sealed, shown: None, noticed: None, handled: None };
        };
        let later = self.entries.iter().copied().filter(|entry| entry.at >= sprung && entry.seq < self.closed.0);
        let seen = |entry: &Entry| Seen {
            entry: entry.seq,
            after_ms: u64::try_from(age(sprung, entry.at).as_millis()).unwrap_or(u64::MAX),
            says: entry.body.says(),
        };
        let shows = |entry: &Entry| {
            // What was sealed and what is told afterwards are no signs, nor is what is the same in every run.
            let own = matches!(entry.body, Body::SurpriseSealed { .. } | Body::Debriefed { .. } | Body::Usual { .. });
            !own && holds(&entry.body, &told.signs)
        };
        let shown = later.clone().find(|entry| shows(entry) && is_notable(&entry.body));
        let noticed = later.filter(|entry| entry.by != "handover").find(|entry| {
            let about = shows(entry);
            let after = shown.is_some_and(|shown| entry.seq > shown.seq);
            match &entry.body {
                Body::Note { .. } | Body::Paused { .. } => about || after,
                body => is_reaction(body) && (about || after),
            }
        });
        let handled = Some(self.is_handled(&told, sprung));
        Surprise { sealed, shown: shown.map(seen), noticed: noticed.map(seen), handled, told }
    }

    fn is_handled(&self, told: &Revealed, sprung: Timestamp) -> bool {
        match told.handled {
            Handled::OneWriter => self.truth.is_some_and(|truth| truth.writers.len() <= 1),
            Handled::LossWithinRpo => {
                let loss = self.truth.and_then(|truth| truth.loss_ms).map(Duration::from_millis);
                loss.is_none_or(|loss| loss <= self.objectives.rpo) && self.left_out(sprung).is_none()
            }
            Handled::StepCarriedThrough => self.left_out(sprung).is_none(),
        }
    }

    /// The first step that failed or was held up after a moment and was then left out.
    fn left_out(&self, since: Timestamp) -> Option<u64> {
        let undone = |ending: Ending| ending.is_undone() || ending == Ending::ByHand;
        self.entries.iter().filter(|entry| entry.at >= since).find_map(|entry| match &entry.body {
            Body::Settled { step, ending, .. } if undone(*ending) => {
                let hit = self.entries.iter().any(|other| {
                    other.at >= since
                        && matches!(&other.body, Body::Failed { step: of, .. } | Body::Unsure { step: of, .. } if of == step)
                });
                hit.then_some(entry.seq)
            }
            _ => None,
        })
    }
}

/// Whether an entry says one of some words, whatever their case.
fn holds(body: &Body, signs: &[String]) -> bool {
    let says = body.says().to_lowercase();
    let evidence = match body {
        Body::Override { evidence, .. } => evidence.reading.to_lowercase(),
        _ => String::new(),
    };
    signs.iter().any(|sign| says.contains(sign.as_str()) || evidence.contains(sign.as_str()))
}

/// Whether an entry tells of something that does not go by the book: an ordinary plan holds all of the words as well.
fn is_notable(body: &Body) -> bool {
    matches!(
        body,
        Body::Reading { .. }
            | Body::Failed { .. }
            | Body::Unsure { .. }
            | Body::Attempt { .. }
            | Body::Outcome { .. }
            | Body::Override { .. }
            | Body::SplitBrain { .. }
            | Body::Void { .. }
            | Body::Note { .. }
            | Body::Paused { .. }
    )
}

/// Whether it takes a person who has seen something to make such an entry.
fn is_reaction(body: &Body) -> bool {
    match body {
        Body::Override { .. }
        | Body::Ungraceful { .. }
        | Body::NextWay { .. }
        | Body::Reopened { .. }
        | Body::RollBack { .. } => true,
        Body::Settled { ending, .. } => ending.is_undone() || *ending == Ending::ByHand,
        // Somebody tries again what did not work.
        Body::Intent { attempt, .. } => *attempt > 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
