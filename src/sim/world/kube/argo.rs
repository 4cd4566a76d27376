//! Argo CD: it makes the cluster what Git says, some time after it has noticed.

use serde_json::Value;

use super::{APPLICATIONS, Cluster, Key, SECRETS, specs};
use crate::domain::region::HomeRole;
use crate::domain::service::Kubernetes;
use crate::sim::steps::Ms;
use crate::sim::world::World;

/// It compares with Git every 3 minutes, and sooner where it sees a change.
const UNDOES: (Ms, Ms) = (5_000, 180_000);

/// Undoes what differs from Git, where an application heals itself, as far as that comes before `until`.
pub(super) fn heal(world: &World, role: HomeRole, cluster: &mut Cluster, git: &Cluster, until: Ms) {
    for spec in specs(world) {
        let Some(key) = managed(spec) else { continue };
        let Some(since) = spec.applications.iter().filter_map(|name| healing(cluster, spec, name)).min() else {
            continue;
        };
        let (Some(wanted), Some(last)) = (git.last(&key), cluster.last(&key)) else { continue };
        if last.object == wanted.object {
            continue;
        }
        let noticed = since.max(last.at);
        let due = noticed + world.chance.between(&format!("argo {role} {}", key.name), noticed, UNDOES.0, UNDOES.1);
        if due < until {
            let object = wanted.object.clone();
            cluster.put(key, due, object);
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

/// Whether what an application manages is what Git says: here, what it was when the clusters were made.
pub(super) fn synced(world: &World, cluster: &Cluster, name: &str, at: Ms) -> bool {
    specs(world).filter(|spec| spec.applications.iter().any(|of| of == name)).filter_map(managed).all(|key| {
        let first = cluster.objects.get(&key).and_then(|versions| versions.first());
        first.and_then(|version| version.object.as_ref()) == cluster.written(&key, at)
    })
}
