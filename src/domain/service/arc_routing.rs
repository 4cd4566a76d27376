//! Routing controls of Route 53 Application Recovery Controller.

use crate::domain::region::{Pair, Region};

/// A routing control for each Region, on one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArcRouting {
    /// The ARN of each Region's routing control.
    pub control: Pair<String>,
    /// The cluster's endpoints: the Region that each is in, and its URL.
    pub endpoints: Vec<(Region, String)>,
}
