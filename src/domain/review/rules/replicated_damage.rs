//! damage that is treated like an outage.

use super::super::deeds::Deed;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Way;

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
    let damage = ["corrupt", "deletion", "deleted", "destroyed", "falsified"];
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        let text = format!("{} {}", runbook.id, runbook.title).to_ascii_lowercase();
        let Some(word) = damage.iter().find(|word| text.contains(**word)) else { continue };
        for step in doing(subject.service, runbook, Deed::Promote) {
            found.at_step(runbook, step, format!("this is for what was {word}, and promotes a copy of the same"));
        }
    }
}
