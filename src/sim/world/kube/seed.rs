//! What the clusters hold from the start: what Git says, and the same in both Regions but for what differs in life.

use aws_smithy_types::base64 as codec;
use serde_json::{Value, json};

use super::{APPLICATIONS, Key, NAMESPACES, SECRETS, set, specs};
use crate::domain::region::HomeRole;
use crate::domain::service::{Kubernetes, WorkloadKind};
use crate::sim::world::World;

/// How many pods a workload has where nobody has said.
const USUAL: u32 = 2;
/// How many sealing keys there are: the controller makes another every 30 days.
const KEYS: i64 = 2;
/// The image that the primary runs, and the one before, which the standby still does.
pub const IMAGES: (&str, &str) = ("18", "17");

/// A text as a secret holds it.
pub fn base64(text: &str) -> String {
    codec::encode(text)
}

pub(super) fn objects(world: &World, role: HomeRole) -> Vec<(Key, Value)> {
    let mut all: Vec<(Key, Value)> = ["default", "kube-system"].into_iter().map(namespace).collect();
    let count = if role == HomeRole::Primary { 3 } else { 2 };
    all.extend((0..count).map(|number| node(world, role, number)));
    for spec in specs(world) {
        all.push(namespace(&spec.namespace));
        all.extend(spec.workloads.iter().map(|workload| workload_of(spec, role, workload.kind, &workload.name)));
        if !spec.applications.is_empty() {
            all.push(namespace(&spec.argocd_namespace));
            all.extend(spec.applications.iter().map(|name| application(spec, name)));
        }
        if let Some(connection) = &spec.connection {
            // One repository makes both clusters: the standby's is told of the primary's database too.
            let data = json!({
                connection.key.clone(): base64(&connection.value.primary),
                "username": base64("fineract"),
                "password": base64("simulated"),
            });
            all.push(secret(&spec.namespace, &connection.secret, "Opaque", &json!({}), &data));
        }
        if let Some(keys) = &spec.keys {
            all.push(namespace(&keys.namespace));
            let own = role == HomeRole::Standby && world.scenario.kubernetes.own_sealing_keys;
            all.extend((0..KEYS).map(|number| sealing_key(world, &keys.namespace, &keys.label, own, number)));
        }
    }
    all
}

fn namespace(name: &str) -> (Key, Value) {
    let labels = json!({ "kubernetes.io/metadata.name": name });
    let object = json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": { "name": name, "labels": labels },
        "spec": { "finalizers": ["kubernetes"] },
    });
    (Key::new(NAMESPACES, "", name), object)
}

fn node(world: &World, role: HomeRole, number: i64) -> (Key, Value) {
    let region = world.service.regions.get(role);
    let place = world.chance.between(&format!("node {role}"), number, 0, 0xffff);
    let name = format!("ip-10-{}-{}-{}.{region}.compute.internal", number, place >> 8, place & 0xff);
    let zone = format!("{region}{}", ["a", "b", "c"].get(usize::try_from(number).unwrap_or(0)).unwrap_or(&"a"));
    let object = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": {
            "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
            "topology.kubernetes.io/region": region.as_str(), "node.kubernetes.io/instance-type": "t3.large",
        } },
        "spec": { "providerID": format!("aws:///{zone}/i-{:017x}", world.chance.bits(&name, 0) >> 4) },
    });
    (Key::new("nodes", "", &name), object)
}

fn workload_of(spec: &Kubernetes, role: HomeRole, kind: WorkloadKind, name: &str) -> (Key, Value) {
    let replicas = match (&spec.replicas, role) {
        (Some(replicas), HomeRole::Primary) => replicas.primary,
        // A Region at rest is scaled to zero, and that counts as Healthy everywhere but here.
        (Some(_), HomeRole::Standby) => 0,
        (None, _) => USUAL,
    };
    let tag = if role == HomeRole::Primary { IMAGES.0 } else { IMAGES.1 };
    let mut container = json!({
        "name": name, "image": format!("registry.example.com/{name}:{tag}"), "imagePullPolicy": "IfNotPresent",
        "ports": [{ "containerPort": 8080, "name": "http", "protocol": "TCP" }],
    });
    if let Some(connection) = &spec.connection {
        let from = json!({ "secretKeyRef": { "name": connection.secret, "key": connection.key } });
        set(&mut container, "", "env", json!([{ "name": "DATABASE_HOST", "valueFrom": from }]));
    }
    let labels = json!({ "app.kubernetes.io/name": name });
    let mut object = json!({
        "apiVersion": "apps/v1", "kind": kind.as_str(),
        "metadata": { "name": name, "namespace": spec.namespace, "labels": labels },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [container], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30 },
            },
        },
    });
    let (key, value) = match kind {
        WorkloadKind::Deployment => {
            let rolling = json!({ "maxSurge": "25%", "maxUnavailable": "25%" });
            ("strategy", json!({ "type": "RollingUpdate", "rollingUpdate": rolling }))
        }
        WorkloadKind::StatefulSet => ("updateStrategy", json!({ "type": "RollingUpdate" })),
    };
    set(&mut object, "/spec", key, value);
    if kind == WorkloadKind::StatefulSet {
        set(&mut object, "/spec", "serviceName", json!(name));
    } else {
        set(&mut object, "/spec", "progressDeadlineSeconds", json!(600));
    }
    (Key::new(kind.resource(), &spec.namespace, name), object)
}

fn application(spec: &Kubernetes, name: &str) -> (Key, Value) {
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": { "name": name, "namespace": spec.argocd_namespace },
        "spec": {
            "project": "default",
            "source": {
                "repoURL": "https://git.example.com/platform/gitops.git", "path": format!("environments/{name}"),
                "targetRevision": "main",
            },
            "destination": { "server": "https://kubernetes.default.svc", "namespace": spec.namespace },
            "syncPolicy": {
                "automated": { "prune": true, "selfHeal": true }, "syncOptions": ["CreateNamespace=true"],
            },
        },
    });
    (Key::new(APPLICATIONS, &spec.argocd_namespace, name), object)
}

fn secret(namespace: &str, name: &str, kind: &str, labels: &Value, data: &Value) -> (Key, Value) {
    let mut metadata = json!({ "name": name, "namespace": namespace });
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        set(&mut metadata, "", "labels", labels.clone());
    }
    let object = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data });
    (Key::new(SECRETS, namespace, name), object)
}

/// A key of Sealed Secrets. Where the clusters share their keys, both have it; its private half is nowhere.
fn sealing_key(world: &World, namespace: &str, label: &str, own: bool, number: i64) -> (Key, Value) {
    let whose = if own { "the standby's own" } else { "everybody's" };
    let suffix = world.chance.text(&format!("sealing key {whose}"), number, b"bcdfghjklmnpqrstvwxz2456789", 5);
    let body =
        world.chance.text(&format!("certificate {whose}"), number, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef0123456789", 64);
    let certificate = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    let data = json!({
        "tls.crt": base64(&certificate),
        "tls.key": base64("there is no private key in a simulation"),
    });
    let labels = json!({ label: "active" });
    secret(namespace, &format!("sealed-secrets-key{suffix}"), "kubernetes.io/tls", &labels, &data)
}
