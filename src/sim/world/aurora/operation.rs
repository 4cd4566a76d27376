//! How a switchover, a failover and a detachment go: what happens when.

use super::ClusterPair;
use crate::domain::region::HomeRole;
use crate::sim::steps::{EVER, Ms, NEVER};

/// How long a cluster that changes its role is not to be connected to.
const RESTART: Ms = 12_000;
/// How long a cancelled switchover takes to let go.
const LETS_GO: Ms = 20_000;

/// What is done to a global database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The roles change when the reader has everything.
    Switchover,
    /// The reader takes over with what it has.
    Failover,
    /// The reader leaves, and writes for itself.
    Detach,
}

/// One of those, moment by moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// What it is.
    pub kind: Kind,
    /// The Region that wrote.
    pub from: HomeRole,
    /// The Region that is to write.
    pub to: HomeRole,
    /// The call.
    pub called: Ms,
    /// Verified: under way from here on. A failover and a detachment cut replication here.
    pub begins: Ms,
    /// The old writer takes no more writes from here on; of a detached one, never.
    pub stops: Ms,
    /// The new one takes writes from here on.
    pub turns: Ms,
    /// The old writer is a reader in step from here on.
    pub rejoins: Ms,
    /// Up to which moment of the old writer's history the new one has it.
    pub kept: Ms,
    /// When a switchover was given up, as the Regions could not reach each other.
    pub cancelled: Option<Ms>,
}

impl Operation {
    /// When the old writer takes writes again after a switchover that was given up.
    pub(super) fn resumes(&self) -> Option<Ms> {
        self.cancelled.map(|at| at + LETS_GO / 2)
    }

    /// When nothing is under way any more, whether it was done or given up. The old writer may still be rebuilt.
    pub(super) fn over(&self) -> Ms {
        self.cancelled.map_or(self.turns, |at| at + LETS_GO)
    }

    /// Whether it is under way and has stopped the old writer.
    pub(super) fn is_open(&self, at: Ms) -> bool {
        self.stops <= at && at < self.resumes().unwrap_or(self.turns)
    }

    /// Whether a Region's cluster restarts at a moment, or is rebuilt.
    pub(super) fn restarts(&self, role: HomeRole, at: Ms) -> bool {
        if self.cancelled.is_some() {
            return false;
        }
        let turning = self.turns - RESTART <= at && at < self.turns;
        match self.kind {
            _ if role == self.to => turning,
            Kind::Switchover => turning,
            Kind::Failover => self.stops <= at && at < self.rejoins,
            Kind::Detach => false,
        }
    }

    /// When the old writer's storage is put aside as a snapshot, before it is rebuilt.
    pub(super) fn snapshot(&self) -> Option<Ms> {
        (self.kind == Kind::Failover && self.stops < NEVER).then(|| self.stops + 60_000)
    }

    pub(super) fn moments(&self) -> Vec<Ms> {
        let restarts = self.turns - RESTART;
        let mut moments = vec![self.called, self.begins, self.stops, restarts, self.turns, self.rejoins];
        moments.extend(self.resumes());
        moments.push(self.over());
        moments.retain(|at| *at < NEVER - RESTART);
        moments
    }
}

impl ClusterPair {
    /// What becomes of a call that was accepted.
    pub(super) fn carry_out(&self, kind: Kind, to: HomeRole, called: Ms) -> Operation {
        let takes = |what: &str, low: Ms, high: Ms| self.chance.between(what, called, low, high);
        let begins = called + takes("global pending", 3_000, 8_000);
        let from = to.other();
        let blank = Operation {
            kind,
            from,
            to,
            called,
            begins,
            stops: NEVER,
            turns: NEVER,
            rejoins: NEVER,
            kept: begins,
            cancelled: None,
        };
        match kind {
            Kind::Switchover => self.switch_over(blank, takes("switchover stops", 2_000, 6_000)),
            Kind::Failover => {
                let turns = begins + takes("failover turns", 60_000, 120_000);
                let stops = self.reached(begins).map_or(NEVER, |at| at + takes("failover fences", 3_000, 10_000));
                let rebuilt = takes("failover rebuilds", 240_000, 420_000);
                // It is rebuilt from the new writer, which must be there first.
                let rejoins = if stops < NEVER { stops.max(turns) + rebuilt } else { NEVER };
                Operation { turns, stops, rejoins, kept: self.has(begins), ..blank }
            }
            Kind::Detach => {
                let turns = begins + takes("detach promotes", 40_000, 80_000);
                Operation { turns, kept: self.has(begins), ..blank }
            }
        }
    }

    /// The writer stops, the reader catches up, the roles change; or, where they cannot reach each other meanwhile, nothing.
    fn switch_over(&self, blank: Operation, stopping: Ms) -> Operation {
        let stops = blank.begins + stopping;
        let caught = self.caught_up(stops);
        let turns = caught.map_or(NEVER, |at| at + self.chance.between("switchover turns", stops, 20_000, 45_000));
        let breaks = self.link.moments().find(|at| *at > blank.called && !*self.link.at(*at));
        match breaks.filter(|at| *at < turns) {
            // A writer that was not stopped yet never is.
            Some(at) => {
                let stops = if stops <= at { stops } else { NEVER };
                Operation { stops, cancelled: Some(at), ..blank }
            }
            None => Operation { stops, turns, rejoins: turns, kept: stops, ..blank },
        }
    }

    /// From when on the other Region's cluster can be reached, if it can be again.
    fn reached(&self, at: Ms) -> Option<Ms> {
        if *self.link.at(at) {
            return Some(at);
        }
        self.link.moments().find(|moment| *moment > at && *self.link.at(*moment))
    }

    /// When the reader has everything up to a moment at which the writer stopped.
    fn caught_up(&self, stops: Ms) -> Option<Ms> {
        let mut at = stops;
        for _ in 0..64 {
            let missing = stops - self.received(at);
            if missing <= 0 {
                return Some(at);
            }
            at += missing;
        }
        None
    }

    /// Up to which moment of the writer's history the reader has it, which is at least where the writer began.
    fn has(&self, at: Ms) -> Ms {
        let moved = self.done_by(at).filter(|operation| operation.kind != Kind::Detach);
        let began = moved.last().map_or(EVER, |operation| operation.turns);
        self.received(at).max(began)
    }
}
