//! a standby that is told the primary's host.

use super::super::deeds::Deed;
use super::super::order::doing;
use super::super::{Found, Rule, Severity, Spot, Subject};
use crate::domain::region::{Pair, Place};
use crate::domain::runbook::Way;
use crate::domain::service::{Component, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO033",
    title: "a standby that is told the primary's host",
    severity: Severity::Danger,
    why: "What is replicated to the standby as it is names the host of the Region that is out: the application starts, and connects to nothing.",
    practice: "Each Region's own host in its own configuration, or a step that switches it before the application starts.",
    source: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    for component in &subject.service.components {
        let Some((what, standby)) = told(component) else { continue };
        // The primary's own may name the standby's Region by a slip, too; only this one is found when it is needed.
        if standby.primary == standby.standby || names(&standby.standby, regions.primary.as_str()) {
            found.at(
                Spot::Component(component.id.clone()),
                format!("the standby's {what} is {}, which is the primary's", standby.standby),
            );
        }
    }
    secret(subject, found);
}

/// What tells a Region's application where its own database, or itself, is.
fn told(component: &Component) -> Option<(&'static str, &Pair<String>)> {
    match &component.spec {
        Spec::Kubernetes(cluster) => cluster.connection.as_ref().map(|connection| ("connection", &connection.value)),
        Spec::RdsReplica(database) => database.sql.as_ref().map(|sql| ("sql host", &sql.host)),
        Spec::AuroraGlobal(database) => database.sql.as_ref().map(|sql| ("sql host", &sql.host)),
        Spec::Endpoint(endpoint) => Some(("url", &endpoint.urls)),
        Spec::Route53Failover(traffic) => Some(("target", &traffic.target)),
        _ => None,
    }
}

/// A host of a Region, such as `db.c1.us-east-1.rds.amazonaws.com`: the Region's name stands between dots.
fn names(text: &str, region: &str) -> bool {
    text.split(['.', '/', ':']).any(|part| part == region)
}

/// A replicated secret says the same in both Regions; where it holds the database's host, it holds the primary's.
fn secret(subject: &Subject<'_>, found: &mut Found) {
    let regions = &subject.service.regions;
    let standby = Place::Region(regions.standby.clone());
    for component in &subject.service.components {
        if !matches!(component.spec, Spec::SecretReplica(_)) {
            continue;
        }
        let names = subject.live.and_then(|live| live.text(&component.id, &standby, "names_host_of"));
        if names != Some(regions.primary.as_str()) {
            continue;
        }
        let unswitched = |way| {
            let mut runbooks = subject.runbooks.iter().filter(move |runbook| runbook.way == way);
            runbooks.any(|runbook| {
                doing(subject.service, runbook, Deed::Promote).next().is_some()
                    && doing(subject.service, runbook, Deed::Configure).next().is_none()
            })
        };
        if unswitched(Way::Failover) {
            found.at(
                Spot::Component(component.id.clone()),
                format!(
                    "its replica in {} names the host of {}, and no step switches it",
                    regions.standby, regions.primary
                ),
            );
        }
    }
}
