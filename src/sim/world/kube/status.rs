//! What a cluster says of its objects: status, conditions, pods.

use serde_json::{Value, json};

use super::{
    APPLICATIONS, CREATED, Cluster, DEPLOYMENTS, Key, NAMESPACES, STATEFUL_SETS, Version, argo, part, pods, set, specs,
};
use crate::domain::region::HomeRole;
use crate::sim::steps::Ms;
use crate::sim::world::World;

/// After so long without progress a deployment says that it makes none.
const DEADLINE: Ms = 600_000;

/// A status, and when it last changed.
pub(super) fn of(
    world: &World,
    cluster: &Cluster,
    role: HomeRole,
    key: &Key,
    version: &Version,
    at: Ms,
) -> Option<(Value, Ms)> {
    match key.resource.as_str() {
        DEPLOYMENTS | STATEFUL_SETS => Some(workload(world, cluster, key, version, at)),
        APPLICATIONS => Some((application(world, cluster, &key.name, at), version.at)),
        NAMESPACES => Some((json!({ "phase": "Active" }), CREATED)),
        "nodes" => Some((node(world, role, &key.name), CREATED)),
        _ => None,
    }
}

fn node(world: &World, role: HomeRole, name: &str) -> Value {
    let since = world.kube_time(CREATED);
    let condition = |kind: &str, status: &str, reason: &str| json!({ "type": kind, "status": status, "reason": reason, "lastHeartbeatTime": since, "lastTransitionTime": since });
    let size = if role == HomeRole::Primary { ("4", "16106012Ki") } else { ("2", "3943372Ki") };
    json!({
        "capacity": { "cpu": size.0, "memory": size.1, "pods": "35" },
        "conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
            condition("Ready", "True", "KubeletReady"),
        ],
        "addresses": [{ "type": "InternalDNS", "address": name }],
        "nodeInfo": { "kubeletVersion": super::VERSION, "operatingSystem": "linux" },
    })
}

fn workload(world: &World, cluster: &Cluster, key: &Key, version: &Version, at: Ms) -> (Value, Ms) {
    let versions = cluster.objects.get(key).map(Vec::as_slice).unwrap_or_default();
    let all = cluster.pods.get(key).map(Vec::as_slice).unwrap_or_default();
    // The status is of the newest wish that the controller has taken notice of.
    let known = versions.iter().rev().find(|version| pods::noticed(world, key, version) <= at).unwrap_or(version);
    let template = pods::template(versions, known.number);
    let counting = || all.iter().filter(|pod| pod.counts(at));
    let (total, ready) = (counting().count(), counting().filter(|pod| pod.ready <= at).count());
    let updated = counting().filter(|pod| pod.template == template).count();
    let wanted = pods::replicas(known.object.as_ref());
    let moments = all.iter().flat_map(|pod| [pod.created, pod.ready, pod.deleted]);
    let moments = moments.chain(versions.iter().map(|version| pods::noticed(world, key, version)));
    let since = moments.filter(|moment| *moment <= at).max().unwrap_or(CREATED);
    let name = |template: i64| {
        format!("{}-{}", key.name, world.chance.text(&key.name, template, b"bcdfghjklmnpqrstvwxz2456789", 9))
    };
    if key.resource == STATEFUL_SETS {
        let oldest = counting().map(|pod| pod.template).min().unwrap_or(template);
        let status = json!({
            "observedGeneration": known.generation, "replicas": total, "readyReplicas": ready,
            "availableReplicas": ready, "currentReplicas": counting().filter(|pod| pod.template == oldest).count(), "updatedReplicas": updated,
            "currentRevision": name(oldest), "updateRevision": name(template), "collisionCount": 0,
        });
        return (status, since);
    }
    let done = updated == wanted && total == wanted && ready == wanted;
    let rolling = all.iter().any(|pod| pod.template == template && pod.created >= known.at) && !done;
    let stuck = rolling && at - since > DEADLINE;
    let condition = |kind: &str, holds: bool, reason: &str, message: String| {
        json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "reason": reason, "message": message,
            "lastUpdateTime": world.kube_time(since), "lastTransitionTime": world.kube_time(since),
        })
    };
    let enough = ready * 4 >= wanted * 3;
    let replica_set = name(template);
    let progress = if stuck {
        condition(
            "Progressing",
            false,
            "ProgressDeadlineExceeded",
            format!("ReplicaSet \"{replica_set}\" has timed out progressing."),
        )
    } else if done {
        let said = format!("ReplicaSet \"{replica_set}\" has successfully progressed.");
        condition("Progressing", true, "NewReplicaSetAvailable", said)
    } else {
        condition("Progressing", true, "ReplicaSetUpdated", format!("ReplicaSet \"{replica_set}\" is progressing."))
    };
    let available = if enough {
        condition("Available", true, "MinimumReplicasAvailable", "Deployment has minimum availability.".to_owned())
    } else {
        let said = "Deployment does not have minimum availability.".to_owned();
        condition("Available", false, "MinimumReplicasUnavailable", said)
    };
    let mut status = json!({ "observedGeneration": known.generation, "conditions": [available, progress] });
    // What is nothing is left out, as the API does.
    let missing = total.max(wanted).saturating_sub(ready);
    for (field, count) in [
        ("replicas", total),
        ("readyReplicas", ready),
        ("availableReplicas", ready),
        ("updatedReplicas", updated),
        ("unavailableReplicas", missing),
    ] {
        if count > 0 {
            set(&mut status, "", field, json!(count));
        }
    }
    (status, since)
}

/// Argo CD calls a deployment of no replicas healthy.
fn application(world: &World, cluster: &Cluster, name: &str, at: Ms) -> Value {
    let synced = argo::synced(world, cluster, name, at);
    let mut health = "Healthy";
    for spec in specs(world).filter(|spec| spec.applications.iter().any(|of| of == name)) {
        for workload in &spec.workloads {
            let key = Key::new(workload.kind.resource(), &spec.namespace, &workload.name);
            let Some(version) = cluster.version(&key, at) else { continue };
            let Some(object) = &version.object else {
                health = "Missing";
                continue;
            };
            let (status, _) = self::workload(world, cluster, &key, version, at);
            let wanted = pods::replicas(Some(object));
            let ready =
                status.get("readyReplicas").and_then(Value::as_u64).and_then(|ready| usize::try_from(ready).ok());
            let stuck = status.to_string().contains("ProgressDeadlineExceeded");
            if stuck {
                health = "Degraded";
            } else if ready.unwrap_or(0) < wanted && health == "Healthy" {
                health = "Progressing";
            }
        }
    }
    json!({
        "sync": {
            "status": if synced { "Synced" } else { "OutOfSync" },
            "revision": format!("{:016x}{:016x}{:08x}", world.chance.bits("revision", 0), world.chance.bits("revision", 1), world.chance.bits("revision", 2) >> 32),
        },
        "health": { "status": health },
        "reconciledAt": world.kube_time(at - at.rem_euclid(180_000)),
    })
}

/// The pods of a namespace.
pub(super) fn pods(world: &World, cluster: &Cluster, namespace: &str, at: Ms) -> Vec<Value> {
    let mut shown = Vec::new();
    for (key, all) in cluster.pods.iter().filter(|(key, _)| key.namespace == namespace) {
        for pod in all.iter().filter(|pod| pod.created <= at && at < pod.gone) {
            let versions = cluster.objects.get(key).into_iter().flatten();
            let template = versions.into_iter().find(|version| version.number == pod.template);
            let template = template.and_then(|version| version.object.as_ref()?.pointer("/spec/template"));
            let Some(template) = template else { continue };
            shown.push(shown_pod(world, key, pod, template, at));
        }
    }
    shown
}

fn shown_pod(world: &World, key: &Key, pod: &pods::Pod, template: &Value, at: Ms) -> Value {
    let (waits, ready) = (pod.placed > at, pod.is_ready(at));
    let since = [pod.created, pod.placed, pod.ready, pod.deleted].into_iter().filter(|moment| *moment <= at).max();
    let since = since.unwrap_or(pod.created);
    let condition = |kind: &str, holds: bool| {
        let mut condition = json!({
            "type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": world.kube_time(since),
        });
        if kind == "PodScheduled" && !holds {
            set(&mut condition, "", "reason", json!("Unschedulable"));
            set(&mut condition, "", "message", json!("0/2 nodes are available: 2 Insufficient cpu."));
        }
        condition
    };
    let names = template.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let containers: Vec<Value> = names
        .map(|container| {
            let state = if ready {
                json!({ "running": { "startedAt": world.kube_time(pod.ready) } })
            } else {
                json!({ "waiting": { "reason": "ContainerCreating" } })
            };
            let (name, image) = (container.get("name"), container.get("image"));
            json!({ "name": name, "image": image, "ready": ready, "started": ready, "restartCount": 0, "state": state })
        })
        .collect();
    let label = format!("pod {} {}", key.name, pod.name);
    let mut metadata = json!({
        "name": pod.name, "namespace": key.namespace, "uid": world.chance.uuid(&label, pod.created),
        "creationTimestamp": world.kube_time(pod.created), "resourceVersion": super::version_text(since, 999),
        "labels": part(template, "/metadata/labels"),
    });
    if pod.deleted <= at {
        set(&mut metadata, "", "deletionTimestamp", json!(world.kube_time(pod.deleted)));
        set(&mut metadata, "", "deletionGracePeriodSeconds", json!(30));
    }
    let mut status = json!({
        "phase": if ready || pod.deleted <= at { "Running" } else { "Pending" },
        "conditions": [
            condition("PodScheduled", !waits), condition("ContainersReady", ready), condition("Ready", ready),
        ],
    });
    if !waits {
        set(&mut status, "", "containerStatuses", Value::Array(containers));
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": part(template, "/spec"), "status": status })
}
