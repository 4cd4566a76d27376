//! an application that keeps its old configuration.

use super::super::deeds::Deed;
use super::super::order::{doing, done_after, done_before};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::runbook::{Action, Way};
use crate::domain::service::{Component, Service, Spec};

pub(super) const RULE: Rule = Rule {
    id: "HO015",
    title: "an application that keeps its old configuration",
    severity: Severity::Danger,
    why: "Pods read their database host when they start, a patched secret restarts none, and a reconciler puts the \
          old host back within minutes.",
    practice: "Pause the reconciler, switch the configuration, restart what reads it, and verify that it stays.",
    source: "https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        let promotes = doing(subject.service, runbook, Deed::Promote).next();
        for step in doing(subject.service, runbook, Deed::Configure).filter(|_| promotes.is_some()) {
            let pods = matches!(&step.action, Action::Exec(_))
                || matches!(&step.action, Action::Act { action, .. } if action == "patch-connection");
            if !pods || runbook.way == Way::Drill {
                continue;
            }
            let starts =
                [Deed::Restart, Deed::ScaleUp].iter().any(|deed| done_after(subject.service, runbook, &step.id, *deed));
            if !starts {
                found.at_step(runbook, step, "nothing that reads it is started after it");
            }
            let frozen = done_before(subject.service, runbook, &step.id, Deed::Freeze);
            if !frozen {
                found.at_step(runbook, step, "nothing stops a reconciler from putting the old value back");
            }
        }
        // Tasks that are started then read their configuration then; pods run before.
        let fleet = |component: &Component| matches!(&component.spec, Spec::Kubernetes(_));
        let fleet = subject.service.components.iter().any(fleet)
            || doing(subject.service, runbook, Deed::Deploy).next().is_some();
        // A record that names the database is what the application is told, where there is one.
        let named = |component: &Component| matches!(&component.spec, Spec::Route53Failover(traffic) if names_database(subject.service, &traffic.target.standby));
        let named = subject.service.components.iter().any(named);
        if let (Some(step), true, false) = (promotes, fleet && runbook.way != Way::Drill, named)
            && doing(subject.service, runbook, Deed::Configure).next().is_none()
        {
            found.at_step(runbook, step, "no step points the application at the database that takes over");
        }
    }
}

/// Whether a name is that of a database's own host.
fn names_database(service: &Service, name: &str) -> bool {
    service.components.iter().any(|component| match &component.spec {
        Spec::RdsReplica(database) => name.starts_with(&format!("{}.", database.instance.standby)),
        Spec::AuroraGlobal(database) => name.starts_with(&format!("{}.", database.cluster.standby)),
        _ => false,
    })
}
