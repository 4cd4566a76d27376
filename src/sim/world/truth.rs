//! What is so, whatever anybody can see of it: for tests, and for the end of a walkthrough.

use std::time::Duration;

use super::health::Answering;
use super::lineage::other;
use super::{World, faults};
use crate::domain::region::{HomeRole, Pair};
use crate::sim::steps::Ms;

/// What is so at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Whether each Region's database takes the application's writes, were it reached.
    pub takes_writes: Pair<bool>,
    /// Whether each Region's endpoint answers 200.
    pub serves: Pair<bool>,
    /// The highest row in each Region's database.
    pub marks: Pair<i64>,
    /// Where the public name leads at the first resolver.
    pub traffic: Option<HomeRole>,
    /// Whether the replica that was promoted last has become a database of its own.
    pub promoted: bool,
    /// Rows that were acknowledged somewhere and that the database which was promoted last lacks; `None` before a
    /// promotion is called.
    pub rows_lost: Option<i64>,
    /// Whether each Region's database holds what a release has damaged.
    pub damaged: Pair<bool>,
    /// The span of the source's history that is missing: from the last row replicated to the last row committed before
    /// replication ended; `None` before a promotion is called.
    pub loss: Option<Duration>,
}

impl World {
    /// What is so at a moment.
    pub fn truth(&self, at: Ms) -> Truth {
        let both =
            |of: &dyn Fn(HomeRole) -> bool| Pair { primary: of(HomeRole::Primary), standby: of(HomeRole::Standby) };
        let store = self.stores().next();
        let cut = store.and_then(|store| Some((store, store.last_cut(at)?)));
        Truth {
            takes_writes: both(&|role| self.stores().all(|store| store.takes_app_writes(role, at))),
            serves: both(&|role| self.endpoint(role, at).0 == Answering::Ok),
            marks: store.map_or(Pair { primary: 0, standby: 0 }, |store| Pair {
                primary: self.mark(store, HomeRole::Primary, at),
                standby: self.mark(store, HomeRole::Standby, at),
            }),
            traffic: self.leads_to(at),
            damaged: both(&|role| {
                let mut damages = faults::damages(&self.scenario).filter(|(_, since)| *since <= at);
                damages.any(|damage| store.is_some_and(|store| store.holds((role, at), damage)))
            }),
            promoted: cut.is_some_and(|(_, cut)| at >= cut.done),
            rows_lost: cut.map(|(store, cut)| {
                let kept = if store.follows(cut.role, at) {
                    self.received_mark(store, cut.role, at)
                } else {
                    self.mark(store, cut.role, at)
                };
                self.acknowledged(at) - kept
            }),
            loss: cut.and_then(|(store, cut)| {
                let source = other(cut.role);
                let last = self.commit_in(store, source, store.ended(cut, at))?;
                let kept = self.commit_in(store, source, store.kept(cut, at))?;
                u64::try_from(last - kept).ok().map(Duration::from_millis)
            }),
        }
    }
}
