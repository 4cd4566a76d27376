//! The canary: an empty object of its own name, whose way to the other Region is measured.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::config::ConfigBag;
use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ReplicationStatus;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use jiff::Timestamp;

use super::observe::{towards, word};
use super::rules::Rule;
use super::{S3Replication, Side, asked, rests_on, status, unread};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Unread};
use crate::domain::region::Place;
use crate::domain::runbook::Hazard;
use crate::domain::{duration, text};
use crate::providers::aws::{errors, timestamp};
use crate::providers::own::{basis, call, gate, refused, verdict};

/// After how long an accepted object would be there: S3 is strongly consistent, the call may still be on its way.
const WOULD_SHOW: Duration = Duration::from_secs(30);
/// How many names are looked through for a free one.
const MOST_PAGES: usize = 20;
/// What Replication Time Control promises, and what most objects keep without it ("most objects replicate within 15 minutes",
/// a few take hours: S3 User Guide, Replicating objects). One that is later proves nothing, and must not hold up a run.
const PATIENCE: Duration = Duration::from_mins(15);

/// An object as a bucket has it.
struct Found {
    status: Option<ReplicationStatus>,
    version: Option<String>,
    /// When it was made: in the source, whichever bucket is asked.
    made: Option<Timestamp>,
    /// When S3 answered, by its own clock.
    answered: Option<Timestamp>,
}

/// Keeps the time that an answer bears.
#[derive(Debug, Clone, Default)]
struct Answered(Arc<Mutex<Option<Timestamp>>>);

impl Answered {
    fn at(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Answered {
    fn name(&self) -> &'static str {
        "Answered"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()).map(|date| date.timestamp());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

impl S3Replication {
    /// Where the canaries of a step go.
    fn canaries(&self, ask: &Ask) -> String {
        format!("{}{}/", self.spec.canary, ask.step)
    }

    /// The highest number of a canary in a bucket.
    async fn last_canary(&self, side: &Side<'_>, prefix: &str) -> Result<u64, Unread> {
        let what = asked("ListObjectsV2", side.region);
        let client = &self.aws.region(side.region)?.s3.read;
        let mut pages = client.list_objects_v2().bucket(side.bucket).prefix(prefix).into_paginator().send();
        let mut last = 0;
        for _ in 0..MOST_PAGES {
            let Some(page) = pages.next().await else { return Ok(last) };
            let page = page.map_err(|err| unread(&what, side.region, &err))?;
            let names = page.contents().iter().filter_map(|object| object.key()?.strip_prefix(prefix));
            last = names.filter_map(|name| name.parse().ok()).fold(last, u64::max);
            if page.is_truncated() != Some(true) {
                return Ok(last);
            }
        }
        let why = format!("{what}: there are too many objects under {prefix}; delete the old canaries");
        Err(Unread::new(crate::domain::reading::Why::Other, why))
    }

    pub(super) async fn plan_canary(&self, ask: &Ask, side: &Side<'_>) -> Result<Plan, Refusal> {
        let (prefix, target) = (self.canaries(ask), self.opposite(side));
        let (here, there, configuration) =
            tokio::join!(self.last_canary(side, &prefix), self.last_canary(&target, &prefix), self.configuration(side));
        // A name that the target has already would prove nothing.
        let last = here.map_err(|why| rests_on(&why))?.max(there.map_err(|why| rests_on(&why))?);
        let configuration = configuration.map_err(|why| rests_on(&why))?;
        let rule = towards(configuration.as_ref(), side.towards);
        let key = format!("{prefix}{:06}", last + 1);
        let replicates = rule.is_some_and(|rule| rule.enabled() && rule.applies_to(&key));
        let shown = match rule {
            Some(rule) if rule.enabled() && !replicates => {
                format!("enabled, not for this key: for {:?}", text::bounded(rule.prefix(), 100))
            }
            rule => word(rule).to_owned(),
        };
        let words = ["s3api", "put-object", "--bucket", side.bucket, "--key", key.as_str(), "--if-none-match", "*"];
        let params = [("Bucket", side.bucket), ("Key", key.as_str()), ("IfNoneMatch", "*")];
        let source = asked("GetBucketReplication", side.region);
        let evidence = self.own.evidence(&ask.on, "replication", &shown, &source);
        let mut changes = vec![
            format!("An empty object {key} is written to {} in {}.", side.bucket, side.region),
            format!("It is replicated to {} in {}, and stays in both.", side.towards, side.other),
        ];
        if rule.is_some_and(Rule::rtc) {
            changes.push("Replication Time Control promises it within 15 minutes.".to_owned());
        }
        Ok(Plan {
            changes,
            basis: basis(&[
                ("bucket", side.bucket),
                ("replicated to", side.towards),
                ("rule", &rule.map_or_else(|| "none".to_owned(), Rule::name)),
                ("last canary", &last.to_string()),
            ]),
            gates: vec![gate("a rule replicates it", verdict(replicates), evidence)],
            ..self.own.plan(
                ask,
                call("s3", "PutObject", side.region.as_str(), &params),
                self.aws.by_hand(&words, Some(side.region)),
                Hazard::Write,
            )
        })
    }

    pub(super) async fn put_canary(&self, plan: &Plan, side: &Side<'_>) -> Result<Receipt, PerformError> {
        let key = plan.call.param("Key").filter(|key| key.starts_with(&self.spec.canary));
        let key = key.ok_or_else(|| refused("the plan names no key under the canary prefix"))?;
        let client = &self.aws.region(side.region).map_err(|unread| refused(unread.to_string()))?.s3.write;
        // Never over an object that is there already.
        let put = client.put_object().bucket(side.bucket).key(key).if_none_match("*");
        match put.body(ByteStream::from_static(b"")).send().await {
            Ok(output) => {
                let version = output.version_id().map(str::to_owned);
                let said = format!("written as version {}", version.as_deref().unwrap_or("?"));
                Ok(errors::receipt(&output, said, version.as_deref()))
            }
            Err(err) => Err(errors::perform(&asked("PutObject", side.region), &err)),
        }
    }

    /// An object by its key, and its version where that is known; `None` where the bucket does not have it.
    async fn find(&self, side: &Side<'_>, key: &str, version: Option<&str>) -> Result<Option<Found>, Unread> {
        let client = &self.aws.region(side.region)?.s3.read;
        let answered = Answered::default();
        let head = client.head_object().bucket(side.bucket).key(key).set_version_id(version.map(str::to_owned));
        match head.customize().interceptor(answered.clone()).send().await {
            Ok(output) => Ok(Some(Found::read(&output, answered.at()))),
            Err(err) if status(&err) == Some(404) => Ok(None),
            Err(err) => Err(unread(&asked("HeadObject", side.region), side.region, &err)),
        }
    }

    /// Done when the target's bucket has that very version. What S3 calls COMPLETED in the source is no proof of it.
    pub(super) async fn settle_canary(
        &self,
        plan: &Plan,
        side: &Side<'_>,
        receipt: Option<&Receipt>,
        since: Duration,
    ) -> Settlement {
        let Some(key) = plan.call.param("Key") else {
            return Settlement::CannotTell("the plan names no key".to_owned());
        };
        let target = self.opposite(side);
        let handle = receipt.and_then(|receipt| receipt.handle.as_deref());
        let source = self.find(side, key, handle).await;
        let version = match (&source, handle) {
            (_, Some(version)) => Some(version.to_owned()),
            (Ok(Some(found)), None) => found.version.clone(),
            _ => None,
        };
        let arrived = self.find(&target, key, version.as_deref()).await;
        let there = Place::Region(target.region.clone());
        let head = |side: &Side<'_>| asked("HeadObject", side.region);
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &head(side));
        let mut evidence: Vec<Evidence> = Vec::new();
        if let Ok(found) = &source {
            evidence.push(seen("canary", found.as_ref().map_or("not there", Found::told)));
        }
        if let Ok(found) = &arrived {
            let told = found.as_ref().map_or("not there", Found::told);
            evidence.push(self.own.evidence(&there, "canary", told, &head(&target)));
        }
        match (source, arrived) {
            (_, Ok(Some(found))) => {
                let ours = format!("at most {}", duration::seconds(since.as_secs_f64()));
                evidence.push(self.own.evidence(&there, "took", ours, "this console's clock"));
                if let (Some(made), Some(answered)) = (found.made, found.answered) {
                    let theirs = answered.duration_since(made).as_secs_f64().max(0.0);
                    let told = format!("at most {}", duration::seconds(theirs));
                    let clock = format!("{}, Last-Modified to Date", head(&target));
                    evidence.push(self.own.evidence(&there, "took", told, &clock));
                }
                Settlement::Done(evidence)
            }
            (Ok(None), Ok(None)) if receipt.is_some() => {
                Settlement::Failed(format!("{key} was written to {} and is gone again", side.bucket), evidence)
            }
            (Ok(None), Ok(None)) if since > WOULD_SHOW => Settlement::NotStarted(evidence),
            (Ok(None), Ok(None)) => Settlement::InProgress(format!("{} does not have it yet", side.bucket), evidence),
            (Ok(Some(found)), Ok(None)) => self.on_its_way(&found, side, since, evidence),
            (Err(why), Ok(None)) => Settlement::CannotTell(format!("{} does not have it, and {why}", target.bucket)),
            (_, Err(why)) => Settlement::CannotTell(why.to_string()),
        }
    }

    fn on_its_way(&self, found: &Found, side: &Side<'_>, since: Duration, evidence: Vec<Evidence>) -> Settlement {
        match &found.status {
            Some(ReplicationStatus::Failed) => {
                let why = "S3 says FAILED, and not why: see the role's permissions, the versioning and the policy of the \
                           target's bucket, and the keys that encrypt both";
                Settlement::Failed(why.to_owned(), evidence)
            }
            None if since > WOULD_SHOW => {
                let why =
                    format!("no rule of {} applied to it when it was written: it will not be replicated", side.bucket);
                Settlement::Failed(why, evidence)
            }
            status => {
                let said = status.as_ref().map_or("no status yet", ReplicationStatus::as_str);
                let said = format!("{said}, not in {} yet", side.other);
                if since <= PATIENCE {
                    return Settlement::InProgress(said, evidence);
                }
                let kept = if self.spec.rtc {
                    "Replication Time Control has not kept its 15 minutes"
                } else {
                    "most objects take less than 15 minutes, a few take hours"
                };
                let why =
                    format!("{said}: {kept}. Another try writes another; where that waits, too, nothing goes over");
                Settlement::Failed(why, evidence)
            }
        }
    }
}

impl Found {
    fn read(output: &HeadObjectOutput, answered: Option<Timestamp>) -> Self {
        Self {
            status: output.replication_status().cloned(),
            version: output.version_id().map(|version| text::bounded(version, 1_100)),
            made: output.last_modified().and_then(timestamp),
            answered,
        }
    }

    /// Its replication status, as S3 writes it.
    fn told(&self) -> &str {
        self.status.as_ref().map_or("no replication status", ReplicationStatus::as_str)
    }
}
