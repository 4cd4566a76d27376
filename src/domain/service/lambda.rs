//! Lambda functions.

use crate::domain::region::Pair;

/// A Lambda function that stands in both Regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lambda {
    /// Its name in each Region.
    pub function: Pair<String>,
    /// The alias or version that is meant; without one, `$LATEST`.
    pub alias: Option<String>,
    /// What it is invoked with, a JSON object as a text.
    pub payload: String,
}
