//! traffic that goes home by itself.

use super::super::deeds::Deed;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Action, Way};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO008",
    title: "traffic that goes home by itself",
    severity: Severity::Danger,
    why: "A primary that turns healthy again gets its traffic back, with the data of before the failover.",
    practice: "Latch it: both records name the standby until a failback that somebody declares.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-types.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks.iter().filter(|runbook| runbook.way == Way::Failover) {
        for step in doing(subject.service, runbook, Deed::Promote) {
            let (mut latched, mut by_hand) = (false, None);
            for point in doing(subject.service, runbook, Deed::Point) {
                match &point.action {
                    Action::Act { .. } => latched = true,
                    _ => by_hand = by_hand.or(Some(point)),
                }
            }
            let records =
                subject.service.components.iter().any(|component| matches!(component.spec, Spec::Route53Failover(_)));
            match by_hand {
                Some(point) if !latched => {
                    found.at_step(
                        runbook,
                        point,
                        "a file of records is applied: nothing says that both of them name the standby afterwards",
                    );
                }
                None if !latched && records => {
                    found.at_step(runbook, step, "the database is promoted and the records are left to their health checks, which lead back as soon as the primary answers");
                }
                _ => {}
            }
        }
    }
}
