//! `cut-off` and `let-in`: an instance gets the security group that lets nobody in, and its own ones again. It asks RDS's control
//! plane alone, and so is there where the database itself does not answer; but a session that is open may stay so for as long
//! as its connection is tracked (EC2 user guide, "Security group connection tracking"), and AWS tells nobody which are.

use std::time::Duration;

use super::RdsReplica;
use super::instance::Instance;
use crate::domain::fencing::CUT_OFF;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::region::{HomeRole, Region};
use crate::domain::runbook::Hazard;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict};

/// After how long other groups would show.
const WOULD_SHOW: Duration = Duration::from_mins(2);

const INSTANCE: &str = "DBInstanceIdentifier";
const GROUPS: &str = "VpcSecurityGroupIds";

impl RdsReplica {
    /// The groups that an action gives a Region's instance.
    fn groups(&self, action: &str, role: HomeRole) -> Result<Vec<String>, String> {
        let none = || format!("{} has no cut_off in the service file", self.own.id);
        let groups = self.spec.cut_off.as_ref().ok_or_else(none)?.get(role);
        Ok(if action == CUT_OFF { vec![groups.closed.clone()] } else { groups.open.clone() })
    }

    pub(super) async fn plan_groups(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let groups = self.groups(&ask.action, role).map_err(Refusal::new)?;
        let id = self.spec.instance.get(role);
        let instance = self.describe(region, role).await;
        let instance =
            instance.map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        if instance.has_groups(&groups) {
            return Err(Refusal::already(format!("{id} in {region} has {} alone", groups.join(", "))));
        }
        let words = ["rds", "modify-db-instance", "--db-instance-identifier", id, "--vpc-security-group-ids"];
        let groups_of: Vec<&str> = groups.iter().map(String::as_str).collect();
        let by_hand = self.aws.by_hand(&[&words[..], &groups_of, &["--apply-immediately"]].concat(), Some(region));
        let joined = groups.join(",");
        let params = [(INSTANCE, id.as_str()), (GROUPS, &joined), ("ApplyImmediately", "true")];
        let seen = self.own.evidence(&ask.on, "status", &instance.status, &Self::source_of(region));
        let before = instance.groups.join(", ");
        let changes = if ask.action == CUT_OFF {
            vec![
                format!("{id} in {region} gets {joined} in place of {before}: nobody can open a connection to it."),
                "A session that is open may go on writing until its connection is given up: fence by SQL, too, if it \
                 answers again."
                    .to_owned(),
                "handover itself is kept out, too: from then on the database is known by AWS's word alone.".to_owned(),
                "To undo: the action let-in gives it its own groups again.".to_owned(),
            ]
        } else {
            vec![format!("{id} in {region} gets {joined} in place of {before}: connections can be opened to it again.")]
        };
        Ok(Plan {
            changes,
            basis: basis(&[("instance", id), ("security groups", &before)]),
            gates: vec![gate("instance available", verdict(instance.available()), seen)],
            ..self.own.plan(ask, call("rds", "ModifyDBInstance", region.as_str(), &params), by_hand, Hazard::Write)
        })
    }

    pub(super) async fn set_groups(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let (Some(id), Some(groups)) = (plan.call.param(INSTANCE), plan.call.param(GROUPS)) else {
            return Err(refused("the plan names no instance"));
        };
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let modify = client.modify_db_instance().db_instance_identifier(id).apply_immediately(true);
        let groups = groups.split(',').map(str::to_owned).collect();
        match modify.set_vpc_security_group_ids(Some(groups)).send().await {
            Ok(output) => {
                let status = output.db_instance().and_then(|instance| instance.db_instance_status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {status}"), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:ModifyDBInstance {region}"), &err)),
        }
    }

    /// Done when it has these groups alone, and each of them is in force.
    pub(super) async fn settle_groups(&self, plan: &Plan, since: Duration) -> Settlement {
        let wanted: Vec<String> = plan.call.param(GROUPS).unwrap_or_default().split(',').map(str::to_owned).collect();
        let (region, role): (&Region, HomeRole) = match self.own.side(&plan.on) {
            Ok(side) => side,
            Err(why) => return Settlement::CannotTell(why),
        };
        let instance: Instance = match self.describe(region, role).await {
            Ok(instance) => instance,
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let groups = instance.groups.join(", ");
        let evidence = vec![self.own.evidence(&plan.on, "security_groups", &groups, &Self::source_of(region))];
        if instance.has_groups(&wanted) {
            Settlement::Done(evidence)
        } else if instance.gets_groups(&wanted) || since <= WOULD_SHOW {
            Settlement::InProgress(format!("security groups {groups}"), evidence)
        } else {
            Settlement::NotStarted(evidence)
        }
    }
}
