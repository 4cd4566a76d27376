//! What is so, whatever anybody can see of it: for tests, and for the end of a walkthrough.

use std::time::Duration;

use super::health::Answering;
use super::lineage::{Era, other};
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
        let database = self.databases().first();
        let cut = database.and_then(|database| Some((database, database.lineage.last_cut(at)?)));
        Truth {
            takes_writes: both(&|role| self.databases().iter().all(|one| one.lineage.takes_app_writes(role, at))),
            serves: both(&|role| self.endpoint(role, at).0 == Answering::Ok),
            marks: database.map_or(Pair { primary: 0, standby: 0 }, |database| Pair {
                primary: self.mark(database, HomeRole::Primary, at),
                standby: self.mark(database, HomeRole::Standby, at),
            }),
            traffic: self.leads_to(at),
            damaged: both(&|role| {
                let mut damages = faults::damages(&self.scenario).filter(|(_, since)| *since <= at);
                damages.any(|damage| database.is_some_and(|one| one.lineage.holds((role, at), damage)))
            }),
            promoted: cut.is_some_and(|(_, cut)| at >= cut.done),
            rows_lost: cut.map(|(database, cut)| {
                let kept = match database.lineage.era(cut.role, at).1 {
                    Era::Follows { .. } => self.received_mark(database, cut.role, at),
                    _ => self.mark(database, cut.role, at),
                };
                self.acknowledged(at) - kept
            }),
            loss: cut.and_then(|(database, cut)| {
                let (source, end) = (other(cut.role), at.min(cut.at));
                let last = self.commit_in(database, source, end)?;
                let kept = self.commit_in(database, source, database.lineage.received(cut.role, end))?;
                u64::try_from(last - kept).ok().map(Duration::from_millis)
            }),
        }
    }
}
