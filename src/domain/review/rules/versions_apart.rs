//! versions that have drifted apart.

use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::{Place, Region};
use crate::domain::service::Spec;

pub(super) const RULE: Rule = Rule {
    id: "HO039",
    title: "versions that have drifted apart",
    severity: Severity::Warning,
    why: "What was upgraded in one Region alone behaves otherwise in the event; a replica older than its source cannot even follow.",
    practice: "Upgrade the standby first, and both within a day.",
    source: "https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_config_drift.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    let Some(live) = subject.live else { return };
    for component in &subject.service.components {
        let fact = match component.spec {
            Spec::RdsReplica(_) | Spec::AuroraGlobal(_) | Spec::ElasticacheGlobal(_) => "engine_version",
            Spec::Kubernetes(_) => "version",
            Spec::Lambda(_) => "runtime",
            _ => continue,
        };
        let (primary, standby) = (&regions.primary, &regions.standby);
        let at = |region: &Region| live.text(&component.id, &Place::Region(region.clone()), fact);
        if let (Some(one), Some(other)) = (at(primary), at(standby))
            && one != other
        {
            found.at(
                Spot::Component(component.id.clone()),
                format!("its {} is {one} in {primary} and {other} in {standby}", fact.replace('_', " ")),
            );
        }
    }
}
