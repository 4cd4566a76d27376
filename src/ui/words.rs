//! The sign, the word and the tone of everything that has a state.

use super::glyphs::Glyphs;
use super::skin::Tone;
use crate::app::Model;
use crate::app::model::Row;
use crate::domain::duration;
use crate::domain::figures::Serving;
use crate::domain::gate::Verdict;
use crate::domain::reading::{Freshness, Health};
use crate::domain::region::Region;
use crate::domain::run::{Ending, State};
use crate::domain::runbook::Hazard;
use crate::domain::timeline::estimate;

pub(super) fn health(health: Health, glyphs: &Glyphs) -> (&'static str, &'static str, Tone) {
    let (sign, tone) = match health {
        Health::Healthy => (glyphs.ok, Tone::Ok),
        Health::Degraded => (glyphs.warn, Tone::Warn),
        Health::Down => (glyphs.bad, Tone::Bad),
        Health::Unknown => (glyphs.unknown, Tone::Unknown),
    };
    (sign, health.as_str(), tone)
}

/// How a Region is as a whole. One that stands by is not expected to serve users: that it does not is no alarm.
pub(super) fn region(model: &Model, region: &Region, glyphs: &Glyphs) -> (&'static str, &'static str, Tone) {
    match model.worst.get(region).map_or(Health::Unknown, |(health, _)| *health) {
        Health::Down if model.stands_by(region) => (glyphs.waits, "not serving", Tone::Text),
        known => health(known, glyphs),
    }
}

pub(super) fn verdict(verdict: Verdict, glyphs: &Glyphs) -> (&'static str, &'static str, Tone) {
    let (sign, tone) = match verdict {
        Verdict::Pass => (glyphs.done, Tone::Ok),
        Verdict::Fail => (glyphs.bad, Tone::Bad),
        Verdict::Unknown => (glyphs.unknown, Tone::Warn),
    };
    (sign, verdict.as_str(), tone)
}

/// A step's sign, word and tone.
pub(super) fn step(model: &Model, row: &Row, glyphs: &Glyphs) -> (&'static str, &'static str, Tone) {
    match model.state(&row.id) {
        State::Pending | State::Planned if row.ready => (glyphs.ready, "ready", Tone::Accent),
        State::Pending | State::Planned => (glyphs.waits, "waits", Tone::Dim),
        State::Looking => (glyphs.running, "running", Tone::Accent),
        State::InFlight => (glyphs.running, "calling", Tone::Accent),
        State::Settling => (glyphs.running, "settling", Tone::Accent),
        State::Unsure(_) => (glyphs.unknown, "unsure", Tone::Warn),
        State::Failed(_) => (glyphs.bad, "failed", Tone::Bad),
        State::Ended(ending) => match ending {
            Ending::Skipped => (glyphs.skipped, ending.as_str(), Tone::Warn),
            Ending::RiskAccepted | Ending::Impossible => (glyphs.warn, ending.as_str(), Tone::Warn),
            _ => (glyphs.done, ending.as_str(), Tone::Ok),
        },
    }
}

/// How long a running step has run.
pub(super) fn elapsed(model: &Model, row: &Row) -> Option<String> {
    let record = model.record(&row.id)?;
    let since = match record.state {
        State::InFlight | State::Settling | State::Unsure(_) => record.intended.or(record.started),
        State::Looking => record.started,
        _ => None,
    }?;
    Some(duration::clock(model.since(since)))
}

/// What would be lost by all that is known before a database takes over.
pub(super) fn expected_loss(model: &Model) -> (String, Tone) {
    let bound = model.unreplayed().map(|most| most.as_secs_f64());
    match (model.lag(), bound) {
        (Some((lag, reading)), bound) => {
            let tone = match reading.freshness(model.now) {
                _ if lag > model.service.objectives.rpo.as_secs_f64() => Tone::Bad,
                Freshness::Fresh => Tone::Text,
                _ => Tone::Warn,
            };
            let aged = || format!("{} ({})", duration::seconds(lag), model.ago(reading.at));
            (bound.map_or_else(aged, |most| estimate(lag, most)), tone)
        }
        (None, Some(most)) => (estimate(most, most), Tone::Warn),
        (None, None) => ("? unknown".to_owned(), Tone::Warn),
    }
}

/// What is to be said beside the recovery time while it serves and nobody knows yet whether it stays so.
pub(super) fn serving(serving: Serving) -> &'static str {
    match serving {
        Serving::Unwatched => "answers, not watched yet",
        Serving::Watched => "if it stays so",
    }
}

/// The badge of a hazard.
pub(super) fn hazard(hazard: Hazard) -> Option<(&'static str, Tone)> {
    match hazard {
        Hazard::None => None,
        Hazard::Write => Some(("WRITES", Tone::Write)),
        Hazard::Irreversible => Some(("IRREVERSIBLE", Tone::Irreversible)),
    }
}
