//! credentials that are pasted, or end in the middle.

use super::super::deeds::words;
use super::super::line::lines;
use super::super::{Found, Rule, Severity, Subject};

pub(super) const RULE: Rule = Rule {
    id: "HO024",
    title: "credentials that are pasted, or end in the middle",
    severity: Severity::Warning,
    why: "What is pasted is in a history and a screenshot, and a session of an hour ends in the second.",
    practice: "A role that is assumed by the program, with its remaining time on the screen, and clocks that are \
          compared.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let said = words(step);
            if said.contains("aws_secret_access_key") || said.contains("aws_access_key_id") {
                found.at_step(runbook, step, "it wants keys that never end, and that whoever has them keeps");
            }
            for line in lines(step) {
                let pasted = line.program() == "export" && line.mentions("AWS_SECRET")
                    || line.program() == "export" && line.mentions("AWS_SESSION");
                if line.mentions("://") && line.mentions(":pass") && line.mentions("@") {
                    found.at_step(runbook, step, "a password is in an argument, where every process list shows it");
                }
                if line.is(&["aws", "sts", "assume-role"]) || pasted {
                    found.at_step(runbook, step, "it gets credentials that somebody pastes, and nobody renews");
                    found.mend("[aws]\nassume_role = { role = \"arn:aws:iam::…:role/…\", external_id = \"…\" }");
                }
            }
        }
    }
}
