//! What there is to restore from, and what has been restored.

use jiff::Timestamp;

use super::RdsRestore;
use crate::domain::reading::{Health, Observation, Unread, Value, Why, age};
use crate::domain::region::{Place, Region};
use crate::domain::{duration, text};
use crate::providers::aws::rds::instance::{Role, describe};
use crate::providers::aws::{errors, timestamp};

/// A snapshot, as `DescribeDBSnapshots` tells it; every text is safe to show.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) status: String,
    pub(super) taken: Option<Timestamp>,
}

impl Snapshot {
    pub(super) fn available(&self) -> bool {
        self.status == "available"
    }
}

impl RdsRestore {
    /// The snapshots of a Region's instance, and copies of the other's, the newest first.
    pub(super) async fn snapshots(&self, region: &Region) -> Result<Vec<Snapshot>, Unread> {
        let what = format!("rds:DescribeDBSnapshots {region}");
        let client = &self.aws.region(region)?.rds.read;
        let mut all = Vec::new();
        let mut marker = None;
        loop {
            let page = client.describe_db_snapshots().set_marker(marker).send().await;
            let page = page.map_err(|err| errors::unread(&what, &err))?;
            let ours = |of: Option<&str>| {
                of.is_some_and(|of| {
                    [&self.spec.instance.primary, &self.spec.instance.standby].into_iter().any(|id| id == of)
                })
            };
            all.extend(page.db_snapshots().iter().filter(|one| ours(one.db_instance_identifier())).map(|one| {
                Snapshot {
                    id: text::bounded(one.db_snapshot_identifier().unwrap_or("?"), 255),
                    arn: text::bounded(one.db_snapshot_arn().unwrap_or("?"), 400),
                    status: text::bounded(one.status().unwrap_or("unknown"), 60),
                    // Of a copy, this is when the copy was made; the original time says what it holds.
                    taken: one.original_snapshot_create_time().or(one.snapshot_create_time()).and_then(timestamp),
                }
            }));
            marker = page.marker().filter(|marker| !marker.is_empty()).map(str::to_owned);
            if marker.is_none() {
                break;
            }
        }
        all.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.taken));
        Ok(all)
    }

    /// A snapshot by name.
    pub(super) async fn snapshot_named(&self, region: &Region, id: &str) -> Result<Option<Snapshot>, Unread> {
        Ok(self.snapshots(region).await?.into_iter().find(|snapshot| snapshot.id == id))
    }

    pub(super) async fn look(&self, place: &Place) -> Result<Observation, Unread> {
        let (region, role) = self.own.side(place).map_err(|why| Unread::new(Why::NotFound, why))?;
        let now = self.own.clock.now();
        let restored = self.spec.restored.get(role);
        let (snapshots, made, of) = tokio::join!(
            self.snapshots(region),
            describe(&self.aws, region, restored),
            describe(&self.aws, region, self.spec.instance.get(role)),
        );
        let snapshots = snapshots?;
        let mut seen = Observation::new(format!("rds:DescribeDBSnapshots, DescribeDBInstances {region}"));
        let newest = snapshots.iter().find(|snapshot| snapshot.available());
        let mut said = match newest.and_then(|newest| newest.taken) {
            Some(at) => format!("newest backup {} old", duration::age(age(at, now))),
            None => "no snapshot here".to_owned(),
        };
        if let Some(newest) = newest {
            seen.text("snapshot", &newest.id);
            if let Some(at) = newest.taken {
                seen.fact("snapshot_age", Value::Seconds(age(at, now).as_secs_f64()));
            }
        }
        seen.fact("snapshots", Value::Number(count(snapshots.len())));
        let busy = snapshots.iter().filter(|snapshot| !snapshot.available()).count();
        if busy > 0 {
            said = format!("{said}, {busy} being made");
        }
        match made {
            Ok(instance) => {
                seen.text("restored", &instance.status);
                seen.fact("ready", Value::Bool(instance.available()));
                said = format!("{said}; {restored} {}", instance.status);
            }
            Err(unread) if unread.why == Why::NotFound => {
                seen.text("restored", "absent");
                seen.fact("ready", Value::Bool(false));
            }
            Err(unread) => seen.unread.push(("restored".to_owned(), unread)),
        }
        // A replica is backed up where its source is; a database of its own must have something to go back to.
        let own = match &of {
            Ok(instance) => instance.role != Role::Replica,
            Err(_) => false,
        };
        match of {
            // To which moment it can be restored: what a restore to a point in time would lose at most.
            Ok(instance) => {
                if let Some(at) = instance.restorable {
                    seen.fact("restorable_age", Value::Seconds(age(at, now).as_secs_f64()));
                }
            }
            Err(unread) => seen.unread.push(("restorable_age".to_owned(), unread)),
        }
        seen.glance(if own && newest.is_none() { Health::Degraded } else { Health::Healthy }, said);
        Ok(seen)
    }
}

#[expect(clippy::cast_precision_loss, reason = "an account has at most hundreds of snapshots")]
fn count(of: usize) -> f64 {
    of as f64
}
