//! The objects of an S3 bucket: one for each batch of lines, one for each anchor. None is ever written over, and each is locked
//! where the bucket has Object Lock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{DefaultRetention, ObjectLockEnabled, ObjectLockMode, ObjectLockRetentionMode};
use tokio::sync::OnceCell;

use super::OWN;
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Pair, Region};
use crate::domain::service::{LockMode, Trail as Wanted};
use crate::domain::trail::{Anchor, Line, Terms, Whose};
use crate::ports::{Clock, Trail, during};
use crate::providers::aws::{Clients, errors};

/// A bucket in each Region.
pub(super) struct Objects {
    aws: Clients,
    clock: Arc<dyn Clock>,
    regions: Pair<Region>,
    buckets: Pair<String>,
    wanted: Wanted,
    /// What each bucket locks its objects by, once it was asked.
    locks: Pair<OnceCell<Lock>>,
}

/// How a bucket locks objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lock {
    /// Not at all.
    None,
    /// As each object says.
    Each,
    /// By itself, for so many days, which is no less than is wanted.
    Own(LockMode, u64),
}

impl Objects {
    pub(super) fn new(
        aws: Clients,
        clock: Arc<dyn Clock>,
        regions: Pair<Region>,
        buckets: Pair<String>,
        wanted: Wanted,
    ) -> Self {
        let locks = Pair { primary: OnceCell::new(), standby: OnceCell::new() };
        Self { aws, clock, regions, buckets, wanted, locks }
    }

    fn role(&self, whose: &Whose) -> HomeRole {
        self.regions.role_of(&whose.target).unwrap_or(HomeRole::Standby)
    }

    fn bucket(&self, whose: &Whose) -> &str {
        self.buckets.get(self.role(whose))
    }

    /// The client that sends once.
    fn client(&self, whose: &Whose) -> Result<&aws_sdk_s3::Client, Unread> {
        Ok(&self.aws.region(&whose.target)?.s3.write)
    }

    fn folder(&self, whose: &Whose) -> String {
        format!("{}{}/", self.wanted.prefix, whose.run)
    }

    fn days(&self) -> u64 {
        self.wanted.retention.as_secs() / 86_400
    }

    async fn lock(&self, whose: &Whose) -> Result<Lock, Unread> {
        let ask = async {
            let what = format!("s3:GetObjectLockConfiguration {}", whose.target);
            let sent = self.client(whose)?.get_object_lock_configuration().bucket(self.bucket(whose)).send().await;
            let output = match sent {
                Err(error) if errors::code(&error) == Some("ObjectLockConfigurationNotFoundError") => {
                    return Ok(Lock::None);
                }
                sent => sent.map_err(|error| errors::unread(&what, &error))?,
            };
            let Some(found) = output.object_lock_configuration else { return Ok(Lock::None) };
            if found.object_lock_enabled != Some(ObjectLockEnabled::Enabled) {
                return Ok(Lock::None);
            }
            let own = found.rule().and_then(|rule| rule.default_retention()).and_then(own);
            Ok(match own {
                Some((mode, days)) if days >= self.days() => Lock::Own(mode, days),
                _ => Lock::Each,
            })
        };
        self.locks.get(self.role(whose)).get_or_try_init(|| ask).await.copied()
    }

    /// Writes an object where there is none yet. One that is there already has to hold the same.
    async fn put(&self, whose: &Whose, name: &str, text: String) -> Result<(), Unread> {
        let lock = self.lock(whose).await?;
        let key = format!("{}{name}", self.folder(whose));
        let what = format!("s3:PutObject {} {key}", whose.target);
        let body = ByteStream::from(text.clone().into_bytes());
        let mut call =
            self.client(whose)?.put_object().bucket(self.bucket(whose)).key(&key).if_none_match("*").body(body);
        if lock == Lock::Each {
            let until = self.clock.now().as_second().saturating_add(seconds(self.wanted.retention));
            let mode = match self.wanted.lock {
                LockMode::Governance => ObjectLockMode::Governance,
                LockMode::Compliance => ObjectLockMode::Compliance,
            };
            call = call.object_lock_mode(mode).object_lock_retain_until_date(DateTime::from_secs(until));
        }
        match call.send().await {
            Ok(_) => Ok(()),
            // A try that was not answered may have been carried out.
            Err(error) if errors::code(&error) == Some("PreconditionFailed") => {
                if self.get(whose, &key).await? == text {
                    return Ok(());
                }
                let id = error.request_id().unwrap_or_default();
                Err(Unread::new(Why::Other, format!("{what}: it is there, and holds something else (request {id})")))
            }
            Err(error) => Err(errors::unread(&what, &error)),
        }
    }

    async fn get(&self, whose: &Whose, key: &str) -> Result<String, Unread> {
        let what = format!("s3:GetObject {} {key}", whose.target);
        let output = self.client(whose)?.get_object().bucket(self.bucket(whose)).key(key).send().await;
        let output = output.map_err(|error| errors::unread(&what, &error))?;
        let garbled = |error: &dyn std::fmt::Display| Unread::new(Why::Malformed, format!("{what}: {error}"));
        let bytes = output.body.collect().await.map_err(|error| garbled(&error))?.to_vec();
        String::from_utf8(bytes).map_err(|error| garbled(&error))
    }

    /// The names of a run's objects.
    async fn names(&self, whose: &Whose) -> Result<Vec<String>, Unread> {
        let (folder, what) = (self.folder(whose), format!("s3:ListObjectsV2 {}", whose.target));
        let call = self.client(whose)?.list_objects_v2().bucket(self.bucket(whose)).prefix(&folder);
        let mut pages = call.into_paginator().send();
        let mut names = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| errors::unread(&what, &error))?;
            names.extend(
                page.contents().iter().filter_map(|object| Some(object.key()?.strip_prefix(&folder)?.to_owned())),
            );
        }
        Ok(names)
    }

    async fn last(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        let names = self.names(whose).await?;
        let Some((name, until)) = covered(names.iter().map(String::as_str)) else { return Ok(None) };
        let text = self.get(whose, &format!("{}{name}", self.folder(whose))).await?;
        let last = text.lines().last().and_then(Line::read).filter(|line| line.seq == until);
        let garbled =
            || Unread::new(Why::Malformed, format!("{name} in {} does not end with entry {until}", whose.target));
        last.map(|line| Some(line.anchor())).ok_or_else(garbled)
    }

    async fn every_anchor(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread> {
        let mut all = Vec::new();
        for name in self.names(whose).await?.iter().filter(|name| name.starts_with("anchor-")) {
            let text = self.get(whose, &format!("{}{name}", self.folder(whose))).await?;
            let read = Anchor::read_all(&text);
            all.extend(read.map_err(|_| Unread::new(Why::Malformed, format!("{name} holds no anchor")))?);
        }
        all.sort();
        all.dedup();
        Ok(all)
    }
}

/// A bucket's own retention.
fn own(retention: &DefaultRetention) -> Option<(LockMode, u64)> {
    let mode = match retention.mode()? {
        ObjectLockRetentionMode::Compliance => LockMode::Compliance,
        _ => LockMode::Governance,
    };
    let years = retention.years().map(|years| years.saturating_mul(365));
    Some((mode, u64::try_from(retention.days().or(years)?).ok()?))
}

fn seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

/// The object that ends what is there without a gap from the first entry on, and with which entry it does.
fn covered<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, u64)> {
    let batch = |name: &'a str| {
        let (first, last) = name.strip_suffix(".jsonl")?.split_once('-')?;
        Some(((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?), name))
    };
    let batches: BTreeMap<(u64, u64), &str> = names.filter_map(batch).collect();
    let mut covered: Option<(&str, u64)> = None;
    for ((first, last), name) in batches {
        let until = covered.map_or(0, |(_, until)| until);
        if first > until + 1 {
            break;
        }
        if last > until {
            covered = Some((name, last));
        }
    }
    covered
}

#[async_trait]
impl Trail for Objects {
    fn name(&self, whose: &Whose) -> String {
        format!("s3://{}/{}", self.bucket(whose), self.folder(whose))
    }

    async fn terms(&self, whose: &Whose) -> Result<Terms, Unread> {
        Ok(match during(OWN, Box::pin(self.lock(whose))).await? {
            Lock::None => Terms { days: None, lock: None },
            Lock::Each => Terms { days: Some(self.days()), lock: Some(self.wanted.lock.as_str().to_owned()) },
            Lock::Own(mode, days) => Terms { days: Some(days), lock: Some(mode.as_str().to_owned()) },
        })
    }

    async fn has(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        during(OWN, Box::pin(self.last(whose))).await
    }

    async fn ship(&self, whose: &Whose, lines: &[Line]) -> Result<(), Unread> {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
        let text = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        let name = format!("{:06}-{:06}.jsonl", first.seq, last.seq);
        during(OWN, Box::pin(self.put(whose, &name, text))).await
    }

    async fn anchor(&self, whose: &Whose, anchor: &Anchor) -> Result<(), Unread> {
        let name = format!("anchor-{:06}.txt", anchor.seq);
        during(OWN, Box::pin(self.put(whose, &name, format!("{anchor}\n")))).await
    }

    async fn anchors(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread> {
        during(OWN, Box::pin(self.every_anchor(whose))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_counts_up_to_the_first_gap() {
        let of = |names: &[&'static str]| covered(names.iter().copied());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["000001-000005.jsonl", "anchor-000005.txt"]), Some(("000001-000005.jsonl", 5)));
        assert_eq!(of(&["000006-000009.jsonl", "000001-000005.jsonl"]), Some(("000006-000009.jsonl", 9)));
        assert_eq!(of(&["000001-000005.jsonl", "000007-000009.jsonl"]), Some(("000001-000005.jsonl", 5)));
        assert_eq!(of(&["000002-000005.jsonl"]), None);
        // Two processes may have cut the lines into other batches.
        assert_eq!(
            of(&["000001-000005.jsonl", "000004-000008.jsonl", "000004-000006.jsonl"]),
            Some(("000004-000008.jsonl", 8))
        );
    }
}
