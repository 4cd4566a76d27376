//! Route 53 health checks.

use crate::domain::region::Pair;

/// A Route 53 health check of each Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// The health check's id in each Region.
    pub id: Pair<String>,
    /// Whether it is inverted on an ordinary day: what `release` gives back.
    pub inverted: Pair<bool>,
    /// The id of a calculated health check above them.
    pub parent: Option<String>,
    /// What each is in a simulation.
    pub simulated: Pair<SimulatedCheck>,
}

/// What a health check is in a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SimulatedCheck {
    /// It asks the Region's endpoint.
    #[default]
    Https,
    /// It asks a private address, which no checker reaches.
    Tcp,
    /// A calculated one without children.
    Calculated,
    /// It follows the alarm on the Region's endpoint.
    Alarm,
    /// It follows the Region's routing control.
    RoutingControl,
}
