//! `s3-replication`: a bucket in each Region, replicated from the active side to the other, or each to the other.
//!
//! `canary` measures the replication with an object of its own; `reverse` replicates the target's bucket back to the
//! source's; `stop` ends the replication of the source's. S3 replicates what is written while a rule is enabled, and nothing
//! from before; what it calls COMPLETED says nothing of an object that no rule applied to.

mod canary;
mod observe;
mod rules;
mod turn;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use self::rules::Configuration;
use super::{Clients, errors};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Observation, Unread, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::service;
use crate::ports::Component;
use crate::providers::Own;
use crate::providers::own::refused;

const CANARY: &str = "canary";
const REVERSE: &str = "reverse";
const STOP: &str = "stop";

/// Buckets in two Regions.
pub struct S3Replication {
    own: Own,
    spec: service::S3Replication,
    aws: Clients,
}

/// One side of the pair, and the other.
struct Side<'a> {
    region: &'a Region,
    role: HomeRole,
    /// Its bucket.
    bucket: &'a str,
    /// The other Region.
    other: &'a Region,
    /// The other's bucket.
    towards: &'a str,
}

impl S3Replication {
    pub(crate) fn new(own: Own, spec: service::S3Replication, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn side<'a>(&'a self, on: &'a Place) -> Result<Side<'a>, String> {
        let (region, role) = self.own.side(on)?;
        Ok(self.side_of(region, role))
    }

    fn side_of<'a>(&'a self, region: &'a Region, role: HomeRole) -> Side<'a> {
        Side {
            region,
            role,
            bucket: self.spec.bucket.get(role),
            other: self.own.regions.get(role.other()),
            towards: self.spec.bucket.get(role.other()),
        }
    }

    /// The other side of a side.
    fn opposite<'a>(&'a self, side: &Side<'a>) -> Side<'a> {
        self.side_of(side.other, side.role.other())
    }

    /// The state of a bucket's versioning, as S3 writes it, or `none`.
    async fn versioning(&self, side: &Side<'_>) -> Result<String, Unread> {
        let client = &self.aws.region(side.region)?.s3.read;
        let output = client.get_bucket_versioning().bucket(side.bucket).send().await;
        let output = output.map_err(|err| unread(&asked("GetBucketVersioning", side.region), side.region, &err))?;
        Ok(output.status().map_or("none", |status| status.as_str()).to_owned())
    }

    /// A bucket's replication configuration; `None` if it has none.
    async fn configuration(&self, side: &Side<'_>) -> Result<Option<Configuration>, Unread> {
        let client = &self.aws.region(side.region)?.s3.read;
        match client.get_bucket_replication().bucket(side.bucket).send().await {
            Ok(output) => Ok(output.replication_configuration().map(Configuration::read)),
            Err(err) if errors::code(&err) == Some("ReplicationConfigurationNotFoundError") => Ok(None),
            Err(err) => Err(unread(&asked("GetBucketReplication", side.region), side.region, &err)),
        }
    }
}

/// What was asked, such as `s3:HeadBucket us-west-2`.
fn asked(operation: &str, region: &Region) -> String {
    format!("s3:{operation} {region}")
}

fn status<E>(err: &SdkError<E, HttpResponse>) -> Option<u16> {
    err.raw_response().map(|response| response.status().as_u16())
}

/// What a failed read of a bucket means. A bucket in another Region than the service file says is said so: S3 redirects.
fn unread<E>(what: &str, region: &Region, err: &SdkError<E, HttpResponse>) -> Unread
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    let elsewhere = err.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
    match elsewhere {
        Some(found) if found != region.as_str() => {
            Unread::new(Why::NotFound, format!("{what}: the bucket is in {found}, not in {region}"))
        }
        _ => errors::unread(what, err),
    }
}

fn rests_on(unread: &Unread) -> Refusal {
    Refusal::new(format!("what it rests on cannot be read now: {unread}"))
}

#[async_trait]
impl Component for S3Replication {
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
            return self.across().await;
        }
        let side = self.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        self.in_region(&side).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let side = self.side(&ask.on).map_err(Refusal::new)?;
        match ask.action.as_str() {
            CANARY => self.plan_canary(ask, &side).await,
            REVERSE => self.plan_reverse(ask, &side).await,
            STOP => self.plan_stop(ask, &side).await,
            _ => Err(self.own.no_action(ask, &[CANARY, REVERSE, STOP])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        let side = self.side(&plan.on).map_err(refused)?;
        if plan.call.param("Bucket") != Some(side.bucket) {
            return Err(refused("the plan names another bucket than the service file"));
        }
        match plan.action.as_str() {
            CANARY => self.put_canary(plan, &side).await,
            REVERSE | STOP => self.put_configuration(plan, &side).await,
            _ => Err(refused(format!("{} has no action {:?}", self.own.id, plan.action))),
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let Ok(side) = self.side(&plan.on) else {
            return Settlement::CannotTell("the plan cannot be read".to_owned());
        };
        match plan.action.as_str() {
            CANARY => self.settle_canary(plan, &side, receipt, since).await,
            _ => self.settle_configuration(plan, &side, receipt, since).await,
        }
    }
}
