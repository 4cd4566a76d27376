//! time that passes in place of something that is so.

use super::super::line::{Line, lines};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Action;

pub(super) const RULE: Rule = Rule {
    id: "HO020",
    title: "time that passes in place of something that is so",
    severity: Severity::Warning,
    why: "A minute is too short on the day on which it matters, and too long on every other; a duration that is \
          worked out by hand is a guess.",
    practice: "Wait for a predicate with a limit, and let the run take its own times.",
    source: "https://sre.google/sre-book/emergency-response/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            if lines(step).iter().any(|line| line.program() == "sleep") {
                found.at_step(runbook, step, "it sleeps, and then believes");
            }
            let by_hand = |line: &Line| line.mentions("alculate manually") || line.mentions("alculate by hand");
            if lines(step).iter().any(by_hand) {
                found.at_step(runbook, step, "a time is to be worked out by hand: the run takes it");
            }
            if let Action::Attest { statement } = &step.action {
                let text = statement.to_ascii_lowercase();
                if text.contains("calculate") && (text.contains("manual") || text.contains("by hand")) {
                    found.at_step(runbook, step, "a time is to be worked out by hand: the run takes it");
                }
            }
        }
    }
}
