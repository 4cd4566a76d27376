//! The service's own writes: numbered rows, committed wherever clients reach a database that takes them.

use super::World;
use super::health::Answering;
use super::lineage::BEFORE;
use super::store::Store;
use crate::domain::region::{HomeRole, Pair};
use crate::sim::steps::{EVER, Ms, NEVER, Steps};

/// Bytes of write-ahead log for one row.
const WAL_PER_ROW: i64 = 336;

/// Rows over time at a rate that changes.
#[derive(Debug, Clone)]
pub struct Counter {
    rates: Steps<i64>,
}

impl Counter {
    /// No rows at all.
    pub(super) fn idle() -> Self {
        Self { rates: Steps::always(0) }
    }

    /// Rows committed from the scenario's zero (less before it) to a moment.
    pub fn rows(&self, at: Ms) -> i64 {
        let sum = |from: Ms, to: Ms| -> i64 {
            let spans = self.rates.spans().filter(|(start, end, _)| *start < to && *end > from);
            spans.map(|(start, end, rate)| (end.min(to) - start.max(from)).saturating_mul(*rate)).sum()
        };
        let milli = if at >= 0 { sum(0, at) } else { -sum(at, 0) };
        milli.div_euclid(1_000)
    }

    /// When the last row up to a moment was committed, if one was.
    pub fn last_commit(&self, at: Ms) -> Option<Ms> {
        let writing = self.rates.spans().filter(|(from, _, rate)| **rate > 0 && *from <= at);
        writing
            .map(|(from, until, rate)| {
                let at = at.min(until);
                let gap = (1_000 / rate).max(1);
                if from <= EVER { at - at.rem_euclid(gap) } else { from.max(at - (at - from) % gap) }
            })
            .last()
    }
}

/// How many rows a second each Region's database takes.
pub(super) fn counters(
    world: &World,
    endpoints: &Pair<Steps<Answering>>,
    leads: &Steps<Option<HomeRole>>,
) -> Pair<Counter> {
    let traffic = world.scenario.traffic;
    let of = |role: HomeRole| {
        let endpoint = endpoints.get(role);
        let joined = &world.scenario.joined;
        let moments = endpoint.moments().chain(leads.moments()).chain(joined.iter().map(|(at, _)| *at));
        let rates = Steps::of(moments.collect::<Vec<_>>(), |at| {
            if *endpoint.at(at) != Answering::Ok {
                return 0;
            }
            let here = *leads.at(at) == Some(role);
            let later: i64 = joined.iter().filter(|(since, _)| *since <= at).map(|(_, rate)| rate).sum();
            let old = if role == HomeRole::Primary { traffic.old_clients_per_second + later } else { 0 };
            (if here { traffic.commits_per_second } else { 0 }) + old
        });
        Counter { rates }
    };
    Pair { primary: of(HomeRole::Primary), standby: of(HomeRole::Standby) }
}

impl World {
    /// How many rows are in a Region's database.
    pub fn mark(&self, store: Store<'_>, role: HomeRole, at: Ms) -> i64 {
        store.count(&self.compiled.rows, role, at)
    }

    /// The write-ahead log's position after so many rows, as PostgreSQL writes it.
    pub fn lsn(mark: i64) -> String {
        let position = 0x3a_0000_0000_i64.saturating_add(mark.saturating_mul(WAL_PER_ROW));
        format!("{:X}/{:X}", position >> 32, position & 0xffff_ffff)
    }

    /// How many rows a replica has received.
    pub fn received_mark(&self, store: Store<'_>, role: HomeRole, at: Ms) -> i64 {
        store.received_count(&self.compiled.rows, role, at)
    }

    /// When the last row that is in a Region's database was committed, wherever that was.
    pub fn commit_in(&self, store: Store<'_>, role: HomeRole, at: Ms) -> Option<Ms> {
        store.last_commit(&self.compiled.rows, role, at)
    }

    /// Every row that was ever acknowledged, in whichever Region.
    pub fn acknowledged(&self, at: Ms) -> i64 {
        BEFORE + self.compiled.rows.primary.rows(at) + self.compiled.rows.standby.rows(at)
    }

    /// When the last row in a Region's database was committed there, up to a moment.
    pub fn last_commit(&self, role: HomeRole, at: Ms) -> Option<Ms> {
        self.compiled.rows.get(role).last_commit(at)
    }

    /// Where the public name leads, as the first resolver has it.
    pub fn leads_to(&self, at: Ms) -> Option<HomeRole> {
        *self.compiled.leads.at(at.clamp(EVER, NEVER))
    }
}
