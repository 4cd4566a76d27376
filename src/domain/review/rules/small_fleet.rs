//! a standby that is smaller than the primary.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO030",
    title: "a standby that is smaller than the primary",
    severity: Severity::Warning,
    why: "It meets the whole load in the minute in which everybody retries, and falls over beside the primary.",
    practice: "As much in the standby's file as in the primary's, or load that is shed on purpose and said so.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_disaster_recovery.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for component in &subject.service.components {
        let counts = match &component.spec {
            Spec::Ecs(fleet) => Some(&fleet.count),
            Spec::Kubernetes(cluster) => cluster.replicas.as_ref(),
            _ => None,
        };
        let Some(counts) = counts.filter(|counts| counts.standby < counts.primary) else { continue };
        found.at(
            Spot::Component(component.id.clone()),
            format!("the standby is scaled to {}, the primary to {}", counts.standby, counts.primary),
        );
        found.mend(format!("{} for the standby", counts.primary));
    }
}
