//! expected times beyond the objective.

use super::super::deeds::Deed;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::duration;
use crate::domain::runbook::{Runbook, Step, Way};
use crate::domain::timeline::Milestone;

pub(super) const RULE: Rule = Rule {
    id: "HO027",
    title: "expected times beyond the objective",
    severity: Severity::Warning,
    why: "The steps' own expected times add up to more than was promised: it is missed before anything has gone wrong.",
    practice: "Do side by side what does not wait for each other, prepare beforehand what can be, or promise what can be kept.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_objective_defined_recovery.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let rto = subject.service.objectives.rto;
    // What begins with an impact has to be over in time; what is planned has a window of its own.
    let impact = |runbook: &&Runbook| {
        runbook.steps().any(|(_, step)| step.marks == Some(Milestone::ImpactBegan))
            && doing(subject.service, runbook, Deed::Promote).next().is_some()
    };
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover).filter(impact) {
        let Some(time) = runbook.serves_after(&Step::expected_to_mark) else { continue };
        if time > rto {
            let (time, rto) = (duration::format(time), duration::format(rto));
            found.at(
                Spot::Runbook(runbook.id.clone()),
                format!("until it serves again its steps expect {time}, and the objective is {rto}"),
            );
        }
    }
}
