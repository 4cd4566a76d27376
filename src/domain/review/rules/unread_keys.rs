//! sealed-secrets keys that nobody loads.

use super::super::line::lines;
use super::super::order::before;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO016",
    title: "sealed-secrets keys that nobody loads",
    severity: Severity::Danger,
    why: "The controller reads its keys when it starts: restored and not restarted, it goes on with the old ones, \
          and every test passes for the wrong reason.",
    practice: "Restore all keys, restart the controller, wait for it, and decrypt a test secret of each.",
    source: "https://github.com/bitnami-labs/sealed-secrets#how-can-i-do-a-backup-of-my-sealedsecrets",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let restores = lines(step).iter().any(|line| {
                let script = line.program().to_owned() + " " + line.option("-c").unwrap_or_default();
                script.contains("restore") && (script.contains("sealed") || script.contains("key"))
            });
            let restarted = restores
                && runbook.steps().any(|(_, later)| {
                    let controller = lines(later).iter().any(|line| {
                        line.program() == "kubectl" && line.has("restart") && line.mentions("sealed-secrets")
                    });
                    controller && before(runbook, &later.id).contains(step.id.as_str())
                });
            if restores && !restarted {
                found.at_step(runbook, step, "the keys are restored, and the controller is not restarted after it");
            }
        }
    }
}
