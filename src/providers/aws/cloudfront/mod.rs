//! `cloudfront`: a distribution whose default cache behaviour is pointed at the origin of one Region.
//!
//! `point` changes the target origin by compare-and-set on the configuration's ETag; `invalidate` takes out of the caches
//! what the old origin had answered. CloudFront's control plane is in us-east-1 alone; its edges go on without it.
//!
//! An update replaces the whole configuration. What CloudFront told is sent back but for the one id: settings that this
//! version of the SDK does not know would be lost, which is why its version is kept new.

mod invalidate;
mod point;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_cloudfront::types::{DistributionConfig, Origin, OriginGroups};

use super::clients::CLOUDFRONT_REGION;
use super::{Clients, errors, timestamp};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Health, Observation, Unread, Value, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::own::{Own, refused};

const POINT: &str = "point";
const INVALIDATE: &str = "invalidate";

/// A distribution.
pub struct CloudFront {
    own: Own,
    spec: service::CloudFront,
    aws: Clients,
}

/// A distribution as CloudFront tells it.
struct Seen {
    etag: String,
    status: String,
    last_modified: Option<String>,
    enabled: bool,
    config: DistributionConfig,
}

impl Seen {
    fn target(&self) -> &str {
        target(&self.config)
    }

    fn deployed(&self) -> bool {
        self.status == "Deployed"
    }

    /// The origin that is asked first, and whether an origin group stands before it.
    fn origin(&self) -> (&str, bool) {
        let groups = self.config.origin_groups().map(OriginGroups::items).unwrap_or_default();
        let group = groups.iter().find(|group| group.id() == self.target());
        let first = group.and_then(|group| group.members()).and_then(|members| members.items().first());
        match (group, first) {
            (Some(_), Some(first)) => (first.origin_id(), true),
            (group, _) => (self.target(), group.is_some()),
        }
    }

    /// The domain name of an origin; `None` if there is no such origin.
    fn domain(&self, origin: &str) -> Option<&str> {
        let origins = self.config.origins()?.items();
        origins.iter().find(|known| known.id() == origin).map(Origin::domain_name)
    }
}

/// The id of the origin or origin group that the default cache behaviour asks.
fn target(config: &DistributionConfig) -> &str {
    config.default_cache_behavior().map_or("", |behavior| behavior.target_origin_id())
}

impl CloudFront {
    pub(crate) fn new(own: Own, spec: service::CloudFront, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(operation: &str) -> String {
        format!("cloudfront:{operation} {CLOUDFRONT_REGION}")
    }

    async fn look(&self) -> Result<Seen, Unread> {
        let what = Self::source("GetDistribution");
        let asked = self.aws.cloudfront.read.get_distribution().id(&self.spec.distribution);
        let output = asked.send().await.map_err(|err| errors::unread(&what, &err))?;
        let garbled = || Unread::new(Why::Malformed, format!("{what}: no configuration, or no ETag"));
        let distribution = output.distribution().ok_or_else(garbled)?;
        let config = distribution.distribution_config().ok_or_else(garbled)?;
        Ok(Seen {
            etag: output.e_tag().ok_or_else(garbled)?.to_owned(),
            status: text::bounded(distribution.status(), 40),
            last_modified: timestamp(distribution.last_modified_time()).map(|at| at.to_string()),
            enabled: config.enabled(),
            config: config.clone(),
        })
    }

    /// The Region that an origin means, or `other`.
    fn word(&self, origin: &str) -> String {
        let role =
            [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| self.spec.origin.get(*role) == origin);
        role.map_or_else(|| "other".to_owned(), |role| self.own.regions.get(role).to_string())
    }

    fn seen(&self, fact: &str, value: &str) -> Evidence {
        self.own.evidence(&Place::Global, fact, value, &Self::source("GetDistribution"))
    }

    /// What is to be said of every change where the Region that is left is the one that must answer.
    fn control_plane(source: &Region) -> Option<String> {
        (source.as_str() == CLOUDFRONT_REGION).then(|| {
            format!("CloudFront takes changes in {CLOUDFRONT_REGION} alone, the Region that is being left: it may not answer.")
        })
    }

    async fn observe_it(&self) -> Result<Observation, Unread> {
        let found = self.look().await?;
        let mut seen = Observation::new(Self::source("GetDistribution"));
        let (origin, group) = found.origin();
        let word = self.word(origin);
        seen.text("points_at", &word);
        seen.text("status", &found.status);
        seen.fact("enabled", Value::Bool(found.enabled));
        seen.fact("origin_group", Value::Bool(group));
        if let Some(at) = &found.last_modified {
            seen.text("last_modified", at);
        }
        let health = match word.as_str() {
            _ if !found.enabled => Health::Down,
            "other" => Health::Degraded,
            _ if found.deployed() => Health::Healthy,
            _ => Health::Degraded,
        };
        let shown = if word == "other" { format!("other: {origin}") } else { word };
        let mut said = format!("{shown}, {}", found.status);
        if group {
            said.push_str(", by an origin group");
        }
        if !found.enabled {
            said.push_str(", disabled");
        }
        seen.glance(health, said);
        Ok(seen)
    }
}

#[async_trait]
impl Component for CloudFront {
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
            Place::Global => self.observe_it().await,
            Place::Region(region) => {
                Err(Unread::new(Why::NotFound, format!("{} is global, not in {region}", self.own.id)))
            }
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        match ask.action.as_str() {
            POINT => self.plan_point(ask).await,
            INVALIDATE => self.plan_invalidate(ask).await,
            _ => Err(self.own.no_action(ask, &[POINT, INVALIDATE])),
        }
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let plan = authorised.plan();
        match plan.action.as_str() {
            POINT => self.point(plan).await,
            INVALIDATE => self.invalidate(plan).await,
            other => Err(refused(format!("there is no action {other}"))),
        }
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        match plan.action.as_str() {
            POINT => self.settle_point(plan, receipt, since).await,
            INVALIDATE => self.settle_invalidate(plan, receipt, since).await,
            other => Settlement::CannotTell(format!("there is no action {other}")),
        }
    }
}
