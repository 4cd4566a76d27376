//! The databases: a source, its replica in the other Region, replication between them, and promotion.

use super::mutation::{Change, Mutation};
use super::{ApiError, World, faults};
use crate::domain::region::{HomeRole, Pair, Region};
use crate::domain::service::{RdsReplica, Service, Spec};
use crate::sim::chance::Chance;
use crate::sim::scenario::{Lag, NOISE, Scenario};
use crate::sim::steps::{Ms, NEVER, Steps};

/// How long a received change takes to be replayed.
const REPLAY: Ms = 150;

/// How a promotion goes. The instance reads `available` for a while after the call, and only then begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promotion {
    /// The call.
    pub called: Ms,
    /// `modifying` from here on; replication is cut.
    pub modifying: Ms,
    /// `rebooting` from here on; nothing to connect to.
    pub rebooting: Ms,
    /// `available` as a database of its own from here on.
    pub done: Ms,
}

/// One database component.
#[derive(Debug, Clone)]
pub struct Database {
    /// The component's id.
    pub component: String,
    /// What the service file says of it.
    pub spec: RdsReplica,
    /// The promotion of the replica, once called.
    pub promotion: Option<Promotion>,
    /// Whether the application may log in, by the database's own roles.
    pub app_login: Pair<Steps<bool>>,
    link: Steps<bool>,
    lag: Lag,
    chance: Chance,
}

/// What `DescribeDBInstances` tells of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its status.
    pub status: &'static str,
    /// The host name of its endpoint.
    pub host: String,
    /// The port of its endpoint.
    pub port: u16,
    /// The database's name.
    pub database: String,
    /// The source's ARN, for a replica.
    pub source: Option<String>,
    /// Its replicas' ARNs or identifiers, for a source.
    pub replicas: Vec<String>,
    /// Days for which automatic backups are kept.
    pub backup_retention: u32,
    /// Whether it has a standby in another zone of its Region.
    pub multi_az: bool,
    /// The Region.
    pub region: String,
}

impl Database {
    pub(super) fn compile(world: &World, link: &Steps<bool>) -> Vec<Self> {
        let mut all: Vec<Self> = components(&world.service)
            .map(|(component, spec)| Self {
                component: component.to_owned(),
                spec: spec.clone(),
                promotion: None,
                app_login: Pair { primary: Steps::always(true), standby: Steps::always(true) },
                link: link.clone(),
                lag: world.scenario.lag.clone(),
                chance: world.chance,
            })
            .collect();
        for mutation in world.mutations() {
            let Change::Promote { instance } = &mutation.change else { continue };
            let called = world.ms(mutation.at);
            for database in all.iter_mut().filter(|database| database.spec.instance.standby == *instance) {
                database.promotion = Some(promotion(world.chance, called));
            }
        }
        if let Some(database) = all.iter_mut().find(|database| database.spec.sql.is_some()) {
            database.compile_logins(&world.scenario, &world.service.regions, world.mutations(), |at| world.ms(at));
        }
        all
    }

    /// Roles belong to the whole cluster and are written to the WAL: a login taken away on the source is gone on the
    /// replica as soon as that is replayed, and still is after the promotion.
    fn compile_logins(
        &mut self,
        scenario: &Scenario,
        regions: &Pair<Region>,
        mutations: &[Mutation],
        ms: impl Fn(jiff::Timestamp) -> Ms,
    ) {
        let mut standby: Vec<(Ms, bool)> = Vec::new();
        for mutation in mutations {
            let login = match mutation.change {
                Change::Fence {} => false,
                Change::Admit {} => true,
                _ => continue,
            };
            let at = ms(mutation.at);
            if mutation.region == regions.primary.as_str() {
                self.app_login.primary.push(at, login);
                if scenario.traffic.fence_replicates
                    && let Some(seen) = self.replayed_at(at)
                {
                    standby.push((seen, login));
                }
            } else if mutation.region == regions.standby.as_str() {
                standby.push((at, login));
            }
        }
        standby.sort_by_key(|(at, _)| *at);
        for (at, login) in standby {
            self.app_login.standby.push(at, login);
        }
    }

    /// How far the replica is behind while replication runs.
    pub fn lag_at(&self, at: Ms) -> Ms {
        let noise = {
            // Straight lines between one throw each span.
            let (slot, into) = (at.div_euclid(NOISE), at.rem_euclid(NOISE));
            let throw = |slot| self.chance.between("lag", slot, -self.lag.jitter, self.lag.jitter);
            throw(slot) + (throw(slot + 1) - throw(slot)) * into / NOISE
        };
        (shape(&self.lag, at) + noise).max(REPLAY + 50)
    }

    /// Whether the replica streams from its source at a moment.
    pub fn streaming(&self, at: Ms) -> bool {
        *self.link.at(at) && self.promotion.is_none_or(|promotion| at < promotion.modifying)
    }

    /// Up to which moment of the source's history the replica has received.
    pub fn received(&self, at: Ms) -> Ms {
        let at = self.promotion.map_or(at, |promotion| at.min(promotion.modifying));
        let fresh = |at: Ms| at - (self.lag_at(at) - REPLAY);
        if *self.link.at(at) {
            return fresh(at);
        }
        // Cut: what had arrived by then, which an earlier, shorter cut cannot have made less.
        fresh(self.link.since(at))
    }

    /// Up to which moment of the source's history the replica has replayed.
    pub fn replayed(&self, at: Ms) -> Ms {
        self.received(at.saturating_sub(REPLAY))
    }

    /// When the replica will have replayed what the source did at `event`, if it will.
    fn replayed_at(&self, event: Ms) -> Option<Ms> {
        let arrives = |from: Ms| {
            let mut at = from.max(event);
            // The lag changes slowly against itself: a few rounds find the moment at which it lets the event through.
            for _ in 0..64 {
                let missing = event - self.received(at);
                if missing <= 0 {
                    return Some(at);
                }
                at += missing;
            }
            None
        };
        let end = self.promotion.map_or(NEVER, |promotion| promotion.modifying);
        self.link.spans().filter(|(_, until, up)| **up && *until > event).find_map(|(from, until, _)| {
            let at = arrives(from)?;
            (at < until && at <= end).then_some(at + REPLAY)
        })
    }

    /// Whether the database of a Region is in recovery at a moment.
    pub fn in_recovery(&self, role: HomeRole, at: Ms) -> bool {
        role == HomeRole::Standby && self.promotion.is_none_or(|promotion| at < promotion.done)
    }

    /// Whether there is a process to connect to.
    pub fn up(&self, role: HomeRole, at: Ms) -> bool {
        let rebooting = self.promotion.is_some_and(|promotion| promotion.rebooting <= at && at < promotion.done);
        !(role == HomeRole::Standby && rebooting)
    }

    /// Whether the application can write to it, were it reached.
    pub fn takes_app_writes(&self, role: HomeRole, at: Ms) -> bool {
        self.up(role, at) && !self.in_recovery(role, at) && *self.app_login.get(role).at(at)
    }

    /// The moments at which any of that may change.
    pub(super) fn moments(&self) -> Vec<Ms> {
        let mut moments: Vec<Ms> = self.link.moments().collect();
        moments.extend(self.app_login.primary.moments().chain(self.app_login.standby.moments()));
        if let Some(promotion) = self.promotion {
            moments.extend([promotion.modifying, promotion.rebooting, promotion.done]);
        }
        moments
    }

    fn status(&self, scenario: &Scenario, role: HomeRole, at: Ms) -> &'static str {
        match self.promotion {
            Some(promotion) if role == HomeRole::Standby && at < promotion.done && at >= promotion.modifying => {
                if at < promotion.rebooting { "modifying" } else { "rebooting" }
            }
            _ if faults::backing_up(scenario, role, at) => "backing-up",
            _ => "available",
        }
    }
}

fn components(service: &Service) -> impl Iterator<Item = (&str, &RdsReplica)> {
    service.components.iter().filter_map(|component| match &component.spec {
        Spec::RdsReplica(spec) => Some((component.id.as_str(), spec)),
        _ => None,
    })
}

fn promotion(chance: Chance, called: Ms) -> Promotion {
    let modifying = called + chance.between("promote available", called, 12_000, 18_000);
    let rebooting = modifying + chance.between("promote modifying", called, 50_000, 70_000);
    let done = rebooting + chance.between("promote rebooting", called, 25_000, 35_000);
    Promotion { called, modifying, rebooting, done }
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
    /// The instances of a Region.
    pub fn instances(&self, role: HomeRole, at: Ms) -> Vec<Instance> {
        self.databases().iter().map(|database| self.instance(database, role, at)).collect()
    }

    fn instance(&self, database: &Database, role: HomeRole, at: Ms) -> Instance {
        let arn = |role: HomeRole| {
            let (region, id) = (self.service.regions.get(role), database.spec.instance.get(role));
            format!("arn:aws:rds:{region}:{}:db:{id}", self.account())
        };
        let promoted = database.promotion.is_some_and(|promotion| at >= promotion.done);
        let (id, region) = (database.spec.instance.get(role).clone(), self.service.regions.get(role).to_string());
        let host = database.spec.sql.as_ref().map_or_else(
            || {
                format!(
                    "{id}.{}.{region}.rds.amazonaws.com",
                    self.chance.text("host", 0, b"abcdefghijkmnpqrstuvwxyz23456789", 12)
                )
            },
            |sql| sql.host.get(role).clone(),
        );
        let replica = role == HomeRole::Standby;
        Instance {
            arn: arn(role),
            status: database.status(&self.scenario, role, at),
            host,
            port: database.spec.sql.as_ref().map_or(5432, |sql| *sql.port.get(role)),
            database: database.spec.sql.as_ref().map_or_else(|| "postgres".to_owned(), |sql| sql.database.clone()),
            source: (replica && !promoted).then(|| arn(HomeRole::Primary)),
            replicas: if replica || promoted { Vec::new() } else { vec![arn(HomeRole::Standby)] },
            backup_retention: if replica { 7 } else { 30 },
            multi_az: !replica,
            id,
            region,
        }
    }

    /// Whether a read replica may be promoted now, as RDS decides it.
    pub(super) fn may_promote(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let role = self.role_of(region);
        let found = role.and_then(|role| {
            let mut databases = self.databases().iter();
            databases.find(|database| database.spec.instance.get(role) == id).map(|database| (role, database))
        });
        let Some((role, database)) = found else {
            return Err(ApiError::new(404, "DBInstanceNotFound", format!("DBInstance {id} not found.")));
        };
        let refuse = |message: String| Err(ApiError::new(400, "InvalidDBInstanceState", message));
        let status = database.status(&self.scenario, role, at);
        if role == HomeRole::Primary || database.promotion.is_some_and(|promotion| at >= promotion.done) {
            return refuse(format!("DB Instance is not a read replica: {id}"));
        }
        if database.promotion.is_some() {
            return refuse(format!("The read replica {id} is already being promoted."));
        }
        if status != "available" {
            return refuse(format!(
                "The DB instance {id} is not in a state in which it can be promoted; its state is {status}."
            ));
        }
        Ok(())
    }
}
