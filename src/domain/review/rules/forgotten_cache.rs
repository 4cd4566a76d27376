//! a cache that is left behind.

use super::super::deeds::{Deed, words};
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::Way;
use crate::domain::service::{Component, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO022",
    title: "a cache that is left behind",
    severity: Severity::Danger,
    why: "The application of the standby would have a cache that it cannot write to, or that is in the Region that \
          is out.",
    practice: "Move the cache beside the database, and keep locks, state and journal where they survive.",
    source: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastores-Console.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let said = words(step);
            let where_ = ["standby", "target", "local", "region"].iter().any(|word| said.contains(word));
            if said.contains("lock is taken") && !where_ {
                found.at_step(
                    runbook,
                    step,
                    "nobody says where the lock is kept: in the Region that is out, it cannot be taken",
                );
            }
        }
    }
    let cache = |component: &&Component| matches!(component.spec, Spec::ElasticacheGlobal(_));
    let Some(cache) = subject.service.components.iter().find(cache) else { return };
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way != Way::Drill) {
        let moves =
            [Deed::Promote, Deed::SwitchOver].into_iter().find_map(|deed| doing(subject.service, runbook, deed).next());
        if let Some(step) = moves
            && doing(subject.service, runbook, Deed::MoveCache).next().is_none()
        {
            found.at_step(runbook, step, format!("the database moves, and {} does not", cache.id));
        }
    }
}
