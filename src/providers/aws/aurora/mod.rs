//! `aurora-global`: an Aurora Global Database with a cluster in each Region.
//!
//! `switchover` loses nothing and needs every Region; `failover` takes over with what was replicated; `detach` is the last
//! resort: afterwards there are two databases of their own. `fence`, `admit` and `verify-writes` are those of `rds-replica`.

mod detach;
mod lag;
mod look;
mod observe;
mod settle;
mod switch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Clients;
use super::rds::RdsReplica;
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::preflight::Right;
use crate::domain::reading::{Observation, Unread};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::service;
use crate::ports::{Component, SqlProbe};
use crate::providers::own::{Own, refused};

const SWITCHOVER: &str = "switchover";
const FAILOVER: &str = "failover";
const DETACH: &str = "detach";
/// What is done by SQL, as it is to a pair of instances.
const BY_SQL: [&str; 3] = ["fence", "admit", "verify-writes"];

/// The parameters of the calls, as RDS names them.
const GLOBAL: &str = "GlobalClusterIdentifier";
const TARGET: &str = "TargetDbClusterIdentifier";
const CLUSTER: &str = "DbClusterIdentifier";

/// An Aurora Global Database.
pub struct AuroraGlobal {
    own: Own,
    spec: service::AuroraGlobal,
    aws: Clients,
    sql: Option<Arc<dyn SqlProbe>>,
    /// The same databases as far as SQL reaches them: what is done to them there does not depend on how they replicate.
    by_sql: RdsReplica,
}

impl AuroraGlobal {
    pub(crate) fn new(own: Own, spec: service::AuroraGlobal, aws: Clients, sql: Option<Arc<dyn SqlProbe>>) -> Self {
        let pair =
            service::RdsReplica { instance: spec.cluster.clone(), sql: spec.sql.clone(), rebuild: None, cut_off: None };
        let by_sql = RdsReplica::new(own.clone(), pair, aws.clone(), sql.clone());
        Self { own, spec, aws, sql, by_sql }
    }

    /// What a plan of one of the three calls is about: the Region that is to write, and its cluster's ARN.
    fn planned<'a>(&self, plan: &'a Plan) -> Result<(&'a Region, HomeRole, &'a str), String> {
        let (region, role) = self.own.side(&plan.on)?;
        let arn = plan.call.param(TARGET).or_else(|| plan.call.param(CLUSTER)).unwrap_or_default();
        let names = plan.call.param(GLOBAL) == Some(self.spec.global.as_str());
        if names && look::is_cluster(arn, region, self.spec.cluster.get(role)) {
            Ok((region, role, arn))
        } else {
            Err("the plan names other clusters than the service file".to_owned())
        }
    }
}

#[async_trait]
impl Component for AuroraGlobal {
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
        match place {
            Place::Region(region) => Box::pin(self.in_region(place, region)).await,
            Place::Global => Box::pin(self.across()).await,
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            SWITCHOVER => Box::pin(self.plan_switchover(ask)).await,
            FAILOVER => Box::pin(self.plan_failover(ask)).await,
            DETACH => Box::pin(self.plan_detach(ask)).await,
            action if BY_SQL.contains(&action) => self.by_sql.plan(ask).await,
            _ => Err(self.own.no_action(ask, &[&[SWITCHOVER, FAILOVER, DETACH], BY_SQL.as_slice()].concat())),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        match plan.action.as_str() {
            SWITCHOVER => self.switchover(plan).await,
            FAILOVER => self.failover(plan).await,
            DETACH => self.detach(plan).await,
            action if BY_SQL.contains(&action) => self.by_sql.perform(authorised).await,
            action => Err(refused(format!("{} has no action {action:?}", self.own.id))),
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        match plan.action.as_str() {
            SWITCHOVER | FAILOVER => self.settle_change(plan, receipt, since).await,
            DETACH => self.settle_detach(plan, since).await,
            action if BY_SQL.contains(&action) => self.by_sql.settle(plan, receipt, since).await,
            action => Settlement::CannotTell(format!("{} has no action {action:?}", self.own.id)),
        }
    }

    async fn may(&self, action: &str, on: &Place) -> Vec<Right> {
        self.by_sql.may(action, on).await
    }
}
