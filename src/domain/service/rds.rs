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
}
