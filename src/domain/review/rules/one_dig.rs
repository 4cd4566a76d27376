//! one answer of one resolver as proof.

use super::super::Spot;
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO019",
    title: "one answer of one resolver as proof",
    severity: Severity::Warning,
    why: "One resolver tells what it has kept: it proves nothing about the others, nor about the authoritative \
          servers.",
    practice: "Ask every authoritative server and several resolvers, and wait for the time that answers may be kept.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-problems.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            if lines(step).iter().any(|line| ["dig", "nslookup", "host"].contains(&line.program())) {
                found.at_step(runbook, step, "it asks one resolver once");
                found.mend("kind = \"wait\"\nuntil = [{ reading = \"traffic.global.authoritative\", is = \"{target}\" }, { reading = \"traffic.global.resolvers\", is = \"{target}\" }]");
            }
        }
    }
    for component in &subject.service.components {
        if let Spec::Route53Failover(traffic) = &component.spec
            && traffic.resolvers.len() < 2
        {
            found.at(
                Spot::Component(component.id.clone()),
                format!("{} resolvers are asked: one proves nothing", traffic.resolvers.len()),
            );
            found.mend("resolvers = [\"1.1.1.1:53\", \"8.8.8.8:53\", \"9.9.9.9:53\"]");
        }
    }
}
