//! a component that no step looks at.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::runbook::{Action, Runbook, Step};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO035",
    title: "a component that no step looks at",
    severity: Severity::Note,
    why: "What is in the file and in no runbook is forgotten in the event: nobody asks whether it came along.",
    practice: "A check of it in the target before the traffic, or out of the file with it.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_config_drift.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    if subject.runbooks.is_empty() {
        return;
    }
    for component in &subject.service.components {
        // Metrics and who we are: they are looked at by the console itself.
        if matches!(component.spec, Spec::CloudWatch(_) | Spec::Identity) {
            continue;
        }
        let mut steps = subject.runbooks.iter().flat_map(Runbook::steps);
        if !steps.any(|(_, step)| uses(step, &component.id)) {
            found.at(Spot::Component(component.id.clone()), "no step of any runbook acts on it, or looks at it");
        }
    }
}

fn uses(step: &Step, id: &str) -> bool {
    let read = match &step.action {
        Action::Check { expect } => expect.as_slice(),
        Action::Wait { until, .. } => until.as_slice(),
        Action::Act { component, .. } if component == id => return true,
        _ => &[],
    };
    let gates = step.gates.iter().map(|gate| &gate.predicate);
    gates.chain(read).any(|predicate| predicate.reading.component == id)
}
