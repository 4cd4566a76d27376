//! `switchover` and `failover`: the other Region's cluster is to write, with everything or with what it has.

use std::time::Duration;

use super::look::{Cluster, Global};
use super::{AuroraGlobal, FAILOVER, GLOBAL, SWITCHOVER, TARGET};
use crate::domain::gate::GateResult;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal};
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Place, Region};
use crate::domain::runbook::Hazard;
use crate::domain::text;
use crate::ports::within;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict, yes_no};

/// For how long a failover waits for the Region that may be gone, to say what a switchover would do better.
const SOURCE: Duration = Duration::from_secs(3);

/// What a takeover rests on, as the target's Region tells it.
pub(super) struct Ready {
    pub(super) global: Global,
    pub(super) cluster: Cluster,
    pub(super) available: usize,
}

fn unread(unread: &Unread) -> Refusal {
    Refusal::new(format!("what it rests on cannot be read now: {unread}"))
}

impl AuroraGlobal {
    /// What every takeover demands of the cluster that is to write.
    pub(super) async fn ready(&self, region: &Region, role: HomeRole) -> Result<Ready, Refusal> {
        let (id, name) = (self.spec.cluster.get(role), &self.spec.global);
        let (global, cluster, available) =
            tokio::join!(self.global(region), self.cluster(region, role), self.instances(region, role));
        let cluster = cluster.map_err(|why| unread(&why))?;
        let cluster = cluster.ok_or_else(|| Refusal::new(format!("there is no cluster {id} in {region}")))?;
        let global = global.map_err(|why| unread(&why))?;
        let global = global.ok_or_else(|| Refusal::new(format!("there is no global cluster {name}")))?;
        let available = available.map_err(|why| unread(&why))?;
        match global.member(role) {
            None => {
                return Err(Refusal::new(format!(
                    "{id} in {region} is no member of {name} (any more): it writes for itself"
                )));
            }
            Some(member) if member.writer => {
                return Err(Refusal::already(format!("{id} in {region} is the writer of {name} already")));
            }
            Some(_) => {}
        }
        if let Some(failover) = &global.failover {
            return Err(Refusal::new(format!(
                "{name} is {} already, towards {}",
                failover.status,
                failover.to.as_deref().unwrap_or("an unknown cluster")
            )));
        }
        if cluster.size == 0 {
            return Err(Refusal::new(format!(
                "{id} in {region} has no instances, so it cannot take over; add one first"
            )));
        }
        if available == 0 {
            return Err(Refusal::new(format!(
                "{id} in {region} has no available instance, so it cannot take over; the cluster is {}",
                cluster.status
            )));
        }
        Ok(Ready { global, cluster, available })
    }

    fn account_gate(&self, on: &Place, region: &Region, cluster: &Cluster) -> Option<GateResult> {
        let wanted = self.aws.account()?;
        let (name, asked) = (format!("in account {wanted}"), Self::asked(region));
        let account = cluster.account.as_deref();
        let evidence = self.own.evidence(on, "account", account.unwrap_or("?"), &asked);
        Some(gate(&name, verdict(account == Some(wanted)), evidence))
    }

    pub(super) async fn plan_switchover(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (from, from_role) = (self.own.regions.get(role.other()).clone(), role.other());
        let (ready, source) = tokio::join!(self.ready(region, role), self.cluster(&from, from_role));
        let Ready { global, cluster, available } = ready?;
        let way_out = format!(
            "A switchover needs both Regions well. If {from} cannot be made well, the way out is `{FAILOVER}`, which loses \
             what was not replicated"
        );
        let refuse = |why: String| Refusal::new(format!("{why}. {way_out}"));
        let (old, id) = (self.spec.cluster.get(from_role), self.spec.cluster.get(role));
        let source = source.map_err(|why| refuse(format!("{from} does not answer: {why}")))?;
        let source = source.ok_or_else(|| refuse(format!("there is no cluster {old} in {from}")))?;
        if !global.writes(from_role) {
            return Err(refuse(format!("{old} in {from} is not the writer of {}", self.spec.global)));
        }
        for (what, status) in [
            (self.spec.global.as_str(), &global.status),
            (old.as_str(), &source.status),
            (id.as_str(), &cluster.status),
        ] {
            if status != "available" {
                return Err(refuse(format!("{what} is {status}, not available")));
            }
        }
        let synchronization = global.member(role).and_then(|member| member.synchronization.as_deref());
        if let Some(word) = synchronization.filter(|word| *word != "connected") {
            return Err(refuse(format!("{id} in {region} is {word}")));
        }
        if source.version != cluster.version || source.version.is_none() {
            return Err(self.versions(source.version.as_deref(), cluster.version.as_deref()));
        }
        let version = cluster.version.as_deref().unwrap_or("?");
        let words = [
            "rds",
            "switchover-global-cluster",
            "--global-cluster-identifier",
            &self.spec.global,
            "--target-db-cluster-identifier",
            &cluster.arn,
        ];
        // A switchover is asked of the Region that writes.
        let call = call(
            "rds",
            "SwitchoverGlobalCluster",
            from.as_str(),
            &[(GLOBAL, &self.spec.global), (TARGET, &cluster.arn)],
        );
        let mut gates = vec![
            gate(
                "target has an instance",
                verdict(available > 0),
                self.own.evidence(&ask.on, "members", available.to_string(), &Self::asked(region)),
            ),
            gate(
                "both engines the same",
                verdict(true),
                self.own.evidence(&ask.on, "engine_version", version, &Self::asked(region)),
            ),
        ];
        gates.extend(self.account_gate(&ask.on, region, &cluster));
        Ok(Plan {
            changes: vec![
                format!("{old} in {from} takes no more writes; {id} in {region} catches up, then takes them: minutes."),
                "Nothing is lost. Nobody can write while the roles change.".to_owned(),
                format!("{old} in {from} follows afterwards, so the way back is another switchover."),
                "The writer endpoint of each cluster keeps its name: whoever uses the old one must be pointed to the new \
                 one, unless they use the global endpoint."
                    .to_owned(),
            ],
            basis: basis(&[
                ("global cluster", &self.spec.global),
                ("global status", &global.status),
                ("writer", &source.arn),
                ("writer's status", &source.status),
                ("target", &cluster.arn),
                ("target's status", &cluster.status),
                ("synchronization", synchronization.unwrap_or("?")),
                ("engine version", version),
            ]),
            gates,
            ..self.own.plan(ask, call, self.aws.by_hand(&words, Some(&from)), Hazard::Write)
        })
    }

    /// Neither managed way goes over a difference of versions.
    fn versions(&self, source: Option<&str>, target: Option<&str>) -> Refusal {
        let (source, target) = (source.unwrap_or("unknown"), target.unwrap_or("unknown"));
        Refusal::new(format!(
            "the engines differ ({source}, {target}): {} moves between clusters of one major and minor version alone. \
             Upgrade the older one; in an outage the last resort is `detach`, after which there are two databases",
            self.spec.global
        ))
    }

    pub(super) async fn plan_failover(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (from, from_role) = (self.own.regions.get(role.other()).clone(), role.other());
        let (ready, source, (loses, band)) =
            tokio::join!(self.ready(region, role), self.source(&from, from_role), self.loss(region, role));
        let Ready { global, cluster, available } = ready?;
        // The writer's own word where it answers; else what the global cluster says of its engine.
        let theirs = match &source {
            Ok(Some(source)) => &source.version,
            _ => &global.version,
        };
        if theirs.is_some() && theirs != &cluster.version {
            return Err(self.versions(theirs.as_deref(), cluster.version.as_deref()));
        }
        let (old, id) = (self.spec.cluster.get(from_role), self.spec.cluster.get(role));
        let words = [
            "rds",
            "failover-global-cluster",
            "--global-cluster-identifier",
            &self.spec.global,
            "--target-db-cluster-identifier",
            &cluster.arn,
            "--allow-data-loss",
        ];
        let call = call(
            "rds",
            "FailoverGlobalCluster",
            region.as_str(),
            &[(GLOBAL, &self.spec.global), (TARGET, &cluster.arn), ("AllowDataLoss", "true")],
        );
        let asked = Self::asked(region);
        let mut gates = vec![
            gate(
                "target available",
                verdict(cluster.available()),
                self.own.evidence(&ask.on, "status", &cluster.status, &asked),
            ),
            gate(
                "target has an instance",
                verdict(available > 0),
                self.own.evidence(&ask.on, "members", available.to_string(), &asked),
            ),
            self.no_better_way(&from, &global, &source),
        ];
        gates.extend(self.account_gate(&ask.on, region, &cluster));
        let synchronization = global.member(role).and_then(|member| member.synchronization.as_deref());
        Ok(Plan {
            changes: vec![
                format!("{id} in {region} takes over with what it has, and takes writes: minutes."),
                loses,
                format!(
                    "{old} in {from} is fenced only when Aurora reaches it: until then it may go on taking writes, which \
                     nobody else has. Fence it first if it answers."
                ),
                format!(
                    "When {from} is back, Aurora puts {old}'s storage aside as the snapshot \
                     rds:unplanned-global-failover-{old}-… if it can, and rebuilds it as a reader. Copy that snapshot: it \
                     ages out."
                ),
            ],
            basis: basis(&[
                ("global cluster", &self.spec.global),
                ("target", &cluster.arn),
                ("target's status", &cluster.status),
                ("target's role", "reader"),
                ("synchronization", synchronization.unwrap_or("?")),
                ("engine version", cluster.version.as_deref().unwrap_or("?")),
                ("rpo lag", &band),
            ]),
            gates,
            phrase: Some(format!("{FAILOVER} {region}")),
            ..self.own.plan(ask, call, self.aws.by_hand(&words, Some(region)), Hazard::Irreversible)
        })
    }

    /// The writer's cluster, if its Region answers soon.
    pub(super) async fn source(&self, region: &Region, role: HomeRole) -> Result<Option<Cluster>, Unread> {
        let answer = within(self.own.clock.as_ref(), SOURCE, self.cluster(region, role)).await;
        answer.unwrap_or_else(|| {
            Err(Unread::new(Why::TimedOut, format!("{region}: no answer in {} s", SOURCE.as_secs())))
        })
    }

    /// Whether data must be risked at all: where the writer is well, a switchover loses none.
    pub(super) fn no_better_way(
        &self,
        from: &Region,
        global: &Global,
        source: &Result<Option<Cluster>, Unread>,
    ) -> GateResult {
        let (well, says) = match source {
            Ok(Some(source)) => {
                let well = source.available() && global.available();
                (well, format!("the writer is {}, the global cluster {}", source.status, global.status))
            }
            Ok(None) => (false, "the writer's cluster is not there".to_owned()),
            Err(why) => (false, format!("the writer's Region says nothing: {why}")),
        };
        let place = Place::Region(from.clone());
        let says = format!("{}; {says}", yes_no(!well));
        let name = format!("{SWITCHOVER} is not possible");
        gate(&name, verdict(!well), self.own.evidence(&place, "status", says, &Self::asked(from)))
    }

    pub(super) async fn switchover(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (_, role, arn) = self.planned(plan).map_err(refused)?;
        let from = self.own.regions.get(role.other());
        if plan.call.control_plane != from.as_str() {
            return Err(refused("a switchover is asked of the Region that writes"));
        }
        let client = &self.aws.region(from).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let call = client
            .switchover_global_cluster()
            .global_cluster_identifier(&self.spec.global)
            .target_db_cluster_identifier(arn);
        match call.send().await {
            Ok(output) => {
                let status = output.global_cluster().and_then(|global| global.status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {}", text::bounded(status, 100)), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:SwitchoverGlobalCluster {from}"), &err)),
        }
    }

    pub(super) async fn failover(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _, arn) = self.planned(plan).map_err(refused)?;
        if plan.call.param("AllowDataLoss") != Some("true") {
            return Err(refused("the plan does not allow the loss that a failover is"));
        }
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let call = client
            .failover_global_cluster()
            .global_cluster_identifier(&self.spec.global)
            .target_db_cluster_identifier(arn)
            .allow_data_loss(true);
        match call.send().await {
            Ok(output) => {
                let status = output.global_cluster().and_then(|global| global.status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {}", text::bounded(status, 100)), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:FailoverGlobalCluster {region}"), &err)),
        }
    }
}
