//! `rebuild`: a new replica of the other Region's instance, under the name that this Region's instance has in the service
//! file. An instance that was promoted, or was the source, can never become a replica again.

use std::time::Duration;

use super::RdsReplica;
use super::instance::{Instance, Role};
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::Why;
use crate::domain::region::{Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::service::Rebuild;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

/// After how long an instance that is being made would show.
const WOULD_SHOW: Duration = Duration::from_mins(3);

const INSTANCE: &str = "DBInstanceIdentifier";
const SOURCE: &str = "SourceDBInstanceIdentifier";

impl RdsReplica {
    fn rebuild_of(&self, on: &Place) -> Result<(&Rebuild, &str), String> {
        let (_, role) = self.own.side(on)?;
        let rebuild = self.spec.rebuild.as_ref().ok_or_else(|| {
            format!("{} has no [rebuild] in the service file: subnet group and KMS key are not known", self.own.id)
        })?;
        Ok((rebuild.get(role), self.spec.instance.get(role)))
    }

    pub(super) async fn plan_rebuild(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (with, id) = self.rebuild_of(&ask.on).map_err(Refusal::new)?;
        let (from, from_role) = self.other_side(role);
        let unreadable = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let source = self.describe(from, from_role).await.map_err(unreadable)?;
        let arn =
            source.arn.clone().ok_or_else(|| Refusal::new(format!("RDS tells no ARN of the instance in {from}")))?;
        match self.describe(region, role).await {
            Ok(there) if there.source.as_deref() == Some(arn.as_str()) => {
                return Err(Refusal::already(format!("{id} in {region} is a replica of {arn}: {}", there.status)));
            }
            Ok(there) => {
                return Err(Refusal::new(format!(
                    "{id} in {region} is there already, and is {} ({}): set it aside first",
                    there.role.as_str(),
                    there.status
                )));
            }
            Err(unread) if unread.why == Why::NotFound => {}
            Err(unread) => return Err(unreadable(unread)),
        }
        let class = with.class.clone().or_else(|| source.class.clone());
        let mut params: Vec<(&str, &str)> = vec![
            (INSTANCE, id),
            (SOURCE, &arn),
            ("KmsKeyId", &with.kms_key),
            ("DBSubnetGroupName", &with.subnet_group),
            ("DeletionProtection", "true"),
            ("PubliclyAccessible", "false"),
        ];
        let groups = with.security_groups.join(",");
        params.extend(class.as_deref().map(|class| ("DBInstanceClass", class)));
        params.extend(with.parameter_group.as_deref().map(|group| ("DBParameterGroupName", group)));
        if !with.security_groups.is_empty() {
            params.push(("VpcSecurityGroupIds", &groups));
        }
        let call = call("rds", "CreateDBInstanceReadReplica", region.as_str(), &params);
        Ok(Plan {
            changes: vec![
                format!(
                    "A new replica {id} is made in {region} from {arn}: a copy first, often an hour, then its log."
                ),
                "It takes no writes, and nobody's traffic. It costs what an instance of its class costs.".to_owned(),
                "Available means that replication has begun, not that it has caught up.".to_owned(),
                format!("To undo: take its deletion protection away and delete {id} in {region}."),
            ],
            basis: basis(&[
                ("source", &arn),
                ("source role", source.role.as_str()),
                ("source status", &source.status),
                ("engine version", source.engine_version.as_deref().unwrap_or("?")),
            ]),
            gates: self.rebuild_gates(from, &source),
            ..self.own.plan(ask, call, self.rebuild_by_hand(region, id, &arn, with, class.as_deref()), Hazard::Write)
        })
    }

    fn rebuild_by_hand(&self, region: &Region, id: &str, arn: &str, with: &Rebuild, class: Option<&str>) -> String {
        let mut words = vec![
            "rds",
            "create-db-instance-read-replica",
            "--db-instance-identifier",
            id,
            "--source-db-instance-identifier",
            arn,
            "--kms-key-id",
            &with.kms_key,
            "--db-subnet-group-name",
            &with.subnet_group,
            "--deletion-protection",
            "--no-publicly-accessible",
        ];
        if let Some(class) = class {
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

    fn rebuild_gates(&self, from: &Region, source: &Instance) -> Vec<GateResult> {
        let (asked, on) = (Self::source_of(from), Place::Region(from.clone()));
        let seen = |fact: &str, value: &str| self.own.evidence(&on, fact, value, &asked);
        let days = source.retention_days;
        vec![
            gate("source available", verdict(source.available()), seen("status", &source.status)),
            gate("source is no replica", verdict(source.role != Role::Replica), seen("role", source.role.as_str())),
            gate(
                "source keeps backups",
                days.map_or(Verdict::Unknown, |days| verdict(days > 0)),
                seen("backup_retention_days", &days.map_or_else(|| "?".to_owned(), |days| days.to_string())),
            ),
        ]
    }

    pub(super) async fn rebuild(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let (with, id) = self.rebuild_of(&plan.on).map_err(refused)?;
        let param = |name: &str| plan.call.param(name);
        let (Some(named), Some(source)) = (param(INSTANCE), param(SOURCE)) else {
            return Err(refused("the plan names no instance"));
        };
        if named != id {
            return Err(refused(format!("the plan names {named:?}, the service file {id:?}")));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let groups = (!with.security_groups.is_empty()).then(|| with.security_groups.clone());
        let create = client
            .create_db_instance_read_replica()
            .db_instance_identifier(id)
            .source_db_instance_identifier(source)
            .set_kms_key_id(param("KmsKeyId").map(str::to_owned))
            .set_db_subnet_group_name(param("DBSubnetGroupName").map(str::to_owned))
            .set_db_instance_class(param("DBInstanceClass").map(str::to_owned))
            .set_db_parameter_group_name(param("DBParameterGroupName").map(str::to_owned))
            .set_vpc_security_group_ids(groups)
            .deletion_protection(true)
            .publicly_accessible(false);
        match create.send().await {
            Ok(output) => {
                let status = output.db_instance().and_then(|instance| instance.db_instance_status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {status}"), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:CreateDBInstanceReadReplica {region}"), &err)),
        }
    }

    /// Done when it is available and replicates, and, where it can be asked, is in recovery.
    pub(super) async fn settle_rebuild(&self, plan: &Plan, since: Duration) -> Settlement {
        let (region, role) = match self.own.side(&plan.on) {
            Ok(side) => side,
            Err(why) => return Settlement::CannotTell(why),
        };
        let id = self.spec.instance.get(role);
        let asked = Self::source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &asked);
        let there = match self.describe(region, role).await {
            Ok(there) => there,
            Err(unread) if unread.why == Why::NotFound => {
                let evidence = vec![seen("status", "absent")];
                return if since > WOULD_SHOW {
                    Settlement::NotStarted(evidence)
                } else {
                    Settlement::InProgress(format!("{id} does not show yet"), evidence)
                };
            }
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let mut evidence = vec![
            seen("status", &there.status),
            seen("role", there.role.as_str()),
            seen("replication", there.replication.as_deref().unwrap_or("?")),
        ];
        if there.broken() {
            return Settlement::Failed(format!("{id} is {}", there.status), evidence);
        }
        if there.available() && there.role != Role::Replica {
            return Settlement::Failed(
                format!("{id} is there and is no replica: it is {}", there.role.as_str()),
                evidence,
            );
        }
        if !there.available() || there.replication.as_deref() != Some("replicating") {
            let replication = there.replication.as_deref().unwrap_or("replication not begun");
            return Settlement::InProgress(format!("{id} is {}, {replication}", there.status), evidence);
        }
        if let Ok((probe, _)) = self.sql() {
            match probe.state(region).await {
                Ok(state) => {
                    let source = format!("sql {region}");
                    evidence.push(self.own.evidence(&plan.on, "in_recovery", yes_no(state.in_recovery), &source));
                    if !state.in_recovery {
                        return Settlement::Failed(format!("{id} answers, and is not in recovery"), evidence);
                    }
                }
                Err(unread) => return Settlement::InProgress(format!("{id} does not answer yet: {unread}"), evidence),
            }
        }
        Settlement::Done(evidence)
    }
}
