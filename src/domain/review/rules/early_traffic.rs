//! traffic before what it needs.

use super::super::deeds::Deed;
use super::super::order::{before, doing};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Runbook, Step};

pub(super) const RULE: Rule = Rule {
    id: "HO003",
    title: "traffic before what it needs",
    severity: Severity::Danger,
    why: "Traffic that arrives before the secrets, the configuration and a database that takes writes meets \
          errors, and retries make it worse.",
    practice: "Freeze, fence, promote beside scaling up, then secrets and configuration, prove the writes, then the \
          traffic.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_disaster_recovery.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for point in doing(subject.service, runbook, Deed::Point) {
            let over = before(runbook, &point.id);
            for deed in
                [Deed::Configure, Deed::RestoreKeys, Deed::Restart, Deed::Deploy, Deed::Promote, Deed::SwitchOver]
            {
                // What is done for the way home of a drill comes after the traffic of the way out.
                let mut late = doing(subject.service, runbook, deed).filter(|step| {
                    !over.contains(step.id.as_str()) && !before(runbook, &step.id).contains(point.id.as_str())
                        || after(runbook, step, point)
                });
                let any = doing(subject.service, runbook, deed).any(|step| over.contains(step.id.as_str()));
                if let (false, Some(step)) = (any, late.next()) {
                    found.at_step(
                        runbook,
                        point,
                        format!("the traffic moves before {:?} ({}) is over", step.title, step.id),
                    );
                }
            }
        }
    }
}

/// Whether a step comes after another.
fn after(runbook: &Runbook, step: &Step, other: &Step) -> bool {
    before(runbook, &step.id).contains(other.id.as_str())
}
