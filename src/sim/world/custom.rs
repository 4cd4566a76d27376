//! CloudWatch's metrics that callers write themselves.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::metrics::{KEPT, LATE, MINUTE, MetricQuery, aggregate};
use super::mutation::Change;
use super::{ApiError, World};
use crate::sim::steps::Ms;

/// How far into the future and into the past a value may be dated.
const AHEAD: Ms = 2 * 3_600_000;
const BEHIND: Ms = 14 * 86_400_000;

/// A value of a metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datum {
    /// The metric.
    #[serde(rename = "MetricName")]
    pub metric: String,
    /// Its dimensions, in order of their names.
    #[serde(rename = "Dimensions")]
    pub dimensions: Vec<(String, String)>,
    /// The moment; without one, that of the call.
    #[serde(rename = "Timestamp", default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The value.
    #[serde(rename = "Value")]
    pub value: serde_json::Number,
    /// Its unit.
    #[serde(rename = "Unit", default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl World {
    pub(super) fn may_put_metric(&self, namespace: &str, data: &[Datum], at: Ms) -> Result<(), ApiError> {
        let no = |message: String| Err(ApiError::new(400, "InvalidParameterValue", message));
        if namespace.is_empty() || namespace.starts_with("AWS/") || namespace.starts_with(':') {
            return no(format!("The value {namespace} for parameter Namespace is invalid."));
        }
        if data.is_empty() {
            let message = "The parameter MetricData is required.".to_owned();
            return Err(ApiError::new(400, "MissingParameter", message));
        }
        let dated = data.iter().filter_map(|datum| datum.at.map(|at| self.ms(at)));
        for (when, place) in dated.zip(1..) {
            if when > at + AHEAD || when < at - BEHIND {
                return no(format!(
                    "The parameter MetricData.member.{place}.Timestamp must specify a time within the past two weeks and no \
                     more than two hours in the future."
                ));
            }
        }
        Ok(())
    }

    /// Samples of a metric that callers have written in this Region, oldest first.
    pub(super) fn own_samples(
        &self,
        region: &str,
        query: &MetricQuery,
        (start, end): (Ms, Ms),
        now: Ms,
    ) -> Vec<(Ms, f64)> {
        let mut asked = query.dimensions.clone();
        asked.sort();
        let period = query.period.max(MINUTE);
        // Periods are of the wall clock, not of the simulation.
        let offset = self.epoch().as_millisecond();
        let mut buckets: BTreeMap<Ms, Vec<f64>> = BTreeMap::new();
        for mutation in self.mutations().iter().filter(|mutation| mutation.region == region) {
            let Change::PutMetric { namespace, data } = &mutation.change else { continue };
            let written = self.ms(mutation.at);
            if *namespace != query.namespace || written + LATE > now {
                continue;
            }
            for datum in data {
                let at = datum.at.map_or(written, |at| self.ms(at));
                let bucket = (at + offset).div_euclid(period) * period - offset;
                let right = datum.metric == query.metric
                    && datum.dimensions == asked
                    && query.unit.as_ref().is_none_or(|unit| datum.unit.as_deref().unwrap_or("None") == unit);
                if right && bucket >= start.max(now - KEPT) && bucket < end {
                    buckets.entry(bucket).or_default().extend(datum.value.as_f64());
                }
            }
        }
        buckets.into_iter().filter_map(|(at, values)| Some((at, aggregate(&query.stat, &values)?))).collect()
    }
}
