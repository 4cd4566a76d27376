//! a health check that cannot work.

use super::super::Spot;
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::service::{SimulatedCheck, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO013",
    title: "a health check that cannot work",
    severity: Severity::Danger,
    why: "Route 53's checkers are on the internet: a private address is never reached, and a calculated check \
          without children tells nothing.",
    practice: "A check on a CloudWatch alarm, in the Region that lives, which counts missing data as unhealthy.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-types.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step).iter().filter(|line| line.is(&["aws", "route53", "create-health-check"])) {
                if line.mentions("\"CALCULATED\"") && !line.mentions("ChildHealthChecks") {
                    found.at_step(runbook, step, "the calculated check that it makes has no children");
                }
                if line.mentions("\"IPAddress\":\"10.")
                    || line.mentions("\"IPAddress\": \"10.")
                    || line.mentions("192.168.")
                {
                    found.at_step(runbook, step, "the check that it makes asks a private address");
                }
            }
        }
    }
    for component in &subject.service.components {
        if let Spec::HealthCheck(checks) = &component.spec {
            for (role, kind) in [("primary", checks.simulated.primary), ("standby", checks.simulated.standby)] {
                let says = match kind {
                    SimulatedCheck::Tcp => "asks a private address",
                    SimulatedCheck::Calculated => "is calculated from no children",
                    _ => continue,
                };
                found.at(Spot::Component(component.id.clone()), format!("the {role}'s check {says}"));
            }
        }
    }
}
