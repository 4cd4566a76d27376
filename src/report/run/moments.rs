//! T0 to T13.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::run::Run;
use crate::domain::timeline::Milestone;

/// A moment of the timeline.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// Its number, such as `T0`.
    pub number: String,
    /// What it is.
    pub milestone: &'static str,
    /// When, by the wall clock.
    pub at: Option<Timestamp>,
    /// Milliseconds by the clock that never jumps, in its process, where that was there.
    pub steady_ms: Option<u64>,
    /// Who recorded it.
    pub by: String,
    /// How it is known.
    pub source: String,
    /// The entry of the journal.
    pub entry: Option<u64>,
    /// The entry that it corrects.
    pub corrects: Option<u64>,
}

pub(super) fn timeline(run: &Run) -> Vec<Moment> {
    let row = |milestone: Milestone| {
        let known = run.timeline.get(milestone);
        Moment {
            number: milestone.number(),
            milestone: milestone.as_str(),
            at: known.map(|known| known.at),
            steady_ms: known.and_then(|known| known.steady).map(|steady| steady.ms),
            by: known.map(|known| known.by.clone()).unwrap_or_default(),
            source: known.map_or_else(|| "not known".to_owned(), |known| known.source.clone()),
            entry: known.map(|known| known.entry),
            corrects: known.and_then(|known| known.corrects),
        }
    };
    Milestone::ALL.into_iter().map(row).collect()
}
