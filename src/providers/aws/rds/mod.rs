//! `rds-replica`: an RDS instance and its cross-Region read replica.
//!
//! `observe` reads it, both sides of it together in `pair`; `promote`, `fence`, `verify`, `admit`, `aside` and `rebuild`
//! are its actions.

mod admit;
mod aside;
mod fence;
pub(super) mod instance;
mod network;
mod observe;
mod pair;
mod promote;
mod rebuild;
pub(super) mod rename;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Clients;
use crate::domain::consent::Authorised;
use crate::domain::fencing::{CUT_OFF, FENCE};
use crate::domain::plan::Plan;
use crate::domain::plan::{Ask, PerformError, Receipt, Refusal, Settlement};
use crate::domain::preflight::Right;
use crate::domain::reading::{Observation, Unread};
use crate::domain::region::Place;
use crate::domain::service;
use crate::ports::{Component, SqlProbe};
use crate::providers::own::{Own, refused};

const LET_IN: &str = "let-in";
const PROMOTE: &str = "promote";
const VERIFY: &str = "verify-writes";
const ADMIT: &str = "admit";
const ASIDE: &str = "set-aside";
const REBUILD: &str = "rebuild";

/// An RDS instance and its cross-Region read replica.
pub struct RdsReplica {
    own: Own,
    spec: service::RdsReplica,
    aws: Clients,
    sql: Option<Arc<dyn SqlProbe>>,
}

impl RdsReplica {
    pub(crate) fn new(own: Own, spec: service::RdsReplica, aws: Clients, sql: Option<Arc<dyn SqlProbe>>) -> Self {
        Self { own, spec, aws, sql }
    }

    /// How the database is asked by SQL, or why it cannot be.
    fn sql(&self) -> Result<(&Arc<dyn SqlProbe>, &service::Sql), String> {
        self.sql.as_ref().zip(self.spec.sql.as_ref()).ok_or_else(|| {
            format!("{} has no [sql] in the service file: the database itself cannot be asked", self.own.id)
        })
    }
}

#[async_trait]
impl Component for RdsReplica {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(self.spec.sql.is_some())
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match place {
            Place::Global => self.look_at_both().await,
            Place::Region(_) => self.look(place).await,
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            FENCE => self.plan_fence(ask).await,
            CUT_OFF | LET_IN => self.plan_groups(ask).await,
            PROMOTE => self.plan_promote(ask).await,
            VERIFY => self.plan_verify(ask).await,
            ADMIT => self.plan_admit(ask).await,
            ASIDE => self.plan_aside(ask).await,
            REBUILD => self.plan_rebuild(ask).await,
            _ => Err(self.own.no_action(ask, &[FENCE, CUT_OFF, LET_IN, PROMOTE, VERIFY, ADMIT, ASIDE, REBUILD])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        match plan.action.as_str() {
            FENCE => self.fence(plan).await,
            CUT_OFF | LET_IN => self.set_groups(plan).await,
            PROMOTE => self.promote(plan).await,
            VERIFY => self.verify(plan).await,
            ADMIT => self.admit(plan).await,
            ASIDE => self.aside(plan).await,
            REBUILD => self.rebuild(plan).await,
            action => Err(refused(format!("{} has no action {action:?}", self.own.id))),
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        match plan.action.as_str() {
            FENCE => self.settle_fence(plan, receipt, since).await,
            CUT_OFF | LET_IN => self.settle_groups(plan, since).await,
            PROMOTE => self.settle_promote(plan, since).await,
            VERIFY => self.settle_verify(plan, receipt, since).await,
            ADMIT => self.settle_admit(plan, receipt, since).await,
            ASIDE => self.settle_aside(plan, since).await,
            REBUILD => self.settle_rebuild(plan, since).await,
            action => Settlement::CannotTell(format!("{} has no action {action:?}", self.own.id)),
        }
    }

    async fn may(&self, action: &str, on: &Place) -> Vec<Right> {
        let (Some(sql), Some(region), FENCE | ADMIT) = (&self.sql, on.region(), action) else { return Vec::new() };
        let what = "take the application's login away, end its sessions, give it back".to_owned();
        vec![Right {
            component: self.own.id.clone(),
            region: region.clone(),
            what,
            answer: sql.may_fence(region).await,
        }]
    }
}
