//! What can be seen of the buckets, of the rules between them, and of what is still to come.

use std::time::Duration;

use aws_sdk_cloudwatch::types::{
    Dimension, DimensionFilter, Metric, MetricDataQuery, MetricStat, ScanBy, StandardUnit, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::rules::{Configuration, Rule};
use super::{S3Replication, Side, asked, status, unread};
use crate::domain::duration;
use crate::domain::reading::{Fact, Health, Observation, Unread, Value, Why, age};
use crate::domain::region::{HomeRole, Region};
use crate::providers::aws::{errors, timestamp};

const NAMESPACE: &str = "AWS/S3";
/// For how long failed operations count; and how far back the newest sample may lie.
const SPAN: Duration = Duration::from_hours(1);
/// A rule is a dimension; CloudWatch remembers those that are gone for two weeks.
const MOST_RULES: usize = 20;
/// S3's own threshold, in seconds, for what comes too late.
const LATE: f64 = 900.0;
/// A sample is written each minute, and comes some minutes late.
const OLD: Duration = Duration::from_mins(5);

/// A metric of replication, with the statistic by which S3's documentation has it read.
struct Asked {
    id: &'static str,
    metric: &'static str,
    stat: &'static str,
    unit: StandardUnit,
}

const PENDING: [Asked; 3] = [
    Asked { id: "latency", metric: "ReplicationLatency", stat: "Maximum", unit: StandardUnit::Seconds },
    Asked { id: "pending_bytes", metric: "BytesPendingReplication", stat: "Maximum", unit: StandardUnit::Bytes },
    Asked {
        id: "pending_operations",
        metric: "OperationsPendingReplication",
        stat: "Maximum",
        unit: StandardUnit::Count,
    },
];
const FAILED: [Asked; 1] =
    [Asked { id: "failed_operations", metric: "OperationsFailedReplication", stat: "Sum", unit: StandardUnit::Count }];

type Samples = Vec<(Timestamp, f64)>;

/// The rule of a bucket towards the other: of several the enabled one, of those the one of the highest priority.
pub(super) fn towards<'a>(configuration: Option<&'a Configuration>, bucket: &str) -> Option<&'a Rule> {
    let rules = configuration?.rules.iter().filter(|rule| rule.goes_to(bucket));
    rules.max_by_key(|rule| (rule.enabled(), rule.priority))
}

/// The word for a bucket's rule towards the other.
pub(super) fn word(rule: Option<&Rule>) -> &'static str {
    match rule {
        None => "none",
        Some(rule) if rule.enabled() => "enabled",
        Some(_) => "disabled",
    }
}

impl S3Replication {
    pub(super) async fn in_region(&self, side: &Side<'_>) -> Result<Observation, Unread> {
        let region = side.region;
        let mut seen = Observation::new(asked("HeadBucket, GetBucketVersioning, GetBucketReplication", region));
        let client = &self.aws.region(region)?.s3.read;
        match client.head_bucket().bucket(side.bucket).send().await {
            Ok(_) => seen.fact("exists", Value::Bool(true)),
            Err(err) if status(&err) == Some(404) => {
                seen.fact("exists", Value::Bool(false));
                seen.glance(Health::Down, format!("no bucket {} here", side.bucket));
                return Ok(seen);
            }
            Err(err) => return Err(unread(&asked("HeadBucket", region), region, &err)),
        }
        let (versioning, configuration, pending) =
            tokio::join!(self.versioning(side), self.configuration(side), self.pending(side));
        let mut said = Vec::new();
        let mut health = Health::Healthy;
        match versioning {
            Ok(word) => {
                seen.text("versioning", &word);
                if word != "Enabled" {
                    health = Health::Degraded;
                    said.push(format!("versioning {word}: nothing replicates"));
                }
            }
            Err(why) => seen.unread.push(("versioning".to_owned(), why)),
        }
        match configuration {
            Ok(configuration) => {
                let rule = towards(configuration.as_ref(), side.towards);
                self.tell_rule(&mut seen, side, rule, &mut said, &mut health);
                if let Some(rule) = rule.filter(|rule| rule.metrics()) {
                    self.tell_failed(&mut seen, side, rule, &mut said, &mut health).await;
                }
            }
            Err(why) => seen.unread.push(("replication".to_owned(), why)),
        }
        match pending {
            Ok(told) => tell_pending(&mut seen, side, &told, self.own.clock.now(), &mut said, &mut health),
            Err(why) => seen.unread.push(("latency".to_owned(), why)),
        }
        if !seen.unread.is_empty() {
            health = Health::Degraded;
            said.extend(seen.unread.iter().map(|(part, unread)| format!("{part} {}", unread.why.as_str())));
        }
        seen.glance(health, said.join(", "));
        Ok(seen)
    }

    fn tell_rule(
        &self,
        seen: &mut Observation,
        side: &Side<'_>,
        rule: Option<&Rule>,
        said: &mut Vec<String>,
        health: &mut Health,
    ) {
        seen.text("replication", word(rule));
        let Some(rule) = rule else {
            said.push(format!("no rule towards {}", side.other));
            return;
        };
        seen.fact("rtc", Value::Bool(rule.rtc()));
        seen.fact("delete_markers", Value::Bool(rule.delete_markers()));
        if !rule.enabled() {
            *health = Health::Degraded;
            said.push(format!("rule towards {} disabled", side.other));
            return;
        }
        let part = if rule.applies_to_all() { "" } else { " in part" };
        said.push(format!("replicates{part} to {}", side.other));
        if self.spec.rtc && !rule.rtc() {
            *health = Health::Degraded;
            said.push("without Replication Time Control".to_owned());
        }
    }

    async fn tell_failed(
        &self,
        seen: &mut Observation,
        side: &Side<'_>,
        rule: &Rule,
        said: &mut Vec<String>,
        health: &mut Health,
    ) {
        let rules = [rule.id.clone().unwrap_or_default()];
        match self.samples(side.region, side.bucket, side.towards, &rules, &FAILED).await {
            Ok(found) => {
                let samples = found.into_iter().flat_map(|(_, samples)| samples);
                // No sample is no count: S3 writes them when it can.
                if let Some(failed) = samples.map(|(_, value)| value).reduce(|sum, value| sum + value) {
                    seen.fact("failed_operations", Value::Number(failed));
                    if failed > 0.0 {
                        *health = Health::Degraded;
                        said.push(format!("{failed} failed in the last hour"));
                    }
                }
            }
            Err(why) => seen.unread.push(("failed_operations".to_owned(), why)),
        }
    }

    /// What is still to come to a bucket from the other: S3 publishes it in the Region of the bucket that it comes to, where
    /// it can be read when the other Region is gone.
    async fn pending(&self, side: &Side<'_>) -> Result<Vec<(&'static str, Samples)>, Unread> {
        let rules = self.rules_towards(side).await?;
        if rules.is_empty() {
            return Ok(Vec::new());
        }
        self.samples(side.region, side.towards, side.bucket, &rules, &PENDING).await
    }

    /// The rules from the other bucket to this one of which there are metrics.
    async fn rules_towards(&self, side: &Side<'_>) -> Result<Vec<String>, Unread> {
        let filter = |name: &str, value: &str| DimensionFilter::builder().name(name).value(value).build();
        let output = self
            .aws
            .region(side.region)?
            .cloudwatch
            .list_metrics()
            .namespace(NAMESPACE)
            .metric_name("ReplicationLatency")
            .dimensions(filter("SourceBucket", side.towards))
            .dimensions(filter("DestinationBucket", side.bucket))
            .send()
            .await
            .map_err(|err| errors::unread(&format!("cloudwatch:ListMetrics {}", side.region), &err))?;
        let rule = |metric: &Metric| {
            let rule = metric.dimensions().iter().find(|dimension| dimension.name() == Some("RuleId"))?;
            rule.value().map(str::to_owned)
        };
        Ok(output.metrics().iter().filter_map(rule).take(MOST_RULES).collect())
    }

    /// Samples of the last hour, oldest first: of each metric and rule.
    async fn samples(
        &self,
        region: &Region,
        from: &str,
        to: &str,
        rules: &[String],
        asked: &'static [Asked],
    ) -> Result<Vec<(&'static str, Samples)>, Unread> {
        let what = format!("cloudwatch:GetMetricData {region}");
        let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
        let mut queries = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            for one in asked {
                let metric = Metric::builder()
                    .namespace(NAMESPACE)
                    .metric_name(one.metric)
                    .dimensions(dimension("SourceBucket", from))
                    .dimensions(dimension("DestinationBucket", to))
                    .dimensions(dimension("RuleId", rule));
                let stat =
                    MetricStat::builder().metric(metric.build()).period(60).stat(one.stat).unit(one.unit.clone());
                let query = MetricDataQuery::builder().id(format!("{}_{number}", one.id)).metric_stat(stat.build());
                queries.push(query.return_data(true).build());
            }
        }
        let now = self.own.clock.now().as_second();
        let start = now.saturating_sub_unsigned(SPAN.as_secs());
        let output = self
            .aws
            .region(region)?
            .cloudwatch
            .get_metric_data()
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(start - start.rem_euclid(60)))
            .end_time(DateTime::from_secs(now))
            .scan_by(ScanBy::TimestampAscending)
            .send()
            .await
            .map_err(|err| errors::unread(&what, &err))?;
        let mut found = Vec::new();
        for result in output.metric_data_results() {
            match result.status_code() {
                Some(StatusCode::Forbidden) => return Err(Unread::new(Why::Denied, format!("{what}: Forbidden"))),
                Some(StatusCode::InternalError) => {
                    return Err(Unread::new(Why::ServerError, format!("{what}: InternalError")));
                }
                _ => {}
            }
            let id = result.id().and_then(|id| id.rsplit_once('_')).map_or("", |(id, _)| id);
            let Some(one) = asked.iter().find(|one| one.id == id) else { continue };
            let samples = result.timestamps().iter().zip(result.values());
            found.push((one.id, samples.filter_map(|(at, value)| Some((timestamp(at)?, *value))).collect()));
        }
        Ok(found)
    }

    /// How many operations wait to be replicated from a side's bucket to the other, by the newest sample and its time.
    pub(super) async fn waiting(&self, side: &Side<'_>) -> Result<Option<(Timestamp, f64)>, Unread> {
        let told = self.pending(&self.opposite(side)).await?;
        Ok(newest(&told, "pending_operations"))
    }

    pub(super) async fn across(&self) -> Result<Observation, Unread> {
        let regions = &self.own.regions;
        let primary = self.side_of(&regions.primary, HomeRole::Primary);
        let standby = self.side_of(&regions.standby, HomeRole::Standby);
        let (out, back) = tokio::join!(self.configuration(&primary), self.configuration(&standby));
        // With one side unread, the other's word is not the whole answer.
        let (out, back) = (out?, back?);
        let goes = |configuration: Option<&Configuration>, side: &Side<'_>| {
            towards(configuration, side.towards).is_some_and(Rule::enabled)
        };
        let mut seen = Observation::new("s3:GetBucketReplication in both Regions");
        let (health, to, said) = match (goes(out.as_ref(), &primary), goes(back.as_ref(), &standby)) {
            (true, true) => (Health::Healthy, "both".to_owned(), "each replicates to the other".to_owned()),
            (true, false) => (Health::Healthy, standby.region.to_string(), format!("replicates to {}", standby.region)),
            (false, true) => (Health::Healthy, primary.region.to_string(), format!("replicates to {}", primary.region)),
            (false, false) => (Health::Degraded, "none".to_owned(), "nothing is replicated".to_owned()),
        };
        seen.text("replicates_to", to);
        seen.glance(health, said);
        Ok(seen)
    }
}

/// The worst of the rules' newest samples of a metric.
fn newest(told: &[(&'static str, Samples)], id: &str) -> Option<(Timestamp, f64)> {
    let last = told.iter().filter(|(of, _)| *of == id).filter_map(|(_, samples)| samples.last().copied());
    let last: Vec<(Timestamp, f64)> = last.collect();
    // A rule that is gone has samples from when it was there.
    let at = last.iter().map(|(at, _)| *at).max()?;
    let worst = last.iter().filter(|(when, _)| *when == at).map(|(_, value)| *value).fold(f64::MIN, f64::max);
    Some((at, worst))
}

fn tell_pending(
    seen: &mut Observation,
    side: &Side<'_>,
    told: &[(&'static str, Samples)],
    now: Timestamp,
    said: &mut Vec<String>,
    health: &mut Health,
) {
    for one in &PENDING {
        let Some((at, value)) = newest(told, one.id) else { continue };
        let latency = one.id == "latency";
        let fact = if latency { Value::Seconds(value) } else { Value::Number(value) };
        seen.facts.push(Fact { name: one.id.to_owned(), value: fact, at: Some(at) });
        if !latency {
            continue;
        }
        let mut words = format!("{} behind {}", duration::seconds(value), side.other);
        let old = age(at, now);
        if old > OLD {
            words = format!("{words}, {} ago", duration::age(old));
        }
        said.push(words);
        if value > LATE || old > OLD {
            *health = Health::Degraded;
        }
    }
}
