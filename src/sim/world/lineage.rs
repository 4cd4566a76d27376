//! A pair of databases over time: which Region's is one of its own, which follows the other's, and so what is in each.
//!
//! RDS and Aurora differ in how a database gets from one to the other; what follows from it is the same.

use super::traffic::Counter;
use crate::domain::region::{HomeRole, Pair};
use crate::sim::chance::Chance;
use crate::sim::scenario::{Lag, NOISE};
use crate::sim::steps::{EVER, Ms, NEVER, Steps};

/// How long a received change takes to be replayed.
const REPLAY: Ms = 150;
/// Rows that the first database had committed at the scenario's zero.
pub(super) const BEFORE: i64 = 1_200_000;

/// What the database of a Region is for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// There is none.
    Absent,
    /// One of its own. It began with what the database of a Region held at a moment; without one, it is the first.
    Own {
        /// That Region and moment.
        base: Option<Held>,
    },
    /// A replica of the other Region's.
    Follows {
        /// From then on it hears nothing more, although it is still in recovery.
        cut: Ms,
    },
}

/// What the database of a Region held at a moment of its own history.
pub type Held = (HomeRole, Ms);

/// A promotion, as far as what is in the databases depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The Region that became one of its own.
    pub role: HomeRole,
    /// When that was called for.
    pub called: Ms,
    /// When replication ended.
    pub at: Ms,
    /// When it took writes.
    pub done: Ms,
}

/// A pair of databases over time.
#[derive(Debug, Clone)]
pub struct Lineage {
    eras: Pair<Vec<(Ms, Era)>>,
    cuts: Vec<Cut>,
    /// Whether there is a process to connect to.
    up: Pair<Steps<bool>>,
    /// When the application's login was taken away or given back, in a database of its own.
    logins: Pair<Vec<(Ms, bool)>>,
    /// Whether a login that is taken away is so in a replica too, as PostgreSQL's roles are.
    logins_replicate: bool,
    link: Steps<bool>,
    lag: Lag,
    chance: Chance,
}

/// The other one of two.
pub fn other(role: HomeRole) -> HomeRole {
    match role {
        HomeRole::Primary => HomeRole::Standby,
        HomeRole::Standby => HomeRole::Primary,
    }
}

const BOTH: [HomeRole; 2] = [HomeRole::Primary, HomeRole::Standby];

impl Lineage {
    /// The primary's is the first, the standby's follows it.
    pub(super) fn new(link: &Steps<bool>, lag: &Lag, chance: Chance, logins_replicate: bool) -> Self {
        let up = || Steps::always(true);
        Self {
            eras: Pair {
                primary: vec![(EVER, Era::Own { base: None })],
                standby: vec![(EVER, Era::Follows { cut: NEVER })],
            },
            cuts: Vec::new(),
            up: Pair { primary: up(), standby: up() },
            logins: Pair { primary: Vec::new(), standby: Vec::new() },
            logins_replicate,
            link: link.clone(),
            lag: lag.clone(),
            chance,
        }
    }

    fn side<T>(pair: &mut Pair<T>, role: HomeRole) -> &mut T {
        match role {
            HomeRole::Primary => &mut pair.primary,
            HomeRole::Standby => &mut pair.standby,
        }
    }

    /// From a moment on a Region's database is something else.
    pub(super) fn begin(&mut self, role: HomeRole, at: Ms, era: Era) {
        Self::side(&mut self.eras, role).push((at, era));
    }

    /// A replica becomes one of its own: it hears nothing after `cut.at`, and takes writes from `cut.done`.
    pub(super) fn promote(&mut self, cut: Cut) {
        let eras = Self::side(&mut self.eras, cut.role);
        if let Some((_, Era::Follows { cut: until })) = eras.last_mut() {
            *until = cut.at;
        }
        let base = (other(cut.role), self.received(cut.role, cut.at));
        self.begin(cut.role, cut.done, Era::Own { base: Some(base) });
        self.cuts.push(cut);
    }

    /// From a moment on there is, or is not, a process to connect to.
    pub(super) fn set_up(&mut self, role: HomeRole, at: Ms, up: bool) {
        Self::side(&mut self.up, role).push(at, up);
    }

    /// The application's login is taken away, or given back.
    pub(super) fn set_login(&mut self, role: HomeRole, at: Ms, login: bool) {
        if matches!(self.era(role, at).1, Era::Own { .. }) {
            Self::side(&mut self.logins, role).push((at, login));
        }
    }

    /// What the database of a Region is at a moment, and since when.
    pub fn era(&self, role: HomeRole, at: Ms) -> (Ms, Era) {
        let eras = self.eras.get(role);
        let after = eras.partition_point(|(from, _)| *from <= at);
        after.checked_sub(1).and_then(|i| eras.get(i)).copied().unwrap_or((EVER, Era::Absent))
    }

    /// The latest promotion that was called for up to a moment.
    pub fn last_cut(&self, at: Ms) -> Option<Cut> {
        self.cuts.iter().filter(|cut| cut.called <= at).max_by_key(|cut| cut.called).copied()
    }

    /// How far a replica is behind while replication runs.
    pub fn lag_at(&self, at: Ms) -> Ms {
        let noise = {
            // Straight lines between one throw each span.
            let (slot, into) = (at.div_euclid(NOISE), at.rem_euclid(NOISE));
            let throw = |slot| self.chance.between("lag", slot, -self.lag.jitter, self.lag.jitter);
            throw(slot) + (throw(slot + 1) - throw(slot)) * into / NOISE
        };
        (shape(&self.lag, at) + noise).max(REPLAY + 50)
    }

    /// Whether a Region's database streams from the other's at a moment.
    pub fn streaming(&self, role: HomeRole, at: Ms) -> bool {
        matches!(self.era(role, at).1, Era::Follows { cut } if at < cut)
            && *self.link.at(at)
            && *self.up.get(role).at(at)
    }

    /// Up to which moment of the other's history a replica has received; all of it where it is no replica.
    pub fn received(&self, role: HomeRole, at: Ms) -> Ms {
        let (from, Era::Follows { cut }) = self.era(role, at) else { return at };
        let at = at.min(cut);
        let fresh = |at: Ms| at - (self.lag_at(at) - REPLAY);
        // A new replica begins with a copy of what is there.
        let first = if from == EVER { EVER } else { fresh(from) };
        // Cut: what had arrived by then, which an earlier, shorter cut cannot have made less.
        first.max(if *self.link.at(at) { fresh(at) } else { fresh(self.link.since(at)) })
    }

    /// Up to which moment of the other's history a replica has replayed.
    pub fn replayed(&self, role: HomeRole, at: Ms) -> Ms {
        let (from, _) = self.era(role, at);
        self.received(role, at.saturating_sub(REPLAY).max(from))
    }

    /// When a replica will have replayed what the other did at `event`, if it will.
    fn replayed_at(&self, role: HomeRole, event: Ms) -> Option<Ms> {
        self.eras.get(role).iter().find_map(|(from, era)| match era {
            Era::Follows { cut } if *cut > event => self.arrives(role, event, *from, *cut),
            _ => None,
        })
    }

    fn arrives(&self, role: HomeRole, event: Ms, from: Ms, end: Ms) -> Option<Ms> {
        let arrives = |since: Ms| {
            let mut at = since.max(event);
            // The lag changes slowly against itself: a few rounds find the moment at which it lets the event through.
            for _ in 0..64 {
                let missing = event - self.received(role, at);
                if missing <= 0 {
                    return Some(at);
                }
                at += missing;
            }
            None
        };
        self.link.spans().filter(|(_, until, up)| **up && *until > event).find_map(|(since, until, _)| {
            let at = arrives(since.max(from))?;
            (at < until && at <= end).then_some(at + REPLAY)
        })
    }

    /// Whether there is a database in a Region.
    pub fn exists(&self, role: HomeRole, at: Ms) -> bool {
        self.era(role, at).1 != Era::Absent
    }

    /// Whether the database of a Region is in recovery at a moment.
    pub fn in_recovery(&self, role: HomeRole, at: Ms) -> bool {
        matches!(self.era(role, at).1, Era::Follows { .. })
    }

    /// Whether there is a process to connect to.
    pub fn up(&self, role: HomeRole, at: Ms) -> bool {
        self.exists(role, at) && *self.up.get(role).at(at)
    }

    /// Whether the application may log in. Roles belong to the whole cluster and are written to the write-ahead log: a
    /// login taken away on the source is gone on the replica as soon as that is replayed, and still is after the
    /// promotion.
    pub fn login(&self, role: HomeRole, at: Ms) -> bool {
        let there = |(role, at): Held| !self.logins_replicate || self.login(role, at);
        match self.era(role, at) {
            (_, Era::Absent) => false,
            (_, Era::Follows { .. }) => there((other(role), self.replayed(role, at))),
            (from, Era::Own { base }) => {
                let own = self.logins.get(role).iter().rfind(|(when, _)| from <= *when && *when <= at);
                own.map_or_else(|| base.is_none_or(there), |(_, login)| *login)
            }
        }
    }

    /// Whether the application can write to it, were it reached.
    pub fn takes_app_writes(&self, role: HomeRole, at: Ms) -> bool {
        self.up(role, at) && !self.in_recovery(role, at) && self.login(role, at)
    }

    /// The moments at which any of that may change.
    pub(super) fn moments(&self) -> Vec<Ms> {
        let mut moments: Vec<Ms> = self.link.moments().collect();
        for role in BOTH {
            moments.extend(self.up.get(role).moments());
            for (from, era) in self.eras.get(role) {
                moments.push(*from);
                if let Era::Follows { cut } = era {
                    moments.push(*cut);
                }
            }
            for (at, _) in self.logins.get(role) {
                moments.push(*at);
                moments.extend(self.replayed_at(other(role), *at));
            }
        }
        moments
    }

    /// Whether what the database of a Region did at a moment is in what another holds.
    pub fn holds(&self, (role, at): Held, done: Held) -> bool {
        match self.era(role, at) {
            (_, Era::Absent) => false,
            (_, Era::Follows { .. }) => self.holds((other(role), self.replayed(role, at)), done),
            (from, Era::Own { base }) => {
                (role == done.0 && from <= done.1 && done.1 <= at) || base.is_some_and(|base| self.holds(base, done))
            }
        }
    }

    /// How many rows are in a Region's database.
    pub(super) fn count(&self, rows: &Pair<Counter>, role: HomeRole, at: Ms) -> i64 {
        match self.era(role, at) {
            (_, Era::Absent) => 0,
            (_, Era::Follows { .. }) => self.count(rows, other(role), self.replayed(role, at)),
            (_, Era::Own { base: None }) => BEFORE + rows.get(role).rows(at),
            (from, Era::Own { base: Some((of, then)) }) => {
                let own = rows.get(role);
                self.count(rows, of, then) + own.rows(at) - own.rows(from)
            }
        }
    }

    /// When the last row that is in a Region's database was committed, wherever that was.
    pub(super) fn last_commit(&self, rows: &Pair<Counter>, role: HomeRole, at: Ms) -> Option<Ms> {
        match self.era(role, at) {
            (_, Era::Absent) => None,
            (_, Era::Follows { .. }) => self.last_commit(rows, other(role), self.replayed(role, at)),
            (from, Era::Own { base }) => {
                let own = rows.get(role).last_commit(at).filter(|commit| *commit >= from);
                own.or_else(|| {
                    let (of, then) = base?;
                    self.last_commit(rows, of, then)
                })
            }
        }
    }
}

fn shape(lag: &Lag, at: Ms) -> Ms {
    let after = lag.points.partition_point(|point| point.at <= at);
    let before = after.checked_sub(1).and_then(|i| lag.points.get(i));
    match (before, lag.points.get(after)) {
        (Some(before), Some(next)) => {
            before.lag + (next.lag - before.lag) * (at - before.at) / (next.at - before.at).max(1)
        }
        (Some(only), None) | (None, Some(only)) => only.lag,
        (None, None) => 1_000,
    }
}
