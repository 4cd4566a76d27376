//! An Aurora Global Database.

use super::sql::Sql;
use crate::domain::region::Pair;

/// An Aurora Global Database with a cluster in each Region, of which one writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuroraGlobal {
    /// The global cluster's identifier.
    pub global: String,
    /// The cluster's identifier in each Region.
    pub cluster: Pair<String>,
    /// How to ask the databases themselves; without it, AWS's word is all there is.
    pub sql: Option<Sql>,
}
