//! capacity that nobody has asked for.

use super::super::deeds::Deed;
use super::super::line::lines;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Action, Runbook, Step, Way};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO031",
    title: "capacity that nobody has asked for",
    severity: Severity::Note,
    why: "When a Region is out, everybody scales up in the other: what was not reserved may not be had, and a quota is raised in days.",
    practice: "Run it, or reserve it; and look at the target's quotas before the event, in a step of the readiness runbook.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_manage_service_limits_aware_quotas_and_constraints.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let asked = subject.runbooks.iter().flat_map(Runbook::steps).any(|(_, step)| asks(step))
        || subject.service.components.iter().any(|component| match &component.spec {
            Spec::Command(command) => command.observe.iter().any(|word| names(word)),
            _ => false,
        });
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover && !asked) {
        for step in doing(subject.service, runbook, Deed::ScaleUp) {
            found.at_step(runbook, step, "it needs room in the target, and no step asks for quotas or a reservation");
            found.mend("kind = \"attest\"\nstatement = \"The target's quotas allow for the whole load, and its capacity is reserved.\"");
        }
    }
}

fn asks(step: &Step) -> bool {
    let said = match &step.action {
        Action::Attest { statement } => names(statement),
        _ => lines(step).iter().any(|line| ["quota", "capacity-reservation"].iter().any(|word| line.mentions(word))),
    };
    said || names(&step.title)
}

fn names(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("quota") || text.contains("reserv") && text.contains("capacity")
}
