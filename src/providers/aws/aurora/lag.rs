//! How far the reader is behind: CloudWatch's figures, which are in the reader's Region alone, in milliseconds.

use std::time::Duration;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StandardUnit, StatusCode};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::AuroraGlobal;
use crate::domain::duration;
use crate::domain::lag::from_replica_lag;
use crate::domain::reading::{Unread, Why, age};
use crate::domain::region::{HomeRole, Region};
use crate::providers::aws::{errors, timestamp};

/// How far back a last sample is looked for: an outage may have begun long ago.
const SPAN: Duration = Duration::from_hours(3);
/// A metric of one minute comes up to two minutes late; what is older than this has stopped.
const STOPPED: Duration = Duration::from_mins(4);

/// Replication of the storage, what the recovery point is made of, and how far transactions of users and the system are
/// behind.
const METRICS: [(&str, &str); 3] = [
    ("replication", "AuroraGlobalDBReplicationLag"),
    ("rpo", "AuroraGlobalDBRPOLag"),
    ("progress", "AuroraGlobalDBProgressLag"),
];

/// The bounds between which a recovery point is the same for a consent, in seconds.
const BANDS: [f64; 7] = [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];

/// A sample in seconds, and when it was true.
pub(super) type Sample = (Timestamp, f64);

/// The last figures there are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lag {
    pub(super) replication: Option<Sample>,
    pub(super) rpo: Option<Sample>,
    pub(super) progress: Option<Sample>,
}

impl AuroraGlobal {
    pub(super) async fn lag(&self, region: &Region, role: HomeRole) -> Result<Lag, Unread> {
        let what = format!("cloudwatch:GetMetricData {region}");
        let dimension = Dimension::builder().name("DBClusterIdentifier").value(self.spec.cluster.get(role)).build();
        let queries = METRICS.map(|(id, name)| {
            let metric = Metric::builder().namespace("AWS/RDS").metric_name(name).dimensions(dimension.clone()).build();
            // With another unit than the samples' own, CloudWatch answers nothing.
            let unit = StandardUnit::Milliseconds;
            let stat = MetricStat::builder().metric(metric).period(60).stat("Maximum").unit(unit).build();
            MetricDataQuery::builder().id(id).metric_stat(stat).return_data(true).build()
        });
        let now = self.own.clock.now().as_second();
        let from = now.saturating_sub_unsigned(SPAN.as_secs());
        let output = self
            .aws
            .region(region)?
            .cloudwatch
            .get_metric_data()
            .set_metric_data_queries(Some(queries.to_vec()))
            .start_time(DateTime::from_secs(from - from.rem_euclid(60)))
            .end_time(DateTime::from_secs(now))
            .scan_by(ScanBy::TimestampDescending)
            .send()
            .await
            .map_err(|err| errors::unread(&what, &err))?;
        let mut lag = Lag::default();
        for result in output.metric_data_results() {
            match result.status_code() {
                Some(StatusCode::Forbidden) => return Err(Unread::new(Why::Denied, format!("{what}: Forbidden"))),
                Some(StatusCode::InternalError) => {
                    return Err(Unread::new(Why::ServerError, format!("{what}: InternalError")));
                }
                _ => {}
            }
            let samples = result.timestamps().iter().zip(result.values());
            // −1 is no figure.
            let samples = samples.filter_map(|(at, value)| Some((timestamp(at)?, from_replica_lag(*value)? / 1_000.0)));
            let last = samples.max_by_key(|(at, _)| *at);
            match result.id() {
                Some("replication") => lag.replication = last,
                Some("rpo") => lag.rpo = last,
                Some("progress") => lag.progress = last,
                _ => {}
            }
        }
        Ok(lag)
    }

    /// What a takeover without waiting loses, as a sentence, and the band of it that a consent rests on.
    pub(super) async fn loss(&self, region: &Region, role: HomeRole) -> (String, String) {
        let cluster = self.spec.cluster.get(role);
        let sample = match self.lag(region, role).await {
            Ok(lag) => lag.rpo.or(lag.replication),
            Err(unread) => {
                let said = format!("What {cluster} has not received is lost; how much cannot be read now: {unread}");
                return (said, "unknown".to_owned());
            }
        };
        let Some((at, lag)) = sample else {
            let said = format!("What {cluster} has not received is lost; there is no lag sample of the last 3 hours.");
            return (said, "unknown".to_owned());
        };
        let old = age(at, self.own.clock.now());
        let stopped = if old > STOPPED { ", when the samples stopped: the lag has not been known since" } else { "" };
        let said = format!(
            "What {cluster} has not received is lost: it was {} behind {} ago{stopped}.",
            duration::seconds(lag),
            duration::age(old)
        );
        (said, band(lag))
    }
}

/// The exact lag differs from minute to minute; a consent holds while it stays within the same bounds.
fn band(lag: f64) -> String {
    let bound = BANDS.iter().find(|bound| lag <= **bound);
    match (bound, BANDS.last()) {
        (Some(bound), _) => format!("at most {}", duration::seconds(*bound)),
        (None, Some(most)) => format!("more than {}", duration::seconds(*most)),
        (None, None) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_that_moves_a_little_stays_in_its_band() {
        assert_eq!(band(1.3), band(4.9));
        assert_ne!(band(4.9), band(5.1));
        assert!(band(9_999.0).starts_with("more than"));
    }
}
