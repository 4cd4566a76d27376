//! What is wrong, where and when.

use std::collections::BTreeMap;

use super::World;
use crate::domain::region::{HomeRole, Pair};
use crate::sim::scenario::{ControlPlane, Event, Fault, Part, Scenario};
use crate::sim::steps::{Ms, Steps};

/// Calls that met an event with `first`, by the event's place in the scenario. Each process counts for itself.
pub type Met = BTreeMap<usize, u32>;

/// An AWS call, as far as faults care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiCall<'a> {
    /// The Region of the endpoint; for Route 53, where its control plane is.
    pub region: &'a str,
    /// The service, by its signing name; `sql` and `endpoint` for the Region's own database and endpoint.
    pub service: &'a str,
    /// The operation.
    pub operation: &'a str,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is answered.
    Answer,
    /// It is done and the answer is lost.
    LoseAnswer,
    /// Nothing ever comes back, and nothing is done.
    Hang,
    /// There is nothing to connect to.
    Refuse,
    /// "Not authorized".
    Deny,
    /// "Rate exceeded".
    Throttle,
    /// A 5xx.
    Error,
}

fn active(scenario: &Scenario, at: Ms) -> impl Iterator<Item = (usize, &Event)> {
    scenario.events.iter().enumerate().filter(move |(_, event)| event.at <= at && at < event.until)
}

/// Which way a part of a Region does not answer at a moment, if it does not.
pub(super) fn broken(scenario: &Scenario, role: HomeRole, part: Part, at: Ms) -> Option<Fault> {
    active(scenario, at)
        .filter(|(_, event)| event.region == role && (event.part == Part::All || event.part == part))
        .map(|(_, event)| event.fault)
        .find(|fault| matches!(fault, Fault::Hang | Fault::Refuse | Fault::Error))
}

/// The moments at which events begin or end.
pub(super) fn moments(scenario: &Scenario) -> impl Iterator<Item = Ms> {
    scenario.events.iter().flat_map(|event| [event.at, event.until])
}

/// How each Region's database can be reached over time: `None` where it can.
pub(super) fn database(scenario: &Scenario) -> Pair<Steps<Option<Fault>>> {
    let of = |role| Steps::of(moments(scenario), |at| broken(scenario, role, Part::Database, at));
    Pair { primary: of(HomeRole::Primary), standby: of(HomeRole::Standby) }
}

/// Whether the databases can reach each other over time.
pub(super) fn link(scenario: &Scenario, database: &Pair<Steps<Option<Fault>>>) -> Steps<bool> {
    Steps::of(moments(scenario), |at| {
        database.primary.at(at).is_none()
            && database.standby.at(at).is_none()
            && [HomeRole::Primary, HomeRole::Standby]
                .into_iter()
                .all(|role| broken(scenario, role, Part::Replication, at).is_none())
    })
}

/// Whether a Region's database instance takes its backup at a moment.
pub(super) fn backing_up(scenario: &Scenario, role: HomeRole, at: Ms) -> bool {
    active(scenario, at).any(|(_, event)| event.region == role && event.fault == Fault::BackingUp)
}

/// Whether a Region's Aurora cluster runs another minor version of the engine at a moment.
pub(super) fn other_engine(scenario: &Scenario, role: HomeRole, at: Ms) -> bool {
    active(scenario, at).any(|(_, event)| event.region == role && event.fault == Fault::OtherEngine)
}

/// Whether a Region has no capacity for another task at a moment.
pub(super) fn no_capacity(scenario: &Scenario, role: HomeRole, at: Ms) -> bool {
    active(scenario, at).any(|(_, event)| event.region == role && event.fault == Fault::NoCapacity)
}

/// The moment whose answer a resolver that ignores the TTL gives at a moment: that at which it began to.
pub(super) fn stuck(scenario: &Scenario, at: Ms) -> Ms {
    let since = active(scenario, at).filter(|(_, event)| event.fault == Fault::Stick).map(|(_, event)| event.at);
    since.min().unwrap_or(at)
}

/// When the secrets were changed at the primary without their replicas following, and when those did.
pub(super) fn unreplicated(scenario: &Scenario) -> impl Iterator<Item = (Ms, Ms)> {
    scenario.events.iter().filter(|event| event.fault == Fault::Unreplicated).map(|event| (event.at, event.until))
}

/// When each damage of a Region's data began.
pub(super) fn damages(scenario: &Scenario) -> impl Iterator<Item = (HomeRole, Ms)> {
    scenario.events.iter().filter(|event| event.fault == Fault::Corrupt).map(|event| (event.region, event.at))
}

/// How much longer than usual the replication of objects takes at a moment.
pub(super) fn slower_replication(scenario: &Scenario, at: Ms) -> Ms {
    let slow =
        active(scenario, at).filter(|(_, event)| event.part == Part::S3Replication && event.fault == Fault::Slow);
    slow.map(|(_, event)| event.by).sum()
}

/// From when on there is capacity for a task that is asked for at a moment.
pub(super) fn until_capacity(scenario: &Scenario, role: HomeRole, at: Ms) -> Ms {
    let ends = active(scenario, at).filter(|(_, event)| event.region == role && event.fault == Fault::NoCapacity);
    ends.map(|(_, event)| event.until).max().unwrap_or(at)
}

impl World {
    /// What becomes of a call that arrives now, and how long it takes.
    pub fn verdict(&self, call: &ApiCall<'_>, at: Ms, met: &mut Met) -> (Verdict, Ms) {
        let mut latency = self.chance.between(&format!("latency {} {}", call.service, call.operation), at, 10, 40);
        if self.scenario.route53_control_plane == ControlPlane::Hangs
            && matches!(call.service, "route53" | "cloudfront" | "iam")
        {
            let role = self.role_of(call.region);
            let gone = role.and_then(|role| broken(&self.scenario, role, Part::All, at));
            if matches!(gone, Some(Fault::Hang | Fault::Refuse)) {
                return (Verdict::Hang, latency);
            }
        }
        for (index, event) in active(&self.scenario, at) {
            if !self.concerns(event, call) {
                continue;
            }
            let verdict = match event.fault {
                Fault::BackingUp
                | Fault::NoCapacity
                | Fault::Corrupt
                | Fault::OtherEngine
                | Fault::Stick
                | Fault::Unreplicated => continue,
                Fault::Slow => {
                    latency = latency.saturating_add(event.by);
                    continue;
                }
                Fault::Throttle => {
                    if !self.throttles(index, event, call, at, met) {
                        continue;
                    }
                    Verdict::Throttle
                }
                Fault::Deny => Verdict::Deny,
                Fault::Hang => Verdict::Hang,
                Fault::Refuse => Verdict::Refuse,
                Fault::Error => Verdict::Error,
                Fault::LoseAnswer => {
                    if !Self::first_ones(index, event, met) {
                        continue;
                    }
                    Verdict::LoseAnswer
                }
            };
            return (verdict, latency);
        }
        (Verdict::Answer, latency)
    }

    /// Whether whoever makes a call now would be told that they are not allowed to.
    pub fn denies(&self, call: &ApiCall<'_>) -> bool {
        let at = self.now();
        active(&self.scenario, at).any(|(_, event)| event.fault == Fault::Deny && self.concerns(event, call))
    }

    fn concerns(&self, event: &Event, call: &ApiCall<'_>) -> bool {
        if event.operation.as_deref().is_some_and(|operation| operation != call.operation) {
            return false;
        }
        if call.service == "route53" {
            return event.part == Part::Route53;
        }
        if call.service == "cloudfront" {
            return event.part == Part::Cloudfront;
        }
        let here = self.role_of(call.region) == Some(event.region);
        here && match event.part {
            _ if call.service == "sql" => matches!(event.part, Part::All | Part::Database),
            _ if call.service == "kubernetes" => matches!(event.part, Part::All | Part::Kubernetes),
            _ if call.service == "endpoint" => matches!(event.part, Part::All | Part::Endpoint),
            Part::All | Part::Api => true,
            Part::Rds => call.service == "rds",
            Part::Secretsmanager => call.service == "secretsmanager",
            Part::Cloudwatch => call.service == "monitoring",
            Part::Ecs => call.service == "ecs",
            Part::S3 => call.service == "s3",
            Part::Elasticache => call.service == "elasticache",
            Part::Ssm => call.service == "ssm",
            Part::Lambda => call.service == "lambda",
            Part::Arc => call.service == "route53-recovery-cluster",
            Part::Route53
            | Part::Cloudfront
            | Part::Database
            | Part::Endpoint
            | Part::Replication
            | Part::S3Replication
            | Part::Resolver
            | Part::Kubernetes => false,
        }
    }

    fn throttles(&self, index: usize, event: &Event, call: &ApiCall<'_>, at: Ms, met: &mut Met) -> bool {
        // Half a second is about what a token bucket needs to have something again.
        let label = format!("throttle {index} {} {} {}", call.region, call.service, call.operation);
        self.chance.between(&label, at.div_euclid(500), 0, 99) < event.percent && Self::first_ones(index, event, met)
    }

    fn first_ones(index: usize, event: &Event, met: &mut Met) -> bool {
        let Some(first) = event.first else { return true };
        let count = met.entry(index).or_default();
        *count = count.saturating_add(1);
        *count <= first
    }
}
