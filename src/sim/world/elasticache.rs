//! ElastiCache global datastores: one primary at a time, a switch that takes minutes and loses what was not replicated,
//! and members that, once detached, never come back.

use super::metrics::{MetricQuery, aggregate};
use super::mutation::Change;
use super::{ApiError, World, faults};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{self, Spec};
use crate::sim::scenario::Part;
use crate::sim::steps::{Ms, Steps};

/// How long a switch takes while both Regions answer.
const SWITCH: (Ms, Ms) = (60_000, 180_000);
/// How long it takes while the old primary's Region does not.
const FORCED: (Ms, Ms) = (180_000, 420_000);
/// How long it takes until a detached group stands alone.
const DETACH: (Ms, Ms) = (60_000, 150_000);
/// The usual lag.
const LAG: (Ms, Ms) = (150, 900);
const MINUTE: Ms = 60_000;
/// How long after its minute a sample can be read.
const LATE: Ms = 15_000;

/// A global datastore.
#[derive(Debug, Clone)]
pub struct Cache {
    /// What the service file says of it.
    pub spec: service::ElasticacheGlobal,
    /// Which member takes writes over time.
    pub primary: Steps<HomeRole>,
    /// Whether it is being changed over time.
    pub busy: Steps<bool>,
    /// The member that was taken out: who, from when on it is being taken out, from when on it stands alone.
    pub detached: Option<(HomeRole, Ms, Ms)>,
    /// What the switches lost: when, and how many milliseconds of writes.
    pub losses: Vec<(Ms, Ms)>,
    link: Steps<bool>,
}

/// A member of a global datastore at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its replication group.
    pub group: String,
    /// Its Region.
    pub region: String,
    /// Whether it is the primary.
    pub primary: bool,
    /// `associated` or `disassociating`.
    pub status: &'static str,
}

/// A replication group at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// `available` or `modifying`.
    pub status: &'static str,
    /// The global datastore that it is in, and whether it is the primary there.
    pub global: Option<(String, bool)>,
    /// The ids of its nodes.
    pub nodes: Vec<String>,
}

pub(super) fn compile(world: &World) -> Vec<Cache> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::ElasticacheGlobal(spec) => Some(spec),
        _ => None,
    });
    specs.map(|spec| Cache::compile(world, spec)).collect()
}

impl Cache {
    fn compile(world: &World, spec: &service::ElasticacheGlobal) -> Self {
        let gone = |role, part, at| faults::broken(&world.scenario, role, part, at).is_some();
        let link = Steps::of(faults::moments(&world.scenario), |at| {
            [HomeRole::Primary, HomeRole::Standby].into_iter().all(|role| !gone(role, Part::Replication, at))
        });
        let mut cache = Self {
            spec: spec.clone(),
            primary: Steps::always(HomeRole::Primary),
            busy: Steps::always(false),
            detached: None,
            losses: Vec::new(),
            link,
        };
        for mutation in world.mutations() {
            let at = world.ms(mutation.at);
            match &mutation.change {
                Change::FailoverCache { global, region, .. } if *global == spec.global => {
                    let Some(to) = world.role_of(region) else { continue };
                    let range = if gone(to.other(), Part::All, at) { FORCED } else { SWITCH };
                    let done = at + world.chance.between(&spec.global, at, range.0, range.1);
                    cache.busy.push(at, true);
                    cache.busy.push(done, false);
                    cache.losses.push((done, cache.lag(world, done)));
                    cache.primary.push(done, to);
                }
                Change::DetachCache { global, region, .. } if *global == spec.global => {
                    let Some(role) = world.role_of(region) else { continue };
                    let done = at + world.chance.between(&spec.global, at, DETACH.0, DETACH.1);
                    cache.busy.push(at, true);
                    cache.busy.push(done, false);
                    cache.detached = Some((role, at, done));
                }
                _ => {}
            }
        }
        cache
    }

    /// Whether a member stands alone at a moment.
    fn alone(&self, role: HomeRole, at: Ms) -> bool {
        self.detached.is_some_and(|(who, _, done)| who == role && done <= at)
    }

    /// How far the secondary is behind: what a switch would lose.
    fn lag(&self, world: &World, at: Ms) -> Ms {
        let usual = world.chance.between(&self.spec.global, at.div_euclid(10_000), LAG.0, LAG.1);
        usual + if *self.link.at(at) { 0 } else { at - self.link.since(at).max(0) }
    }

    /// `available`, `modifying` or `primary-only`.
    pub fn status(&self, at: Ms) -> &'static str {
        match self.detached {
            _ if *self.busy.at(at) => "modifying",
            Some((_, _, done)) if done <= at => "primary-only",
            _ => "available",
        }
    }

    /// Its members.
    pub fn members(&self, world: &World, at: Ms) -> Vec<Member> {
        let roles = [HomeRole::Primary, HomeRole::Standby].into_iter().filter(|role| !self.alone(*role, at));
        let member = |role| Member {
            group: self.spec.group.get(role).clone(),
            region: world.service.regions.get(role).to_string(),
            primary: *self.primary.at(at) == role,
            status: match self.detached {
                Some((who, from, _)) if who == role && from <= at => "disassociating",
                _ => "associated",
            },
        };
        roles.map(member).collect()
    }
}

fn no_global(id: &str) -> ApiError {
    ApiError::new(404, "GlobalReplicationGroupNotFoundFault", format!("Global Replication Group {id} not found."))
}

fn wrong(message: String) -> ApiError {
    ApiError::new(400, "InvalidParameterValue", message)
}

impl World {
    /// The global datastores.
    pub fn caches(&self) -> &[Cache] {
        &self.compiled.caches
    }

    /// A global datastore by its id.
    pub fn cache(&self, id: &str) -> Result<&Cache, ApiError> {
        self.caches().iter().find(|cache| cache.spec.global == id).ok_or_else(|| no_global(id))
    }

    /// The replication groups of a Region.
    pub fn groups(&self, role: HomeRole, at: Ms) -> Vec<Group> {
        let group = |cache: &Cache| {
            let (id, alone) = (cache.spec.group.get(role), cache.alone(role, at));
            Group {
                id: id.clone(),
                status: if *cache.busy.at(at) { "modifying" } else { "available" },
                global: (!alone).then(|| (cache.spec.global.clone(), *cache.primary.at(at) == role)),
                nodes: (1..=2).map(|n| format!("{id}-{n:03}")).collect(),
            }
        };
        self.caches().iter().map(group).collect()
    }

    /// The member of a global datastore that a request names, while it is one that can be changed.
    fn member_to_change(
        &self,
        global: &str,
        region: &str,
        group: &str,
        at: Ms,
    ) -> Result<(&Cache, HomeRole), ApiError> {
        let cache = self.cache(global)?;
        let role = self.role_of(region).filter(|role| cache.spec.group.get(*role) == group);
        let Some(role) = role.filter(|role| !cache.alone(*role, at)) else {
            return Err(wrong(format!(
                "Replication group {group} in {region} is not a member of Global Replication Group {global}."
            )));
        };
        if cache.status(at) != "available" {
            let message = format!("Global Replication Group {global} is not in available state.");
            return Err(ApiError::new(400, "InvalidGlobalReplicationGroupState", message));
        }
        Ok((cache, role))
    }

    pub(super) fn may_fail_over_cache(&self, global: &str, region: &str, group: &str, at: Ms) -> Result<(), ApiError> {
        let (cache, role) = self.member_to_change(global, region, group, at)?;
        if *cache.primary.at(at) == role {
            return Err(wrong(format!("Replication group {group} is already the primary of {global}.")));
        }
        Ok(())
    }

    pub(super) fn may_detach_cache(&self, global: &str, region: &str, group: &str, at: Ms) -> Result<(), ApiError> {
        let (cache, role) = self.member_to_change(global, region, group, at)?;
        if *cache.primary.at(at) == role {
            return Err(wrong(format!(
                "Replication group {group} is the primary of {global}: only a secondary can be \
                 disassociated."
            )));
        }
        Ok(())
    }

    /// Samples of `GlobalDatastoreReplicationLag`, in seconds: by the nodes of the secondary's group, in its Region, and
    /// only while it hears from the primary.
    pub(super) fn cache_samples(
        &self,
        region: &str,
        query: &MetricQuery,
        start: Ms,
        end: Ms,
        now: Ms,
    ) -> Vec<(Ms, f64)> {
        let named = |name: &str| query.dimensions.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let Some(role) = self.role_of(region).filter(|_| query.metric == "GlobalDatastoreReplicationLag") else {
            return Vec::new();
        };
        let node = named("CacheClusterId").unwrap_or_default();
        let cache = self.caches().iter().find(|cache| node == format!("{}-001", cache.spec.group.get(role)));
        let in_seconds = query.unit.as_deref().is_none_or(|unit| unit == "Seconds");
        let known = query.dimensions.iter().all(|(key, value)| match key.as_str() {
            "CacheClusterId" => true,
            "CacheNodeId" => value == "0001",
            _ => false,
        });
        let Some(cache) = cache.filter(|_| known && in_seconds) else { return Vec::new() };
        let period = query.period.max(MINUTE);
        let offset = self.epoch().as_millisecond();
        let mut bucket = (start.max(now - 6 * 60 * MINUTE) + offset + period - 1).div_euclid(period) * period - offset;
        let mut out = Vec::new();
        while bucket < end.min(now) {
            let minutes = (0..period / MINUTE).map(|minute| bucket + (minute + 1) * MINUTE);
            let told = minutes.filter(|at| {
                *at + LATE <= now && *cache.link.at(*at) && *cache.primary.at(*at) != role && !cache.alone(role, *at)
            });
            #[expect(clippy::cast_precision_loss, reason = "lags are seconds")]
            let values: Vec<f64> = told.map(|at| cache.lag(self, at) as f64 / 1_000.0).collect();
            if let Some(value) = aggregate(&query.stat, &values) {
                out.push((bucket, value));
            }
            bucket += period;
        }
        out
    }

    /// Which members of a global datastore take writes at a moment: more than one after a member was detached.
    pub fn cache_writers(&self, id: &str, at: Ms) -> Result<Pair<bool>, ApiError> {
        let cache = self.cache(id)?;
        let takes = |role| cache.alone(role, at) || *cache.primary.at(at) == role;
        Ok(Pair { primary: takes(HomeRole::Primary), standby: takes(HomeRole::Standby) })
    }
}
