//! What was done before a simulation opens: a scenario may begin after the service was handed over.

use serde_json::{Value, json};

use super::kube::{self, Key};
use super::mutation::{Change, Mutation};
use super::records::{Action, RecordChange, RecordSet, full_name};
use super::{World, faults};
use crate::domain::region::{HomeRole, Region};
use crate::domain::service::{Kubernetes, Spec};
use crate::sim::scenario::Part;
use crate::sim::steps::Ms;

/// How long before the promotion a source that answers is fenced, so that the replica has all of it.
const FENCED: Ms = 60_000;
/// How long after the promotion Argo CD is paused, the application told of its database, the fleet scaled, the application
/// let in, and the traffic moved.
const PAUSED: Ms = 10_000;
const PATCHED: Ms = 20_000;
const SCALED: Ms = 30_000;
const ADMITTED: Ms = 235_000;
const CACHED: Ms = 45_000;
const TOLD: Ms = 200_000;
const POINTED: Ms = 240_000;
/// Argo CD goes on after the hour in which everything is watched.
const RESUMED: Ms = 4_800_000;
/// CloudFront's control plane.
const CLOUDFRONT: &str = "us-east-1";

/// The calls of a failover, as an operator would have made them from `at` on.
pub(super) fn failed_over(world: &mut World, at: Ms) {
    let (primary, standby) = (world.service.regions.primary.to_string(), world.service.regions.standby.to_string());
    let mut calls: Vec<(Ms, String, Change)> = Vec::new();
    for component in &world.service.components {
        match &component.spec {
            Spec::RdsReplica(spec) => {
                let instance = spec.instance.standby.clone();
                calls.push((at, standby.clone(), Change::Promote { instance }));
                let answers = faults::broken(&world.scenario, HomeRole::Primary, Part::Database, at - FENCED).is_none();
                if answers && spec.sql.as_ref().is_some_and(|sql| sql.app_user.is_some()) {
                    calls.push((at - FENCED, primary.clone(), Change::Fence {}));
                    calls.push((at + ADMITTED, standby.clone(), Change::Admit {}));
                }
            }
            Spec::Kubernetes(spec) => {
                let connected = connected(world, &standby, spec, at).into_iter();
                calls.extend(connected.map(|(at, change)| (at, standby.clone(), change)));
                let started = started(world, &standby, spec, at + SCALED);
                calls.extend(started.map(|change| (at + SCALED, standby.clone(), change)));
            }
            Spec::ArcRouting(spec) => {
                let on = (spec.control.standby.clone(), "On".to_owned());
                let entries = vec![on, (spec.control.primary.clone(), "Off".to_owned())];
                let (region, _) = spec.endpoints.first().cloned().unzip();
                let region = region.map_or_else(|| standby.clone(), |region: Region| region.to_string());
                calls.push((at + POINTED, region, Change::RoutingControls { entries }));
            }
            Spec::Ecs(spec) => {
                let (cluster, service) = (spec.cluster.standby.clone(), spec.service.standby.clone());
                let desired = i64::from(spec.count.standby);
                calls.push((at + SCALED, standby.clone(), Change::ScaleService { cluster, service, desired }));
            }
            Spec::ElasticacheGlobal(spec) => {
                let (global, group) = (spec.global.clone(), spec.group.standby.clone());
                let change = Change::FailoverCache { global, region: standby.clone(), group };
                calls.push((at + CACHED, standby.clone(), change));
            }
            // The primary's own parameter is out of reach, and says what it said when it comes back.
            Spec::SsmParameter(spec) => {
                let (name, value) = (spec.name.clone(), spec.value.standby.clone());
                let change = Change::PutParameter { name, value, kind: None, overwrite: true };
                calls.push((at + TOLD, standby.clone(), change));
            }
            Spec::CloudFront(spec) => {
                let etag = world.distribution(&spec.distribution).ok().and_then(|known| known.version(at));
                let change = Change::PointDistribution {
                    distribution: spec.distribution.clone(),
                    if_match: etag.map(|version| version.etag.clone()),
                    origin: spec.origin.standby.clone(),
                };
                calls.push((at + POINTED, CLOUDFRONT.to_owned(), change));
            }
            // S3 takes no rule towards a Region that does not answer: what the standby takes stays there.
            _ => {}
        }
    }
    for pair in world.cluster_pairs() {
        let (global, target) = (pair.spec.global.clone(), world.cluster_arn(pair, HomeRole::Standby));
        calls.push((at, standby.clone(), Change::FailoverGlobal { global, target }));
    }
    let zones: Vec<_> = world.traffic_specs().map(|spec| (spec.zone.clone(), spec.record.clone())).collect();
    for ((zone, record), turn) in zones.into_iter().zip(0_i64..) {
        let changes = pointed(world, &zone, &record);
        // Route 53 takes one change of a zone at a time.
        calls.push((at + POINTED + turn * 60_000, primary.clone(), Change::Records { zone, changes }));
    }
    calls.sort_by_key(|(at, ..)| *at);
    for (turn, (at, region, change)) in (0_i64..).zip(calls) {
        let request_id = world.chance.uuid("past", turn);
        world.mutations.push(Mutation { at: world.timestamp(at), region, request_id, change });
    }
    world.compile();
}

/// The secret that names the database, patched while Argo CD is paused, which goes on when Git says the same.
fn connected(world: &World, standby: &str, spec: &Kubernetes, at: Ms) -> Vec<(Ms, Change)> {
    let written = |resource: &str, namespace: &str, name: &str| {
        let key = Key::new(resource, namespace, name);
        let object = world.kube_written(standby, &key, at).ok().flatten().cloned();
        object.map(|object| (key, object))
    };
    let change = |(key, object): (Key, Value)| {
        let Key { resource, namespace, name } = key;
        Change::Object { resource, namespace, name, object: Some(object) }
    };
    let Some(connection) = &spec.connection else { return Vec::new() };
    let Some((key, mut secret)) = written(kube::SECRETS, &spec.namespace, &connection.secret) else {
        return Vec::new();
    };
    let host = kube::seed::base64(&connection.value.standby);
    kube::set(&mut secret, "/data", &connection.key, json!(host));
    let mut calls = vec![(at + PATCHED, change((key, secret)))];
    for name in &spec.applications {
        let Some((key, application)) = written(kube::APPLICATIONS, &spec.argocd_namespace, name) else { continue };
        let mut paused = application.clone();
        let policy = application.pointer("/spec/syncPolicy/automated").map(Value::to_string);
        // As this program's own action leaves it, so that its own action takes it up again.
        kube::set(&mut paused, "/metadata", "annotations", json!({ "handover/suspended-sync": policy }));
        kube::set(&mut paused, "/spec/syncPolicy", "automated", Value::Null);
        calls.push((at + PAUSED, change((key.clone(), paused))));
        // The scenario may begin before that.
        if at + RESUMED < world.now() {
            calls.push((at + RESUMED, change((key, application))));
        }
    }
    calls
}

/// The workloads of the standby's cluster, scaled to what they are to have there.
fn started(world: &World, standby: &str, spec: &Kubernetes, at: Ms) -> impl Iterator<Item = Change> {
    let count = spec.replicas.as_ref().map(|replicas| replicas.standby);
    spec.workloads.iter().zip(std::iter::repeat(count)).filter_map(move |(workload, count)| {
        let key = Key::new(workload.kind.resource(), &spec.namespace, &workload.name);
        let mut object = world.kube_written(standby, &key, at).ok()??.clone();
        kube::set(&mut object, "/spec", "replicas", json!(count?));
        let Key { resource, namespace, name } = key;
        Some(Change::Object { resource, namespace, name, object: Some(object) })
    })
}

/// The PRIMARY record as the standby's, so that a primary which turns healthy gets no traffic back.
fn pointed(world: &World, zone: &str, record: &str) -> Vec<RecordChange> {
    let name = full_name(record);
    let records = world.zone(zone).map(|zone| zone.records.last().as_ref().clone()).unwrap_or_default();
    let find = |role: &str| {
        records.iter().find(|record| record.name == name && record.failover.as_deref() == Some(role)).cloned()
    };
    let (Some(primary), Some(standby)) = (find("PRIMARY"), find("SECONDARY")) else { return Vec::new() };
    let check = world.checks().iter().find(|check| check.role == HomeRole::Standby).map(|check| check.id.clone());
    let moved = RecordSet {
        values: standby.values,
        alias: standby.alias,
        check: primary.check.as_ref().and(check),
        ..primary.clone()
    };
    vec![
        RecordChange { action: Action::Delete, record: primary },
        RecordChange { action: Action::Create, record: moved },
    ]
}
