//! A pair of databases, whatever system keeps them: what the service, its endpoints and its rows depend on.

use super::World;
use super::aurora::{ClusterPair, Kind, Stretch};
use super::database::Database;
use super::lineage::{BEFORE, Cut, Held};
use super::traffic::Counter;
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::Sql;
use crate::sim::steps::{EVER, Ms, Steps};

/// A pair of databases.
#[derive(Debug, Clone, Copy)]
pub enum Store<'w> {
    /// Of RDS.
    Rds(&'w Database),
    /// Of Aurora.
    Aurora(&'w ClusterPair),
}

impl<'w> Store<'w> {
    /// The component's id.
    pub fn component(self) -> &'w str {
        match self {
            Self::Rds(database) => &database.component,
            Self::Aurora(clusters) => &clusters.component,
        }
    }

    /// How it is asked by SQL, if it is.
    pub fn sql(self) -> Option<&'w Sql> {
        match self {
            Self::Rds(database) => database.spec.sql.as_ref(),
            Self::Aurora(clusters) => clusters.spec.sql.as_ref(),
        }
    }

    /// Whether it tells positions of its log: Aurora keeps none.
    pub fn tells_positions(self) -> bool {
        matches!(self, Self::Rds(_))
    }

    /// Whether there is a database in a Region.
    pub fn exists(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => database.lineage.exists(role, at),
            Self::Aurora(_) => true,
        }
    }

    /// Whether there is a process to connect to.
    pub fn up(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => database.lineage.up(role, at),
            Self::Aurora(clusters) => clusters.up(role, at),
        }
    }

    /// Whether the database of a Region takes no writes, whoever asks.
    pub fn in_recovery(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => database.lineage.in_recovery(role, at),
            Self::Aurora(clusters) => clusters.in_recovery(role, at),
        }
    }

    /// Whether the application may log in.
    pub fn login(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => database.lineage.login(role, at),
            Self::Aurora(clusters) => clusters.app_login(role, at),
        }
    }

    /// Whether the application can write to it, were it reached.
    pub fn takes_app_writes(self, role: HomeRole, at: Ms) -> bool {
        self.up(role, at) && !self.in_recovery(role, at) && self.login(role, at) && !self.drained(role, at)
    }

    /// Whether nobody can open a connection to it.
    pub fn cut_off(self, role: HomeRole, at: Ms) -> bool {
        matches!(self, Self::Rds(database) if database.cut_off(role, at))
    }

    /// Whether those sessions have ended, too, that were open when it was cut off.
    fn drained(self, role: HomeRole, at: Ms) -> bool {
        matches!(self, Self::Rds(database) if *database.drained.get(role).at(at))
    }

    /// Whether a Region's database follows the other's at a moment.
    pub fn streaming(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => database.lineage.streaming(role, at),
            Self::Aurora(clusters) => clusters.writer(at) != role && clusters.streaming(at),
        }
    }

    /// How far a replica is behind while replication runs.
    pub fn lag_at(self, at: Ms) -> Ms {
        match self {
            Self::Rds(database) => database.lineage.lag_at(at),
            Self::Aurora(clusters) => clusters.lag_at(at),
        }
    }

    /// The moments at which any of that may change.
    pub(super) fn moments(self) -> Vec<Ms> {
        match self {
            Self::Rds(database) => {
                let drained = [&database.drained.primary, &database.drained.standby];
                let changes = drained.into_iter().flat_map(Steps::moments);
                database.lineage.moments().into_iter().chain(changes).collect()
            }
            Self::Aurora(clusters) => clusters.moments(),
        }
    }

    /// How many rows are in a Region's database.
    pub(super) fn count(self, rows: &Pair<Counter>, role: HomeRole, at: Ms) -> i64 {
        match self {
            Self::Rds(database) => database.lineage.count(rows, role, at),
            Self::Aurora(clusters) => {
                let of = |stretch: &Stretch| {
                    let counter = rows.get(stretch.of);
                    let before = if stretch.from == EVER { 0 } else { counter.rows(stretch.from) };
                    counter.rows(stretch.to) - before
                };
                BEFORE + clusters.content(role, at).iter().map(of).sum::<i64>()
            }
        }
    }

    /// How many rows a replica has received.
    pub(super) fn received_count(self, rows: &Pair<Counter>, role: HomeRole, at: Ms) -> i64 {
        match self {
            Self::Rds(database) => {
                let lineage = &database.lineage;
                lineage.count(rows, super::lineage::other(role), lineage.received(role, at))
            }
            Self::Aurora(_) => self.count(rows, role, at),
        }
    }

    /// When the last row that is in a Region's database was committed, wherever that was.
    pub(super) fn last_commit(self, rows: &Pair<Counter>, role: HomeRole, at: Ms) -> Option<Ms> {
        match self {
            Self::Rds(database) => database.lineage.last_commit(rows, role, at),
            Self::Aurora(clusters) => clusters.content(role, at).iter().rev().find_map(|stretch| {
                rows.get(stretch.of).last_commit(stretch.to).filter(|commit| *commit >= stretch.from)
            }),
        }
    }

    /// The latest time up to a moment at which the other Region's became the one that writes.
    pub fn last_cut(self, at: Ms) -> Option<Cut> {
        match self {
            Self::Rds(database) => database.lineage.last_cut(at),
            Self::Aurora(clusters) => {
                let mut moved = clusters.operations.iter().filter(|op| op.cancelled.is_none() && op.called <= at);
                moved.next_back().map(|op| Cut { role: op.to, called: op.called, at: op.begins, done: op.turns })
            }
        }
    }

    /// Up to which moment of the other's history a Region's database had it when it became the one that writes.
    pub(super) fn kept(self, cut: Cut, at: Ms) -> Ms {
        match self {
            Self::Rds(database) => database.lineage.received(cut.role, at.min(cut.at)),
            Self::Aurora(clusters) => {
                let moved = clusters.operations.iter().rfind(|op| op.called == cut.called);
                moved.map_or(at, |op| match op.kind {
                    // What is committed before the writer stops is waited for.
                    Kind::Switchover => op.stops.min(at),
                    Kind::Failover | Kind::Detach => op.kept.min(at),
                })
            }
        }
    }

    /// Until when the other went on committing what might have been kept: a switchover ends it before it turns.
    pub(super) fn ended(self, cut: Cut, at: Ms) -> Ms {
        match self {
            Self::Rds(_) => at.min(cut.at),
            Self::Aurora(clusters) => {
                let moved = clusters.operations.iter().rfind(|op| op.called == cut.called);
                moved.map_or(at, |op| if op.kind == Kind::Switchover { op.stops.min(at) } else { op.begins.min(at) })
            }
        }
    }

    /// Whether what the database of a Region did at a moment is in what another holds.
    pub fn holds(self, (role, at): Held, done: Held) -> bool {
        match self {
            Self::Rds(database) => database.lineage.holds((role, at), done),
            Self::Aurora(clusters) => clusters
                .content(role, at)
                .iter()
                .any(|stretch| stretch.of == done.0 && stretch.from <= done.1 && done.1 <= stretch.to),
        }
    }

    /// Whether a replica that was to become a database of its own is one still.
    pub fn follows(self, role: HomeRole, at: Ms) -> bool {
        match self {
            Self::Rds(database) => matches!(database.lineage.era(role, at).1, super::lineage::Era::Follows { .. }),
            Self::Aurora(_) => false,
        }
    }
}

impl World {
    /// The databases, of whichever system.
    pub fn stores(&self) -> impl Iterator<Item = Store<'_>> + Clone {
        stores(self.databases(), self.cluster_pairs())
    }

    /// The database that can be asked by SQL.
    pub fn sql_store(&self) -> Option<Store<'_>> {
        self.stores().find(|store| store.sql().is_some())
    }
}

/// The databases, of whichever system.
pub(super) fn stores<'w>(
    databases: &'w [Database],
    clusters: &'w [ClusterPair],
) -> impl Iterator<Item = Store<'w>> + Clone {
    databases.iter().map(Store::Rds).chain(clusters.iter().map(Store::Aurora))
}
