//! CloudWatch: the lag series and the alarms, as the world makes them.

use super::World;
use super::health::Answering;
use super::lineage::other;
use super::store::Store;
use crate::domain::region::HomeRole;
use crate::domain::service::{LagMetric, LagUnit, Spec};
use crate::sim::scenario::Part;
use crate::sim::steps::Ms;

/// RDS writes a sample a minute.
pub(super) const MINUTE: Ms = 60_000;
/// How long after its minute a sample can be read.
pub(super) const LATE: Ms = 12_000;
/// How far back samples are kept here: CloudWatch keeps far more, nobody asks for it in an incident.
pub(super) const KEPT: Ms = 6 * 3_600_000;

/// What is asked of one metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricQuery {
    /// Such as `AWS/RDS`.
    pub namespace: String,
    /// Such as `ReplicaLag`.
    pub metric: String,
    /// The dimensions, all of them.
    pub dimensions: Vec<(String, String)>,
    /// The period in milliseconds.
    pub period: Ms,
    /// `Average`, `Maximum`, `Minimum`, `Sum` or `SampleCount`.
    pub stat: String,
    /// The unit, if one is demanded.
    pub unit: Option<String>,
}

/// An alarm's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM` or `INSUFFICIENT_DATA`.
    pub state: &'static str,
    /// Why, in CloudWatch's manner.
    pub reason: String,
    /// Since when, roughly.
    pub since: Ms,
    /// What it watches.
    pub metric: (&'static str, &'static str),
}

impl World {
    /// The Region whose replica RDS writes this metric of, and how many of its units are a second.
    fn lag_of(&self, region: &str, query: &MetricQuery) -> Option<(HomeRole, f64)> {
        let role = self.role_of(region)?;
        if (query.namespace.as_str(), query.metric.as_str()) != ("AWS/RDS", "ReplicaLag") {
            let configured = self.lag_metric(region, query)?;
            return Some((role, if configured.unit == LagUnit::Milliseconds { 1_000.0 } else { 1.0 }));
        }
        let [(dimension, instance)] = query.dimensions.as_slice() else { return None };
        let right = dimension == "DBInstanceIdentifier" && query.unit.as_ref().is_none_or(|unit| unit == "Seconds");
        let known = self.databases().iter().any(|database| database.is_current(role, instance));
        (right && known).then_some((role, 1.0))
    }

    fn lag_metric(&self, region: &str, query: &MetricQuery) -> Option<&LagMetric> {
        self.service.components.iter().find_map(|component| match &component.spec {
            Spec::CloudWatch(watch) => watch.lag.as_ref().filter(|lag| {
                let unit = match lag.unit {
                    LagUnit::Seconds => "Seconds",
                    LagUnit::Milliseconds => "Milliseconds",
                };
                let dimension = self.role_of(region).and_then(|role| lag.dimension_in(role));
                let asked = query.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                dimension.is_some()
                    && asked.eq(dimension)
                    && lag.namespace == query.namespace
                    && lag.metric == query.metric
                    && query.unit.as_ref().is_none_or(|asked| asked == unit)
            }),
            _ => None,
        })
    }

    /// The lag metrics that a Region has.
    pub fn lag_metrics(&self, region: &str) -> Vec<&LagMetric> {
        let lags = self.service.components.iter().filter_map(|component| match &component.spec {
            Spec::CloudWatch(watch) => watch.lag.as_ref(),
            _ => None,
        });
        lags.filter(|lag| self.service.regions.get(lag.region).as_str() == region).collect()
    }

    /// Samples of a metric from `start` to before `end`, oldest first. Another unit, dimension or Region than the
    /// metric's own gives none, as CloudWatch does.
    pub fn samples(&self, region: &str, query: &MetricQuery, start: Ms, end: Ms, now: Ms) -> Vec<(Ms, f64)> {
        if query.namespace == super::s3::NAMESPACE {
            return self.replication_samples(region, query, (start, end), now);
        }
        if let Some(samples) = self.cluster_samples(region, query, start, end, now) {
            return samples;
        }
        if query.metric == "GlobalDatastoreReplicationLag" && query.namespace == "AWS/ElastiCache" {
            return self.cache_samples(region, query, start, end, now);
        }
        let Some((role, scale)) = self.lag_of(region, query) else {
            return self.own_samples(region, query, (start, end), now);
        };
        let period = query.period.max(MINUTE);
        // Periods are of the wall clock, not of the simulation.
        let offset = self.epoch().as_millisecond();
        let first = (start.max(now - KEPT) + offset).div_euclid(period) * period - offset;
        let mut out = Vec::new();
        let mut bucket = if first < start { first + period } else { first };
        while bucket < end.min(now) {
            let minutes = (0..period / MINUTE).map(|minute| bucket + minute * MINUTE);
            let values: Vec<f64> = minutes.filter_map(|minute| self.lag_sample(role, minute, now)).collect();
            if let Some(value) = aggregate(&query.stat, &values) {
                out.push((bucket, value * scale));
            }
            bucket += period;
        }
        out
    }

    /// The lag in seconds that RDS wrote for the minute from `minute` on. While the replica cannot hear from its
    /// source nothing is written.
    fn lag_sample(&self, role: HomeRole, minute: Ms, now: Ms) -> Option<f64> {
        let end = minute + MINUTE;
        let store = self.stores().next()?;
        if end + LATE > now || !store.streaming(role, end) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "lags are minutes, not millennia")]
        Some(self.lag_told(store, role, end) as f64 / 1_000.0)
    }

    /// The lag as the replica tells it: the age of the last row, which on an idle source grows to the five minutes
    /// after which the log is switched, although nothing is missing.
    fn lag_told(&self, store: Store<'_>, role: HomeRole, at: Ms) -> Ms {
        let lag = store.lag_at(at);
        let last = self.commit_in(store, other(role), at - lag).unwrap_or(at - lag);
        lag + if at - lag - last > 5_000 { (at - lag - last) % 300_000 } else { 0 }
    }

    /// The alarms of a Region, by the names in the service file.
    pub fn alarms(&self, region: &str, at: Ms) -> Vec<Alarm> {
        let Some(role) = self.role_of(region) else { return Vec::new() };
        let names = self.service.components.iter().filter_map(|component| match &component.spec {
            Spec::CloudWatch(watch) => Some(watch.alarms.get(role)),
            _ => None,
        });
        names.flatten().map(|name| self.alarm(name, role, at)).collect()
    }

    fn alarm(&self, name: &str, role: HomeRole, at: Ms) -> Alarm {
        let lower = name.to_ascii_lowercase();
        if lower.contains("lag") || lower.contains("replica") {
            self.lag_alarm(name, role, at)
        } else {
            self.endpoint_alarm(name, role, at)
        }
    }

    fn lag_alarm(&self, name: &str, role: HomeRole, at: Ms) -> Alarm {
        let minute = (at + self.epoch().as_millisecond()).div_euclid(MINUTE) * MINUTE - self.epoch().as_millisecond();
        let warn = self.service.lag.warn.as_secs_f64();
        let newest =
            (1..=5).find_map(|back| Some((minute - back * MINUTE, self.lag_sample(role, minute - back * MINUTE, at)?)));
        let (state, reason, since) = match newest {
            None => ("INSUFFICIENT_DATA", "Insufficient Data: 5 datapoints were unknown.".to_owned(), minute),
            Some((when, lag)) if lag >= warn => (
                "ALARM",
                format!(
                    "Threshold Crossed: 1 datapoint [{lag:.1}] was greater than or equal to the threshold ({warn:.1})."
                ),
                when,
            ),
            Some((when, lag)) => (
                "OK",
                format!(
                    "Threshold Crossed: 1 datapoint [{lag:.1}] was not greater than or equal to the threshold ({warn:.1})."
                ),
                when,
            ),
        };
        Alarm { name: name.to_owned(), state, reason, since, metric: ("AWS/RDS", "ReplicaLag") }
    }

    /// In the Region that serves, anything but 200 for two minutes; in the other, where "read only" is as it should
    /// be, no answer at all.
    fn endpoint_alarm(&self, name: &str, role: HomeRole, at: Ms) -> Alarm {
        let serves = role == HomeRole::Primary || self.stores().any(|store| !store.in_recovery(role, at));
        let bad = |answering: Answering| match answering {
            Answering::Ok => false,
            Answering::ReadOnly | Answering::Empty => serves,
            Answering::NoDatabase | Answering::Error | Answering::Hang | Answering::Refuse => true,
        };
        let (answering, since) = self.endpoint(role, at);
        let held = since.is_none_or(|since| at - since >= MINUTE);
        let before = since.map(|since| self.endpoint(role, since - 1).0);
        // What has held for less than a minute is not seen yet.
        let seen = if held { answering } else { before.unwrap_or(answering) };
        let (state, reason) = if bad(seen) {
            ("ALARM", "Threshold Crossed: 1 datapoint [0.0] was less than the threshold (1.0).".to_owned())
        } else {
            ("OK", "Threshold Crossed: 1 datapoint [1.0] was not less than the threshold (1.0).".to_owned())
        };
        let since = since.unwrap_or(-86_400_000) + MINUTE;
        Alarm { name: name.to_owned(), state, reason, since, metric: ("AWS/Route53", "HealthCheckStatus") }
    }

    /// Whether a Region's database answers at a moment; otherwise how it does not.
    pub fn database_reach(&self, role: HomeRole, at: Ms) -> Option<crate::sim::scenario::Fault> {
        super::faults::broken(&self.scenario, role, Part::Database, at)
    }
}

pub(super) fn aggregate(stat: &str, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a handful of samples")]
    let count = values.len() as f64;
    Some(match stat {
        "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
        "Minimum" => values.iter().copied().fold(f64::MAX, f64::min),
        "Sum" => values.iter().sum(),
        "SampleCount" => count,
        _ => values.iter().sum::<f64>() / count,
    })
}
