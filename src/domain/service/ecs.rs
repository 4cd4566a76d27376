//! ECS services.

use crate::domain::region::Pair;

/// An ECS service that stands in both Regions: it runs where the service is active, and few tasks or none elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecs {
    /// The cluster's name in each Region.
    pub cluster: Pair<String>,
    /// The service's name in each Region.
    pub service: Pair<String>,
    /// How many tasks each Region runs when it carries the service.
    pub count: Pair<u32>,
    /// How many tasks a Region runs that does not.
    pub rest: u32,
}
