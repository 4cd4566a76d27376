//! traffic that goes home by itself.

use super::super::deeds::{Deed, does, words};
use super::super::line::lines;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::runbook::{Action, Runbook, Step, Way};
use crate::domain::service::{Component, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO008",
    title: "traffic that goes home by itself",
    severity: Severity::Danger,
    why: "A primary that turns healthy again gets its traffic back, with the data of before the failover.",
    practice: "Latch it: both records name the standby until a failback that somebody declares.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let checked = |component: &Component| matches!(&component.spec, Spec::Route53Failover(traffic) if traffic.health_check.primary.is_some());
    let checked = subject.service.components.iter().any(checked);
    for component in &subject.service.components {
        let Spec::Route53Failover(traffic) = &component.spec else { continue };
        let mut steps = subject.runbooks.iter().flat_map(Runbook::steps);
        let latches = |(_, step): (usize, &Step)| matches!(&step.action, Action::Act { component: of, action, .. } if *of == component.id && action == "point");
        if traffic.health_check.primary.is_some() && !subject.runbooks.is_empty() && !steps.any(latches) {
            found.at(
                Spot::Component(component.id.clone()),
                "no step makes its records name the standby: its health checks lead home by themselves",
            );
        }
    }
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let said = words(step);
            let itself = does(subject.service, step, Deed::Point) && said.contains("by itself");
            if itself || said.contains("automatic recovery") || said.contains("automatic failback") {
                found.at_step(runbook, step, "what goes there by itself comes home by itself");
            }
        }
    }
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        for (_, step) in runbook.steps() {
            if lines(step)
                .iter()
                .any(|line| line.is(&["aws", "route53", "update-health-check"]) && line.has("--no-disabled"))
            {
                found.at_step(
                    runbook,
                    step,
                    "the primary's check counts again, and the traffic goes home with the next answer",
                );
            }
        }
        let moved = doing(subject.service, runbook, Deed::Point).next().is_some();
        let rehearsed = runbook.says("drill");
        for step in doing(subject.service, runbook, Deed::Promote).filter(|_| checked && !moved && !rehearsed) {
            found.at_step(
                runbook,
                step,
                "the database is promoted and the records are left to their health checks, which lead back as soon as the primary answers",
            );
        }
    }
}
