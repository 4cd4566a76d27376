//! `promote`: the replica becomes a database of its own, for good.

use std::time::Duration;

use super::RdsReplica;
use super::instance::{Instance, Role};
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Evidence, Why};
use crate::domain::region::{Place, Region};
use crate::domain::runbook::Hazard;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

/// After how long a promotion that was accepted would show. The instance may still read `available` for a while.
const WOULD_SHOW: Duration = Duration::from_mins(3);

const INSTANCE: &str = "DBInstanceIdentifier";

impl RdsReplica {
    pub(super) async fn plan_promote(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let id = self.spec.instance.get(role);
        let instance = self
            .describe(region, role)
            .await
            .map_err(|unread| Refusal::new(format!("what it rests on cannot be read now: {unread}")))?;
        if instance.role != Role::Replica {
            return Err(Refusal::already(format!(
                "{id} in {region} is no replica (any more): it is {}, {}",
                instance.role.as_str(),
                instance.status
            )));
        }
        let source = instance.source.clone().unwrap_or_default();
        let by_hand = self.aws.by_hand(&["rds", "promote-read-replica", "--db-instance-identifier", id], Some(region));
        let call = call("rds", "PromoteReadReplica", region.as_str(), &[(INSTANCE, id)]);
        Ok(Plan {
            changes: vec![
                format!("{id} in {region} stops replicating from {source}, restarts, and takes writes: minutes."),
                format!("{id} can never be a replica again; going back needs a new replica the other way."),
                format!("What {source} has committed and {id} has not received is not there."),
                format!("{source} is not stopped by this: where it is not fenced, it goes on taking writes."),
            ],
            basis: basis(&[
                ("instance", id),
                ("status", &instance.status),
                ("role", instance.role.as_str()),
                ("source", &source),
                ("backing up", yes_no(instance.backing_up())),
                ("engine version", instance.engine_version.as_deref().unwrap_or("?")),
                ("account", instance.account.as_deref().unwrap_or("?")),
            ]),
            gates: self.promote_gates(&ask.on, region, &instance),
            phrase: Some(format!("promote {region}")),
            ..self.own.plan(ask, call, by_hand, Hazard::Irreversible)
        })
    }

    fn promote_gates(&self, on: &Place, region: &Region, instance: &Instance) -> Vec<GateResult> {
        let asked = Self::source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(on, fact, value, &asked);
        let replication = instance.replication.as_deref();
        let mut gates = vec![
            gate("replica available", verdict(instance.available()), seen("status", &instance.status)),
            gate("not backing up", verdict(!instance.backing_up()), seen("backing_up", yes_no(instance.backing_up()))),
            gate("is a replica", verdict(instance.role == Role::Replica), seen("role", instance.role.as_str())),
            // A lost source is why one promotes, so a replication that errs or has stopped is no obstacle. One that was
            // terminated is: its data is weeks old.
            gate(
                "replication not terminated",
                match replication {
                    None => Verdict::Unknown,
                    Some("terminated") => Verdict::Fail,
                    Some(_) => Verdict::Pass,
                },
                match replication {
                    Some(state) => seen("replication", state),
                    None => self.own.blank(on, "replication", "RDS tells no state", &asked),
                },
            ),
        ];
        if let Some(wanted) = self.aws.account() {
            let name = format!("in account {wanted}");
            gates.push(match &instance.account {
                Some(account) => gate(&name, verdict(account == wanted), seen("account", account)),
                None => gate(&name, Verdict::Unknown, self.own.blank(on, "account", "no ARN", &asked)),
            });
        }
        gates
    }

    pub(super) async fn promote(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _) = self.own.side(&plan.on).map_err(refused)?;
        let id = plan.call.param(INSTANCE).ok_or_else(|| refused("the plan names no instance"))?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        match client.promote_read_replica().db_instance_identifier(id).send().await {
            Ok(output) => {
                let status = output.db_instance().and_then(|instance| instance.db_instance_status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {status}"), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:PromoteReadReplica {region}"), &err)),
        }
    }

    /// By the *promoted* predicate: available, no source, no status infos, and, where SQL is configured, out of recovery and
    /// taking a write. `available` alone says nothing: an instance reads so before a promotion has begun.
    pub(super) async fn settle_promote(&self, plan: &Plan, since: Duration) -> Settlement {
        let (region, role) = match self.own.side(&plan.on) {
            Ok(side) => side,
            Err(why) => return Settlement::CannotTell(why),
        };
        let instance = match self.describe(region, role).await {
            Ok(instance) => instance,
            Err(unread) if unread.why == Why::NotFound => return Settlement::Failed(unread.to_string(), Vec::new()),
            Err(unread) => return Settlement::CannotTell(unread.to_string()),
        };
        let asked = Self::source_of(region);
        let seen = |fact: &str, value: &str| self.own.evidence(&plan.on, fact, value, &asked);
        let mut evidence = vec![
            seen("status", &instance.status),
            seen("source", instance.source.as_deref().unwrap_or("none")),
            seen(
                "status_infos",
                &if instance.infos.is_empty() { "none".to_owned() } else { instance.infos.join(", ") },
            ),
        ];
        if instance.broken() {
            return Settlement::Failed(format!("the instance is {}", instance.status), evidence);
        }
        if instance.role == Role::Replica && instance.available() && since > WOULD_SHOW {
            return Settlement::NotStarted(evidence);
        }
        if !instance.available() || instance.source.is_some() || !instance.infos.is_empty() {
            let replica = if instance.source.is_some() { "still a replica" } else { "no replica any more" };
            return Settlement::InProgress(format!("{}, {replica}", instance.status), evidence);
        }
        match self.open_for_writes(&plan.on, region, &mut evidence).await {
            Ok(()) => Settlement::Done(evidence),
            Err(why) => Settlement::InProgress(format!("AWS says promoted; {why}"), evidence),
        }
    }

    /// Whether the database itself says that it is promoted. Without SQL there is nobody to ask, and AWS's word stands.
    async fn open_for_writes(&self, on: &Place, region: &Region, evidence: &mut Vec<Evidence>) -> Result<(), String> {
        let Ok((probe, _)) = self.sql() else { return Ok(()) };
        let asked = format!("sql {region}");
        let state = probe.state(region).await.map_err(|unread| unread.to_string())?;
        evidence.push(self.own.evidence(on, "in_recovery", yes_no(state.in_recovery), &asked));
        if state.in_recovery {
            return Err("the database is still in recovery".to_owned());
        }
        match probe.try_write(region).await {
            Ok(()) => {
                evidence.push(self.own.evidence(on, "test_write", "accepted", &asked));
                Ok(())
            }
            Err(why) => Err(super::verify::said(&why)),
        }
    }
}
