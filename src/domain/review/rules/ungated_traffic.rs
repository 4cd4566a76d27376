//! traffic to a standby that cannot serve.

use super::super::deeds::Deed;
use super::super::order::{before, doing};
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::runbook::{Action, Way};
use crate::domain::service::{Service, SimulatedCheck, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO007",
    title: "traffic to a standby that cannot serve",
    severity: Severity::Danger,
    why: "A standby whose database follows, or that has nothing running, answers errors: health checks move names, \
          never a writer.",
    practice: "Gate the traffic on a database that takes writes and on capacity above zero.",
    source: "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let service = subject.service;
    let is = |id: &str, of: fn(&Spec) -> bool| service.component(id).is_some_and(|component| of(&component.spec));
    let fleet = |spec: &Spec| matches!(spec, Spec::Ecs(_) | Spec::Kubernetes(_));
    let answers = |spec: &Spec| matches!(spec, Spec::Endpoint(_));
    for component in &service.components {
        if let Spec::Route53Failover(traffic) = &component.spec
            && traffic.health_check.primary.is_some()
            && traffic.health_check.standby.as_deref().is_none_or(|check| blind(service, check))
        {
            found.at(
                Spot::Component(component.id.clone()),
                "the name goes to the standby by the primary's check alone, whether the standby can serve or not",
            );
        }
    }
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        let promotes =
            doing(service, runbook, Deed::Promote).chain(doing(service, runbook, Deed::SwitchOver)).next().is_some();
        let has_database = service.components.iter().any(|component| component.spec.is_database());
        if !promotes && has_database {
            for step in doing(service, runbook, Deed::Point) {
                found.at_step(runbook, step, "no step makes the standby's database one that takes writes");
            }
        }
        for step in doing(service, runbook, Deed::Point).filter(|_| promotes) {
            let judged = |of: fn(&Spec) -> bool| {
                let over = before(runbook, &step.id);
                let gates = step.gates.iter().map(|gate| &gate.predicate);
                let looks = runbook.steps().filter(|(_, step)| over.contains(step.id.as_str())).flat_map(
                    |(_, step)| match &step.action {
                        Action::Check { expect } => expect.as_slice(),
                        Action::Wait { until, .. } => until.as_slice(),
                        _ => &[],
                    },
                );
                gates.chain(looks).any(|predicate| is(&predicate.reading.component, of))
            };
            if !judged(Spec::is_database) {
                found.at_step(
                    runbook,
                    step,
                    "nothing that must hold before it asks whether the database takes writes there",
                );
            }
            let has = service.components.iter().any(|component| fleet(&component.spec));
            if has && !judged(fleet) && !judged(answers) {
                found.at_step(runbook, step, "nothing that must hold before it asks whether anything runs there");
            }
        }
    }
}

/// Whether a health check is known to tell nothing.
fn blind(service: &Service, id: &str) -> bool {
    service.components.iter().any(|component| match &component.spec {
        Spec::HealthCheck(checks) => {
            checks.id.standby == id
                && matches!(checks.simulated.standby, SimulatedCheck::Tcp | SimulatedCheck::Calculated)
        }
        _ => false,
    })
}
