//! a waiter that is satisfied before the promotion has begun.

use super::super::deeds::{Deed, does};
use super::super::line::lines;
use super::super::order::done_before;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO001",
    title: "a waiter that is satisfied before the promotion has begun",
    severity: Severity::Danger,
    why: "The instance reads available right after the call, before anything has happened: what follows meets a \
          database that still follows.",
    practice: "Wait until there is no source, no replication and no recovery, or act by the component, which does.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let waits = lines(step).iter().any(|line| {
                line.is(&["aws", "rds", "wait", "db-instance-available"])
                    || line.is(&["aws", "rds", "wait", "db-cluster-available"])
            });
            let late = done_before(subject.service, runbook, &step.id, Deed::Promote)
                || does(subject.service, step, Deed::Promote);
            if waits && late {
                found.at_step(
                    runbook,
                    step,
                    "it waits for the status available, which the promoted instance has all the time",
                );
                found.mend("kind = \"wait\"\nuntil = [{ reading = \"database.target.role\", is = \"standalone\" }, { reading = \"database.target.in_recovery\", is = false }]");
            }
        }
    }
}
