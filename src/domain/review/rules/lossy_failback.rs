//! a way home while writes are still taken.

use super::super::deeds::Deed;
use super::super::order::{before, doing, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::gate::Predicate;
use crate::domain::runbook::{Action, Way};

pub(super) const RULE: Rule = Rule {
    id: "HO009",
    title: "a way home while writes are still taken",
    severity: Severity::Danger,
    why: "What the standby takes between the last byte that was replicated and the promotion is lost.",
    practice: "Stop the writes, wait until nothing is missing by the logs' own positions, then promote, then move the \
          traffic.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failback) {
        for step in doing(subject.service, runbook, Deed::Promote) {
            if !done_before(subject.service, runbook, &step.id, Deed::Fence) {
                found.at_step(runbook, step, "the writes of the source are not stopped before it");
            }
            let over = before(runbook, &step.id);
            let exact = |predicate: &Predicate| predicate.reading.fact == "behind_bytes";
            let waits = runbook.steps().any(|(_, step)| {
                over.contains(step.id.as_str())
                    && matches!(&step.action, Action::Wait { until, .. } if until.iter().any(exact))
            });
            if !waits && !step.gates.iter().any(|gate| exact(&gate.predicate)) {
                found.at_step(
                    runbook,
                    step,
                    "nothing before it asks by the logs' positions whether anything is missing",
                );
                found.mend("gates = [{ name = \"the last byte is there\", reading = \"database.global.behind_bytes\", at_most = 0 }]");
            }
        }
    }
}
