//! `failover` and `detach`.

use std::time::Duration;

use super::read::{Global, Group, Member, Role};
use super::{DETACH, ElasticacheGlobal, FAILOVER};
use crate::domain::duration;
use crate::domain::gate::{GateResult, Verdict};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict};

/// After how long an accepted change would show in the datastore's state.
const WOULD_SHOW: Duration = Duration::from_mins(3);

const GLOBAL: &str = "GlobalReplicationGroupId";
const GROUP: &str = "ReplicationGroupId";

/// What a plan rests on.
struct Found<'a> {
    region: &'a Region,
    home: HomeRole,
    global: Global,
    group: Group,
}

impl Found<'_> {
    fn of<'g>(&self, members: &'g [Member]) -> Option<&'g Member> {
        members.iter().find(|member| member.region == self.region.as_str())
    }
}

impl ElasticacheGlobal {
    /// What the target's own Region says: it is the one that must answer.
    async fn find<'a>(&self, ask: &'a Ask) -> Result<Found<'a>, Refusal> {
        let (region, home) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (global, group) = tokio::join!(self.global(region), self.group(region, home));
        let unread = |unread| Refusal::new(format!("what it rests on cannot be read now: {unread}"));
        let missing = || Refusal::new(format!("{region} knows no global datastore {}", self.spec.global));
        Ok(Found { region, home, global: global.map_err(unread)?.ok_or_else(missing)?, group: group.map_err(unread)? })
    }

    pub(super) async fn plan_failover(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let found = self.find(ask).await?;
        let Found { region, home, global, group } = &found;
        let id = self.spec.group.get(*home);
        match group.role {
            Role::Primary => {
                return Err(Refusal::already(format!(
                    "{id} in {region} is the primary of {} already",
                    self.spec.global
                )));
            }
            Role::Secondary => {}
            Role::Detached | Role::Absent => {
                return Err(Refusal::new(format!(
                    "{id} in {region} is no member of {}: it is {}",
                    self.spec.global,
                    group.role.as_str()
                )));
            }
        }
        let lag = self.lag(region, *home, group).await;
        let behind = match &lag {
            Ok(Some((at, lag))) => format!("it was {} behind at {at:.0}", duration::seconds(*lag)),
            Ok(None) => "nobody tells how far it is behind".to_owned(),
            Err(unread) => format!("how far it is behind cannot be read: {unread}"),
        };
        let source =
            global.primary().map_or_else(|| "its primary".to_owned(), |m| format!("{} in {}", m.group, m.region));
        let words = [
            "elasticache",
            "failover-global-replication-group",
            "--global-replication-group-id",
            &self.spec.global,
            "--primary-region",
            region.as_str(),
            "--primary-replication-group-id",
            id,
        ];
        let params = [
            (GLOBAL, self.spec.global.as_str()),
            ("PrimaryRegion", region.as_str()),
            ("PrimaryReplicationGroupId", id),
        ];
        let call = call("elasticache", "FailoverGlobalReplicationGroup", region.as_str(), &params);
        let mut gates = self.gates(&ask.on, &found);
        let asked = format!("cloudwatch:GetMetricData {region}");
        gates.push(match &lag {
            Ok(Some((_, lag))) => {
                let evidence = self.own.evidence(&ask.on, "lag", duration::seconds(*lag), &asked);
                gate("lag is known", Verdict::Pass, evidence)
            }
            _ => gate("lag is known", Verdict::Unknown, self.own.blank(&ask.on, "lag", &behind, &asked)),
        });
        Ok(Plan {
            changes: vec![
                format!("{id} in {region} becomes the primary of {} and takes writes: minutes.", self.spec.global),
                format!("{source} becomes a secondary, and takes the new primary's data in place of its own."),
                format!("Writes that {source} took and {id} has not received are lost; {behind}."),
            ],
            basis: self.rests_on(&found),
            gates,
            phrase: Some(format!("failover {region}")),
            accepting: Some(format!("Writes to the cache that were not replicated are lost: {behind}.")),
            ..self.own.plan(ask, call, self.aws.by_hand(&words, Some(region)), Hazard::Irreversible)
        })
    }

    pub(super) async fn plan_detach(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let found = self.find(ask).await?;
        let Found { region, home, global, group } = &found;
        let id = self.spec.group.get(*home);
        match group.role {
            Role::Detached => {
                return Err(Refusal::already(format!("{id} in {region} stands alone already")));
            }
            Role::Secondary => {}
            Role::Primary | Role::Absent => {
                return Err(Refusal::new(format!(
                    "only a secondary can be detached: {id} in {region} is {}",
                    group.role.as_str()
                )));
            }
        }
        let source =
            global.primary().map_or_else(|| "the primary".to_owned(), |m| format!("{} in {}", m.group, m.region));
        let words = [
            "elasticache",
            "disassociate-global-replication-group",
            "--global-replication-group-id",
            &self.spec.global,
            "--replication-group-id",
            id,
            "--replication-group-region",
            region.as_str(),
        ];
        let params = [(GLOBAL, self.spec.global.as_str()), (GROUP, id), ("ReplicationGroupRegion", region.as_str())];
        let call = call("elasticache", "DisassociateGlobalReplicationGroup", region.as_str(), &params);
        Ok(Plan {
            changes: vec![
                format!(
                    "{id} in {region} leaves {} and takes writes by itself, with what it has received.",
                    self.spec.global
                ),
                format!("{source} is not stopped by this: where nobody fences it, both take writes."),
                format!("{id} cannot join again: going back needs a new group, filled from the other Region."),
            ],
            basis: self.rests_on(&found),
            gates: self.gates(&ask.on, &found),
            phrase: Some(format!("detach {region}")),
            accepting: Some(format!("{source} and {id} go apart for good.")),
            ..self.own.plan(ask, call, self.aws.by_hand(&words, Some(region)), Hazard::Irreversible)
        })
    }

    fn rests_on(&self, found: &Found<'_>) -> Vec<crate::domain::plan::Basis> {
        let primary = found.global.primary().map_or_else(|| "none".to_owned(), |m| format!("{} {}", m.region, m.group));
        basis(&[
            ("global datastore", &self.spec.global),
            ("status", &found.global.status),
            ("primary", &primary),
            ("role", found.group.role.as_str()),
            ("group status", found.group.status.as_deref().unwrap_or("absent")),
        ])
    }

    fn gates(&self, on: &Place, found: &Found<'_>) -> Vec<GateResult> {
        let (whole, group) = (Self::global_source(found.region), Self::group_source(found.region));
        let Global { status, members } = &found.global;
        let member = found.of(members).map_or("no member", |member| member.status.as_str());
        let own = found.group.status.as_deref().unwrap_or("absent");
        vec![
            gate(
                "global datastore available",
                verdict(status == "available"),
                self.own.evidence(&Place::Global, "status", status, &whole),
            ),
            gate("group available", verdict(own == "available"), self.own.evidence(on, "status", own, &group)),
            gate("member associated", verdict(member == "associated"), self.own.evidence(on, "member", member, &whole)),
        ]
    }

    pub(super) async fn change(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, home) = self.own.side(&plan.on).map_err(refused)?;
        let (global, group) = (&self.spec.global, self.spec.group.get(home));
        let named = plan.call.param("PrimaryReplicationGroupId").or_else(|| plan.call.param(GROUP));
        if plan.call.param(GLOBAL) != Some(global) || named != Some(group) {
            return Err(refused("the plan names another datastore or group than the service file"));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.elasticache.write;
        let what = format!("elasticache:{} {region}", plan.call.operation);
        let status = |status: Option<&str>| format!("status {}", status.unwrap_or("?"));
        match plan.action.as_str() {
            FAILOVER => {
                let call = client
                    .failover_global_replication_group()
                    .global_replication_group_id(global)
                    .primary_region(region.as_str())
                    .primary_replication_group_id(group);
                let output = call.send().await.map_err(|err| errors::perform(&what, &err))?;
                let told = output.global_replication_group().and_then(|global| global.status());
                Ok(errors::receipt(&output, status(told), None))
            }
            DETACH => {
                let call = client
                    .disassociate_global_replication_group()
                    .global_replication_group_id(global)
                    .replication_group_id(group)
                    .replication_group_region(region.as_str());
                let output = call.send().await.map_err(|err| errors::perform(&what, &err))?;
                let told = output.global_replication_group().and_then(|global| global.status());
                Ok(errors::receipt(&output, status(told), None))
            }
            other => Err(refused(format!("there is no action {other}"))),
        }
    }

    /// Done when the datastore and the group both say so and nothing is under way any more: the datastore reads `available`
    /// before a switch has begun, too.
    pub(super) async fn settle_change(&self, plan: &Plan, since: Duration) -> Settlement {
        let (region, home) = match self.own.side(&plan.on) {
            Ok(side) => side,
            Err(why) => return Settlement::CannotTell(why),
        };
        let (global, group) = match tokio::join!(self.global(region), self.group(region, home)) {
            (Ok(global), Ok(group)) => (global, group),
            (Err(unread), _) | (_, Err(unread)) => return Settlement::CannotTell(unread.to_string()),
        };
        let whole = global.as_ref().map_or("gone", |global| global.status.as_str());
        let status = group.status.as_deref().unwrap_or("absent");
        let role = group.role;
        let evidence = vec![
            self.own.evidence(&Place::Global, "status", whole, &Self::global_source(region)),
            self.own.evidence(&plan.on, "role", role.as_str(), &Self::group_source(region)),
            self.own.evidence(&plan.on, "status", status, &Self::group_source(region)),
        ];
        let said =
            format!("global datastore {whole}; {} in {region} {}, {status}", self.spec.group.get(home), role.as_str());
        let wanted = if plan.action == DETACH { Role::Detached } else { Role::Primary };
        match role {
            Role::Absent => Settlement::Failed("the replication group is gone".to_owned(), evidence),
            Role::Detached if plan.action == FAILOVER => {
                Settlement::Failed("the group has left the global datastore".to_owned(), evidence)
            }
            _ if role == wanted && status == "available" && (whole == "available" || plan.action == DETACH) => {
                Settlement::Done(evidence)
            }
            Role::Secondary if whole == "available" && status == "available" && since > WOULD_SHOW => {
                Settlement::NotStarted(evidence)
            }
            _ => Settlement::InProgress(said, evidence),
        }
    }
}
