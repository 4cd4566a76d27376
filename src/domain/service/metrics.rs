//! Where metrics of a service are published.

use std::time::Duration;

use crate::domain::region::HomeRole;

/// Metrics in CloudWatch: under which namespace, how often, and in which Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// The namespace, such as `MultiRegion`.
    pub namespace: String,
    /// How often they are published.
    pub every: Duration,
    /// In which of the two Regions: whoever looks at them has to find them when the other is gone.
    pub region: HomeRole,
}
