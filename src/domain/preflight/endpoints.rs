//! What has to answer: every endpoint of AWS that watching and acting call, where it is, and how it last answered.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::super::outline::outline;
use super::super::permissions::{acting, watching};
use super::super::reading::Unread;
use super::super::region::Region;
use super::super::runbook::{Action, Runbook, Way};
use super::super::service::{Service, Spec};

/// Where IAM, Route 53 and CloudFront have their control planes.
const GLOBAL: &str = "us-east-1";

/// An endpoint that is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The service, by the name that its requests are signed for, such as `rds`.
    pub service: String,
    /// Where it is.
    pub region: String,
    /// Steps that a runbook cannot do without it, such as `failover 2.1`; none where it is only read.
    pub steps: Vec<String>,
    /// Whether it is in the Region that a failover leaves, although a failover needs it.
    pub left: bool,
    /// What to do then.
    pub otherwise: String,
}

/// How an endpoint answered last.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The service, by the name that its requests are signed for.
    pub service: String,
    /// The Region that they are signed for.
    pub region: String,
    /// Its host, and its port where that is not the usual one.
    pub host: String,
    /// When.
    pub at: Timestamp,
    /// How long it took to answer, whatever it answered; or why nothing came.
    pub outcome: Result<Duration, Unread>,
}

/// The name that an IAM action's requests are signed for.
fn signed(action: &str) -> &str {
    match action.split(':').next().unwrap_or(action) {
        "cloudwatch" => "monitoring",
        prefix => prefix,
    }
}

/// Whether a service has one control plane for all Regions.
fn is_global(service: &str) -> bool {
    matches!(service, "route53" | "cloudfront" | "iam")
}

/// Every endpoint that is needed, those that are only read among them.
pub fn needed(service: &Service, runbooks: &[Runbook]) -> Vec<Needed> {
    let mut all: BTreeMap<(String, String), Needed> = BTreeMap::new();
    let mut add = |name: &str, region: &str, step: Option<String>, left: Option<&str>| {
        let needed = all.entry((name.to_owned(), region.to_owned())).or_insert_with(|| Needed {
            service: name.to_owned(),
            region: region.to_owned(),
            steps: Vec::new(),
            left: false,
            otherwise: String::new(),
        });
        needed.steps.extend(step);
        if let Some(otherwise) = left {
            needed.left = true;
            if needed.otherwise.is_empty() {
                otherwise.clone_into(&mut needed.otherwise);
            }
        }
    };
    let regions = [&service.regions.primary, &service.regions.standby];
    for region in regions {
        add("sts", region.as_str(), None, None);
    }
    if let Some(wanted) = &service.metrics {
        add(signed("cloudwatch:PutMetricData"), service.regions.get(wanted.region).as_str(), None, None);
    }
    for component in &service.components {
        for name in watching(&component.spec).iter().map(|action| signed(action)) {
            match &component.spec {
                Spec::ArcRouting(controls) => {
                    for (region, _) in &controls.endpoints {
                        add(name, region.as_str(), None, None);
                    }
                }
                _ if is_global(name) => add(name, GLOBAL, None, None),
                _ => regions.iter().for_each(|region| add(name, region.as_str(), None, None)),
            }
        }
    }
    for runbook in runbooks {
        let direction = service.direction(runbook.way);
        let plan = outline(service, runbook, &direction);
        for (_, step) in runbook.steps() {
            let Action::Act { component, action, on } = &step.action else { continue };
            let Some(of) = service.component(component) else { continue };
            let planned = plan.steps.iter().find(|planned| planned.id == step.id);
            let plane = planned.and_then(|planned| planned.plane.as_ref());
            let left = plane.filter(|plane| plane.left && runbook.way == Way::Failover);
            let left = left.map(|plane| plane.otherwise.as_str());
            let place = on.place(&direction, &service.regions);
            for name in acting(&of.spec, action).unwrap_or_default().iter().map(|action| signed(action)) {
                let number = format!("{} {}", runbook.id, runbook.number(&step.id));
                match (&of.spec, plane.and_then(|plane| plane.region.as_ref()).or(place.region())) {
                    // Its data plane is in five Regions, any of which will do.
                    (Spec::ArcRouting(_), _) => {}
                    // A key is asked for by RDS, and a role is passed with another call: neither is called from here.
                    _ if name == "kms" || name == "iam" => {}
                    _ if is_global(name) => add(name, GLOBAL, Some(number), left),
                    (_, Some(region)) => add(name, region.as_str(), Some(number), left),
                    (_, None) => {}
                }
            }
        }
    }
    let mut all: Vec<Needed> = all.into_values().collect();
    for needed in &mut all {
        needed.steps.dedup();
    }
    all
}

impl Needed {
    /// Whether it is in the Region that a failover leaves.
    pub(super) fn is_in(&self, region: &Region) -> bool {
        self.region == region.as_str()
    }
}
