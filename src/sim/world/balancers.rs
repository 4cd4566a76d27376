//! Load balancers: the names that alias records stand for, with the addresses behind them.

use super::World;
use super::ecs::{self, Fleet};
use crate::domain::region::HomeRole;
use crate::domain::service::Route53Failover;
use crate::sim::steps::{Ms, Steps};

/// For how long an answer of a load balancer's name, or of an alias of it, may be kept.
pub(super) const TTL: u32 = 60;

/// A Region's load balancer.
#[derive(Debug, Clone)]
pub struct Balancer {
    /// Its name, with the final dot.
    pub name: String,
    /// Where it is.
    pub role: HomeRole,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Whether Route 53 counts it as healthy when an alias evaluates its target's health: without a single task behind it,
    /// it doesn't.
    pub healthy: Steps<bool>,
}

pub(super) fn compile(world: &World, fleets: &[Fleet]) -> Vec<Balancer> {
    let aliases = world.traffic_specs().filter(|spec| spec.alias_zone.is_some());
    aliases.flat_map(|spec| [HomeRole::Primary, HomeRole::Standby].map(|role| balancer(spec, role, fleets))).collect()
}

fn balancer(spec: &Route53Failover, role: HomeRole, fleets: &[Fleet]) -> Balancer {
    let moments = fleets.iter().flat_map(Fleet::moments);
    // TEST-NET-3 (RFC 5737), so that nobody's address is told.
    let first = if role == HomeRole::Primary { 10 } else { 20 };
    Balancer {
        name: super::records::full_name(spec.target.get(role)),
        role,
        addresses: (first..first + 2).map(|n| format!("203.0.113.{n}")).collect(),
        healthy: Steps::of(moments, |at: Ms| !ecs::empty(fleets, role, at)),
    }
}
