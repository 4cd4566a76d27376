//! Kubernetes: a cluster in each Region, whose objects are what was written and whose controllers take their time.

mod argo;
mod pods;
pub mod seed;
mod status;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::pods::Pod;
use super::ecs::Fleet;
use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{self, Spec};
use crate::sim::steps::{EVER, Ms, Steps};

/// The version that the simulated API says it is, and whose interface it has.
pub const VERSION: &str = "v1.32.4-eks-0000000";
/// Deployments.
pub const DEPLOYMENTS: &str = "deployments.apps";
/// Stateful sets.
pub const STATEFUL_SETS: &str = "statefulsets.apps";
/// Argo CD's applications.
pub const APPLICATIONS: &str = "applications.argoproj.io";
/// Secrets.
pub const SECRETS: &str = "secrets";
/// Namespaces.
pub const NAMESPACES: &str = "namespaces";
/// Pods: they follow from the workloads, and are not written.
pub const PODS: &str = "pods";

/// Six weeks before the scenario's zero, when the clusters were made.
pub(super) const CREATED: Ms = -86_400_000 * 42;

/// Where an object is in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it is, such as `deployments.apps`.
    pub resource: String,
    /// Its namespace; empty for what has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// The key of an object.
    pub fn new(resource: &str, namespace: &str, name: &str) -> Self {
        Self { resource: resource.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

/// What an object was from a moment on.
#[derive(Debug, Clone, PartialEq)]
struct Version {
    at: Ms,
    /// Which of the object's versions it is, from 1.
    number: i64,
    /// Which of its wishes: changes of `spec` alone count.
    generation: i64,
    /// `None` once it is deleted.
    object: Option<Value>,
}

/// One Region's cluster over time.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    objects: BTreeMap<Key, Vec<Version>>,
    pods: BTreeMap<Key, Vec<Pod>>,
}

impl Cluster {
    fn put(&mut self, key: Key, at: Ms, object: Option<Value>) {
        let versions = self.objects.entry(key).or_default();
        let last = versions.last();
        let spec = |object: &Option<Value>| object.as_ref().and_then(|object| object.get("spec")).cloned();
        let (number, generation) = match last {
            // Made anew, it begins anew.
            Some(last) if last.object.is_none() => (last.number + 1, 1),
            Some(last) => (last.number + 1, last.generation + i64::from(spec(&last.object) != spec(&object))),
            None => (1, 1),
        };
        versions.push(Version { at, number, generation, object });
    }

    fn version(&self, key: &Key, at: Ms) -> Option<&Version> {
        let versions = self.objects.get(key)?;
        let after = versions.partition_point(|version| version.at <= at);
        versions.get(after.checked_sub(1)?)
    }

    /// What was written of an object, as it is at a moment.
    fn written(&self, key: &Key, at: Ms) -> Option<&Value> {
        self.version(key, at)?.object.as_ref()
    }

    fn last(&self, key: &Key) -> Option<&Version> {
        self.objects.get(key)?.last()
    }
}

/// The service's parts in a cluster.
pub(super) fn specs(world: &World) -> impl Iterator<Item = &service::Kubernetes> {
    world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::Kubernetes(spec) => Some(spec),
        _ => None,
    })
}

pub(super) fn compile(world: &World) -> Pair<Cluster> {
    if specs(world).next().is_none() {
        return Pair::default();
    }
    Pair { primary: cluster(world, HomeRole::Primary), standby: cluster(world, HomeRole::Standby) }
}

fn cluster(world: &World, role: HomeRole) -> Cluster {
    let mut cluster = Cluster::default();
    for (key, object) in seed::objects(world, role) {
        cluster.put(key, CREATED, Some(object));
    }
    for mutation in world.mutations() {
        let Change::Object { resource, namespace, name, object } = &mutation.change else { continue };
        if world.role_of(&mutation.region) != Some(role) {
            continue;
        }
        let at = world.ms(mutation.at);
        argo::heal(world, role, &mut cluster, at);
        if resource == NAMESPACES && object.is_none() {
            let inside: Vec<Key> = cluster.objects.keys().filter(|key| key.namespace == *name).cloned().collect();
            for key in inside {
                cluster.put(key, at, None);
            }
        }
        cluster.put(Key::new(resource, namespace, name), at, object.clone());
    }
    argo::heal(world, role, &mut cluster, crate::sim::steps::NEVER);
    let workloads =
        cluster.objects.iter().filter(|(key, _)| key.resource == DEPLOYMENTS || key.resource == STATEFUL_SETS);
    let pods = workloads.map(|(key, versions)| (key.clone(), pods::of(world, role, key, versions))).collect();
    cluster.pods = pods;
    cluster
}

/// What stands behind each Region's endpoint: pods that are ready, and that were started with their own Region's database.
pub(super) fn behind(world: &World, clusters: &Pair<Cluster>) -> Vec<Fleet> {
    let mut fleets = Vec::new();
    for spec in specs(world) {
        for workload in &spec.workloads {
            let key = Key::new(workload.kind.resource(), &spec.namespace, &workload.name);
            let running = |role: HomeRole| {
                let cluster = clusters.get(role);
                let pods = cluster.pods.get(&key).map(Vec::as_slice).unwrap_or_default();
                let right =
                    |pod: &&Pod| spec.connection.as_ref().is_none_or(|_| connects(cluster, spec, role, pod.placed));
                let pods: Vec<&Pod> = pods.iter().filter(right).collect();
                let moments: Vec<Ms> = pods.iter().flat_map(|pod| [pod.ready, pod.deleted]).collect();
                let count = |at| pods.iter().filter(|pod| pod.is_ready(at)).count();
                Steps::of(moments, |at| i64::try_from(count(at.max(CREATED))).unwrap_or(i64::MAX))
            };
            let running = Pair { primary: running(HomeRole::Primary), standby: running(HomeRole::Standby) };
            let named = Pair { primary: workload.name.clone(), standby: workload.name.clone() };
            let spec = service::Ecs {
                cluster: spec.context.clone(),
                service: named,
                count: Pair { primary: 0, standby: 0 },
                rest: 0,
            };
            fleets.push(Fleet { spec, desired: running.clone(), running });
        }
    }
    fleets
}

/// Whether a container that starts at a moment is told of its own Region's database.
fn connects(cluster: &Cluster, spec: &service::Kubernetes, role: HomeRole, at: Ms) -> bool {
    let Some(connection) = &spec.connection else { return true };
    let key = Key::new(SECRETS, &spec.namespace, &connection.secret);
    let secret = cluster.written(&key, at.max(CREATED));
    let held = secret.and_then(|secret| secret.pointer("/data")?.get(&connection.key)?.as_str());
    held == Some(&seed::base64(connection.value.get(role)))
}

impl World {
    /// A Region's cluster.
    fn kube_cluster(&self, region: &str) -> Result<(&Cluster, HomeRole), ApiError> {
        let role = self.role_of(region).filter(|_| specs(self).next().is_some());
        let role = role.ok_or_else(|| ApiError::new(404, "NotFound", "there is no such cluster".to_owned()))?;
        Ok((self.compiled.kube.get(role), role))
    }

    /// An object as its cluster's API shows it; `None` if it is not there.
    pub fn kube_object(&self, region: &str, key: &Key, at: Ms) -> Result<Option<Value>, ApiError> {
        let (cluster, role) = self.kube_cluster(region)?;
        if key.resource == PODS {
            let pods = status::pods(self, cluster, &key.namespace, at);
            return Ok(pods.into_iter().find(|pod| pod.pointer("/metadata/name") == Some(&json!(key.name))));
        }
        let Some(version) = cluster.version(key, at) else { return Ok(None) };
        Ok(version.object.as_ref().map(|object| self.shown(cluster, role, key, version, object, at)))
    }

    /// Every object of a kind, in one namespace or in all.
    pub fn kube_objects(
        &self,
        region: &str,
        resource: &str,
        namespace: Option<&str>,
        at: Ms,
    ) -> Result<Vec<Value>, ApiError> {
        let (cluster, role) = self.kube_cluster(region)?;
        let here = |of: &str| namespace.is_none_or(|namespace| namespace == of);
        if resource == PODS {
            let mut spaces: Vec<&String> = cluster.pods.keys().map(|key| &key.namespace).collect();
            spaces.dedup();
            let spaces = spaces.into_iter().filter(|space| here(space));
            return Ok(spaces.flat_map(|space| status::pods(self, cluster, space, at)).collect());
        }
        let keys = cluster.objects.keys().filter(|key| key.resource == resource && here(&key.namespace));
        let shown = |key: &Key| {
            let version = cluster.version(key, at)?;
            Some(self.shown(cluster, role, key, version, version.object.as_ref()?, at))
        };
        Ok(keys.filter_map(shown).collect())
    }

    /// What was written of an object, without what the cluster says of it: what a write is compared with.
    pub fn kube_written(&self, region: &str, key: &Key, at: Ms) -> Result<Option<&Value>, ApiError> {
        Ok(self.kube_cluster(region)?.0.written(key, at))
    }

    /// The newest version of anything in a cluster: what a list is of.
    pub fn kube_version(&self, at: Ms) -> String {
        version_text(at, 999)
    }

    fn shown(&self, cluster: &Cluster, role: HomeRole, key: &Key, version: &Version, object: &Value, at: Ms) -> Value {
        let mut shown = object.clone();
        let status = status::of(self, cluster, role, key, version, at);
        let made = cluster.objects.get(key).into_iter().flatten().rev();
        let first = made.take_while(|version| version.object.is_some()).last().map_or(version.at, |first| first.at);
        let stamp = match &status {
            Some((_, since)) if *since > version.at => (*since, 999),
            _ => (version.at, version.number),
        };
        if let Some(metadata) = shown.pointer_mut("/metadata").and_then(Value::as_object_mut) {
            let label = format!("{role} {}/{}/{}", key.resource, key.namespace, key.name);
            metadata.insert("uid".into(), json!(self.chance.uuid(&label, first)));
            metadata.insert("creationTimestamp".into(), json!(self.kube_time(first)));
            metadata.insert("resourceVersion".into(), json!(version_text(stamp.0, stamp.1)));
            if object.get("spec").is_some() && key.resource != NAMESPACES {
                metadata.insert("generation".into(), json!(version.generation));
            }
        }
        if let (Some((status, _)), Some(shown)) = (status, shown.as_object_mut()) {
            shown.insert("status".into(), status);
        }
        shown
    }

    /// A moment as Kubernetes writes it: whole seconds.
    pub fn kube_time(&self, at: Ms) -> String {
        self.timestamp(at.max(EVER)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    pub(super) fn may_write_object(
        &self,
        region: &str,
        resource: &str,
        namespace: &str,
        object: Option<&Value>,
        at: Ms,
    ) -> Result<(), ApiError> {
        let (cluster, _) = self.kube_cluster(region)?;
        if resource == PODS || resource == "nodes" {
            let message = format!("{resource} cannot be written in a simulated cluster");
            return Err(ApiError::new(405, "MethodNotAllowed", message));
        }
        let space = Key::new(NAMESPACES, "", namespace);
        if !namespace.is_empty() && object.is_some() && cluster.written(&space, at).is_none() {
            return Err(ApiError::new(404, "NotFound", format!("namespaces \"{namespace}\" not found")));
        }
        Ok(())
    }
}

/// Versions go up with time, and with each write of an object.
fn version_text(at: Ms, number: i64) -> String {
    ((at - CREATED + 1_000) * 1_000 + number.rem_euclid(1_000)).to_string()
}

/// Sets a field of the map that a pointer leads to; nothing happens where there is none.
pub fn set(object: &mut Value, parent: &str, name: &str, value: Value) {
    if let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.insert(name.to_owned(), value);
    }
}

/// An object's own part of a map, empty if it has none.
fn part<'a>(object: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
    object.pointer(path).and_then(Value::as_object)
}
