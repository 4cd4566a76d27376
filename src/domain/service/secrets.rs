//! Secrets Manager.

use crate::domain::region::Pair;

/// A secret and its replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReplica {
    /// The secret's name, the same in both Regions.
    pub secret: String,
    /// Where in it a database's host stands, if it holds one: a replica says the same as the primary, host and all.
    pub host: Option<SecretHost>,
}

/// The host that a secret names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHost {
    /// The key of the secret's JSON object.
    pub key: String,
    /// The host of each Region's own database.
    pub value: Pair<String>,
}
