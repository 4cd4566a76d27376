//! `elasticache-global`: a global datastore, one replication group in each Region, of which one takes writes.
//!
//! `read` asks ElastiCache and CloudWatch, `act` makes the two changes: `failover` makes the target the primary of the
//! datastore and needs the datastore whole; `detach` takes the target out of it, so that it takes writes by itself while the
//! old primary goes on taking its own.

mod act;
mod read;

use std::time::Duration;

use async_trait::async_trait;

use self::read::{Global, Role};
use super::Clients;
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Fact, Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::{duration, service};
use crate::ports::Component;
use crate::providers::Own;

const FAILOVER: &str = "failover";
const DETACH: &str = "detach";

/// A global datastore.
pub struct ElasticacheGlobal {
    own: Own,
    spec: service::ElasticacheGlobal,
    aws: Clients,
}

impl ElasticacheGlobal {
    pub(crate) fn new(own: Own, spec: service::ElasticacheGlobal, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    async fn in_region(&self, region: &Region, role: HomeRole) -> Result<Observation, Unread> {
        let mut seen = Observation::new(Self::group_source(region));
        let group = self.group(region, role).await?;
        seen.text("role", group.role.as_str());
        let Some(status) = &group.status else {
            let wanted = self.spec.group.get(role);
            seen.glance(Health::Down, format!("no replication group {wanted} here"));
            return Ok(seen);
        };
        seen.text("status", status);
        #[expect(clippy::cast_precision_loss, reason = "a replication group has some hundred nodes at most")]
        seen.fact("nodes", Value::Number(group.nodes.len() as f64));
        match self.version(region, &group).await {
            Ok(Some(version)) => seen.text("engine_version", version),
            Ok(None) => {}
            Err(unread) => seen.unread.push(("engine_version".to_owned(), unread)),
        }
        let mut said = format!("{}, {status}", group.role.as_str());
        if group.role == Role::Secondary {
            match self.lag(region, role, &group).await {
                Ok(Some((at, lag))) => {
                    seen.facts.push(Fact { name: "lag".to_owned(), value: Value::Seconds(lag), at: Some(at) });
                    said = format!("{said}, lag {}", duration::seconds(lag));
                }
                Ok(None) => {
                    let why = "CloudWatch has no GlobalDatastoreReplicationLag of the last ten minutes";
                    seen.unread.push(("lag".to_owned(), Unread::new(Why::NotFound, why)));
                    said.push_str(", lag unknown");
                }
                Err(unread) => {
                    said = format!("{said}, lag {}", unread.why.as_str());
                    seen.unread.push(("lag".to_owned(), unread));
                }
            }
        }
        let health = match group.role {
            Role::Primary | Role::Secondary if status == "available" && seen.unread.is_empty() => Health::Healthy,
            _ => Health::Degraded,
        };
        if let Some(other) = &group.elsewhere {
            said = format!("in another global datastore: {other}");
        } else if group.role == Role::Detached {
            said = format!("detached, {status}: takes writes by itself");
        }
        seen.glance(health, said);
        Ok(seen)
    }

    async fn as_a_whole(&self) -> Result<Observation, Unread> {
        let (source, global) = self.global_from_anywhere().await?;
        let mut seen = Observation::new(source);
        let Some(Global { status, .. }) = &global else {
            seen.text("primary", "none");
            seen.glance(Health::Down, format!("no global datastore {}", self.spec.global));
            return Ok(seen);
        };
        let word = global.as_ref().map_or_else(|| "none".to_owned(), |global| self.primary_word(global));
        seen.text("primary", &word);
        seen.text("status", status);
        let known = self.own.both().iter().any(|place| place.to_string() == word);
        let health = if status == "available" && known { Health::Healthy } else { Health::Degraded };
        seen.glance(health, format!("primary {word}, {status}"));
        Ok(seen)
    }
}

#[async_trait]
impl Component for ElasticacheGlobal {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(true)
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        if *place == Place::Global {
            return self.as_a_whole().await;
        }
        let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        self.in_region(region, role).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            FAILOVER => self.plan_failover(ask).await,
            DETACH => self.plan_detach(ask).await,
            _ => Err(self.own.no_action(ask, &[FAILOVER, DETACH])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        self.change(authorised.plan()).await
    }

    async fn settle(&self, plan: &Plan, _: Option<&Receipt>, since: Duration) -> Settlement {
        self.settle_change(plan, since).await
    }
}
