//! a step about something that nothing watches.

use super::super::deeds::{Deed, deeds};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Action;
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO036",
    title: "a step about something that nothing watches",
    severity: Severity::Warning,
    why: "A program or a person changes it, and nothing tells whether it is so: done is what somebody says, and a crash leaves nobody knowing.",
    practice: "A component for it in the service file, whose action plans, asks and settles by what the cloud says.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_auto_recovery.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let watched = |deed: Deed| subject.service.components.iter().any(|component| watches(&component.spec, deed));
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            if matches!(step.action, Action::Act { .. }) {
                continue;
            }
            for deed in deeds(subject.service, step) {
                let what = match deed {
                    Deed::Promote | Deed::SwitchOver | Deed::Rebuild => "a database",
                    Deed::Point => "traffic",
                    Deed::MoveCache => "a cache",
                    _ => continue,
                };
                if !watched(deed) {
                    found.at_step(runbook, step, format!("it changes {what}, of which the service file has none"));
                }
            }
        }
    }
}

fn watches(spec: &Spec, deed: Deed) -> bool {
    match deed {
        Deed::Promote | Deed::SwitchOver | Deed::Rebuild => spec.is_database(),
        Deed::Point => spec.carries_traffic(),
        Deed::MoveCache => matches!(spec, Spec::ElasticacheGlobal(_)),
        _ => false,
    }
}
