//! `detach`: the reader leaves the global cluster and writes for itself. Nothing is fenced, and there is no way back but to
//! build the other side anew: the last resort, where a managed failover is refused.

use super::switch::Ready;
use super::{AuroraGlobal, CLUSTER, DETACH, FAILOVER, GLOBAL};
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal};
use crate::domain::runbook::Hazard;
use crate::domain::text;
use crate::providers::aws::errors;
use crate::providers::own::{basis, call, gate, refused, verdict};

impl AuroraGlobal {
    pub(super) async fn plan_detach(&self, ask: &Ask) -> Result<Plan, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let (from, from_role) = (self.own.regions.get(role.other()).clone(), role.other());
        let (ready, source, (loses, band)) =
            tokio::join!(self.detachable(ask), self.source(&from, from_role), self.loss(region, role));
        let Ready { global, cluster, available } = ready?;
        let (old, id) = (self.spec.cluster.get(from_role), self.spec.cluster.get(role));
        let words = [
            "rds",
            "remove-from-global-cluster",
            "--global-cluster-identifier",
            &self.spec.global,
            "--db-cluster-identifier",
            &cluster.arn,
        ];
        let call = call(
            "rds",
            "RemoveFromGlobalCluster",
            region.as_str(),
            &[(GLOBAL, &self.spec.global), (CLUSTER, &cluster.arn)],
        );
        let asked = Self::asked(region);
        Ok(Plan {
            changes: vec![
                format!(
                    "{id} in {region} leaves {} for good and takes writes: a database of its own, in a minute or two.",
                    self.spec.global
                ),
                loses,
                format!(
                    "{old} in {from} is not stopped, not now and not later: wherever it lives and is not fenced, both take \
                     writes and part for ever."
                ),
                format!(
                    "Nothing follows {id} then. To have a standby again, a new cluster has to be built. `{FAILOVER}` keeps \
                     the pair together: try it first."
                ),
            ],
            basis: basis(&[
                ("global cluster", &self.spec.global),
                ("cluster", &cluster.arn),
                ("status", &cluster.status),
                ("role", "reader"),
                ("engine version", cluster.version.as_deref().unwrap_or("?")),
                ("rpo lag", &band),
            ]),
            gates: vec![
                gate(
                    "cluster available",
                    verdict(cluster.available()),
                    self.own.evidence(&ask.on, "status", &cluster.status, &asked),
                ),
                gate(
                    "cluster has an instance",
                    verdict(available > 0),
                    self.own.evidence(&ask.on, "members", available.to_string(), &asked),
                ),
                self.no_better_way(&from, &global, &source),
            ],
            phrase: Some(format!("{DETACH} {region}")),
            ..self.own.plan(ask, call, self.aws.by_hand(&words, Some(region)), Hazard::Irreversible)
        })
    }

    /// As for every takeover, but that a cluster which has left is no refusal to worry about.
    async fn detachable(&self, ask: &Ask) -> Result<Ready, Refusal> {
        let (region, role) = self.own.side(&ask.on).map_err(Refusal::new)?;
        let refusal = match self.ready(region, role).await {
            Ok(ready) => return Ok(ready),
            Err(refusal) => refusal,
        };
        let (global, cluster) = tokio::join!(self.global(region), self.cluster(region, role));
        let id = self.spec.cluster.get(role);
        match (global, cluster) {
            (Ok(global), Ok(Some(_))) if global.as_ref().is_none_or(|global| global.member(role).is_none()) => {
                Err(Refusal::already(format!("{id} in {region} is no member of {} any more", self.spec.global)))
            }
            // It is not what was asked for that is so already.
            (Ok(Some(global)), _) if global.writes(role) => Err(Refusal::new(format!(
                "{id} in {region} is the writer of {}, which cannot be taken out",
                self.spec.global
            ))),
            _ => Err(refusal),
        }
    }

    pub(super) async fn detach(&self, plan: &Plan) -> Result<Receipt, PerformError> {
        let (region, _, arn) = self.planned(plan).map_err(refused)?;
        let client = &self.aws.region(region).map_err(|unread| refused(unread.to_string()))?.rds.write;
        let call = client.remove_from_global_cluster();
        match call.global_cluster_identifier(&self.spec.global).db_cluster_identifier(arn).send().await {
            Ok(output) => {
                let status = output.global_cluster().and_then(|global| global.status()).unwrap_or("?");
                Ok(errors::receipt(&output, format!("status {}", text::bounded(status, 100)), None))
            }
            Err(err) => Err(errors::perform(&format!("rds:RemoveFromGlobalCluster {region}"), &err)),
        }
    }
}
