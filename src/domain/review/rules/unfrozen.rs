//! automation that fights the failover.

use super::super::deeds::Deed;
use super::super::order::{doing, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Way;

pub(super) const RULE: Rule = Rule {
    id: "HO025",
    title: "automation that fights the failover",
    severity: Severity::Danger,
    why: "A pipeline, a reconciler or a rule that acts by itself puts back what a person changes, one by one, at \
          three in the morning.",
    practice: "A step before the promotion that stops what would: Argo CD, Terraform, pipelines, rotation, rules that \
          fail over by themselves.",
    source: "https://sre.google/sre-book/postmortem-culture/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way != Way::Drill) {
        let takes_over = [Deed::Promote, Deed::SwitchOver];
        let moves_alone = (runbook.says("failover") || runbook.says("fail over"))
            && !takes_over.iter().any(|deed| doing(subject.service, runbook, *deed).next().is_some());
        for deed in takes_over.into_iter().chain(moves_alone.then_some(Deed::Point)) {
            for step in doing(subject.service, runbook, deed) {
                if !done_before(subject.service, runbook, &step.id, Deed::Freeze) {
                    found.at_step(
                        runbook,
                        step,
                        "nothing before it stops pipelines, reconcilers and rules that act by themselves",
                    );
                    found.mend("kind = \"attest\"\nstatement = \"The pipelines are paused, and nothing is deployed until the run is closed.\"");
                }
            }
        }
    }
}
