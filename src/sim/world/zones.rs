//! Route 53's control plane: record changes, all or none, and how they spread.

use std::sync::Arc;

use super::dns::{Propagation, SERVERS, Zone};
use super::health::HealthCheck;
use super::mutation::Change;
use super::records::{Action, AliasTarget, RecordChange, RecordSet, full_name};
use super::{ApiError, World};
use crate::domain::region::HomeRole;
use crate::sim::steps::{Ms, Steps};

/// For how long after a change the zone takes no other.
const ACCEPTING: Ms = 2_000;

impl Zone {
    pub(super) fn compile(world: &World, checks: &[HealthCheck]) -> Vec<Self> {
        let mut zones: Vec<Self> = Vec::new();
        for spec in world.traffic_specs() {
            let name = full_name(spec.record.split_once('.').map_or(spec.record.as_str(), |(_, rest)| rest));
            if !zones.iter().any(|zone| zone.id == spec.zone) {
                let records = Steps::always(Arc::new(own_records(&name, &world.server_names())));
                zones.push(Self {
                    id: spec.zone.clone(),
                    name,
                    servers: vec![records.clone(); SERVERS],
                    records,
                    changes: Vec::new(),
                });
            }
            let Some(zone) = zones.iter_mut().find(|zone| zone.id == spec.zone) else { continue };
            let mut records = zone.records.last().as_ref().clone();
            for (role, failover) in [(HomeRole::Primary, "PRIMARY"), (HomeRole::Standby, "SECONDARY")] {
                let target = spec.target.get(role);
                let alias = spec.alias_zone.as_ref().map(|zones| AliasTarget {
                    zone: zones.get(role).clone(),
                    name: full_name(target),
                    evaluate: true,
                });
                records.push(RecordSet {
                    name: full_name(&spec.record),
                    kind: spec.record_type.as_str().to_owned(),
                    set: Some(role.as_str().to_owned()),
                    failover: Some(failover.to_owned()),
                    ttl: 60,
                    values: if alias.is_some() { Vec::new() } else { vec![target.clone()] },
                    alias,
                    check: checks.iter().find(|check| check.role == role).map(|check| check.id.clone()),
                });
            }
            zone.records = Steps::always(Arc::new(records));
            zone.servers = vec![zone.records.clone(); SERVERS];
        }
        for mutation in world.mutations() {
            let Change::Records { zone: id, changes } = &mutation.change else { continue };
            let Some(zone) = zones.iter_mut().find(|zone| zone.id == *id) else { continue };
            if let Ok(records) = apply(&zone.name, zone.records.last(), changes) {
                zone.spread(world, world.ms(mutation.at), &Arc::new(records));
            }
        }
        zones
    }

    fn spread(&mut self, world: &World, at: Ms, records: &Arc<Vec<RecordSet>>) {
        let insync = at + world.chance.between("insync", at, 20_000, 40_000);
        self.records.push(at, Arc::clone(records));
        for (index, server) in (0_i64..).zip(&mut self.servers) {
            let own = at + world.chance.between("server", at ^ (index << 40), 3_000, (insync - at).max(3_001) - 1_000);
            // A server never has a later change before an earlier one.
            let own = server.moments().last().map_or(own, |last| own.max(last + 1));
            server.push(own, Arc::clone(records));
        }
        let id = world.chance.text("change", at, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20);
        self.changes.push(Propagation { id: format!("C{id}"), at, insync });
    }
}

fn own_records(zone: &str, servers: &[String]) -> Vec<RecordSet> {
    let record = |kind: &str, ttl, values| RecordSet {
        name: zone.to_owned(),
        kind: kind.to_owned(),
        set: None,
        failover: None,
        ttl,
        values,
        alias: None,
        check: None,
    };
    let first = servers.first().map_or("ns-1.sim", String::as_str);
    vec![
        record("NS", 172_800, servers.iter().map(|server| format!("{server}.")).collect()),
        record("SOA", 900, vec![format!("{first}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400")]),
    ]
}

fn told(record: &RecordSet) -> String {
    let set = record.set.as_ref().map_or(String::new(), |set| format!(", set identifier='{set}'"));
    format!("resource record set [name='{}', type='{}'{set}]", record.name, record.kind)
}

/// The records after a batch, or what is wrong with it.
fn apply(zone: &str, records: &[RecordSet], changes: &[RecordChange]) -> Result<Vec<RecordSet>, String> {
    let mut after = records.to_vec();
    for RecordChange { action, record } in changes {
        if record.name != zone && !record.name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.')) {
            return Err(format!("RRSet with DNS name {} is not permitted in zone {zone}", record.name));
        }
        let place = after.iter().position(|have| have.same_place(record));
        match (action, place) {
            (Action::Create, Some(_)) => {
                return Err(format!("Tried to create {} but it already exists", told(record)));
            }
            (Action::Create | Action::Upsert, None) => after.push(record.clone()),
            (Action::Upsert, Some(place)) => {
                if let Some(have) = after.get_mut(place) {
                    have.clone_from(record);
                }
            }
            (Action::Delete, None) => {
                return Err(format!("Tried to delete {} but it was not found", told(record)));
            }
            (Action::Delete, Some(place)) => {
                if after.get(place).is_none_or(|have| !same(have, record)) {
                    return Err(format!(
                        "Tried to delete {} but the values provided do not match the current values",
                        told(record)
                    ));
                }
                after.remove(place);
            }
        }
        sensible(&after, record)?;
    }
    if ["NS", "SOA"].iter().any(|kind| !after.iter().any(|record| record.name == zone && record.kind == *kind)) {
        return Err(format!("A HostedZone must contain exactly one SOA record and one NS record set at {zone}"));
    }
    Ok(after)
}

fn same(have: &RecordSet, told: &RecordSet) -> bool {
    let values = |record: &RecordSet| {
        let mut values = record.values.clone();
        values.sort();
        values
    };
    values(have) == values(told)
        && RecordSet { values: Vec::new(), ..have.clone() } == RecordSet { values: Vec::new(), ..told.clone() }
}

fn sensible(records: &[RecordSet], record: &RecordSet) -> Result<(), String> {
    let beside: Vec<&RecordSet> =
        records.iter().filter(|other| other.name == record.name && other.kind == record.kind).collect();
    for role in ["PRIMARY", "SECONDARY"] {
        if beside.iter().filter(|other| other.failover.as_deref() == Some(role)).count() > 1 {
            return Err(format!("A failover record set with role {role} already exists for {}", told(record)));
        }
    }
    let simple = beside.iter().filter(|other| other.failover.is_none()).count();
    if simple > 1 || (simple == 1 && beside.len() > 1) {
        return Err(format!(
            "{} mixes record sets that have a routing policy with others that have none",
            told(record)
        ));
    }
    Ok(())
}

impl World {
    /// Whether a batch of changes would be taken now.
    pub(super) fn may_change_records(&self, zone: &str, changes: &[RecordChange], at: Ms) -> Result<(), ApiError> {
        let Some(zone) = self.zone(zone) else {
            return Err(ApiError::new(404, "NoSuchHostedZone", format!("No hosted zone found with ID: {zone}")));
        };
        if changes.is_empty() {
            return Err(ApiError::new(400, "InvalidInput", "A batch of changes must hold at least one".to_owned()));
        }
        if zone.changes.last().is_some_and(|last| at < last.at + ACCEPTING) {
            return Err(ApiError::new(
                400,
                "PriorRequestNotComplete",
                "The request was rejected because Route 53 was still processing a prior request.".to_owned(),
            ));
        }
        for RecordChange { record, .. } in changes {
            let unknown = record.check.as_ref().filter(|id| !self.checks().iter().any(|check| check.id == **id));
            if let Some(id) = unknown {
                return Err(ApiError::new(404, "NoSuchHealthCheck", format!("No health check exists with ID: {id}")));
            }
        }
        match apply(&zone.name, zone.records.last(), changes) {
            Ok(_) => Ok(()),
            Err(message) => Err(ApiError::new(400, "InvalidChangeBatch", format!("[{message}]"))),
        }
    }

    /// Whether a health check's settings may be changed now.
    pub(super) fn may_change_check(&self, id: &str) -> Result<(), ApiError> {
        if self.checks().iter().any(|check| check.id == id) {
            Ok(())
        } else {
            Err(ApiError::new(404, "NoSuchHealthCheck", format!("No health check exists with ID: {id}")))
        }
    }
}
