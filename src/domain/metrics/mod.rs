//! Metrics: what is read of a service and what its runs came to, as numbers that others keep and put alarms on. What is stale,
//! lost or was not measured is no number: it is not there.

mod exposition;
mod recent;
mod record;

use jiff::Timestamp;

use super::board::Board;
use super::reading::{Freshness, Key, Value};
use super::run::Mode;
use super::service::Service;

pub use exposition::{CONTENT_TYPE, exposition};
pub use recent::Recent;
pub use record::{Achieved, Record};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The share of the last looks that an endpoint answered as it should.
    HealthCheck,
    /// How far the standby is behind.
    ReplicationLag,
    /// How long an endpoint took to answer.
    ResponseTime,
    /// The share of the disruption meter's requests that were answered.
    Availability,
    /// How often the service was handed over.
    Failovers,
    /// How long the last recovery took.
    Rto,
    /// From how long a span the last recovery may have lost writes.
    Rpo,
}

/// A unit that CloudWatch knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Hundredths.
    Percent,
    /// Thousandths of a second.
    Milliseconds,
    /// A number of things.
    Count,
    /// One that CloudWatch has no word for: the metric's name says it.
    None,
}

impl Kind {
    /// Each of them, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::HealthCheck,
        Self::ReplicationLag,
        Self::ResponseTime,
        Self::Availability,
        Self::Failovers,
        Self::Rto,
        Self::Rpo,
    ];

    /// Its name in CloudWatch.
    pub fn name(self) -> &'static str {
        match self {
            Self::HealthCheck => "HealthCheck/Success",
            Self::ReplicationLag => "ReplicationLag/Milliseconds",
            Self::ResponseTime => "ResponseTime/Milliseconds",
            Self::Availability => "Availability/Percentage",
            Self::Failovers => "Failover/Count",
            Self::Rto => "RTO/Minutes",
            Self::Rpo => "RPO/Minutes",
        }
    }

    /// Its unit in CloudWatch, which has no minutes.
    pub fn unit(self) -> Unit {
        match self {
            Self::HealthCheck | Self::Availability => Unit::Percent,
            Self::ReplicationLag | Self::ResponseTime => Unit::Milliseconds,
            Self::Failovers => Unit::Count,
            Self::Rto | Self::Rpo => Unit::None,
        }
    }
}

/// A dimension of CloudWatch, and a label of Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The service's name.
    Service,
    /// The Region that it is about, or `public` for the service as the world sees it.
    Region,
    /// The component that looked.
    Vantage,
    /// `live` or `drill`: a rehearsal says nothing of a real event.
    Mode,
}

impl Dimension {
    /// Its name in CloudWatch.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Region => "Region",
            Self::Vantage => "Vantage",
            Self::Mode => "Mode",
        }
    }
}

/// A number that is known now.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Of what.
    pub kind: Kind,
    /// In the unit that its name in CloudWatch says.
    pub value: f64,
    /// Of which service, where, and seen by what.
    pub dimensions: Vec<(Dimension, String)>,
}

/// What metrics are made of.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The service.
    pub service: &'a Service,
    /// What was read.
    pub board: &'a Board,
    /// What the disruption meter counted in the last minutes.
    pub recent: &'a Recent,
    /// What past runs came to; `None` where that could not be read, or where it does not matter, in a simulation.
    pub record: Option<&'a Record>,
}

/// As what the service is known that has no Region, as the disruption meter has it.
const PUBLIC: &str = super::disruption::PUBLIC;

/// Every metric that is known at a moment.
pub fn collect(of: Sources<'_>, now: Timestamp) -> Vec<Metric> {
    let mut all = Vec::new();
    let mut add = |kind, value: f64, rest: Vec<(Dimension, String)>| {
        if value.is_finite() {
            let service = (Dimension::Service, of.service.name.clone());
            all.push(Metric { kind, value, dimensions: [service].into_iter().chain(rest).collect() });
        }
    };
    for (key, reading) in of.board.iter().filter(|(_, reading)| reading.freshness(now) == Freshness::Fresh) {
        let (kind, value) = match (key.fact.as_str(), &reading.value) {
            ("success_rate", Value::Number(percent)) => (Kind::HealthCheck, *percent),
            ("response_time", Value::Seconds(seconds)) => (Kind::ResponseTime, seconds * 1000.0),
            ("lag", Value::Seconds(seconds)) if replicates(of.board, key) => (Kind::ReplicationLag, seconds * 1000.0),
            _ => continue,
        };
        // Another kind's or a program's own fact of that name may be anything.
        if of.service.component(&key.component).is_some_and(|component| kind.is_told_by(component.spec.kind())) {
            let region = key.place.region().map_or(PUBLIC, |region| region.as_str());
            add(kind, value, vec![(Dimension::Region, region.to_owned()), (Dimension::Vantage, key.component.clone())]);
        }
    }
    for (vantage, percent) in of.recent.availability(of.service.meter, now) {
        let seen = vec![(Dimension::Region, vantage.from.clone()), (Dimension::Vantage, vantage.component.clone())];
        add(Kind::Availability, percent, seen);
    }
    let Some(record) = of.record else { return all };
    for mode in [Mode::Live, Mode::Drill] {
        let to =
            |region: &str| vec![(Dimension::Region, region.to_owned()), (Dimension::Mode, mode.as_str().to_owned())];
        for region in [&of.service.regions.primary, &of.service.regions.standby] {
            add(Kind::Failovers, f64::from(record.handovers(mode, region)), to(region.as_str()));
        }
        let Some(last) = record.last(mode) else { continue };
        let minutes = |span: std::time::Duration| span.as_secs_f64() / 60.0;
        if let Some(took) = last.rto {
            add(Kind::Rto, minutes(took), to(last.target.as_str()));
        }
        if let Some(most) = last.rpo {
            add(Kind::Rpo, minutes(most), to(last.target.as_str()));
        }
    }
    all
}

impl Kind {
    /// Whether a kind of component says this by a fact of its own.
    fn is_told_by(self, component: &str) -> bool {
        match self {
            Self::HealthCheck | Self::ResponseTime => component == "endpoint",
            Self::ReplicationLag => ["cloudwatch", "aurora-global", "elasticache-global"].contains(&component),
            Self::Availability | Self::Failovers | Self::Rto | Self::Rpo => false,
        }
    }
}

/// Whether the series that a lag is the last value of goes on: a sample after it may say that nothing replicates any more.
fn replicates(board: &Board, lag: &Key) -> bool {
    let series = Key { fact: "lag_series".to_owned(), ..lag.clone() };
    match board.get(&series).map(|reading| &reading.value) {
        Some(Value::Series(samples)) => samples.last().is_none_or(|(_, value)| value.is_some()),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
