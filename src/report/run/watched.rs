//! What was watched all along: what users met with, and the replication lag.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::disruption::{Gap, LagSample, Tally};
use crate::domain::journal::{Body, Entry};
use crate::domain::run::Run;

/// What one vantage saw.
#[derive(Debug, Clone, Serialize)]
pub struct Watched {
    /// The component that was asked.
    pub component: String,
    /// From where: a Region directly, `public`, or a resolver.
    pub from: String,
    /// How many questions were put.
    pub asked: u64,
    /// How many of them failed.
    pub failed: u64,
    /// When the first was put.
    pub since: Timestamp,
    /// When the last was put.
    pub until: Timestamp,
    /// How many times it failed for a while.
    pub gaps: u64,
    /// The longest of these, in words.
    pub longest: Option<String>,
    /// The same, in milliseconds, within its bounds.
    pub longest_gap: Option<Gap>,
    /// The first ones, in milliseconds.
    pub each: Vec<Gap>,
    /// Where the name led, in the order of time.
    pub led_to: Vec<String>,
}

pub(super) fn disruption(run: &Run) -> Vec<Watched> {
    let row = |tally: &Tally| Watched {
        component: tally.vantage.component.clone(),
        from: tally.vantage.from.clone(),
        asked: tally.asked,
        failed: tally.failed,
        since: tally.first,
        until: tally.last,
        gaps: tally.gaps_in_all + u64::from(tally.open_gap().is_some()),
        longest: tally.longest().map(|gap| gap.to_string()),
        longest_gap: tally.longest(),
        each: tally.gaps.iter().copied().chain(tally.open_gap()).collect(),
        led_to: tally.leads.iter().map(|lead| lead.to.clone()).collect(),
    };
    run.disruption.iter().filter(|tally| tally.asked > 0).map(row).collect()
}

/// The samples of the replication lag, in the order of time.
pub(super) fn lag(entries: &[Entry]) -> Vec<LagSample> {
    let samples = entries.iter().filter_map(|entry| match &entry.body {
        Body::Metered { lag, .. } => Some(lag),
        _ => None,
    });
    samples.flatten().copied().collect()
}
