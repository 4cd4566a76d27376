//! Aurora Global Databases: a cluster in each Region, of which one writes and the other follows its storage; and what becomes
//! of them by a switchover, a failover that loses what was not replicated, and a detachment that leaves two writers.

mod allowed;
mod described;
mod metrics;
mod operation;

pub use self::described::{Cluster, Failing, GlobalCluster, Member, Node, Snapshot};
pub use self::operation::{Kind, Operation};

use super::mutation::Change;
use super::{World, faults};
use crate::domain::region::HomeRole;
use crate::domain::service::{AuroraGlobal, Spec};
use crate::sim::chance::Chance;
use crate::sim::scenario::{Lag, NOISE, Scenario};
use crate::sim::steps::{EVER, Ms, NEVER, Steps};

/// How long a change that has arrived takes to be seen by the reader's instances.
const REPLAY: Ms = 50;
/// How many instances each cluster has.
pub const INSTANCES: usize = 2;

/// A global database: the primary's cluster writes first.
#[derive(Debug, Clone)]
pub struct ClusterPair {
    /// The component's id.
    pub component: String,
    /// What the service file says of it.
    pub spec: AuroraGlobal,
    /// What was done to it, oldest first; each is over before the next begins.
    pub operations: Vec<Operation>,
    /// Failovers from one instance to another of the same cluster.
    within: Vec<Within>,
    /// When the application's login was taken away or given back, and where.
    logins: Vec<(Ms, HomeRole, bool)>,
    link: Steps<bool>,
    lag: Lag,
    chance: Chance,
}

/// A failover from one instance to another of the same cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Within {
    role: HomeRole,
    /// The writer is gone from here on.
    called: Ms,
    /// The other one writes from here on.
    done: Ms,
    /// Which one that is.
    writer: usize,
}

/// A stretch of one Region's own writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Whose writes.
    pub of: HomeRole,
    /// From when on.
    pub from: Ms,
    /// Until when.
    pub to: Ms,
}

/// What a cluster is, as RDS lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The member that writes.
    Writer,
    /// A member that follows, or will again once it is rebuilt.
    Reader,
    /// No member any more.
    Detached,
}

impl ClusterPair {
    pub(super) fn compile(world: &World, link: &Steps<bool>) -> Vec<Self> {
        let specs = world.service.components.iter().filter_map(|component| match &component.spec {
            Spec::AuroraGlobal(spec) => Some((component.id.clone(), spec.clone())),
            _ => None,
        });
        let mut all: Vec<Self> = specs
            .map(|(component, spec)| Self {
                component,
                spec,
                operations: Vec::new(),
                within: Vec::new(),
                logins: Vec::new(),
                link: link.clone(),
                lag: world.scenario.lag.clone(),
                chance: world.chance,
            })
            .collect();
        let asked = all.iter().position(|pair| pair.spec.sql.is_some());
        for mutation in world.mutations() {
            let (at, here) = (world.ms(mutation.at), world.role_of(&mutation.region));
            for (index, pair) in all.iter_mut().enumerate() {
                pair.take_in(world, &mutation.change, at, here, asked == Some(index));
            }
        }
        all
    }

    fn take_in(&mut self, world: &World, change: &Change, at: Ms, here: Option<HomeRole>, by_sql: bool) {
        let kind = match change {
            Change::SwitchoverGlobal { .. } => Kind::Switchover,
            Change::FailoverGlobal { .. } => Kind::Failover,
            Change::RemoveFromGlobal { .. } => Kind::Detach,
            Change::FailoverCluster { cluster, instance } => {
                if let Some(role) = here.filter(|role| self.spec.cluster.get(*role) == cluster) {
                    let writer = instance.as_deref().and_then(|id| self.index(role, id));
                    let writer = writer.unwrap_or(INSTANCES - 1 - self.writing(role, at));
                    let done = at + self.chance.between("failover within", at, 20_000, 35_000);
                    self.within.push(Within { role, called: at, done, writer });
                }
                return;
            }
            Change::Fence {} | Change::Admit {} => {
                if let Some(role) = here.filter(|_| by_sql) {
                    self.logins.push((at, role, matches!(change, Change::Admit {})));
                }
                return;
            }
            _ => return,
        };
        let (Change::SwitchoverGlobal { global, target: cluster }
        | Change::FailoverGlobal { global, target: cluster }
        | Change::RemoveFromGlobal { global, cluster }) = change
        else {
            return;
        };
        if let Some(to) = self.role_of_arn(world, cluster).filter(|_| self.spec.global == *global) {
            let operation = self.carry_out(kind, to, at);
            self.operations.push(operation);
        }
    }

    /// Which Region's cluster an ARN names.
    fn role_of_arn(&self, world: &World, arn: &str) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| world.cluster_arn(self, *role) == arn)
    }

    /// The place of an instance in its cluster.
    fn index(&self, role: HomeRole, id: &str) -> Option<usize> {
        (0..INSTANCES).find(|index| described::node_id(self, role, *index) == id)
    }

    /// The instance of a cluster that writes, when the cluster does.
    fn writing(&self, role: HomeRole, at: Ms) -> usize {
        let done = self.within.iter().rev().find(|within| within.role == role && within.done <= at);
        done.map_or(0, |within| within.writer)
    }

    /// How far the reader is behind while replication runs.
    pub fn lag_at(&self, at: Ms) -> Ms {
        let (slot, into) = (at.div_euclid(NOISE), at.rem_euclid(NOISE));
        let throw = |slot| self.chance.between(&self.spec.global, slot, -self.lag.jitter, self.lag.jitter);
        let noise = throw(slot) + (throw(slot + 1) - throw(slot)) * into / NOISE;
        (shape(&self.lag, at) + noise).max(REPLAY + 50)
    }

    /// What has become true by a moment, oldest first.
    fn done_by(&self, at: Ms) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |operation| operation.cancelled.is_none() && operation.turns <= at)
    }

    /// The Region whose cluster the global cluster has for its writer.
    pub fn writer(&self, at: Ms) -> HomeRole {
        let moved = self.done_by(at).filter(|operation| operation.kind != Kind::Detach);
        moved.last().map_or(HomeRole::Primary, |operation| operation.to)
    }

    /// What a cluster is at a moment, as RDS lists it.
    pub fn standing(&self, role: HomeRole, at: Ms) -> Standing {
        let detached =
            |operation: &Operation| operation.kind == Kind::Detach && operation.to == role && operation.begins <= at;
        if self.operations.iter().any(detached) {
            Standing::Detached
        } else if self.writer(at) == role {
            Standing::Writer
        } else {
            Standing::Reader
        }
    }

    /// Whether the reader follows the writer at a moment.
    pub fn streaming(&self, at: Ms) -> bool {
        let cut = |operation: &Operation| {
            operation.cancelled.is_none()
                && match operation.kind {
                    Kind::Switchover => false,
                    Kind::Failover => operation.begins <= at && at < operation.rejoins,
                    Kind::Detach => operation.begins <= at,
                }
        };
        *self.link.at(at) && !self.operations.iter().any(cut)
    }

    /// Up to which moment of the writer's history the reader's storage has received.
    pub fn received(&self, at: Ms) -> Ms {
        let cut =
            self.operations.iter().rev().find(|operation| {
                operation.kind != Kind::Switchover && operation.begins <= at && at < operation.rejoins
            });
        let at = cut.map_or(at, |operation| operation.begins);
        let fresh = |at: Ms| at - (self.lag_at(at) - REPLAY);
        if *self.link.at(at) { fresh(at) } else { fresh(self.link.since(at)) }
    }

    /// Up to which moment of the writer's history the reader's instances show it.
    pub fn replayed(&self, at: Ms) -> Ms {
        self.received(at.saturating_sub(REPLAY))
    }

    /// Whose writes, and which stretches of them, are in a Region's database at a moment, oldest first.
    pub fn content(&self, role: HomeRole, at: Ms) -> Vec<Stretch> {
        let mut line = Vec::new();
        let (mut writer, mut from) = (HomeRole::Primary, EVER);
        for operation in self.done_by(at) {
            let kept = Stretch { of: writer, from, to: operation.kept };
            match operation.kind {
                Kind::Detach if role == operation.to => {
                    line.extend([kept, Stretch { of: role, from: operation.turns, to: at }]);
                    return line;
                }
                Kind::Detach => {}
                // Until it is rebuilt the old writer has what it had, lost writes and all.
                _ if role == operation.from && at < operation.rejoins => {
                    line.push(Stretch { of: writer, from, to: at.min(operation.stops) });
                    return line;
                }
                _ => {
                    line.push(kept);
                    (writer, from) = (operation.to, operation.turns);
                }
            }
        }
        let stopped = self.operations.iter().rev().find(|operation| operation.is_open(at)).map(|op| op.stops);
        let until = at.min(stopped.unwrap_or(NEVER));
        let to = if role == writer { until } else { self.replayed(at).min(until).max(from) };
        line.push(Stretch { of: writer, from, to });
        line
    }

    /// What the old writer took and the new one never had, by a moment: it is in the snapshot, if one could be taken.
    pub fn lost(&self, at: Ms) -> Vec<Stretch> {
        let failovers = self.done_by(at).filter(|operation| operation.kind == Kind::Failover);
        let lost = failovers.map(|op| Stretch { of: op.from, from: op.kept, to: at.min(op.stops) });
        lost.filter(|stretch| stretch.to > stretch.from).collect()
    }

    /// Whether a Region's database is in recovery (takes no writes, whoever asks) at a moment.
    pub fn in_recovery(&self, role: HomeRole, at: Ms) -> bool {
        let mut recovers = role == HomeRole::Standby;
        for operation in self.operations.iter().filter(|operation| operation.called <= at) {
            if let Some(resumes) = operation.resumes() {
                recovers |= operation.from == role && operation.stops <= at && at < resumes;
            } else if operation.to == role && operation.turns <= at {
                recovers = false;
            } else if operation.from == role && operation.stops <= at {
                recovers = true;
            }
        }
        recovers
    }

    /// Whether there is a process to connect to.
    pub fn up(&self, role: HomeRole, at: Ms) -> bool {
        let restarts = self.operations.iter().any(|operation| operation.restarts(role, at));
        !restarts && !self.within.iter().any(|w| w.role == role && w.called <= at && at < w.done)
    }

    /// Whether the application may log in, by the roles in a Region's own storage: they travel with everything else.
    pub fn app_login(&self, role: HomeRole, at: Ms) -> bool {
        let stretches = self.content(role, at);
        let has = |(when, of, _): &&(Ms, HomeRole, bool)| {
            stretches.iter().any(|stretch| stretch.of == *of && stretch.from <= *when && *when <= stretch.to)
        };
        self.logins.iter().rfind(has).is_none_or(|(_, _, login)| *login)
    }

    /// Whether the application can write to it, were it reached.
    pub fn takes_app_writes(&self, role: HomeRole, at: Ms) -> bool {
        self.up(role, at) && !self.in_recovery(role, at) && self.app_login(role, at)
    }

    /// The moments at which any of that may change.
    pub fn moments(&self) -> Vec<Ms> {
        let mut moments: Vec<Ms> = self.link.moments().chain(self.logins.iter().map(|(at, ..)| *at)).collect();
        moments.extend(self.operations.iter().flat_map(Operation::moments));
        moments.extend(self.within.iter().flat_map(|within| [within.called, within.done]));
        moments
    }

    /// The engine's version in a Region.
    fn engine_version(scenario: &Scenario, role: HomeRole, at: Ms) -> &'static str {
        if faults::other_engine(scenario, role, at) { "15.3" } else { "15.4" }
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

impl World {
    /// The Aurora Global Databases.
    pub fn cluster_pairs(&self) -> &[ClusterPair] {
        &self.compiled.clusters
    }

    /// A cluster's ARN.
    pub fn cluster_arn(&self, pair: &ClusterPair, role: HomeRole) -> String {
        let (region, id) = (self.service.regions.get(role), pair.spec.cluster.get(role));
        format!("arn:aws:rds:{region}:{}:cluster:{id}", self.account())
    }
}
