//! Records of a hosted zone, and changes of them, as the wire log has them.

use serde::{Deserialize, Serialize};

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordChange {
    /// `CREATE`, `DELETE` or `UPSERT`.
    #[serde(rename = "Action")]
    pub action: Action,
    /// The record set.
    #[serde(rename = "ResourceRecordSet")]
    pub record: RecordSet,
}

/// What is done to a record set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// It must not exist.
    Create,
    /// It must exist exactly so.
    Delete,
    /// Whatever is there is replaced.
    Upsert,
}

/// A record set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSet {
    /// Its name: lower case, with the final dot.
    #[serde(rename = "Name")]
    pub name: String,
    /// Its type.
    #[serde(rename = "Type")]
    pub kind: String,
    /// What tells it from others of the same name and type.
    #[serde(rename = "SetIdentifier", default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// `PRIMARY` or `SECONDARY`.
    #[serde(rename = "Failover", default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    /// Seconds for which an answer may be kept.
    #[serde(rename = "TTL")]
    pub ttl: u32,
    /// Its values; an alias has none.
    #[serde(rename = "ResourceRecords", default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// What it is an alias of.
    #[serde(rename = "AliasTarget", default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<AliasTarget>,
    /// The health check that it depends on.
    #[serde(rename = "HealthCheckId", default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
}

/// What an alias record stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AliasTarget {
    /// The hosted zone that the name is in.
    #[serde(rename = "HostedZoneId")]
    pub zone: String,
    /// The name: lower case, with the final dot.
    #[serde(rename = "DNSName")]
    pub name: String,
    /// Whether the record is unhealthy when its target is.
    #[serde(rename = "EvaluateTargetHealth")]
    pub evaluate: bool,
}

impl RecordSet {
    /// Whether it is in the same place as another: same name, type and set identifier.
    pub fn same_place(&self, other: &Self) -> bool {
        self.name == other.name && self.kind == other.kind && self.set == other.set
    }
}

/// A name as Route 53 writes it: lower case, with the final dot.
pub fn full_name(name: &str) -> String {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    format!("{name}.")
}
