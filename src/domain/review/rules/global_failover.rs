//! a global cluster failed over by a call that is refused.

use super::super::line::{Line, lines};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Hazard;

pub(super) const RULE: Rule = Rule {
    id: "HO006",
    title: "a global cluster failed over by a call that is refused",
    severity: Severity::Danger,
    why: "Without AllowDataLoss the call is a switchover, which a lost primary refuses; and it takes the cluster's \
          ARN, in the Region of the target.",
    practice: "In the target's Region, with the ARN, and with the loss allowed by somebody who types it; a switchover \
          for drills and the way home.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_FailoverGlobalCluster.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            // In a document of Systems Manager, for one.
            let bare = |line: &Line| line.mentions("FailoverGlobalCluster") && !line.mentions("AllowDataLoss");
            if step.hazard > Hazard::None && lines(step).iter().any(bare) {
                found.at_step(
                    runbook,
                    step,
                    "the call that it has in it does not allow data loss: a switchover, which a lost primary refuses",
                );
            }
            for line in lines(step).iter().filter(|line| line.is(&["aws", "rds", "failover-global-cluster"])) {
                if !line.has("--allow-data-loss") {
                    found.at_step(
                        runbook,
                        step,
                        "it does not allow data loss: a switchover, which a lost primary refuses",
                    );
                }
                if line.option("--target-db-cluster-identifier").is_some_and(|id| !id.starts_with("arn:")) {
                    found.at_step(
                        runbook,
                        step,
                        "it names the target by its identifier, where the call wants the cluster's ARN",
                    );
                }
                if line.option("--region").is_none_or(|at| {
                    at != "{target}" && at != "{standby}" && at != subject.service.regions.standby.as_str()
                }) {
                    found.at_step(runbook, step, "it is not called in the target's Region");
                }
            }
        }
    }
}
