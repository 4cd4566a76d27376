//! damage that is treated like an outage.

use super::super::deeds::Deed;
use super::super::line::lines;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::runbook::{Runbook, Step, Way};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO023",
    title: "damage that is treated like an outage",
    severity: Severity::Danger,
    why: "Replication copies what was deleted or falsified within the second: the other Region has the same.",
    practice: "A runbook of its own, by a snapshot or a point in time, into a database beside the original.",
    source: "https://docs.aws.amazon.com/whitepapers/latest/disaster-recovery-workloads-on-aws/disaster-recovery-options-in-the-cloud.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let restores = subject.service.components.iter().any(|component| matches!(component.spec, Spec::RdsRestore(_)))
        || subject.runbooks.iter().flat_map(Runbook::steps).any(|(_, step)| restores(step));
    let fails_over = subject.runbooks.iter().any(|runbook| runbook.way == Way::Failover);
    if fails_over && !restores && subject.service.components.iter().any(|component| component.spec.is_database()) {
        found.at(
            Spot::Service,
            "no runbook restores a database from its backups, and failing over does not undo damage",
        );
    }
    let damage = ["corrupt", "deletion", "deleted", "destroyed", "falsified"];
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        let Some(word) = damage.iter().find(|word| runbook.says(word)) else { continue };
        for step in doing(subject.service, runbook, Deed::Promote) {
            found.at_step(runbook, step, format!("this is for what was {word}, and promotes a copy of the same"));
        }
    }
}

/// Whether a step makes a database out of backups.
fn restores(step: &Step) -> bool {
    let title = step.title.to_ascii_lowercase();
    let data = ["database", "cluster", "backup", "snapshot"].iter().any(|word| title.contains(word));
    title.contains("point in time")
        || title.contains("restore") && data
        || lines(step).iter().any(|line| line.is_of("rds") && line.mentions("restore-db-"))
}
