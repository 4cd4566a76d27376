//! `rds-restore`: snapshots of an instance, and an instance made from its backups.
//!
//! `observe` reads both; `snapshots` takes, copies and discards snapshots; `restore` makes and discards the instance;
//! `swap` gives it the name of what it replaces.

mod observe;
mod restore;
mod snapshots;
mod swap;

use std::time::Duration;

use async_trait::async_trait;

use super::Clients;
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Observation, Unread};
use crate::domain::region::Place;
use crate::domain::service;
use crate::ports::Component;
use crate::providers::own::{Own, refused};

const SNAPSHOT: &str = "snapshot";
const COPY: &str = "copy";
const RESTORE: &str = "restore";
const POINT: &str = "restore-point";
const RETIRE: &str = "retire";
const ADOPT: &str = "adopt";
const DISCARD: &str = "discard";
const DISCARD_SNAPSHOT: &str = "discard-snapshot";
const ACTIONS: [&str; 8] = [SNAPSHOT, COPY, RESTORE, POINT, RETIRE, ADOPT, DISCARD, DISCARD_SNAPSHOT];

/// After how long something that is being made would show.
const WOULD_SHOW: Duration = Duration::from_mins(3);

/// Snapshots of an instance, and an instance made from its backups.
pub struct RdsRestore {
    own: Own,
    spec: service::RdsRestore,
    aws: Clients,
}

impl RdsRestore {
    pub(crate) fn new(own: Own, spec: service::RdsRestore, aws: Clients) -> Self {
        Self { own, spec, aws }
    }
}

#[async_trait]
impl Component for RdsRestore {
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
        self.look(place).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            SNAPSHOT => self.plan_snapshot(ask).await,
            COPY => self.plan_copy(ask).await,
            RESTORE => self.plan_restore(ask).await,
            POINT => self.plan_point(ask).await,
            RETIRE => self.plan_retire(ask).await,
            ADOPT => self.plan_adopt(ask).await,
            DISCARD => self.plan_discard(ask).await,
            DISCARD_SNAPSHOT => self.plan_discard_snapshot(ask).await,
            _ => Err(self.own.no_action(ask, &ACTIONS)),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        match plan.action.as_str() {
            SNAPSHOT => self.snapshot(plan).await,
            COPY => self.copy(plan).await,
            RESTORE => self.restore(plan).await,
            POINT => self.restore_point(plan).await,
            RETIRE | ADOPT => self.rename(plan).await,
            DISCARD => self.discard(plan).await,
            DISCARD_SNAPSHOT => self.discard_snapshot(plan).await,
            action => Err(refused(format!("{} has no action {action:?}", self.own.id))),
        }
    }

    async fn settle(&self, plan: &Plan, _: Option<&Receipt>, since: Duration) -> Settlement {
        match plan.action.as_str() {
            SNAPSHOT | COPY => self.settle_snapshot(plan, since).await,
            RESTORE | POINT => self.settle_restore(plan, since).await,
            RETIRE | ADOPT => self.settle_rename(plan, since).await,
            DISCARD => self.settle_discard(plan, since).await,
            DISCARD_SNAPSHOT => self.settle_discard_snapshot(plan, since).await,
            action => Settlement::CannotTell(format!("{} has no action {action:?}", self.own.id)),
        }
    }
}
