//! What is so, whatever anybody can see of it: for tests, and for the end of a walkthrough.

use std::time::Duration;

use super::World;
use super::health::Answering;
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
    /// Whether the replica has become a database of its own.
    pub promoted: bool,
    /// Rows that the old source has and the promoted database lacks; `None` before a promotion is called.
    pub rows_lost: Option<i64>,
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
        let promotion = database.and_then(|database| database.promotion.map(|promotion| (database, promotion)));
        let promoted = promotion.is_some_and(|(_, promotion)| at >= promotion.done);
        let kept = promotion.map(|(database, _)| self.received_mark(database, at));
        Truth {
            takes_writes: both(&|role| self.databases().iter().all(|database| database.takes_app_writes(role, at))),
            serves: both(&|role| self.endpoint(role, at).0 == Answering::Ok),
            marks: database.map_or(Pair { primary: 0, standby: 0 }, |database| Pair {
                primary: self.mark(database, HomeRole::Primary, at),
                standby: self.mark(database, HomeRole::Standby, at),
            }),
            traffic: self.leads_to(at),
            promoted,
            rows_lost: promotion
                .zip(kept)
                .map(|((database, _), kept)| self.mark(database, HomeRole::Primary, at) - kept),
            loss: promotion.and_then(|(database, promotion)| {
                let cut = at.min(promotion.modifying);
                let last = self.last_commit(HomeRole::Primary, cut)?;
                let kept = self.last_commit(HomeRole::Primary, database.received(cut))?;
                u64::try_from(last - kept).ok().map(Duration::from_millis)
            }),
        }
    }
}
