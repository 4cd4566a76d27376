//! Secrets Manager.

/// A secret and its replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReplica {
    /// The secret's name, the same in both Regions.
    pub secret: String,
}
