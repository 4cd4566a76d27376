//! a promotion without a fence before it.

use super::super::deeds::Deed;
use super::super::order::{doing, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Way;

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
