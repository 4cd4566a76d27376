//! Parameters of Systems Manager.

use crate::domain::region::Pair;

/// A parameter that says which Region is active. Parameter Store does not replicate: each Region has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsmParameter {
    /// Its name, the same in both Regions.
    pub name: String,
    /// The value that means each Region. No secret: it is shown.
    pub value: Pair<String>,
}
