//! a drill that touches production.

use super::super::deeds::{Deed, does};
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Runbook, Way};

pub(super) const RULE: Rule = Rule {
    id: "HO012",
    title: "a drill that touches production",
    severity: Severity::Danger,
    why: "A replica that was promoted in a drill is gone; a kubectl without a context goes wherever the last shell \
          left it.",
    practice: "A throwaway, or a switchover; an explicit context; and a list of what a drill may touch.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_dr_tested.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step) {
                if line.program() == "kubectl" && !line.has("--context") && !line.is(&["kubectl", "version"]) {
                    found.at_step(runbook, step, "kubectl is run without --context");
                    found.mend("\"kubectl\", \"--context\", \"NAME-{target}\", …");
                }
            }
            if drill(runbook) && does(subject.service, step, Deed::Promote) {
                found.at_step(runbook, step, "a drill promotes the service's own standby");
            }
        }
    }
}

/// Whether a runbook is a drill, by what it says of itself or by its name.
fn drill(runbook: &Runbook) -> bool {
    runbook.way == Way::Drill || runbook.says("drill")
}
