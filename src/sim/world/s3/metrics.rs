//! What S3 tells CloudWatch of replication, each minute, of rules with metrics.

use super::{Body, Fate, Storage, Version};
use crate::domain::region::HomeRole;
use crate::sim::scenario::Part;
use crate::sim::steps::Ms;
use crate::sim::world::World;
use crate::sim::world::faults::broken;
use crate::sim::world::metrics::{MetricQuery, aggregate};

/// S3 writes a sample a minute.
const MINUTE: Ms = 60_000;
/// How long after its minute a sample can be read.
const LATE: Ms = 20_000;
/// How long after metrics were enabled the first one comes.
const FIRST: Ms = 15 * MINUTE;
/// How far back samples are kept here.
const KEPT: Ms = 3 * 3_600_000;

/// The namespace of S3's metrics.
pub const NAMESPACE: &str = "AWS/S3";
const LATENCY: &str = "ReplicationLatency";
const BYTES: &str = "BytesPendingReplication";
const OPERATIONS: &str = "OperationsPendingReplication";
const FAILED: &str = "OperationsFailedReplication";

/// Where a metric is from and to, and by which rule.
type Dimensions = Vec<(String, String)>;

fn dimension<'a>(dimensions: &'a [(String, String)], name: &str) -> Option<&'a str> {
    dimensions.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// In which of the two Regions a metric is published: what failed where it was written, what waits where it is to go.
fn published(metric: &str, source: HomeRole) -> Option<HomeRole> {
    match metric {
        LATENCY | BYTES | OPERATIONS => Some(source.other()),
        FAILED => Some(source),
        _ => None,
    }
}

fn unit(metric: &str) -> &'static str {
    match metric {
        LATENCY => "Seconds",
        BYTES => "Bytes",
        _ => "Count",
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds, counts and sizes of a few hours")]
fn value(metric: &str, all: &[(Version, Fate)], start: Ms, end: Ms) -> f64 {
    let waiting = || all.iter().filter(|(version, fate)| version.at <= end && fate.waits(end));
    let size = |version: &Version| version.body.as_ref().map_or(0, Body::size);
    match metric {
        LATENCY => waiting().map(|(version, _)| end - version.at).max().unwrap_or(0) as f64 / 1_000.0,
        BYTES => waiting().map(|(version, _)| size(version)).sum::<usize>() as f64,
        OPERATIONS => waiting().count() as f64,
        _ => all.iter().filter(|(_, fate)| fate.fails.is_some_and(|at| start < at && at <= end)).count() as f64,
    }
}

impl Storage {
    /// The rules of a bucket with metrics that have been there for long enough at a moment.
    fn measured(&self, role: HomeRole, at: Ms) -> Vec<&str> {
        let told = |at| -> Vec<&str> {
            let rules = self.config(role, at).into_iter().flat_map(|config| &config.rules);
            let to = self.spec.bucket.get(role.other());
            rules.filter(|rule| rule.enabled && rule.metrics && rule.to == *to).map(|rule| rule.id.as_str()).collect()
        };
        let before = told(at - FIRST);
        told(at).into_iter().filter(|id| before.contains(id)).collect()
    }
}

impl World {
    /// Samples of a metric of S3, as [`World::samples`].
    pub(in crate::sim::world) fn replication_samples(
        &self,
        region: &str,
        query: &MetricQuery,
        (start, end): (Ms, Ms),
        now: Ms,
    ) -> Vec<(Ms, f64)> {
        let from = dimension(&query.dimensions, "SourceBucket").and_then(|bucket| self.storage(bucket));
        let (Some((storage, role)), Some(to), Some(rule)) =
            (from, dimension(&query.dimensions, "DestinationBucket"), dimension(&query.dimensions, "RuleId"))
        else {
            return Vec::new();
        };
        let here = published(&query.metric, role).is_some_and(|role| self.role_of(region) == Some(role));
        let unit_fits = query.unit.as_ref().is_none_or(|asked| asked == unit(&query.metric));
        if !here || !unit_fits || to != storage.spec.bucket.get(role.other()) || query.dimensions.len() != 3 {
            return Vec::new();
        }
        let versions = storage.everything(self, now).into_iter().filter(|version| version.origin == role);
        let fates = versions.map(|version| (storage.fate(self, &version), version));
        // What had arrived before the first minute is in none of them.
        let all: Vec<(Version, Fate)> = fates
            .filter(|(fate, _)| fate.rule.as_deref() == Some(rule) && !fate.arrived(start))
            .map(|(fate, version)| (version, fate))
            .collect();
        let period = query.period.max(MINUTE);
        let offset = self.epoch().as_millisecond();
        let first = (start.max(now - KEPT) + offset).div_euclid(period) * period - offset;
        let mut out = Vec::new();
        let mut bucket = if first < start { first + period } else { first };
        while bucket < end.min(now) {
            let minutes = (0..period / MINUTE).map(|minute| bucket + minute * MINUTE);
            let written = minutes.filter(|minute| {
                let end = minute + MINUTE;
                // Nobody can count in a Region that is gone.
                let gone = |role| broken(&self.scenario, role, Part::All, end).is_some();
                end + LATE <= now && !gone(role) && !gone(role.other()) && storage.measured(role, end).contains(&rule)
            });
            let values: Vec<f64> = written.map(|minute| value(&query.metric, &all, minute, minute + MINUTE)).collect();
            if let Some(value) = aggregate(&query.stat, &values) {
                out.push((bucket, value));
            }
            bucket += period;
        }
        out
    }

    /// The metrics of S3 that a Region has: each with its dimensions.
    pub fn replication_metrics(&self, region: &str, at: Ms) -> Vec<(&'static str, Dimensions)> {
        let mut found = Vec::new();
        for storage in self.storages() {
            for role in [HomeRole::Primary, HomeRole::Standby] {
                let rules = storage.measured(role, at);
                for metric in [LATENCY, BYTES, OPERATIONS, FAILED] {
                    if published(metric, role).is_none_or(|role| self.role_of(region) != Some(role)) {
                        continue;
                    }
                    found.extend(rules.iter().map(|rule| {
                        let pairs = [
                            ("SourceBucket", storage.spec.bucket.get(role).as_str()),
                            ("DestinationBucket", storage.spec.bucket.get(role.other()).as_str()),
                            ("RuleId", rule),
                        ];
                        (metric, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
                    }));
                }
            }
        }
        found
    }
}
