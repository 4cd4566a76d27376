//! answers that are kept longer than the objective allows.

use std::time::Duration;

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::duration;
use crate::domain::region::Place;
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO026",
    title: "answers that are kept longer than the objective allows",
    severity: Severity::Warning,
    why: "A record that is changed is believed only when the old answer has run out: its time to live is part of the outage, and no call shortens it.",
    practice: "A time to live of a minute or less on every record that a failover moves, set long before; alias records have one.",
    source: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/best-practices-dns.html",
    look,
};

/// What nobody minds.
const SHORT: Duration = Duration::from_mins(1);

fn look(subject: &Subject<'_>, found: &mut Found) {
    let Some(live) = subject.live else { return };
    let rto = subject.service.objectives.rto;
    for component in &subject.service.components {
        if !matches!(component.spec, Spec::Route53Failover(_)) {
            continue;
        }
        let Some(ttl) = live.number(&component.id, &Place::Global, "ttl") else { continue };
        if ttl > SHORT.as_secs_f64() && ttl > rto.as_secs_f64() / 10.0 {
            let (ttl, rto) = (duration::seconds(ttl), duration::format(rto));
            found.at(
                Spot::Component(component.id.clone()),
                format!("its answers are kept for {ttl}, of {rto} in which everything is to be over"),
            );
        }
    }
}
