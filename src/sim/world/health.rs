//! The service's endpoints, and Route 53's health checkers that watch them.

use super::aurora::ClusterPair;
use super::checks::CheckConfig;
use super::database::Database;
use super::ecs::{self, Fleet};
use super::store::{Store, stores};
use super::{World, faults};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::Spec;
use crate::sim::scenario::{Fault, Part};
use crate::sim::steps::{EVER, Ms, Steps};

/// How long the application takes to open its connections once its database takes writes.
const RECONNECT: Ms = 20_000;

/// How a Region's endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answering {
    /// 200.
    Ok,
    /// 503: its database is a replica, or does not let the application in.
    ReadOnly,
    /// 503: its database cannot be reached.
    NoDatabase,
    /// 503: there is no task behind the load balancer.
    Empty,
    /// 502.
    Error,
    /// Nothing comes back.
    Hang,
    /// There is nothing to connect to.
    Refuse,
}

/// A health check's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CheckSettings {
    /// Not checked: counts as healthy.
    pub disabled: bool,
    /// The other way round.
    pub inverted: bool,
    /// How often it has been changed, plus one.
    pub version: i64,
}

/// A health check.
#[derive(Debug, Clone)]
pub struct HealthCheck {
    /// Its id.
    pub id: String,
    /// Whose endpoint it watches, where it does.
    pub role: HomeRole,
    /// What it is.
    pub config: CheckConfig,
    /// Its settings over time.
    pub settings: Steps<CheckSettings>,
    /// What its checkers see, inversion and all left aside.
    pub seen: Steps<bool>,
}

impl HealthCheck {
    /// Whether Route 53 counts it as healthy. A disabled check does, whatever is the matter.
    pub fn healthy(&self, at: Ms) -> bool {
        let settings = self.settings.at(at);
        (settings.disabled || *self.seen.at(at)) != settings.inverted
    }

    pub(super) fn moments(&self) -> impl Iterator<Item = Ms> {
        self.settings.moments().chain(self.seen.moments())
    }
}

/// How each Region's endpoint answers over time.
pub(super) fn endpoints(
    world: &World,
    (databases, clusters): (&[Database], &[ClusterPair]),
    fleets: &[Fleet],
    reach: &Pair<Steps<Option<Fault>>>,
) -> Pair<Steps<Answering>> {
    let of = |role: HomeRole| {
        let moments = stores(databases, clusters).flat_map(Store::moments).collect::<Vec<_>>();
        let writable = Steps::of(moments.iter().copied(), |at| {
            stores(databases, clusters).all(|store| store.takes_app_writes(role, at))
        });
        // An application notices at once that it cannot write, and opens its connections again in its own time.
        let connected = Steps::settled(&writable, |_, now| if *now { RECONNECT } else { 0 });
        let moments = faults::moments(&world.scenario).chain(moments).chain(connected.moments());
        let moments = moments.chain(fleets.iter().flat_map(Fleet::moments));
        Steps::of(moments.collect::<Vec<_>>(), |at| match faults::broken(&world.scenario, role, Part::Endpoint, at) {
            Some(Fault::Hang) => Answering::Hang,
            Some(Fault::Refuse) => Answering::Refuse,
            Some(_) => Answering::Error,
            None if ecs::empty(fleets, role, at) => Answering::Empty,
            None if reach.get(role).at(at).is_some() => Answering::NoDatabase,
            None if *connected.at(at) => Answering::Ok,
            None => Answering::ReadOnly,
        })
    };
    Pair { primary: of(HomeRole::Primary), standby: of(HomeRole::Standby) }
}

impl World {
    /// How a Region's endpoint answers at a moment, and since when.
    pub fn endpoint(&self, role: HomeRole, at: Ms) -> (Answering, Option<Ms>) {
        let steps = self.compiled.endpoints.get(role);
        let since = steps.since(at);
        (*steps.at(at), (since > EVER).then_some(since))
    }

    /// The host and the path that a Region's health check asks for.
    pub fn checked(&self, role: HomeRole) -> (String, String) {
        let url = self.service.components.iter().find_map(|component| match &component.spec {
            Spec::Endpoint(endpoint) => Some(endpoint.urls.get(role)),
            _ => None,
        });
        let rest = url.map_or("", |url| url.split_once("://").map_or(url.as_str(), |(_, rest)| rest));
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        (host.to_owned(), if path.is_empty() { "/".to_owned() } else { path.to_owned() })
    }

    /// What a checker reports of an endpoint that it counts as failed.
    pub fn checker_failure(&self, role: HomeRole, at: Ms) -> &'static str {
        match self.endpoint(role, at).0 {
            Answering::Ok => "Failure: not enough successes in a row yet. HTTP Status Code 200, OK",
            Answering::ReadOnly | Answering::NoDatabase | Answering::Empty => {
                "Failure: HTTP Status Code 503, Service Unavailable"
            }
            Answering::Error => "Failure: HTTP Status Code 502, Bad Gateway",
            Answering::Hang => "Failure: The endpoint did not answer in time.",
            Answering::Refuse => "Failure: The connection was refused.",
        }
    }

    /// The health checks.
    pub fn checks(&self) -> &[HealthCheck] {
        &self.compiled.checks
    }
}
