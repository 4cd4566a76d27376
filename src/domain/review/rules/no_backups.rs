//! a standby without backups.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::Place;
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO037",
    title: "a standby without backups",
    severity: Severity::Warning,
    why: "A replica is made with its backups off: from the promotion on, the only database there is has none, and no replica can be made of it.",
    practice: "Backups on the replica, from the start: a retention above 0.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    let Some(live) = subject.live else { return };
    for component in &subject.service.components {
        if !matches!(component.spec, Spec::RdsReplica(_)) {
            continue;
        }
        for region in [&regions.primary, &regions.standby] {
            let place = Place::Region(region.clone());
            if live.number(&component.id, &place, "backup_retention_days").is_some_and(|days| days < 1.0) {
                found.at(Spot::Component(component.id.clone()), format!("its backups are off in {region}"));
                found.mend(format!("aws rds modify-db-instance --region {region} --backup-retention-period 7 …"));
            }
        }
    }
}
