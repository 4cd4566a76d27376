//! `restore`, `restore-point` and `discard`: an instance made from a snapshot, or as another was at a moment.

use std::time::Duration;

use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::{POINT, RdsRestore, WOULD_SHOW};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Why;
use crate::domain::region::{HomeRole, Region};
use crate::domain::runbook::Hazard;
use crate::domain::service::Rebuild;
use crate::providers::aws::errors;
use crate::providers::aws::rds::instance::{describe, source_of};
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

const INSTANCE: &str = "DBInstanceIdentifier";
const TARGET: &str = "TargetDBInstanceIdentifier";
const SOURCE: &str = "SourceDBInstanceIdentifier";
const SNAPSHOT: &str = "DBSnapshotIdentifier";
const TIME: &str = "RestoreTime";

/// The other Region's role.
pub(super) fn across(role: HomeRole) -> HomeRole {
    match role {
        HomeRole::Primary => HomeRole::Standby,
        HomeRole::Standby => HomeRole::Primary,
    }
}

impl RdsRestore {
    /// The name must be free; what is there already under it is either what was wanted, or in the way.
    async fn room(&self, region: &Region, role: HomeRole) -> Result<&str, Refusal> {
        let id = self.spec.restored.get(role);
        match describe(&self.aws, region, id).await {
            Ok(there) if there.available() => Err(Refusal::already(format!("{id} in {region} is available"))),
            Ok(there) => Err(Refusal::new(format!("{id} in {region} is there already, and is {}", there.status))),
            Err(unread) if unread.why == Why::NotFound => Ok(id),
            Err(unread) => Err(Refusal::new(format!("what it rests on cannot be read now: {unread}"))),
        }
    }

    fn changes(id: &str, region: &Region, from: &str) -> Vec<String> {
        vec![
            format!("A new instance {id} is made in {region} from {from}: often an hour."),
            "No other instance is changed, and nobody's traffic goes to it.".to_owned(),
            "It costs what an instance of its class costs until it is deleted.".to_owned(),
        ]
    }

    pub(super) async fn plan_restore(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let id = self.room(region, role).await?;
        let with = self.spec.with.get(role);
        let all = self.snapshots(region).await;
        let all = all.map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        // What was taken after the damage has the damage in it.
        let before = |taken: Option<Timestamp>| match (ask.impact, taken) {
            (Some(impact), Some(taken)) => taken < impact,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let own = [self.spec.instance.get(role).clone(), format!("{}-copy", self.spec.instance.get(across(role)))];
        let own = own.map(|instance| Self::snapshot_id(&ask.run, &instance));
        // What this run took is what it means.
        let taken_here = all.iter().find(|one| one.available() && own.contains(&one.id));
        let found = taken_here.or_else(|| all.iter().find(|one| one.available() && before(one.taken)));
        let found = found.ok_or_else(|| {
            let when = ask.impact.map(|impact| format!(" from before {impact}")).unwrap_or_default();
            Refusal::new(format!("there is no available snapshot{when} in {region}"))
        })?;
        let taken = found.taken.map_or_else(|| "?".to_owned(), |at| at.to_string());
        let mut words = vec!["rds", "restore-db-instance-from-db-snapshot", "--db-instance-identifier", id];
        words.extend(["--db-snapshot-identifier", &found.id]);
        let by_hand = self.by_hand(words, region, with);
        let mut params = vec![(INSTANCE, id), (SNAPSHOT, found.id.as_str())];
        let groups = with.security_groups.join(",");
        made_with(&mut params, with, &groups);
        let source = format!("rds:DescribeDBSnapshots {region}");
        let seen = self.own.evidence(&ask.on, "snapshot", format!("{} of {taken}", found.id), &source);
        Ok(Plan {
            changes: Self::changes(id, region, &format!("{}, taken {taken}", found.id)),
            basis: basis(&[("snapshot", &found.id), ("taken", &taken), ("status", &found.status)]),
            gates: vec![gate("snapshot available", verdict(found.available()), seen)],
            ..self.own.plan(
                ask,
                call("rds", "RestoreDBInstanceFromDBSnapshot", region.as_str(), &params),
                by_hand,
                Hazard::Write,
            )
        })
    }

    pub(super) async fn plan_point(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let impact = ask.impact.ok_or_else(|| {
            Refusal::new("nobody has entered when the impact began: that is the moment to which it is restored")
        })?;
        let id = self.room(region, role).await?;
        let (source, with) = (self.spec.instance.get(role), self.spec.with.get(role));
        let of = describe(&self.aws, region, source).await;
        let of = of.map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        let margin = SignedDuration::try_from(self.spec.margin).unwrap_or_default();
        // RDS restores to whole seconds.
        let time = impact.checked_sub(margin).ok().and_then(|at| Timestamp::from_second(at.as_second()).ok());
        let time = time.ok_or_else(|| Refusal::new("the moment before the impact is out of range"))?;
        let shown = time.to_string();
        let words = [
            "rds",
            "restore-db-instance-to-point-in-time",
            "--source-db-instance-identifier",
            source,
            "--target-db-instance-identifier",
            id,
            "--restore-time",
            &shown,
        ];
        let by_hand = self.by_hand(words.to_vec(), region, with);
        let mut params = vec![(SOURCE, source.as_str()), (TARGET, id), (TIME, &shown)];
        let groups = with.security_groups.join(",");
        made_with(&mut params, with, &groups);
        let asked = source_of(region);
        let latest = of.restorable.map_or_else(|| "none".to_owned(), |at| at.to_string());
        let within = of.restorable.is_some_and(|latest| time <= latest);
        let mut changes = Self::changes(id, region, &format!("{source} as it was at {shown}"));
        changes.push(format!("What was written after {shown} is not in it: it is still in {source}."));
        Ok(Plan {
            changes,
            basis: basis(&[
                ("instance", source),
                ("restore time", &shown),
                ("deletion protection", yes_no(of.protected)),
            ]),
            gates: vec![gate(
                "logs reach that far",
                verdict(within),
                self.own.evidence(&ask.on, "restorable_until", latest, &asked),
            )],
            ..self.own.plan(
                ask,
                call("rds", "RestoreDBInstanceToPointInTime", region.as_str(), &params),
                by_hand,
                Hazard::Write,
            )
        })
    }

    fn by_hand<'a>(&'a self, mut words: Vec<&'a str>, region: &'a Region, with: &'a Rebuild) -> String {
        words.extend(["--db-subnet-group-name", &with.subnet_group, "--no-publicly-accessible"]);
        if let Some(class) = &with.class {
            words.extend(["--db-instance-class", class]);
        }
        if let Some(group) = &with.parameter_group {
            words.extend(["--db-parameter-group-name", group]);
        }
        if !with.security_groups.is_empty() {
            words.push("--vpc-security-group-ids");
            words.extend(with.security_groups.iter().map(String::as_str));
        }
        self.aws.by_hand(&words, Some(region))
    }

    pub(super) async fn restore(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let (id, with) = (self.spec.restored.get(role), self.spec.with.get(role));
        let snapshot = plan.call.param(SNAPSHOT).ok_or_else(|| refused("the plan names no snapshot"))?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let restore = client
            .restore_db_instance_from_db_snapshot()
            .db_instance_identifier(id)
            .db_snapshot_identifier(snapshot)
            .db_subnet_group_name(&with.subnet_group)
            .set_db_instance_class(with.class.clone())
            .set_db_parameter_group_name(with.parameter_group.clone())
            .set_vpc_security_group_ids((!with.security_groups.is_empty()).then(|| with.security_groups.clone()))
            .publicly_accessible(false);
        match restore.send().await {
            Ok(output) => Ok(errors::receipt(&output, format!("{id} is being made"), None)),
            Err(err) => Err(errors::perform(&format!("rds:RestoreDBInstanceFromDBSnapshot {region}"), &err)),
        }
    }

    pub(super) async fn restore_point(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let (id, with) = (self.spec.restored.get(role), self.spec.with.get(role));
        let time = plan.call.param(TIME).and_then(|time| time.parse::<Timestamp>().ok());
        let time = time.ok_or_else(|| refused("the plan names no moment"))?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let restore = client
            .restore_db_instance_to_point_in_time()
            .source_db_instance_identifier(self.spec.instance.get(role))
            .target_db_instance_identifier(id)
            .restore_time(DateTime::from_secs(time.as_second()))
            .db_subnet_group_name(&with.subnet_group)
            .set_db_instance_class(with.class.clone())
            .set_db_parameter_group_name(with.parameter_group.clone())
            .set_vpc_security_group_ids((!with.security_groups.is_empty()).then(|| with.security_groups.clone()))
            .publicly_accessible(false);
        match restore.send().await {
            Ok(output) => Ok(errors::receipt(&output, format!("{id} is being made"), None)),
            Err(err) => Err(errors::perform(&format!("rds:RestoreDBInstanceToPointInTime {region}"), &err)),
        }
    }

    pub(super) async fn settle_restore(&self, plan: &Plan, since: Duration) -> Settlement {
        let region = match self.own.side(&plan.on) {
            Ok((region, _)) => region,
            Err(why) => return Settlement::CannotTell(why),
        };
        let id = plan.call.param(if plan.action == POINT { TARGET } else { INSTANCE }).unwrap_or_default();
        let source = source_of(region);
        let seen = |value: &str| vec![self.own.evidence(&plan.on, "restored", value, &source)];
        match describe(&self.aws, region, id).await {
            Ok(there) if there.available() => Settlement::Done(seen(&there.status)),
            Ok(there) if there.broken() => Settlement::Failed(format!("{id} is {}", there.status), seen(&there.status)),
            Ok(there) => Settlement::InProgress(format!("{id} is {}", there.status), seen(&there.status)),
            Err(unread) if unread.why == Why::NotFound && since > WOULD_SHOW => Settlement::NotStarted(seen("absent")),
            Err(unread) if unread.why == Why::NotFound => {
                Settlement::InProgress(format!("{id} does not show yet"), seen("absent"))
            }
            Err(unread) => Settlement::CannotTell(unread.to_string()),
        }
    }

    pub(super) async fn plan_discard(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let id = self.spec.restored.get(role);
        let there = match describe(&self.aws, region, id).await {
            Ok(there) => there,
            Err(unread) if unread.why == Why::NotFound => {
                return Err(Refusal::already(format!("there is no {id} in {region}")));
            }
            Err(unread) => return Err(Refusal::new(format!("what it rests on cannot be read now: {unread}"))),
        };
        let words = ["rds", "delete-db-instance", "--db-instance-identifier", id, "--skip-final-snapshot"];
        let by_hand = self.aws.by_hand(&words, Some(region));
        let call = call("rds", "DeleteDBInstance", region.as_str(), &[(INSTANCE, id), ("SkipFinalSnapshot", "true")]);
        let source = source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&ask.on, fact, value, &source);
        let alone = there.source.is_none() && there.role != crate::providers::aws::rds::instance::Role::Primary;
        Ok(Plan {
            changes: vec![
                format!("The instance {id} in {region} is deleted, without a last snapshot: it was made from one."),
                "What was written to it since is gone for good.".to_owned(),
            ],
            basis: basis(&[
                ("instance", id),
                ("resource", there.resource.as_deref().unwrap_or("?")),
                ("status", &there.status),
            ]),
            gates: vec![
                gate("stands alone", verdict(alone), seen("role", there.role.as_str())),
                gate("not protected", verdict(!there.protected), seen("deletion_protection", yes_no(there.protected))),
            ],
            phrase: Some(format!("discard {id}")),
            ..self.own.plan(ask, call, by_hand, Hazard::Irreversible)
        })
    }

    pub(super) async fn discard(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, role) = self.own.side(&plan.on).map_err(refused)?;
        let id = self.spec.restored.get(role);
        if plan.call.param(INSTANCE) != Some(id.as_str()) {
            return Err(refused(format!("the plan does not name {id:?}, which is all that may be deleted")));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        match client.delete_db_instance().db_instance_identifier(id).skip_final_snapshot(true).send().await {
            Ok(output) => Ok(errors::receipt(&output, format!("{id} is being deleted"), None)),
            Err(err) => Err(errors::perform(&format!("rds:DeleteDBInstance {region}"), &err)),
        }
    }

    pub(super) async fn settle_discard(&self, plan: &Plan, since: Duration) -> Settlement {
        let region = match self.own.side(&plan.on) {
            Ok((region, _)) => region,
            Err(why) => return Settlement::CannotTell(why),
        };
        let id = plan.call.param(INSTANCE).unwrap_or_default();
        let source = source_of(region);
        let seen = |value: &str| vec![self.own.evidence(&plan.on, "restored", value, &source)];
        match describe(&self.aws, region, id).await {
            Err(unread) if unread.why == Why::NotFound => Settlement::Done(seen("absent")),
            Err(unread) => Settlement::CannotTell(unread.to_string()),
            Ok(there) if there.available() && since > WOULD_SHOW => Settlement::NotStarted(seen(&there.status)),
            Ok(there) => Settlement::InProgress(format!("{id} is {}", there.status), seen(&there.status)),
        }
    }
}

/// The parameters that say what an instance is made with.
fn made_with<'a>(params: &mut Vec<(&'static str, &'a str)>, with: &'a Rebuild, groups: &'a str) {
    params.extend([("DBSubnetGroupName", with.subnet_group.as_str()), ("PubliclyAccessible", "false")]);
    params.extend(with.class.as_deref().map(|class| ("DBInstanceClass", class)));
    params.extend(with.parameter_group.as_deref().map(|group| ("DBParameterGroupName", group)));
    if !groups.is_empty() {
        params.push(("VpcSecurityGroupIds", groups));
    }
}
