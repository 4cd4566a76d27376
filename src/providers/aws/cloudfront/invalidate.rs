//! `invalidate`: what the old origin had answered goes out of the caches.
//!
//! The caller reference is the hash of the plan, which rests on the newest invalidation there was: sent again, the same plan
//! is the same invalidation to CloudFront, and a later plan is another.

use std::time::Duration;

use aws_sdk_cloudfront::types::{Invalidation, InvalidationBatch, InvalidationList, Paths};

use super::CloudFront;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Unread;
use crate::domain::region::Place;
use crate::domain::runbook::Hazard;
use crate::domain::text;
use crate::providers::aws::clients::CLOUDFRONT_REGION;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict};

/// After how long an accepted invalidation would be listed.
const WOULD_SHOW: Duration = Duration::from_mins(1);
/// How many invalidations that came later are looked at for one whose answer was lost.
const LOOKED_AT: usize = 10;

const ID: &str = "DistributionId";
const PATHS: &str = "Paths";
const NEWEST: &str = "newest invalidation";

impl CloudFront {
    /// The ids of the newest invalidations, the newest first.
    async fn newest(&self, most: i32) -> Result<Vec<String>, Unread> {
        let asked = self.aws.cloudfront.read.list_invalidations().distribution_id(&self.spec.distribution);
        let output = asked
            .max_items(most)
            .send()
            .await
            .map_err(|err| errors::unread(&Self::source("ListInvalidations"), &err))?;
        let items = output.invalidation_list().map(InvalidationList::items).unwrap_or_default();
        Ok(items.iter().map(|item| text::bounded(item.id(), 60)).collect())
    }

    /// An invalidation's status and caller reference.
    async fn invalidation(&self, id: &str) -> Result<(String, String), Unread> {
        let asked = self.aws.cloudfront.read.get_invalidation().distribution_id(&self.spec.distribution).id(id);
        let output = asked.send().await.map_err(|err| errors::unread(&Self::source("GetInvalidation"), &err))?;
        let found = output.invalidation();
        let status = found.map_or("?", |invalidation| invalidation.status());
        let batch = found.and_then(|invalidation| invalidation.invalidation_batch());
        let reference = batch.map_or("", |batch| batch.caller_reference());
        Ok((text::bounded(status, 40), reference.to_owned()))
    }

    pub(super) async fn plan_invalidate(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, _) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (found, newest) = tokio::join!(self.look(), self.newest(1));
        let unread = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let (found, newest) = (found.map_err(unread)?, newest.map_err(unread)?);
        let newest = newest.first().map_or("none", String::as_str);
        let id = self.spec.distribution.as_str();
        let paths = self.spec.paths.join(" ");
        let mut words = vec!["cloudfront", "create-invalidation", "--distribution-id", id, "--paths"];
        words.extend(self.spec.paths.iter().map(String::as_str));
        let word = self.word(found.origin().0);
        let mut changes = vec![
            format!("{id} forgets {paths} at every edge, in a minute or two."),
            format!("All of that is asked of {word} anew: its origin must bear the load."),
            "Sent twice, this very plan is one invalidation: its caller reference is the plan's hash.".to_owned(),
        ];
        changes.extend(Self::control_plane(&ask.direction.source));
        let points = format!("points at {region}");
        Ok(Plan {
            changes,
            basis: basis(&[
                ("distribution", id),
                ("ETag", &found.etag),
                ("target origin", found.target()),
                (NEWEST, newest),
            ]),
            // Before both hold, edges would fill their caches from the old origin again.
            gates: vec![
                gate(&points, verdict(word == region.as_str()), self.seen("points_at", &word)),
                gate("distribution deployed", verdict(found.deployed()), self.seen("status", &found.status)),
            ],
            ..self.own.plan(
                ask,
                call("cloudfront", "CreateInvalidation", CLOUDFRONT_REGION, &[(ID, id), (PATHS, &paths)]),
                self.aws.by_hand(&words, None),
                Hazard::Write,
            )
        })
    }

    pub(super) async fn invalidate(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (id, paths) = (self.spec.distribution.as_str(), &self.spec.paths);
        if plan.call.param(ID) != Some(id) || plan.call.param(PATHS) != Some(&paths.join(" ")) {
            return Err(refused("the plan names another distribution or other paths than the service file"));
        }
        let quantity = i32::try_from(paths.len()).unwrap_or(i32::MAX);
        let unmade = |err| refused(format!("the invalidation cannot be made: {err}"));
        let paths = Paths::builder().quantity(quantity).set_items(Some(paths.clone())).build().map_err(unmade)?;
        let batch = InvalidationBatch::builder().paths(paths).caller_reference(plan.hash()).build().map_err(unmade)?;
        let asked = self.aws.cloudfront.write.create_invalidation().distribution_id(id).invalidation_batch(batch);
        match asked.send().await {
            Ok(output) => {
                let made = output.invalidation();
                let status = made.map_or("?", |invalidation| invalidation.status());
                Ok(errors::receipt(&output, status, made.map(Invalidation::id)))
            }
            Err(err) => {
                let busy = errors::code(&err) == Some("TooManyInvalidationsInProgress");
                match errors::perform(&Self::source("CreateInvalidation"), &err) {
                    PerformError::Refused { message, request_id } if busy => {
                        Err(PerformError::NotYet { message, request_id })
                    }
                    error => Err(error),
                }
            }
        }
    }

    pub(super) async fn settle_invalidate(
        &self,
        plan: &Plan,
        receipt: Option<&Receipt>,
        since: Duration,
    ) -> Settlement {
        let handle = receipt.and_then(|receipt| receipt.handle.clone());
        let found = match handle {
            Some(id) => self.invalidation(&id).await.map(|(status, _)| Some((id, status))),
            None => self.made_by(plan).await,
        };
        let seen =
            |fact: &str, value: &str| self.own.evidence(&Place::Global, fact, value, &Self::source("GetInvalidation"));
        match found {
            Err(unread) => Settlement::CannotTell(unread.to_string()),
            Ok(Some((id, status))) => {
                let evidence = vec![seen("invalidation", &id), seen("invalidation status", &status)];
                if status.eq_ignore_ascii_case("completed") {
                    Settlement::Done(evidence)
                } else {
                    Settlement::InProgress(format!("invalidation {id}: {status}"), evidence)
                }
            }
            Ok(None) if since > WOULD_SHOW => Settlement::NotStarted(vec![seen("invalidation", "none of this plan's")]),
            Ok(None) => Settlement::InProgress("no invalidation is listed yet".to_owned(), Vec::new()),
        }
    }

    /// The invalidation that has a plan's caller reference, among those that came after what the plan rests on.
    async fn made_by(&self, plan: &Plan) -> Result<Option<(String, String)>, Unread> {
        let before = plan.basis.iter().find(|basis| basis.what == NEWEST).map(|basis| basis.value.as_str());
        let listed = self.newest(100).await?;
        let later = listed.iter().take_while(|id| Some(id.as_str()) != before).collect::<Vec<_>>();
        // The oldest of them first: ours came soon after the plan.
        for id in later.into_iter().rev().take(LOOKED_AT) {
            let (status, reference) = self.invalidation(id).await?;
            if reference == plan.hash() {
                return Ok(Some((id.clone(), status)));
            }
        }
        Ok(None)
    }
}
