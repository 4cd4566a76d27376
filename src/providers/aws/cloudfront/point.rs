//! `point`: the default cache behaviour gets a Region's origin, by compare-and-set.

use std::time::Duration;

use aws_sdk_cloudfront::types::CacheBehaviors;

use super::{CloudFront, Seen, target};
use crate::domain::gate::GateResult;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::region::HomeRole;
use crate::domain::runbook::Hazard;
use crate::domain::text;
use crate::providers::aws::clients::CLOUDFRONT_REGION;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

/// After how long an accepted change would show in the configuration.
const WOULD_SHOW: Duration = Duration::from_mins(1);

const ID: &str = "Id";
const IF_MATCH: &str = "IfMatch";
const TARGET: &str = "DistributionConfig.DefaultCacheBehavior.TargetOriginId";

impl CloudFront {
    pub(super) async fn plan_point(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let found = self
            .look()
            .await
            .map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        let (id, origin) = (self.spec.distribution.as_str(), self.spec.origin.get(role).as_str());
        let (now, group) = found.origin();
        if found.target() == origin {
            return Err(Refusal::already(format!("{id} asks {origin} ({region}) already; it is {}", found.status)));
        }
        let Some(domain) = found.domain(origin) else {
            return Err(Refusal::new(format!("{id} has no origin {origin}: it must be made before it is needed")));
        };
        let domain = text::bounded(domain, 253);
        let mut changes = vec![
            format!(
                "The default cache behaviour of {id} asks {origin} ({domain}, {region}) in place of {}.",
                text::bounded(found.target(), 128)
            ),
            "For minutes, until it is Deployed, edges ask either: both must answer, or some visitors meet errors."
                .to_owned(),
            "What is in the caches stays there: invalidate it afterwards.".to_owned(),
        ];
        let others = found.config.cache_behaviors().map_or(0, CacheBehaviors::quantity);
        if others > 0 {
            changes.push(format!("{others} other cache behaviours keep their own origins."));
        }
        if group {
            changes.push(format!(
                "The origin group {} is no longer asked: no failover by CloudFront itself.",
                text::bounded(found.target(), 128)
            ));
        }
        changes.extend(Self::control_plane(&ask.direction.source));
        let params = [(ID, id), (IF_MATCH, found.etag.as_str()), (TARGET, origin)];
        Ok(Plan {
            changes,
            basis: basis(&[
                ("distribution", id),
                ("ETag", &found.etag),
                ("target origin", found.target()),
                ("asked first", now),
                ("origin's domain", &domain),
            ]),
            gates: self.point_gates(&found, role, &domain),
            ..self.own.plan(
                ask,
                call("cloudfront", "UpdateDistribution", CLOUDFRONT_REGION, &params),
                self.point_by_hand(&found, origin),
                Hazard::Write,
            )
        })
    }

    fn point_gates(&self, found: &Seen, role: HomeRole, domain: &str) -> Vec<GateResult> {
        let (_, group) = found.origin();
        let mut gates = vec![
            gate("distribution enabled", verdict(found.enabled), self.seen("enabled", yes_no(found.enabled))),
            gate("no other change under way", verdict(found.deployed()), self.seen("status", &found.status)),
            gate("no origin group is given up", verdict(!group), self.seen("origin_group", yes_no(group))),
        ];
        if let Some(wanted) = self.spec.domain.as_ref().map(|domains| domains.get(role)) {
            let name = format!("origin leads to {wanted}");
            gates.push(gate(&name, verdict(domain.eq_ignore_ascii_case(wanted)), self.seen("domain", domain)));
        }
        gates
    }

    /// The AWS CLI has no call for one setting: the configuration goes through `jq` and back.
    fn point_by_hand(&self, found: &Seen, origin: &str) -> String {
        let id = self.spec.distribution.as_str();
        let read =
            ["cloudfront", "get-distribution-config", "--id", id, "--query", "DistributionConfig", "--output", "json"];
        let write = [
            "cloudfront",
            "update-distribution",
            "--id",
            id,
            "--if-match",
            &found.etag,
            "--distribution-config",
            "file:///dev/stdin",
        ];
        let change = ["jq", "--arg", "origin", origin, ".DefaultCacheBehavior.TargetOriginId = $origin"];
        format!("{} | {} | {}", self.aws.by_hand(&read, None), text::shell_line(change), self.aws.by_hand(&write, None))
    }

    pub(super) async fn point(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (_, role) = self.own.side(&plan.on).map_err(refused)?;
        let (id, origin) = (self.spec.distribution.as_str(), self.spec.origin.get(role).as_str());
        if plan.call.param(ID) != Some(id) || plan.call.param(TARGET) != Some(origin) {
            return Err(refused("the plan names another distribution or origin than the service file"));
        }
        let etag = plan.call.param(IF_MATCH).ok_or_else(|| refused("the plan names no ETag"))?;
        let what = Self::source("GetDistributionConfig");
        let read = self.aws.cloudfront.read.get_distribution_config().id(id).send().await;
        let read = read.map_err(|err| refused(errors::unread(&what, &err).to_string()))?;
        if read.e_tag() != Some(etag) {
            return Err(refused("somebody changed it since it was planned: its ETag is another"));
        }
        let mut config = read.distribution_config.ok_or_else(|| refused(format!("{what}: no configuration")))?;
        let behavior = config.default_cache_behavior.as_mut();
        origin.clone_into(
            &mut behavior.ok_or_else(|| refused(format!("{what}: no default cache behaviour")))?.target_origin_id,
        );
        let update = self.aws.cloudfront.write.update_distribution().id(id).if_match(etag).distribution_config(config);
        match update.send().await {
            Ok(output) => {
                let status = output.distribution().map_or("?", |distribution| distribution.status());
                Ok(errors::receipt(&output, status, output.e_tag()))
            }
            Err(err) => {
                let raced = matches!(errors::code(&err), Some("PreconditionFailed" | "InvalidIfMatchVersion"));
                match errors::perform(&Self::source("UpdateDistribution"), &err) {
                    PerformError::Refused { message, request_id } if raced => Err(PerformError::Refused {
                        message: text::bounded(&format!("somebody changed it since it was planned: {message}"), 600),
                        request_id,
                    }),
                    error => Err(error),
                }
            }
        }
    }

    /// Done when the configuration has the origin and every edge has the configuration.
    pub(super) async fn settle_point(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        let found = match self.look().await {
            Ok(found) => found,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let evidence = vec![self.seen("target origin", target(&found.config)), self.seen("status", &found.status)];
        let old = plan.basis.iter().find(|basis| basis.what == "target origin").map(|basis| basis.value.as_str());
        if Some(found.target()) == plan.call.param(TARGET) {
            return if found.deployed() {
                Settlement::Done(evidence)
            } else {
                Settlement::InProgress(format!("{}: edges ask either origin", found.status), evidence)
            };
        }
        if Some(found.target()) != old {
            return Settlement::Failed("somebody has pointed it elsewhere".to_owned(), evidence);
        }
        match receipt {
            Some(_) if since > WOULD_SHOW => Settlement::Failed("somebody has pointed it back".to_owned(), evidence),
            None if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            _ => Settlement::InProgress("the configuration is not changed yet".to_owned(), evidence),
        }
    }
}
