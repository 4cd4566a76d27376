//! `cloudwatch`: the lag series and alarms.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StandardUnit, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::{Clients, errors, timestamp};
use crate::domain::consent::Authorised;
use crate::domain::duration;
use crate::domain::lag::{Level, Thresholds, from_replica_lag};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Fact, Health, Observation, Sample, Unread, Value, Why, age};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::service::{self, LagMetric, LagUnit};
use crate::domain::text;
use crate::ports::Component;
use crate::providers::Own;

/// How far back the series goes.
const SPAN: Duration = Duration::from_hours(1);
/// How much of it is asked for the first time: what the console can show before it was there.
const BEFORE: Duration = Duration::from_hours(24);

/// The lag series and alarms of a service.
pub struct CloudWatch {
    own: Own,
    spec: service::CloudWatch,
    thresholds: Thresholds,
    aws: Clients,
    /// The Regions whose past has been asked for.
    known: Mutex<BTreeSet<Region>>,
}

impl CloudWatch {
    pub(crate) fn new(own: Own, spec: service::CloudWatch, thresholds: Thresholds, aws: Clients) -> Self {
        Self { own, spec, thresholds, aws, known: Mutex::default() }
    }

    fn lag_in(&self, role: HomeRole) -> Option<&LagMetric> {
        self.spec.lag.as_ref().filter(|lag| lag.dimension_in(role).is_some())
    }

    async fn series(&self, region: &Region, role: HomeRole, lag: &LagMetric) -> Result<Vec<Sample>, Unread> {
        let what = format!("cloudwatch:GetMetricData {region}");
        let (name, value) = lag.dimension_in(role).unwrap_or((&lag.dimension.0, &lag.dimension.1));
        let period = i32::try_from(lag.period.as_secs()).unwrap_or(60).max(1);
        let metric = Metric::builder()
            .namespace(&lag.namespace)
            .metric_name(&lag.metric)
            .dimensions(Dimension::builder().name(name).value(value).build())
            .build();
        // With another unit than the samples' own, CloudWatch answers nothing.
        let unit = match lag.unit {
            LagUnit::Seconds => StandardUnit::Seconds,
            LagUnit::Milliseconds => StandardUnit::Milliseconds,
        };
        let stat = MetricStat::builder().metric(metric).period(period).stat("Maximum").unit(unit).build();
        let query = MetricDataQuery::builder().id("lag").metric_stat(stat).return_data(true).build();
        let now = self.own.clock.now().as_second();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let span = if known().contains(region) { SPAN } else { BEFORE };
        let from = now.saturating_sub_unsigned(span.as_secs());
        let output = self
            .aws
            .region(region)?
            .cloudwatch
            .get_metric_data()
            .metric_data_queries(query)
            .start_time(DateTime::from_secs(from - from.rem_euclid(60)))
            .end_time(DateTime::from_secs(now))
            .scan_by(ScanBy::TimestampAscending)
            .send()
            .await
            .map_err(|err| errors::unread(&what, &err))?;
        let mut samples = Vec::new();
        for result in output.metric_data_results().iter().filter(|result| result.id() == Some("lag")) {
            match result.status_code() {
                Some(StatusCode::Forbidden) => return Err(Unread::new(Why::Denied, format!("{what}: Forbidden"))),
                Some(StatusCode::InternalError) => {
                    return Err(Unread::new(Why::ServerError, format!("{what}: InternalError")));
                }
                _ => {}
            }
            for (at, value) in result.timestamps().iter().zip(result.values()) {
                if let Some(at) = timestamp(at) {
                    samples.push((at, seconds(*value, lag.unit)));
                }
            }
        }
        samples.sort_by_key(|(at, _)| *at);
        known().insert(region.clone());
        Ok(samples)
    }

    async fn alarms(&self, region: &Region, names: &[String]) -> Result<Vec<Alarm>, Unread> {
        let output = self
            .aws
            .region(region)?
            .cloudwatch
            .describe_alarms()
            .set_alarm_names(Some(names.to_vec()))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .send()
            .await
            .map_err(|err| errors::unread(&format!("cloudwatch:DescribeAlarms {region}"), &err))?;
        // Both kinds have the same getters, and no type in common.
        macro_rules! read {
            ($alarm:ident) => {{
                let tells = $alarm.actions_enabled() != Some(false) && !$alarm.alarm_actions().is_empty();
                let since = $alarm.state_updated_timestamp().and_then(timestamp);
                let state = $alarm.state_value().map(|state| text::bounded(state.as_str(), 40));
                $alarm.alarm_name().zip(state).map(|(name, state)| Alarm { name: name.to_owned(), state, since, tells })
            }};
        }
        let metric = output.metric_alarms().iter().filter_map(|alarm| read!(alarm));
        let composite = output.composite_alarms().iter().filter_map(|alarm| read!(alarm));
        Ok(metric.chain(composite).collect())
    }

    /// Adds what the series tells, and says how that reads and whether it is worth an eye.
    fn tell_lag(&self, seen: &mut Observation, samples: Vec<Sample>, lag: Option<&LagMetric>) -> (String, bool) {
        let now = self.own.clock.now();
        let mut recent = samples.iter().rev().take_while(|(at, _)| age(*at, now) <= SPAN);
        let latest = recent.find_map(|(at, value)| value.map(|value| (*at, value)));
        let not_replicating = samples.last().is_some_and(|(_, value)| value.is_none());
        seen.fact("lag_series", Value::Series(samples));
        // Only one Region has the replica: where the series may be in either, one that is empty is nothing amiss.
        if latest.is_none() && !not_replicating && lag.is_some_and(|lag| lag.back.is_some()) {
            return ("no replica here".to_owned(), false);
        }
        let Some((at, value)) = latest else {
            let said = if not_replicating { "lag −1: not replicating" } else { "no lag samples in the last hour" };
            return (said.to_owned(), true);
        };
        seen.facts.push(Fact { name: "lag".to_owned(), value: Value::Seconds(value), at: Some(at) });
        let mut said = format!("lag {}", duration::seconds(value));
        let old = age(at, now);
        if not_replicating {
            said.push_str(", and since then −1: not replicating");
        } else if old > 3 * self.own.pace {
            said = format!("{said}, {} ago", duration::age(old));
        }
        let wants_an_eye = not_replicating || old > 3 * self.own.pace || self.thresholds.level(value) != Level::Ok;
        (said, wants_an_eye)
    }
}

/// An alarm's state.
struct Alarm {
    name: String,
    state: String,
    since: Option<Timestamp>,
    /// Whether it has an action, and its actions are on: whether anybody is told.
    tells: bool,
}

/// For how long every alarm that has data has been OK: no time at all while one is in alarm. Unknown where one is missing or
/// does not say since when it is what it is, and where none has data: an alarm without says nothing (that of a lag has
/// none where nothing replicates).
fn calm_for(names: &[String], states: &[Alarm], now: Timestamp) -> Option<Duration> {
    let mut calm: Option<Duration> = None;
    for name in names {
        let alarm = states.iter().find(|alarm| alarm.name == *name)?;
        let held = match alarm.state.as_str() {
            "OK" => age(alarm.since?, now),
            "ALARM" => Duration::ZERO,
            _ => continue,
        };
        calm = Some(calm.map_or(held, |calm| calm.min(held)));
    }
    calm
}

/// Adds the alarms' states.
fn tell_alarms(seen: &mut Observation, names: &[String], states: &[Alarm], source: &str) -> (String, bool) {
    let state = |name: &String| states.iter().find(|alarm| alarm.name == *name).map(|alarm| alarm.state.as_str());
    let mut alarming = Vec::new();
    let mut missing = 0;
    let mut ok = 0;
    for name in names {
        let shown = text::bounded(name, 100);
        let Some(state) = state(name) else {
            missing += 1;
            let unread = Unread::new(Why::NotFound, format!("{source}: there is no alarm {shown:?}"));
            seen.unread.push((format!("alarm.{shown}"), unread));
            continue;
        };
        seen.text(&format!("alarm.{shown}"), state);
        match state {
            "ALARM" => alarming.push(shown),
            "OK" => ok += 1,
            _ => {}
        }
    }
    let said = if !alarming.is_empty() {
        format!("{} in alarm: {}", alarming.len(), alarming.join(", "))
    } else if ok == names.len() {
        format!("{ok} OK")
    } else if missing > 0 {
        format!("{ok} OK, {missing} missing")
    } else {
        format!("{ok} OK, {} without data", names.len() - ok)
    };
    seen.text("alarms", &said);
    let silent: Vec<&str> = states.iter().filter(|alarm| !alarm.tells).map(|alarm| alarm.name.as_str()).collect();
    seen.text("silent_alarms", silent.join(", "));
    (said, ok != names.len())
}

/// A sample in seconds. −1 is no figure, whatever the unit.
fn seconds(sample: f64, unit: LagUnit) -> Option<f64> {
    let sample = from_replica_lag(sample)?;
    Some(match unit {
        LagUnit::Seconds => sample,
        LagUnit::Milliseconds => sample / 1000.0,
    })
}

#[async_trait]
impl Component for CloudWatch {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        [HomeRole::Primary, HomeRole::Standby]
            .into_iter()
            .filter(|role| self.lag_in(*role).is_some() || !self.spec.alarms.get(*role).is_empty())
            .map(|role| Place::Region(self.own.regions.get(role).clone()))
            .collect()
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let nothing = || Unread::new(Why::NotFound, format!("{} has nothing to read in {place}", self.own.id));
        let region = place.region().ok_or_else(nothing)?;
        let role = self.own.regions.role_of(region).ok_or_else(nothing)?;
        let (lag, names) = (self.lag_in(role), self.spec.alarms.get(role));
        let series = async {
            match lag {
                Some(lag) => Some(self.series(region, role, lag).await),
                None => None,
            }
        };
        let states = async { if names.is_empty() { None } else { Some(self.alarms(region, names).await) } };
        let (series, states) = tokio::join!(series, states);
        let asked = [series.as_ref().map(|_| "GetMetricData"), states.as_ref().map(|_| "DescribeAlarms")];
        let asked: Vec<&str> = asked.into_iter().flatten().collect();
        let mut seen = Observation::new(format!("cloudwatch:{} {region}", asked.join(", ")));
        let source = seen.source.clone();
        let mut said = Vec::new();
        let mut worst = Health::Healthy;
        let mut failed = Vec::new();
        match series {
            Some(Ok(samples)) => said.push(self.tell_lag(&mut seen, samples, lag)),
            Some(Err(unread)) => failed.push(("lag".to_owned(), unread)),
            None => {}
        }
        match states {
            Some(Ok(states)) => {
                if let Some(calm) = calm_for(names, &states, self.own.clock.now()) {
                    seen.fact("calm_for", Value::Seconds(calm.as_secs_f64()));
                }
                said.push(tell_alarms(&mut seen, names, &states, &source));
            }
            Some(Err(unread)) => failed.push(("alarms".to_owned(), unread)),
            None => {}
        }
        if said.is_empty() {
            return Err(failed.into_iter().next().map_or_else(nothing, |(_, unread)| unread));
        }
        if !failed.is_empty() || said.iter().any(|(_, eye)| *eye) {
            worst = Health::Degraded;
        }
        let mut words: Vec<String> = said.into_iter().map(|(said, _)| said).collect();
        words.extend(failed.iter().map(|(part, unread)| format!("{part} {}", unread.why.as_str())));
        seen.unread.extend(failed);
        seen.glance(worst, words.join(", "));
        Ok(seen)
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        Err(self.own.no_action(ask, &[]))
    }

    async fn perform(&self, _: &Authorised) -> Result<Receipt, PerformError> {
        Err(PerformError::Refused { message: "metrics are only looked at".to_owned(), request_id: None })
    }

    async fn settle(&self, _: &Plan, _: Option<&Receipt>, _: Duration) -> Settlement {
        Settlement::CannotTell("metrics have no actions".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_not_mixed_up_and_minus_one_is_no_figure() {
        assert_eq!(seconds(1500.0, LagUnit::Milliseconds), Some(1.5));
        assert_eq!(seconds(3.2, LagUnit::Seconds), Some(3.2));
        assert_eq!(seconds(-1.0, LagUnit::Seconds), None);
        assert_eq!(seconds(-1.0, LagUnit::Milliseconds), None);
    }
}
