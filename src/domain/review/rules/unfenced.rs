//! a promotion without a fence before it.

use super::super::deeds::{Deed, words};
use super::super::order::{doing, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Runbook, Way};

pub(super) const RULE: Rule = Rule {
    id: "HO002",
    title: "a promotion without a fence before it",
    severity: Severity::Danger,
    why: "Nothing stops the old primary when its replica is promoted: two databases take writes, and part for \
          ever.",
    practice: "Fence first: take the application's login away, stop it or cut it off, and record whether that was done, \
          failed or could not be reached.",
    source: "https://github.blog/news-insights/company-news/oct21-post-incident-analysis/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        let managed = runbook.way == Way::Drill;
        if runbook.way == Way::Failover && moves_alone(subject, runbook) {
            for step in doing(subject.service, runbook, Deed::Point) {
                found.at_step(
                    runbook,
                    step,
                    "the traffic goes to the standby, and nothing takes the writes from the source",
                );
            }
        }
        for (_, step) in runbook.steps() {
            let said = words(step);
            if said.contains("only one region") && said.contains("writes") {
                found.at_step(runbook, step, "a person says that one side takes writes, and no step makes it so");
            }
        }
        for step in doing(subject.service, runbook, Deed::Promote).filter(|_| !managed) {
            if !done_before(subject.service, runbook, &step.id, Deed::Fence) {
                found.at_step(
                    runbook,
                    step,
                    format!("{} is done with nothing before it that takes the writes from the source", step.title),
                );
            }
        }
    }
}

/// Whether a runbook moves the traffic of a service that has a database, and nothing else.
fn moves_alone(subject: &Subject<'_>, runbook: &Runbook) -> bool {
    let else_done = [Deed::Promote, Deed::SwitchOver, Deed::Fence];
    subject.service.components.iter().any(|component| component.spec.is_database())
        && !else_done.iter().any(|deed| doing(subject.service, runbook, *deed).next().is_some())
}
