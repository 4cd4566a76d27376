//! a key of another Region.

use super::super::line::lines;
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::HomeRole;
use crate::domain::service::{Component, Rebuild, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO029",
    title: "a key of another Region",
    severity: Severity::Danger,
    why: "A KMS key is in one Region: a replica that names the source's key is refused, or cannot be read when that Region is out.",
    practice: "A key of each Region, or a multi-Region key by that Region's own ARN or alias.",
    source: "https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    for component in &subject.service.components {
        for role in [HomeRole::Primary, HomeRole::Standby] {
            let Some(with) = made_with(component, role) else { continue };
            let Some(elsewhere) = region_of(&with.kms_key).filter(|at| *at != regions.get(role).as_str()) else {
                continue;
            };
            found.at(
                Spot::Component(component.id.clone()),
                format!("the {}'s kms_key is in {elsewhere}, not in {}", role.as_str(), regions.get(role)),
            );
        }
    }
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            for line in lines(step) {
                let (key, at) = (line.option("--kms-key-id").and_then(region_of), line.option("--region"));
                if let (Some(key), Some(at)) = (key, at)
                    && !at.starts_with('{')
                    && key != at
                {
                    found.at_step(runbook, step, format!("it is called in {at} with a key of {key}"));
                }
            }
        }
    }
}

fn made_with(component: &Component, role: HomeRole) -> Option<&Rebuild> {
    match &component.spec {
        Spec::RdsReplica(database) => database.rebuild.as_ref().map(|with| with.get(role)),
        Spec::RdsRestore(restore) => Some(restore.with.get(role)),
        _ => None,
    }
}

/// The Region of an ARN: its fourth part.
fn region_of(key: &str) -> Option<&str> {
    key.strip_prefix("arn:")?.split(':').nth(2).filter(|region| !region.is_empty())
}
