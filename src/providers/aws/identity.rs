//! `identity`: as whom AWS knows us, for how long yet, and whether our clock agrees with AWS's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;

use super::{Clients, errors, timestamp};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::{Place, Region};
use crate::domain::{duration, text};
use crate::ports::Component;
use crate::providers::own::{Own, refused};

/// With less left than this, a run may outlast them.
const SHORT: Duration = Duration::from_mins(30);
/// Signatures are refused when clocks differ by five minutes.
const OFF: f64 = 60.0;

/// As whom AWS knows us.
pub struct Identity {
    own: Own,
    aws: Clients,
}

/// Keeps the `Date` of an answer, whatever the answer is.
#[derive(Debug, Clone, Default)]
struct Dated(Arc<Mutex<Option<Timestamp>>>);

impl Dated {
    fn told(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Dated {
    fn name(&self) -> &'static str {
        "Dated"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.and_then(|date| timestamp(&date));
        Ok(())
    }
}

/// By how many seconds our clock is certainly ahead (above zero) or behind: AWS writes whole seconds, and its answer was
/// written some time between our question and its arrival.
fn skew(sent: Timestamp, told: Timestamp, arrived: Timestamp) -> f64 {
    let seconds = |at: Timestamp| at.as_duration().as_secs_f64();
    let (sent, told, arrived) = (seconds(sent), seconds(told), seconds(arrived));
    if sent > told + 1.0 {
        sent - (told + 1.0)
    } else if arrived < told {
        arrived - told
    } else {
        0.0
    }
}

impl Identity {
    pub(crate) fn new(own: Own, aws: Clients) -> Self {
        Self { own, aws }
    }

    async fn look(&self, region: &Region) -> Result<Observation, Unread> {
        let what = format!("sts:GetCallerIdentity {region}");
        let client = &self.aws.region(region)?.sts;
        let dated = Dated::default();
        let sent = self.own.clock.now();
        let answer = client.get_caller_identity().customize().interceptor(dated.clone()).send().await;
        let arrived = self.own.clock.now();
        let skew = dated.told().map(|told| skew(sent, told, arrived));
        let mut seen = Observation::new(&what);
        let mut wrong: Vec<(Health, String)> = Vec::new();
        let mut said = Vec::new();
        match answer {
            Ok(output) => {
                let account = text::bounded(output.account().unwrap_or("?"), 40);
                let arn = text::bounded(output.arn().unwrap_or("?"), 300);
                seen.text("account", &account);
                seen.text("arn", &arn);
                if let Some(wanted) = self.aws.account().filter(|wanted| *wanted != account) {
                    wrong.push((Health::Down, format!("account {account}, and the service is in {wanted}")));
                }
                // `…:assumed-role/dr-operations/handover` without what comes before.
                said.push(arn.splitn(6, ':').last().unwrap_or(&arn).to_owned());
            }
            // Who is refused for their clock's sake is told the time all the same.
            Err(err) => {
                let unread = errors::unread(&what, &err);
                if skew.is_none() {
                    return Err(unread);
                }
                wrong.push((Health::Down, unread.to_string()));
                seen.unread.push(("account".to_owned(), unread));
            }
        }
        match self.aws.credentials.left().await {
            Ok(Some(left)) => {
                seen.fact("expires_in", Value::Seconds(left.as_secs_f64()));
                let left_words = format!("{} left", duration::seconds(left.as_secs_f64()));
                if left < SHORT {
                    wrong.push((Health::Degraded, left_words));
                } else {
                    said.push(left_words);
                }
            }
            // They never end.
            Ok(None) => {}
            Err(error) => {
                let message = error_chain(&error);
                seen.unread.push(("expires_in".to_owned(), Unread::new(Why::Auth, message)));
            }
        }
        if let Some(skew) = skew {
            seen.fact("clock_skew", Value::Seconds(skew.abs()));
            if skew.abs() >= OFF {
                let way = if skew > 0.0 { "ahead" } else { "behind" };
                wrong.push((Health::Degraded, format!("our clock is {} {way}", duration::seconds(skew.abs()))));
            }
        }
        let health = wrong.iter().map(|(health, _)| *health).max().unwrap_or(Health::Healthy);
        // What is wrong comes first: a line may be cut.
        let words: Vec<String> = wrong.into_iter().map(|(_, words)| words).chain(said).collect();
        seen.glance(health, words.join(", "));
        Ok(seen)
    }
}

/// The causes of an error, in one line.
fn error_chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        said = format!("{said}: {cause}");
        next = cause.source();
    }
    said
}

#[async_trait]
impl Component for Identity {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.both()
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let (region, _) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        self.look(region).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        Err(self.own.no_action(ask, &[]))
    }

    async fn perform(&self, _: &Authorised) -> Result<Receipt, PerformError> {
        Err(refused("there is nothing to do"))
    }

    async fn settle(&self, _: &Plan, _: Option<&Receipt>, _: Duration) -> Settlement {
        Settlement::CannotTell("there was nothing to do".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_counts_as_a_skew() {
        let at = |ms: i64| Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap();
        assert!(skew(at(100), at(0), at(300)).abs() < 1e-9);
        assert!(skew(at(-200), at(0), at(100)).abs() < 1e-9, "it was written while we waited");
        assert!((skew(at(91_000), at(0), at(91_100)) - 90.0).abs() < 1e-6, "ahead");
        assert!((skew(at(-61_000), at(0), at(-60_000)) + 60.0).abs() < 1e-6, "behind");
    }
}
