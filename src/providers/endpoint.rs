//! `endpoint`: an HTTP endpoint in each Region, asked directly, and the public one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::Own;
use crate::domain::consent::Authorised;
use crate::domain::disruption::{Asks, PUBLIC, Probe, Vantage};
use crate::domain::duration;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::Place;
use crate::domain::service;
use crate::ports::{Component, HttpAnswer, HttpProbe};

/// Over how many of the last questions the success rate goes: five minutes of them at rest.
pub const WINDOW: usize = 60;

/// HTTP endpoints of a service.
pub struct Endpoint {
    own: Own,
    spec: service::Endpoint,
    http: Arc<dyn HttpProbe>,
    /// By place: whether each of the last questions was answered as it should be.
    recent: Mutex<BTreeMap<String, VecDeque<bool>>>,
}

impl Endpoint {
    pub(crate) fn new(own: Own, spec: service::Endpoint, http: Arc<dyn HttpProbe>) -> Self {
        Self { own, spec, http, recent: Mutex::default() }
    }

    fn url(&self, place: &Place) -> Option<&str> {
        match place {
            Place::Global => self.spec.public.as_deref(),
            Place::Region(region) => self.own.regions.role_of(region).map(|role| self.spec.urls.get(role).as_str()),
        }
    }

    /// Keeps whether a question was answered as it should be; gives the share of those kept that were, in percent.
    fn success_rate(&self, place: &Place, success: bool) -> f64 {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = recent.entry(place.to_string()).or_default();
        kept.push_back(success);
        while kept.len() > WINDOW {
            kept.pop_front();
        }
        let count = |all: usize| u32::try_from(all).map_or(f64::MAX, f64::from);
        100.0 * count(kept.iter().filter(|success| **success).count()) / count(kept.len())
    }

    /// What is wrong with an answer, if anything is.
    fn fault(&self, answer: &HttpAnswer) -> Option<String> {
        if answer.status != self.spec.expect_status {
            return Some(format!("{} instead of {}", answer.status, self.spec.expect_status));
        }
        match &self.spec.expect_text {
            Some(text) if !answer.body.contains(text.as_str()) => {
                Some(format!("{} without {text:?} in the body", answer.status))
            }
            _ => None,
        }
    }
}

#[async_trait]
impl Component for Endpoint {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(self.spec.public.is_some())
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    /// No answer is a finding about the endpoint, not a failure to look at it.
    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        let url = self
            .url(place)
            .ok_or_else(|| Unread::new(Why::NotFound, format!("{} has no endpoint in {place}", self.own.id)))?;
        let mut seen = Observation::new(format!("GET {}", crate::domain::text::bounded(url, 200)));
        match self.http.get(url, self.spec.timeout).await {
            Ok(answer) => {
                let fault = self.fault(&answer);
                let took = duration::seconds(answer.took.as_secs_f64());
                seen.text("health", if fault.is_none() { "healthy" } else { "unhealthy" });
                seen.fact("success_rate", Value::Number(self.success_rate(place, fault.is_none())));
                seen.fact("status", Value::Number(f64::from(answer.status)));
                seen.fact("response_time", Value::Seconds(answer.took.as_secs_f64()));
                match fault {
                    None => seen.glance(Health::Healthy, format!("{} in {took}", answer.status)),
                    Some(fault) => seen.glance(Health::Down, format!("{fault}, in {took}")),
                }
            }
            // The question itself could not be put: that says nothing of the endpoint.
            Err(unread) if unread.why == Why::Other => return Err(unread),
            Err(unread) => {
                seen.text("health", "unhealthy");
                seen.fact("success_rate", Value::Number(self.success_rate(place, false)));
                match unread.why {
                    Why::TimedOut => {
                        let limit = self.spec.timeout.as_secs_f64();
                        seen.glance(Health::Down, format!("timeout after {limit:.1} s"));
                    }
                    _ => seen.glance(Health::Down, unread.to_string()),
                }
            }
        }
        Ok(seen)
    }

    fn vantages(&self) -> Vec<Vantage> {
        let from = |place: &Place| match place {
            Place::Global => PUBLIC.to_owned(),
            Place::Region(region) => region.to_string(),
        };
        let vantage =
            |place: Place| Vantage { component: self.own.id.clone(), from: from(&place), asks: Asks::Request };
        self.places().into_iter().map(vantage).collect()
    }

    async fn probe(&self, from: &Vantage) -> Option<Probe> {
        let place = self.places().into_iter().find(|place| match place {
            Place::Global => from.from == PUBLIC,
            Place::Region(region) => region.as_str() == from.from,
        });
        match self.http.get(self.url(&place?)?, self.spec.timeout).await {
            Ok(answer) => Some(self.fault(&answer).map_or(Probe::Good(None), Probe::Failed)),
            Err(unread) if unread.why == Why::Other => None,
            Err(unread) => Some(Probe::Failed(unread.to_string())),
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        Err(self.own.no_action(ask, &[]))
    }

    async fn perform(&self, _: &Authorised) -> Result<Receipt, PerformError> {
        Err(PerformError::Refused { message: "an endpoint is only looked at".to_owned(), request_id: None })
    }

    async fn settle(&self, _: &Plan, _: Option<&Receipt>, _: Duration) -> Settlement {
        Settlement::CannotTell("an endpoint has no actions".to_owned())
    }
}
