//! `snapshot`, `copy` and `discard-snapshot`: what is taken during a run is named after it, and only that is discarded.

use std::time::Duration;

use super::restore::across;
use super::{COPY, RdsRestore, WOULD_SHOW};
use crate::domain::hash;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Region};
use crate::domain::runbook::Hazard;
use crate::providers::aws::errors;
use crate::providers::aws::rds::instance::describe;
use crate::providers::own::{basis, call, gate, refused, verdict};

const ID: &str = "DBSnapshotIdentifier";
const TARGET: &str = "TargetDBSnapshotIdentifier";
const SOURCE: &str = "SourceDBSnapshotIdentifier";
const INSTANCE: &str = "DBInstanceIdentifier";
/// How the names of snapshots begin that were taken here.
const PREFIX: &str = "handover-";

fn unreadable(unread: &Unread) -> Refusal {
    Refusal::new(format!("what it rests on cannot be read now: {unread}"))
}

impl RdsRestore {
    /// The name of the snapshot that a run takes of an instance: the same however often it is asked.
    pub(super) fn snapshot_id(run: &str, instance: &str) -> String {
        let digest = hash::sha256(run.as_bytes());
        let head: String = instance.chars().take(200).collect();
        format!("{PREFIX}{head}-{}", digest.get(..8).unwrap_or("run"))
    }

    pub(super) async fn plan_snapshot(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let instance = self.spec.instance.get(role);
        let id = Self::snapshot_id(&ask.run, instance);
        if let Some(there) = self.snapshot_named(region, &id).await.map_err(|unread| unreadable(&unread))?
            && there.available()
        {
            return Err(Refusal::already(format!("{id} in {region} is available")));
        }
        let of = describe(&self.aws, region, instance).await.map_err(|unread| unreadable(&unread))?;
        let words =
            ["rds", "create-db-snapshot", "--db-instance-identifier", instance, "--db-snapshot-identifier", &id];
        let by_hand = self.aws.by_hand(&words, Some(region));
        let call = call("rds", "CreateDBSnapshot", region.as_str(), &[(INSTANCE, instance), (ID, &id)]);
        let seen = self.own.evidence(&ask.on, "status", &of.status, &format!("rds:DescribeDBInstances {region}"));
        Ok(Plan {
            changes: vec![
                format!("A snapshot {id} is taken of {instance} in {region}: minutes."),
                format!("{instance} is backing-up meanwhile: a replica in that state cannot be promoted."),
                "It is kept, and costs, until somebody deletes it.".to_owned(),
            ],
            basis: basis(&[("instance", instance), ("status", &of.status)]),
            gates: vec![gate("instance available", verdict(of.available()), seen)],
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    pub(super) async fn snapshot(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let id = plan.call.param(ID).ok_or_else(|| refused("the plan names no snapshot"))?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let create = client.create_db_snapshot().db_instance_identifier(self.spec.instance.get(role));
        match create.db_snapshot_identifier(id).send().await {
            Ok(output) => {
                let status = output.db_snapshot().and_then(|snapshot| snapshot.status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {status}"), Some(id)))
            }
            Err(err) => Err(errors::perform(&format!("rds:CreateDBSnapshot {region}"), &err)),
        }
    }

    /// The other Region, and its role.
    fn across(&self, role: HomeRole) -> (&Region, HomeRole) {
        let other = across(role);
        (self.own.regions.get(other), other)
    }

    pub(super) async fn plan_copy(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (from, from_role) = self.across(role);
        let key = &self.spec.with.get(role).kms_key;
        let taken = Self::snapshot_id(&ask.run, self.spec.instance.get(from_role));
        let all = self.snapshots(from).await.map_err(|unread| unreadable(&unread))?;
        // What this run took, else the newest there is.
        let found = all.iter().find(|one| one.id == taken).or_else(|| all.iter().find(|one| one.available()));
        let found = found.ok_or_else(|| {
            Refusal::new(format!("there is no snapshot of {} in {from}", self.spec.instance.get(from_role)))
        })?;
        let id = Self::snapshot_id(&ask.run, &format!("{}-copy", self.spec.instance.get(from_role)));
        if let Some(there) = self.snapshot_named(region, &id).await.map_err(|unread| unreadable(&unread))?
            && there.available()
        {
            return Err(Refusal::already(format!("{id} in {region} is available")));
        }
        let words = [
            "rds",
            "copy-db-snapshot",
            "--source-db-snapshot-identifier",
            &found.arn,
            "--target-db-snapshot-identifier",
            &id,
            "--kms-key-id",
            key,
            "--source-region",
            from.as_str(),
        ];
        let by_hand = self.aws.by_hand(&words, Some(region));
        let params = [(SOURCE, found.arn.as_str()), (TARGET, &id), ("KmsKeyId", key), ("SourceRegion", from.as_str())];
        let call = call("rds", "CopyDBSnapshot", region.as_str(), &params);
        let source = format!("rds:DescribeDBSnapshots {from}");
        let seen = self.own.evidence(&ask.on, "snapshot", &found.status, &source);
        Ok(Plan {
            changes: vec![format!("{} is copied to {region} as {id}: by its size, minutes to hours.", found.arn)],
            basis: basis(&[("snapshot", &found.arn), ("status", &found.status)]),
            gates: vec![gate("snapshot available", verdict(found.available()), seen)],
            ..self.own.plan(ask, call, by_hand, Hazard::Write)
        })
    }

    pub(super) async fn copy(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let param = |name: &str| plan.call.param(name).map(str::to_owned);
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let copy = client
            .copy_db_snapshot()
            .set_source_db_snapshot_identifier(param(SOURCE))
            .set_target_db_snapshot_identifier(param(TARGET))
            .set_kms_key_id(param("KmsKeyId"))
            .copy_tags(true);
        match copy.send().await {
            Ok(output) => {
                let status = output.db_snapshot().and_then(|snapshot| snapshot.status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {status}"), plan.call.param(TARGET)))
            }
            Err(err) => Err(errors::perform(&format!("rds:CopyDBSnapshot {region}"), &err)),
        }
    }

    pub(super) async fn settle_snapshot(&self, plan: &Plan, since: Duration) -> Settlement {
        let region = match self.own.side(&plan.on) {
            Ok((region, _)) => region,
            Err(why) => return Settlement::CannotTell(why),
        };
        let id = plan.call.param(if plan.action == COPY { TARGET } else { ID }).unwrap_or_default();
        let source = format!("rds:DescribeDBSnapshots {region}");
        let seen = |value: &str| vec![self.own.evidence(&plan.on, "snapshot", value, &source)];
        match self.snapshot_named(region, id).await {
            Ok(Some(snapshot)) if snapshot.available() => Settlement::Done(seen(&format!("{id} available"))),
            Ok(Some(snapshot)) if snapshot.status == "failed" => {
                Settlement::Failed(format!("{id} has failed"), seen(&snapshot.status))
            }
            Ok(Some(snapshot)) => {
                Settlement::InProgress(format!("{id} is {}", snapshot.status), seen(&snapshot.status))
            }
            Ok(None) if since > WOULD_SHOW => Settlement::NotStarted(seen("absent")),
            Ok(None) => Settlement::InProgress(format!("{id} does not show yet"), seen("absent")),
            Err(unread) => Settlement::CannotTell(unread.to_string()),
        }
    }

    pub(super) async fn plan_discard_snapshot(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (_, from_role) = self.across(role);
        let own = Self::snapshot_id(&ask.run, self.spec.instance.get(role));
        let copied = Self::snapshot_id(&ask.run, &format!("{}-copy", self.spec.instance.get(from_role)));
        let all = self.snapshots(region).await.map_err(|unread| unreadable(&unread))?;
        let found = all.iter().find(|one| one.id == copied).or_else(|| all.iter().find(|one| one.id == own));
        let found =
            found.ok_or_else(|| Refusal::already(format!("no snapshot that this run took is left in {region}")))?;
        let words = ["rds", "delete-db-snapshot", "--db-snapshot-identifier", &found.id];
        let by_hand = self.aws.by_hand(&words, Some(region));
        let call = call("rds", "DeleteDBSnapshot", region.as_str(), &[(ID, &found.id)]);
        Ok(Plan {
            changes: vec![format!("The snapshot {} in {region}, taken by this run, is deleted for good.", found.id)],
            basis: basis(&[("snapshot", &found.id), ("status", &found.status)]),
            phrase: Some(format!("discard {}", found.id)),
            ..self.own.plan(ask, call, by_hand, Hazard::Irreversible)
        })
    }

    pub(super) async fn discard_snapshot(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let id = plan.call.param(ID).filter(|id| id.starts_with(PREFIX));
        let id = id.ok_or_else(|| refused("the plan names no snapshot that was taken here"))?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        match client.delete_db_snapshot().db_snapshot_identifier(id).send().await {
            Ok(output) => Ok(errors::receipt(&output, format!("{id} is deleted"), None)),
            Err(err) => Err(errors::perform(&format!("rds:DeleteDBSnapshot {region}"), &err)),
        }
    }

    pub(super) async fn settle_discard_snapshot(&self, plan: &Plan, since: Duration) -> Settlement {
        let region = match self.own.side(&plan.on) {
            Ok((region, _)) => region,
            Err(why) => return Settlement::CannotTell(why),
        };
        let id = plan.call.param(ID).unwrap_or_default();
        let source = format!("rds:DescribeDBSnapshots {region}");
        let seen = |value: &str| vec![self.own.evidence(&plan.on, "snapshot", value, &source)];
        match self.snapshot_named(region, id).await {
            Ok(None) => Settlement::Done(seen("absent")),
            Ok(Some(snapshot)) if since > WOULD_SHOW => Settlement::NotStarted(seen(&snapshot.status)),
            Ok(Some(snapshot)) => {
                Settlement::InProgress(format!("{id} is {}", snapshot.status), seen(&snapshot.status))
            }
            Err(unread) if unread.why == Why::NotFound => Settlement::Done(seen("absent")),
            Err(unread) => Settlement::CannotTell(unread.to_string()),
        }
    }
}
