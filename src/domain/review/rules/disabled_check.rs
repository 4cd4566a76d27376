//! a health check that is only disabled.

use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO004",
    title: "a health check that is only disabled",
    severity: Severity::Danger,
    why: "A disabled health check counts as healthy: it pins the traffic to the dead primary.",
    practice: "Disable and invert it, against the version that was read, or turn a routing control.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step) {
                if line.is(&["aws", "route53", "update-health-check"])
                    && line.has("--disabled")
                    && !line.has("--inverted")
                {
                    found.at_step(runbook, step, "it disables the health check and does not invert it");
                    found.mend("aws route53 update-health-check --health-check-id … --disabled --inverted");
                }
            }
        }
    }
}
