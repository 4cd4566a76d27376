//! ECS: services whose tasks start and stop in their own time, and may find no capacity.

use super::mutation::Change;
use super::{ApiError, World, faults};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{self, Spec};
use crate::sim::steps::{Ms, Steps};

/// A task is pulled, started and passes its first checks.
const STARTS: (Ms, Ms) = (25_000, 50_000);
/// Its connections are drained and it stops.
const STOPS: (Ms, Ms) = (20_000, 35_000);

/// An ECS service in both Regions.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// What the service file says of it.
    pub spec: service::Ecs,
    /// How many tasks are wanted over time.
    pub desired: Pair<Steps<i64>>,
    /// How many run over time.
    pub running: Pair<Steps<i64>>,
}

/// A service at a moment, as ECS describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: String,
    /// How many tasks are wanted.
    pub desired: i64,
    /// How many run.
    pub running: i64,
    /// How many are being started.
    pub pending: i64,
    /// What ECS says last, and since when.
    pub event: (String, Ms),
}

pub(super) fn compile(world: &World) -> Vec<Fleet> {
    let specs = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::Ecs(spec) => Some(spec),
        _ => None,
    });
    specs
        .map(|spec| {
            let primary = side(world, spec, HomeRole::Primary, spec.count.primary);
            let standby = side(world, spec, HomeRole::Standby, spec.rest);
            let (desired, running) =
                (Pair { primary: primary.0, standby: standby.0 }, Pair { primary: primary.1, standby: standby.1 });
            Fleet { spec: spec.clone(), desired, running }
        })
        .collect()
}

/// What is wanted and what runs in one Region over time.
fn side(world: &World, spec: &service::Ecs, role: HomeRole, first: u32) -> (Steps<i64>, Steps<i64>) {
    let first = i64::from(first);
    let mut desired = Steps::always(first);
    // Changes of the number that runs, later ones undone by a new wish.
    let mut counts: Vec<(Ms, i64)> = Vec::new();
    for mutation in world.mutations() {
        let Change::ScaleService { cluster, service, desired: wanted } = &mutation.change else { continue };
        let here = world.role_of(&mutation.region) == Some(role);
        if !here || cluster != spec.cluster.get(role) || service != spec.service.get(role) {
            continue;
        }
        let at = world.ms(mutation.at);
        desired.push(at, *wanted);
        counts.retain(|(moment, _)| *moment <= at);
        let now = counts.last().map_or(first, |(_, count)| *count);
        if *wanted < now {
            counts.push((at + world.chance.between(service, at, STOPS.0, STOPS.1), *wanted));
        }
        let mut starts: Vec<Ms> = (now..*wanted).map(|task| started(world, role, at, service, task)).collect();
        starts.sort_unstable();
        counts.extend(starts.into_iter().zip(now + 1..));
    }
    let mut running = Steps::always(first);
    for (at, count) in counts {
        running.push(at, count);
    }
    (desired, running)
}

/// When a task that was asked for runs: later where there is no capacity for it yet.
fn started(world: &World, role: HomeRole, asked: Ms, service: &str, task: i64) -> Ms {
    let takes = world.chance.between(service, asked + task, STARTS.0, STARTS.1);
    faults::until_capacity(&world.scenario, role, asked) + takes
}

impl Fleet {
    pub(super) fn moments(&self) -> impl Iterator<Item = Ms> {
        [&self.desired, &self.running].into_iter().flat_map(|pair| pair.primary.moments().chain(pair.standby.moments()))
    }
}

/// Whether a Region's load balancer has not a single task behind it.
pub(super) fn empty(fleets: &[Fleet], role: HomeRole, at: Ms) -> bool {
    fleets.iter().any(|fleet| *fleet.running.get(role).at(at) == 0)
}

fn cluster_not_found() -> ApiError {
    ApiError::new(400, "ClusterNotFoundException", "Cluster not found.".to_owned())
}

/// The part of an ARN or a name that is the name.
pub fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

impl World {
    fn fleet(&self, role: HomeRole, cluster: &str, service: &str) -> Result<Option<&Fleet>, ApiError> {
        let mut here = self.fleets().iter().filter(|fleet| fleet.spec.cluster.get(role) == bare(cluster)).peekable();
        if here.peek().is_none() {
            return Err(cluster_not_found());
        }
        Ok(here.find(|fleet| fleet.spec.service.get(role) == bare(service)))
    }

    /// The ECS services.
    pub fn fleets(&self) -> &[Fleet] {
        &self.compiled.fleets
    }

    /// A service as ECS describes it in a Region; `None` if the cluster has no such service.
    pub fn describe_fleet(
        &self,
        region: &str,
        cluster: &str,
        service: &str,
        at: Ms,
    ) -> Result<Option<Described>, ApiError> {
        let role = self.role_of(region).ok_or_else(cluster_not_found)?;
        let Some(fleet) = self.fleet(role, cluster, service)? else { return Ok(None) };
        let (desired, running) = (fleet.desired.get(role), fleet.running.get(role));
        let (wanted, run) = (*desired.at(at), *running.at(at));
        let since = desired.since(at).max(running.since(at));
        let name = fleet.spec.service.get(role).clone();
        let waits = wanted > run && faults::no_capacity(&self.scenario, role, at);
        let said = if waits {
            "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a \
             different availability zone."
                .to_owned()
        } else if wanted > run {
            format!("has started {} tasks.", wanted - run)
        } else if wanted < run {
            format!("has stopped {} running tasks.", run - wanted)
        } else {
            "has reached a steady state.".to_owned()
        };
        Ok(Some(Described {
            cluster: fleet.spec.cluster.get(role).clone(),
            desired: wanted,
            running: run,
            pending: if waits { 0 } else { (wanted - run).max(0) },
            event: (format!("(service {name}) {said}"), since),
            service: name,
        }))
    }

    pub(super) fn may_scale(&self, region: &str, cluster: &str, service: &str, desired: i64) -> Result<(), ApiError> {
        let role = self.role_of(region).ok_or_else(cluster_not_found)?;
        if self.fleet(role, cluster, service)?.is_none() {
            return Err(ApiError::new(400, "ServiceNotFoundException", "Service not found.".to_owned()));
        }
        if desired < 0 {
            let message = "desiredCount must be greater than or equal to 0.".to_owned();
            return Err(ApiError::new(400, "InvalidParameterException", message));
        }
        Ok(())
    }
}
