//! The whole plan of a run before anything is done: what comes when, what decides how long it takes, whose control plane
//! each step needs, what cannot be undone, and what the way back is.

use std::collections::BTreeSet;
use std::time::Duration;

use super::region::{Direction, Region};
use super::review::line::{Line, lines};
use super::runbook::{Action, Hazard, Runbook, Step, StepId};
use super::service::{SWITCHOVER, Service, Spec};
use super::undo::undo;

/// Where Route 53, CloudFront and IAM are changed.
const GLOBAL: &str = "us-east-1";

/// The whole plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// The steps, in order.
    pub steps: Vec<Planned>,
    /// How long the longest way through takes.
    pub longest: Duration,
    /// How long it takes until the service serves again, where a step marks that.
    pub recovered: Option<Duration>,
}

/// A step of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its id.
    pub id: StepId,
    /// Its number on the screen.
    pub number: String,
    /// When it can begin, from the start of the run.
    pub begins: Duration,
    /// How long it is expected to take.
    pub expected: Duration,
    /// Whether the longest way goes through it.
    pub critical: bool,
    /// What it can do to the world.
    pub hazard: Hazard,
    /// What has to answer for it.
    pub plane: Option<Plane>,
    /// What takes it back; nothing of a step that changes nothing.
    pub back: Option<Back>,
}

/// What has to answer for a step to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plane {
    /// Its name, such as `Route 53's control plane`.
    pub name: String,
    /// The Region that it is in; none of what stands in several.
    pub region: Option<Region>,
    /// Whether that is the Region being left.
    pub left: bool,
    /// What to do when it does not answer.
    pub otherwise: String,
}

/// What takes a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// An action of the same component: the console offers it.
    Action,
    /// A person, or another runbook.
    ByHand,
    /// Nothing.
    Never,
}

/// The whole plan of a runbook.
pub fn outline(service: &Service, runbook: &Runbook, direction: &Direction) -> Outline {
    let left = Step::expected_to_mark;
    let times = runbook.times(&left);
    let ends = |id: &str| times.get(id).copied().unwrap_or_default();
    let longest = times.values().max().copied().unwrap_or_default();
    let critical = critical(runbook, &ends);
    let steps = runbook.steps().map(|(_, step)| Planned {
        id: step.id.clone(),
        number: runbook.number(&step.id),
        begins: ends(&step.id).saturating_sub(left(step)),
        expected: step.expected.unwrap_or_default(),
        critical: critical.contains(step.id.as_str()),
        hazard: step.hazard,
        plane: plane(service, direction, step),
        back: back(service, runbook, step),
    });
    Outline { steps: steps.collect(), longest, recovered: runbook.serves_after(&Step::expected_to_mark) }
}

impl Outline {
    /// The steps that need the Region being left.
    pub fn in_source(&self) -> impl Iterator<Item = (&Planned, &Plane)> {
        self.steps.iter().filter_map(|step| Some((step, step.plane.as_ref().filter(|plane| plane.left)?)))
    }

    /// How many steps change something, and how many of those cannot be undone.
    pub fn writes(&self) -> (usize, usize) {
        let writes = self.steps.iter().filter(|step| step.hazard > Hazard::None).count();
        let never = self.steps.iter().filter(|step| step.back == Some(Back::Never)).count();
        (writes, never)
    }
}

/// The steps of the longest way, from its end to its beginning.
fn critical<'a>(runbook: &'a Runbook, ends: &dyn Fn(&str) -> Duration) -> BTreeSet<&'a str> {
    let last = runbook.steps().map(|(_, step)| step).max_by_key(|step| ends(&step.id));
    let mut way = BTreeSet::new();
    let mut at = last.map(|step| step.id.as_str());
    while let Some(id) = at.filter(|id| way.insert(*id)) {
        at = runbook.needs(id).into_iter().max_by_key(|id| ends(id)).map(String::as_str);
    }
    way
}

fn back(service: &Service, runbook: &Runbook, step: &Step) -> Option<Back> {
    match step.hazard {
        Hazard::None => None,
        Hazard::Irreversible => Some(Back::Never),
        Hazard::Write if undo(service, runbook, step).is_some() => Some(Back::Action),
        Hazard::Write => Some(Back::ByHand),
    }
}

/// What has to answer for a step to be done; `None` of a step that asks nobody, or of which nobody knows.
pub fn plane(service: &Service, direction: &Direction, step: &Step) -> Option<Plane> {
    let left = |region: &Region| *region == direction.source;
    match &step.action {
        Action::Act { component, action, on } => {
            let place = on.place(direction, &service.regions);
            let (name, region) = needed(&service.component(component)?.spec, action, place.region(), direction)?;
            let left = region.as_ref().is_some_and(left);
            let otherwise = if left { otherwise(service, component, action) } else { String::new() };
            Some(Plane { name, region, left, otherwise })
        }
        Action::Exec(_) => {
            let (name, region) = lines(step).iter().find_map(|line| called(line, service, direction))?;
            let left = left(&region);
            let otherwise = if left { BY_HAND.to_owned() } else { String::new() };
            Some(Plane { name, region: Some(region), left, otherwise })
        }
        _ => None,
    }
}

const BY_HAND: &str = "say that it is impossible, or that its risk is accepted: both are journaled";

/// What an action needs to be answered by, and where that is.
fn needed(
    spec: &Spec,
    action: &str,
    place: Option<&Region>,
    direction: &Direction,
) -> Option<(String, Option<Region>)> {
    let global = || GLOBAL.parse().ok();
    let sql = ["fence", "admit", "verify-writes"].contains(&action);
    Some(match spec {
        Spec::ArcRouting(_) => ("the five endpoints of the routing controls".to_owned(), None),
        Spec::Route53Failover(_) | Spec::HealthCheck(_) => ("Route 53's control plane".to_owned(), global()),
        Spec::CloudFront(_) => ("CloudFront's control plane".to_owned(), global()),
        Spec::RdsReplica(_) | Spec::AuroraGlobal(_) if sql => ("the database itself".to_owned(), place.cloned()),
        Spec::AuroraGlobal(_) if action == SWITCHOVER => {
            ("RDS's control plane".to_owned(), Some(direction.source.clone()))
        }
        Spec::RdsReplica(_) | Spec::AuroraGlobal(_) | Spec::RdsRestore(_) => {
            ("RDS's control plane".to_owned(), place.cloned())
        }
        Spec::Kubernetes(_) => ("the cluster's API".to_owned(), place.cloned()),
        Spec::Command(_) => return None,
        other => (format!("the control plane of {}", other.kind()), place.cloned()),
    })
}

/// What to do when what an action needs is in the Region that is out.
fn otherwise(service: &Service, component: &str, action: &str) -> String {
    let controls = service.components.iter().find(|of| matches!(of.spec, Spec::ArcRouting(_)));
    match service.component(component).map(|of| &of.spec) {
        Some(Spec::Route53Failover(traffic)) => match controls {
            Some(controls) => format!("turn the routing controls of {}: they have five endpoints", controls.id),
            None if traffic.health_check.primary.is_some() && traffic.health_check.standby.is_some() => {
                "the records' health checks lead to the standby by themselves, and DNS goes on answering".to_owned()
            }
            None => {
                "there is no other way: health checks on both records, or routing controls, must be there beforehand"
                    .to_owned()
            }
        },
        Some(Spec::CloudFront(_)) => "an origin group made beforehand goes over by itself".to_owned(),
        Some(Spec::HealthCheck(_)) => match controls {
            Some(controls) => format!("turn the routing controls of {}: they have five endpoints", controls.id),
            None => BY_HAND.to_owned(),
        },
        Some(Spec::AuroraGlobal(_)) if action == SWITCHOVER => {
            "go on ungracefully: a failover is called in the target's Region, and loses what that has not".to_owned()
        }
        _ if action == "fence" => {
            "accept its risk by name: the split-brain watch says if it takes writes again".to_owned()
        }
        _ => BY_HAND.to_owned(),
    }
}

/// The control plane that a line of the AWS command line calls.
fn called(line: &Line, service: &Service, direction: &Direction) -> Option<(String, Region)> {
    if line.program() != "aws" {
        return None;
    }
    if let Some(global) = ["route53", "cloudfront", "iam"].into_iter().find(|service| line.is_of(service)) {
        return Some((format!("the control plane of {global}"), GLOBAL.parse().ok()?));
    }
    let at = super::gate::fill(line.option("--region")?, direction, &service.regions);
    Some(("the AWS command line".to_owned(), at.parse().ok()?))
}
