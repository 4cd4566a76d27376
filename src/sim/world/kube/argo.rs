//! Argo CD: it makes the cluster what Git says, some time after it has noticed.

use serde_json::Value;

use super::{APPLICATIONS, CREATED, Cluster, Key, SECRETS, Version, specs};
use crate::domain::region::HomeRole;
use crate::domain::service::Kubernetes;
use crate::sim::steps::Ms;
use crate::sim::world::World;

/// It compares with Git every 3 minutes, and sooner where it sees a change.
const UNDOES: (Ms, Ms) = (5_000, 180_000);

/// Whoever has patched a cluster by hand has it in Git by then, reviewed: what has stood for so long is what Git says.
const REVIEWED: Ms = 300_000;

/// What Git says of an object at a moment: what it was made as, or the last change that has stood for long enough.
fn in_git(versions: &[Version], at: Ms) -> Option<&Value> {
    let ends = versions.iter().skip(1).map(|next| next.at.min(at)).chain([at]);
    let said = versions.iter().zip(ends);
    let said = said.filter(|(version, end)| version.at <= CREATED || end - version.at >= REVIEWED);
    said.last()?.0.object.as_ref()
}

/// Undoes what differs from Git, where an application heals itself, as far as that comes before `until`.
pub(super) fn heal(world: &World, role: HomeRole, cluster: &mut Cluster, until: Ms) {
    for spec in specs(world) {
        let Some(key) = managed(spec) else { continue };
        let Some(since) = spec.applications.iter().filter_map(|name| healing(cluster, spec, name)).min() else {
            continue;
        };
        let Some(versions) = cluster.objects.get(&key) else { continue };
        let Some(last) = versions.last() else { continue };
        let noticed = since.max(last.at);
        let due = noticed + world.chance.between(&format!("argo {role} {}", key.name), noticed, UNDOES.0, UNDOES.1);
        let wanted = in_git(versions, due).cloned();
        if due < until && last.object != wanted {
            cluster.put(key, due, wanted);
        }
    }
}

/// What of a component's own is in Git and may be patched: the secret that names the database.
fn managed(spec: &Kubernetes) -> Option<Key> {
    let connection = spec.connection.as_ref()?;
    Some(Key::new(SECRETS, &spec.namespace, &connection.secret))
}

/// Since when an application heals itself, if it does.
fn healing(cluster: &Cluster, spec: &Kubernetes, name: &str) -> Option<Ms> {
    let last = cluster.last(&Key::new(APPLICATIONS, &spec.argocd_namespace, name))?;
    let policy = last.object.as_ref()?.pointer("/spec/syncPolicy/automated")?;
    let on = policy.get("enabled").and_then(Value::as_bool) != Some(false);
    (on && policy.get("selfHeal").and_then(Value::as_bool) == Some(true)).then_some(last.at)
}

/// Whether what an application manages is what Git says.
pub(super) fn synced(world: &World, cluster: &Cluster, name: &str, at: Ms) -> bool {
    specs(world).filter(|spec| spec.applications.iter().any(|of| of == name)).filter_map(managed).all(|key| {
        let versions = cluster.objects.get(&key);
        versions.is_none_or(|versions| in_git(versions, at) == cluster.written(&key, at))
    })
}
