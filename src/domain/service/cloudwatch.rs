//! CloudWatch: the lag series and alarms.

use std::time::Duration;

use crate::domain::region::{HomeRole, Pair};

/// CloudWatch: one lag series and alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudWatch {
    /// The lag series.
    pub lag: Option<LagMetric>,
    /// Names of alarms in each Region.
    pub alarms: Pair<Vec<String>>,
}

/// A lag metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LagMetric {
    /// Such as `AWS/RDS`.
    pub namespace: String,
    /// Such as `ReplicaLag`.
    pub metric: String,
    /// The unit of its samples.
    pub unit: LagUnit,
    /// The dimension's name and value.
    pub dimension: (String, String),
    /// The Region that the series is in: the replica's.
    pub region: HomeRole,
    /// The dimension's value in the other Region, where the series is while replication goes the other way.
    pub back: Option<String>,
    /// The samples' period.
    pub period: Duration,
}

impl LagMetric {
    /// The dimension of the series in a Region, if there is one: its name and value.
    pub fn dimension_in(&self, role: HomeRole) -> Option<(&str, &str)> {
        let value = if role == self.region { Some(&self.dimension.1) } else { self.back.as_ref() };
        value.map(|value| (self.dimension.0.as_str(), value.as_str()))
    }
}

/// The unit of a lag metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagUnit {
    /// `ReplicaLag`.
    Seconds,
    /// The `AuroraGlobalDB…` metrics.
    Milliseconds,
}
