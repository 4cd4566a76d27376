//! `route53-failover`: a pair of failover records under one name.
//!
//! `records` reads and writes them, `health` reads their health checks, `answers` asks DNS itself, `observe` puts the
//! three together, and `point` is the action.
//!
//! Pointing changes the PRIMARY record only. While both records have the standby's target, no health check can send
//! traffic back to a primary with stale data: it is latched off until somebody points back.

mod answers;
mod health;
mod observe;
mod point;
mod records;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::Clients;
use crate::domain::consent::Authorised;
use crate::domain::disruption::{Asks, Probe, Vantage};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::{HomeRole, Place};
use crate::domain::service;
use crate::ports::{Component, Resolver};
use crate::providers::Own;

const POINT: &str = "point";

/// A pair of failover records.
pub struct Failover {
    own: Own,
    spec: service::Route53Failover,
    aws: Clients,
    resolver: Arc<dyn Resolver>,
    /// The zone's own servers: they never change in the life of a zone.
    zone_servers: OnceCell<Vec<String>>,
}

impl Failover {
    pub(crate) fn new(own: Own, spec: service::Route53Failover, aws: Clients, resolver: Arc<dyn Resolver>) -> Self {
        Self { own, spec, aws, resolver, zone_servers: OnceCell::new() }
    }

    /// The home role whose target a value is.
    fn role_of_value(&self, value: &str) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby]
            .into_iter()
            .find(|role| records::plain(self.spec.target.get(*role)) == records::plain(value))
    }

    /// A Region's code for a value, or `other`.
    fn region_word(&self, value: &str) -> String {
        self.role_of_value(value).map_or_else(|| "other".to_owned(), |role| self.own.regions.get(role).to_string())
    }
}

#[async_trait]
impl Component for Failover {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        vec![Place::Global]
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match place {
            Place::Global => self.look().await,
            Place::Region(region) => {
                Err(Unread::new(Why::NotFound, format!("{} is global, not in {region}", self.own.id)))
            }
        }
    }

    fn vantages(&self) -> Vec<Vantage> {
        let vantage =
            |from: &String| Vantage { component: self.own.id.clone(), from: from.clone(), asks: Asks::Lookup };
        self.spec.resolvers.iter().map(vantage).collect()
    }

    async fn probe(&self, from: &Vantage) -> Option<Probe> {
        Some(self.ask_resolver(&from.from).await)
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            POINT => self.plan_point(ask).await,
            _ => Err(self.own.no_action(ask, &[POINT])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        self.point(authorised.plan()).await
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        self.settle_point(plan, receipt, since).await
    }
}
