//! ElastiCache global datastores.

use crate::domain::region::Pair;

/// A global datastore (Valkey or Redis OSS): one replication group in each Region, of which one takes writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElasticacheGlobal {
    /// The global datastore's id, with the prefix that ElastiCache gave it, such as `ldgnf-sessions`.
    pub global: String,
    /// The replication group's id in each Region.
    pub group: Pair<String>,
}
