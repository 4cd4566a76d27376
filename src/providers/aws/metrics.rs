//! Metrics in CloudWatch, by PutMetricData. The API's limits (API reference, PutMetricData): 1,000 metrics and 1 MB a call.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{self, MetricDatum, StandardUnit};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::{Clients, errors};
use crate::domain::metrics::{Metric, Unit};
use crate::domain::reading::Unread;
use crate::domain::region::Region;
use crate::domain::service::Service;
use crate::ports::{MetricStore, during};

/// As what these calls are known in CloudTrail; no step has such a name.
pub const OWN: &str = "+metrics";

/// How many metrics go with one call.
const METRICS: usize = 1_000;
/// How many bytes do: half of what is allowed, as each is only estimated.
const BYTES: usize = 500_000;
/// What a metric has besides its texts, and each of its dimensions, at most.
const OVERHEAD: usize = 100;

/// A namespace of CloudWatch in one Region.
struct CloudWatchMetrics {
    aws: Clients,
    region: Region,
    namespace: String,
}

/// Where the service file wants metrics to be published, if it does.
pub fn store(service: &Service, aws: &Clients) -> Option<Arc<dyn MetricStore>> {
    let wanted = service.metrics.as_ref()?;
    let region = service.regions.get(wanted.region).clone();
    Some(Arc::new(CloudWatchMetrics { aws: aws.clone(), region, namespace: wanted.namespace.clone() }))
}

#[async_trait]
impl MetricStore for CloudWatchMetrics {
    async fn put(&self, metrics: &[Metric], at: Timestamp) -> Result<(), Unread> {
        let (client, what) =
            (&self.aws.region(&self.region)?.metrics, format!("cloudwatch:PutMetricData {}", self.region));
        for call in calls(metrics) {
            let data = call.iter().map(|metric| datum(metric, at)).collect();
            let call = client.put_metric_data().namespace(&self.namespace).set_metric_data(Some(data));
            during(OWN, call.send()).await.map_err(|error| errors::unread(&what, &error))?;
        }
        Ok(())
    }
}

fn datum(metric: &Metric, at: Timestamp) -> MetricDatum {
    let unit = match metric.kind.unit() {
        Unit::Percent => StandardUnit::Percent,
        Unit::Milliseconds => StandardUnit::Milliseconds,
        Unit::Count => StandardUnit::Count,
        Unit::None => StandardUnit::None,
    };
    let dimensions = metric.dimensions.iter().map(|(name, value)| {
        let dimension = types::Dimension::builder().name(name.as_str()).value(value);
        dimension.build()
    });
    MetricDatum::builder()
        .metric_name(metric.kind.name())
        .set_dimensions(Some(dimensions.collect()))
        .timestamp(DateTime::from_millis(at.as_millisecond()))
        .value(metric.value)
        .unit(unit)
        .build()
}

/// The metrics of each call: as many as it may hold.
fn calls(mut metrics: &[Metric]) -> Vec<&[Metric]> {
    let mut calls = Vec::new();
    while !metrics.is_empty() {
        let mut bytes = 0;
        let fits = |metric: &&Metric| {
            bytes += size(metric);
            bytes <= BYTES
        };
        let count = metrics.iter().take(METRICS).take_while(fits).count().max(1);
        let (call, rest) = metrics.split_at(count);
        calls.push(call);
        metrics = rest;
    }
    calls
}

/// About how many bytes a metric is on the wire.
fn size(metric: &Metric) -> usize {
    let dimensions = metric.dimensions.iter().map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD);
    metric.kind.name().len() + OVERHEAD + dimensions.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metrics::{Dimension, Kind};

    fn metrics(count: usize, value: &str) -> Vec<Metric> {
        let one = Metric { kind: Kind::Rto, value: 1.0, dimensions: vec![(Dimension::Service, value.to_owned())] };
        vec![one; count]
    }

    fn lengths(metrics: &[Metric]) -> Vec<usize> {
        calls(metrics).into_iter().map(<[Metric]>::len).collect()
    }

    #[test]
    fn a_call_has_no_more_metrics_and_no_more_bytes_than_it_may() {
        assert_eq!(lengths(&[]), [] as [usize; 0]);
        assert_eq!(lengths(&metrics(1_000, "shop")), [1_000]);
        assert_eq!(lengths(&metrics(2_001, "shop")), [1_000, 1_000, 1]);
        let long = metrics(1_000, &"x".repeat(1_000));
        assert!(calls(&long).iter().all(|call| call.iter().map(size).sum::<usize>() <= BYTES));
        assert_eq!(lengths(&long).iter().sum::<usize>(), 1_000);
        // What is too large alone is for CloudWatch to refuse.
        assert_eq!(lengths(&metrics(2, &"x".repeat(BYTES))), [1, 1]);
    }
}
