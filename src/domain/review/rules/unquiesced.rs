//! a planned move that does not stop the writes.

use super::super::deeds::Deed;
use super::super::order::{doing, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Runbook, Way};

pub(super) const RULE: Rule = Rule {
    id: "HO011",
    title: "a planned move that does not stop the writes",
    severity: Severity::Danger,
    why: "There is time, and still what is committed during the promotion is lost.",
    practice: "Stop the writes, wait for the last byte, then promote; or switch over, where the database can.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/aurora-global-database-disaster-recovery.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let planned =
        |runbook: &&Runbook| runbook.way == Way::Failover && runbook.says("planned") && !runbook.says("unplanned");
    for runbook in subject.runbooks.iter().filter(planned) {
        for step in doing(subject.service, runbook, Deed::Promote) {
            if !done_before(subject.service, runbook, &step.id, Deed::Fence) {
                found.at_step(runbook, step, "this is planned, and the source takes writes until it is promoted");
            }
        }
    }
}
