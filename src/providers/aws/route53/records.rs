//! Failover records as the AWS CLI writes them: what a plan shows, what a person pastes and what is sent are one text.

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, RrType,
};
use serde::{Deserialize, Serialize};

use super::Failover;
use crate::domain::reading::{Unread, Why};
use crate::domain::text;
use crate::providers::aws::errors;

/// One failover record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) set_identifier: String,
    pub(super) failover: String,
    #[serde(rename = "TTL")]
    pub(super) ttl: i64,
    pub(super) resource_records: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) health_check_id: Option<String>,
}

/// One value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Value {
    pub(super) value: String,
}

/// The two records under the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Both {
    pub(super) primary: Record,
    pub(super) secondary: Record,
}

/// A change of records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch {
    pub(super) changes: Vec<OneChange>,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneChange {
    pub(super) action: String,
    pub(super) resource_record_set: Record,
}

impl Record {
    /// Its value, where it has exactly one.
    pub(super) fn value(&self) -> Option<&str> {
        match self.resource_records.as_slice() {
            [only] => Some(&only.value),
            _ => None,
        }
    }

    /// Compact JSON, as in a plan.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What this kind can put back exactly as it was; anything else would be lost by a change.
    fn read(set: &ResourceRecordSet) -> Result<Self, String> {
        let failover = set.failover().map(ResourceRecordSetFailover::as_str).unwrap_or_default();
        if set.alias_target().is_some() {
            return Err(format!("the {failover} record is an alias; this kind handles records with values"));
        }
        let more = set.weight().is_some()
            || set.region().is_some()
            || set.geo_location().is_some()
            || set.multi_value_answer().is_some()
            || set.cidr_routing_config().is_some()
            || set.geo_proximity_location().is_some()
            || set.traffic_policy_instance_id().is_some();
        if more {
            return Err(format!("the {failover} record has more than a failover policy"));
        }
        Ok(Self {
            name: set.name().to_owned(),
            r#type: set.r#type().as_str().to_owned(),
            set_identifier: set.set_identifier().unwrap_or_default().to_owned(),
            failover: failover.to_owned(),
            ttl: set.ttl().unwrap_or_default(),
            resource_records: set
                .resource_records()
                .iter()
                .map(|record| Value { value: record.value().to_owned() })
                .collect(),
            health_check_id: set.health_check_id().map(ToOwned::to_owned),
        })
    }

    fn build(&self) -> Result<ResourceRecordSet, BuildError> {
        let mut set = ResourceRecordSet::builder()
            .name(&self.name)
            .r#type(RrType::from(self.r#type.as_str()))
            .set_identifier(&self.set_identifier)
            .failover(ResourceRecordSetFailover::from(self.failover.as_str()))
            .ttl(self.ttl)
            .set_health_check_id(self.health_check_id.clone());
        for record in &self.resource_records {
            set = set.resource_records(ResourceRecord::builder().value(&record.value).build()?);
        }
        set.build()
    }
}

impl Batch {
    /// Takes a record away exactly as it is and puts another in its place, at once or not at all: if somebody has changed the
    /// record in between, Route 53 refuses both.
    pub(super) fn swap(old: &Record, new: &Record) -> Self {
        let change = |action: &str, record: &Record| OneChange {
            action: action.to_owned(),
            resource_record_set: record.clone(),
        };
        Self { changes: vec![change("DELETE", old), change("CREATE", new)] }
    }

    /// The record that a batch takes away, and the one that it makes.
    pub(super) fn sides(&self) -> Option<(&Record, &Record)> {
        match self.changes.as_slice() {
            [old, new] if old.action == "DELETE" && new.action == "CREATE" => {
                Some((&old.resource_record_set, &new.resource_record_set))
            }
            _ => None,
        }
    }

    pub(super) fn build(&self) -> Result<ChangeBatch, BuildError> {
        let mut batch = ChangeBatch::builder();
        for change in &self.changes {
            batch = batch.changes(
                Change::builder()
                    .action(ChangeAction::from(change.action.as_str()))
                    .resource_record_set(change.resource_record_set.build()?)
                    .build()?,
            );
        }
        batch.build()
    }
}

/// A host name or an address as it is compared: without case and without the final dot.
pub(super) fn plain(value: &str) -> String {
    value.trim().trim_end_matches('.').to_ascii_lowercase()
}

impl Failover {
    /// The two records as Route 53 has them now.
    pub(super) async fn records(&self) -> Result<Both, Unread> {
        let what = format!("route53:ListResourceRecordSets {}", self.spec.zone);
        let wanted = self.spec.record_type.as_str();
        let output = self
            .aws
            .route53
            .read
            .list_resource_record_sets()
            .hosted_zone_id(&self.spec.zone)
            .start_record_name(&self.spec.record)
            .start_record_type(RrType::from(wanted))
            .max_items(20)
            .send()
            .await
            .map_err(|err| errors::unread(&what, &err))?;
        let mut primary = None;
        let mut secondary = None;
        let name = plain(&self.spec.record);
        for set in output.resource_record_sets() {
            if plain(set.name()) != name || set.r#type().as_str() != wanted {
                continue;
            }
            let slot = match set.failover() {
                Some(ResourceRecordSetFailover::Primary) => &mut primary,
                Some(ResourceRecordSetFailover::Secondary) => &mut secondary,
                _ => continue,
            };
            let record = Record::read(set).map_err(|why| Unread::new(Why::Other, format!("{what}: {why}")))?;
            *slot = Some(record);
        }
        match (primary, secondary) {
            (Some(primary), Some(secondary)) => Ok(Both { primary, secondary }),
            (has_primary, _) => {
                let missing = if has_primary.is_none() { "PRIMARY" } else { "SECONDARY" };
                let name = text::bounded(&self.spec.record, 200);
                Err(Unread::new(Why::NotFound, format!("{what}: {name} has no {missing} {wanted} failover record")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            name: "api.example.com.".into(),
            r#type: "CNAME".into(),
            set_identifier: "it's primary".into(),
            failover: "PRIMARY".into(),
            ttl: 60,
            resource_records: vec![Value { value: "east.example.com".into() }],
            health_check_id: Some("hc-1".into()),
        }
    }

    #[test]
    fn a_batch_survives_its_json_and_becomes_the_same_call() {
        let new = Record { resource_records: vec![Value { value: "west.example.com".into() }], ..record() };
        let batch = Batch::swap(&record(), &new);
        let json = serde_json::to_string(&batch).unwrap();
        assert!(
            json.starts_with(r#"{"Changes":[{"Action":"DELETE","ResourceRecordSet":{"Name":"api.example.com.""#),
            "{json}"
        );
        let back: Batch = serde_json::from_str(&json).unwrap();
        assert_eq!(back, batch);
        let built = back.build().unwrap();
        assert_eq!(Record::read(built.changes()[0].resource_record_set().unwrap()).unwrap(), record());
        assert_eq!(Record::read(built.changes()[1].resource_record_set().unwrap()).unwrap(), new);
    }

    #[test]
    fn names_are_compared_as_dns_does() {
        assert_eq!(plain("API.Example.com."), plain("api.example.com"));
    }
}
