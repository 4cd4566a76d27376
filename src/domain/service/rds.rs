//! An RDS instance with a cross-Region read replica.

use super::sql::Sql;
use crate::domain::region::Pair;

/// An RDS instance and its cross-Region read replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdsReplica {
    /// The instance identifier in each Region.
    pub instance: Pair<String>,
    /// How to ask the databases themselves; without it, AWS's word is all there is.
    pub sql: Option<Sql>,
    /// How a replica is made anew in each Region; without it, that is done by other means.
    pub rebuild: Option<Pair<Rebuild>>,
    /// The security groups by which each Region's instance is cut off, and let in again.
    pub cut_off: Option<Pair<CutOff>>,
}

/// The security groups of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOff {
    /// The one that lets nobody in.
    pub closed: String,
    /// Its own.
    pub open: Vec<String>,
}

/// What a new replica in a Region is made with. It is in nobody's reach until these are right: a replica without the
/// service's subnets and security groups starts, and the application cannot connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// The DB subnet group.
    pub subnet_group: String,
    /// The KMS key of that Region: its ARN, id or alias. An encrypted source cannot be replicated without.
    pub kms_key: String,
    /// The security groups; without any, the subnets' default.
    pub security_groups: Vec<String>,
    /// The parameter group; without one, the engine's default.
    pub parameter_group: Option<String>,
    /// The instance class; without one, the source's.
    pub class: Option<String>,
}
