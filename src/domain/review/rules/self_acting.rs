//! a failover that starts itself.

use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO014",
    title: "a failover that starts itself",
    severity: Severity::Danger,
    why: "A health event is no outage of this service, and nobody asks whether the loss may be accepted.",
    practice: "An alarm calls a person; a person decides; the machine carries out.",
    source: "https://blog.cloudflare.com/post-mortem-on-cloudflare-control-plane-and-analytics-outage/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step) {
                let rule = line.is(&["aws", "events", "put-rule"])
                    || line.is(&["aws", "events", "enable-rule"])
                    || line.is(&["aws", "events", "put-targets"]);
                if rule && (line.mentions("aws.health") || line.mentions("failover")) {
                    found.at_step(runbook, step, "it lets an event start a failover");
                }
            }
        }
    }
}
