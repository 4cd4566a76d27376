//! an old primary that is switched on again.

use super::super::deeds::Deed;
use super::super::line::lines;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Way;

pub(super) const RULE: Rule = Rule {
    id: "HO017",
    title: "an old primary that is switched on again",
    severity: Severity::Danger,
    why: "It has the data of before the failover, or of its last backup: everything since is in the other Region \
          alone.",
    practice: "Rebuild it as a replica of the new primary, let it catch up, and come home by a planned move.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failback) {
        let rebuilds = doing(subject.service, runbook, Deed::Rebuild)
            .chain(doing(subject.service, runbook, Deed::SwitchOver))
            .next()
            .is_some();
        for (_, step) in runbook.steps().filter(|_| !rebuilds) {
            let restores = lines(step).iter().any(|line| {
                line.is(&["aws", "rds", "restore-db-instance-from-db-snapshot"])
                    || line.is(&["aws", "rds", "restore-db-instance-to-point-in-time"])
                    || line.is(&["aws", "rds", "start-db-instance"])
                    || line.is(&["aws", "route53", "update-health-check"]) && line.has("--no-disabled")
            });
            let title = step.title.to_ascii_lowercase();
            let enabled = title.contains("re-enable") && title.contains("health check");
            let by_hand =
                enabled || title.contains("restore") && (title.contains("backup") || title.contains("snapshot"));
            if restores || by_hand {
                found.at_step(
                    runbook,
                    step,
                    "the primary comes back by this, and nothing rebuilds it from what has taken the writes",
                );
            }
        }
    }
}
