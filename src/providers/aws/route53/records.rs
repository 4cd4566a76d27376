//! Failover records as the AWS CLI writes them: what a plan shows, what a person pastes and what is sent are one text.

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover,
    RrType,
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
    #[serde(rename = "TTL", skip_serializing_if = "Option::is_none", default)]
    pub(super) ttl: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) resource_records: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) alias_target: Option<Alias>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) health_check_id: Option<String>,
}

/// One value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Value {
    pub(super) value: String,
}

/// The name that an alias record stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Alias {
    pub(super) hosted_zone_id: String,
    #[serde(rename = "DNSName")]
    pub(super) dns_name: String,
    pub(super) evaluate_target_health: bool,
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
    /// Its value, where it has exactly one; of an alias, the name that it stands for.
    pub(super) fn value(&self) -> Option<&str> {
        match (&self.alias_target, self.resource_records.as_slice()) {
            (Some(alias), []) => Some(&alias.dns_name),
            (None, [only]) => Some(&only.value),
            _ => None,
        }
    }

    /// For how many seconds an answer may be kept: of an alias of a load balancer, 60 (developer guide, "Choosing between
    /// alias and non-alias records").
    pub(super) fn ttl(&self) -> i64 {
        self.ttl.unwrap_or(60)
    }

    /// The same record with another target and health check.
    pub(super) fn pointed_at(&self, target: &str, zone: Option<&str>, check: Option<String>) -> Self {
        let mut new = Self { health_check_id: check, ..self.clone() };
        match (&mut new.alias_target, zone) {
            (Some(alias), Some(zone)) => {
                zone.clone_into(&mut alias.hosted_zone_id);
                target.clone_into(&mut alias.dns_name);
            }
            _ => new.resource_records = vec![Value { value: target.to_owned() }],
        }
        new
    }

    /// Compact JSON, as in a plan.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What this kind can put back exactly as it was; anything else would be lost by a change.
    fn read(set: &ResourceRecordSet) -> Result<Self, String> {
        let failover = set.failover().map(ResourceRecordSetFailover::as_str).unwrap_or_default();
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
            ttl: set.ttl(),
            alias_target: set.alias_target().map(|alias| Alias {
                hosted_zone_id: alias.hosted_zone_id().to_owned(),
                dns_name: alias.dns_name().to_owned(),
                evaluate_target_health: alias.evaluate_target_health(),
            }),
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
            .set_ttl(self.ttl)
            .set_health_check_id(self.health_check_id.clone());
        if let Some(alias) = &self.alias_target {
            set = set.alias_target(
                AliasTarget::builder()
                    .hosted_zone_id(&alias.hosted_zone_id)
                    .dns_name(&alias.dns_name)
                    .evaluate_target_health(alias.evaluate_target_health)
                    .build()?,
            );
        }
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

/// A host name or an address as it is compared: without case, without the final dot, and without the `dualstack.` that AWS's
/// own console puts before a load balancer's name.
pub(super) fn plain(value: &str) -> String {
    let value = value.trim().trim_end_matches('.').to_ascii_lowercase();
    value.strip_prefix("dualstack.").map(str::to_owned).unwrap_or(value)
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
            if record.alias_target.is_some() != self.spec.alias_zone.is_some() {
                let is = if record.alias_target.is_some() { "an alias" } else { "no alias" };
                let why =
                    format!("{what}: the {} record is {is}, and the service file says otherwise", record.failover);
                return Err(Unread::new(Why::Other, why));
            }
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
            ttl: Some(60),
            resource_records: vec![Value { value: "east.example.com".into() }],
            alias_target: None,
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
    fn an_alias_keeps_everything_but_its_target() {
        let alias = Alias {
            hosted_zone_id: "ZEAST".into(),
            dns_name: "dualstack.east.elb.example.com.".into(),
            evaluate_target_health: true,
        };
        let old = Record { ttl: None, resource_records: vec![], alias_target: Some(alias), ..record() };
        let new = old.pointed_at("west.elb.example.com", Some("ZWEST"), Some("hc-2".into()));
        let alias = new.alias_target.as_ref().unwrap();
        assert_eq!((alias.hosted_zone_id.as_str(), alias.evaluate_target_health), ("ZWEST", true));
        assert_eq!((new.value(), new.ttl()), (Some("west.elb.example.com"), 60));
        let batch = Batch::swap(&old, &new);
        let json = serde_json::to_string(&batch).unwrap();
        assert!(json.contains(r#""AliasTarget":{"HostedZoneId":"ZWEST","DNSName":"west.elb.example.com""#), "{json}");
        assert!(!json.contains("TTL") && !json.contains("ResourceRecords"), "{json}");
        let built = batch.build().unwrap();
        assert_eq!(Record::read(built.changes()[0].resource_record_set().unwrap()).unwrap(), old);
        assert_eq!(plain(old.value().unwrap()), "east.elb.example.com");
    }

    #[test]
    fn names_are_compared_as_dns_does() {
        assert_eq!(plain("API.Example.com."), plain("api.example.com"));
    }
}
