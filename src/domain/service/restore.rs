//! Instances that are made from backups.

use std::time::Duration;

use super::rds::Rebuild;
use crate::domain::region::Pair;

/// The way back from damage that replication has copied, and the throwaway of a drill: an instance that is made from the
/// backups of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdsRestore {
    /// The instance whose backups are used, in each Region.
    pub instance: Pair<String>,
    /// The name of what is restored, in each Region.
    pub restored: Pair<String>,
    /// What it is made with.
    pub with: Pair<Rebuild>,
    /// How long before the impact began a restore to a point in time ends.
    pub margin: Duration,
}
