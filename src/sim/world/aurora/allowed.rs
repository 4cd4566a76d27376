//! Which calls RDS accepts, and in which words it refuses the others.

use super::super::{ApiError, World};
use super::{ClusterPair, Standing};
use crate::domain::region::HomeRole;
use crate::sim::steps::Ms;

fn cluster_state(message: String) -> ApiError {
    ApiError::new(400, "InvalidDBClusterStateFault", message)
}

fn global_state(message: String) -> ApiError {
    ApiError::new(400, "InvalidGlobalClusterStateFault", message)
}

impl World {
    /// The pair and the Region of a cluster that a call names by its ARN.
    fn named(&self, global: &str, arn: &str) -> Result<(&ClusterPair, HomeRole), ApiError> {
        let pair = self.find_global(global)?;
        let role = pair.role_of_arn(self, arn).ok_or_else(|| not_found(arn))?;
        Ok((pair, role))
    }

    /// What every change of roles demands of the cluster that is to write.
    fn takes_over(&self, pair: &ClusterPair, role: HomeRole, at: Ms) -> Result<(), ApiError> {
        let (id, global) = (pair.spec.cluster.get(role), &pair.spec.global);
        match pair.standing(role, at) {
            Standing::Detached => {
                return Err(not_found(id));
            }
            Standing::Writer => {
                let message = format!("DB cluster {id} is already the primary cluster of global cluster {global}.");
                return Err(cluster_state(message));
            }
            Standing::Reader => {}
        }
        if pair.under_way(at).is_some() {
            return Err(global_state(format!("Global cluster {global} is not in the available state.")));
        }
        let status = pair.status(role, at);
        if status != "available" || pair.waits(role, at) {
            let message =
                format!("DB cluster {id} is not in a state in which it can take over; its state is {status}.");
            return Err(cluster_state(message));
        }
        self.same_version(pair, at)
    }

    fn same_version(&self, pair: &ClusterPair, at: Ms) -> Result<(), ApiError> {
        let version = |role| ClusterPair::engine_version(&self.scenario, role, at);
        let (primary, standby) = (version(HomeRole::Primary), version(HomeRole::Standby));
        if primary == standby {
            return Ok(());
        }
        Err(global_state(format!(
            "Global cluster {} has members of different engine versions ({primary}, {standby}): they must have the same \
             major and minor version.",
            pair.spec.global
        )))
    }

    /// Planned: asked of the writer's Region, when everybody is well.
    pub(in crate::sim::world) fn may_switch_over(
        &self,
        region: &str,
        global: &str,
        target: &str,
        at: Ms,
    ) -> Result<(), ApiError> {
        let (pair, to) = self.named(global, target)?;
        self.takes_over(pair, to, at)?;
        let from = to.other();
        if self.role_of(region) != Some(from) {
            let message = format!("A switchover of global cluster {global} is asked of its primary cluster's Region.");
            return Err(global_state(message));
        }
        let status = pair.status(from, at);
        if status != "available" || !pair.streaming(at) {
            let message = format!(
                "Global cluster {global} cannot be switched over: its clusters are not all available and connected."
            );
            return Err(global_state(message));
        }
        Ok(())
    }

    /// Unplanned: asked of the target's Region, whatever has become of the writer's.
    pub(in crate::sim::world) fn may_fail_over(
        &self,
        region: &str,
        global: &str,
        target: &str,
        at: Ms,
    ) -> Result<(), ApiError> {
        let (pair, to) = self.named(global, target)?;
        self.takes_over(pair, to, at)?;
        if self.role_of(region) == Some(to) {
            return Ok(());
        }
        let message = format!("A failover of global cluster {global} is asked of the target cluster's Region.");
        Err(global_state(message))
    }

    pub(in crate::sim::world) fn may_remove(
        &self,
        region: &str,
        global: &str,
        cluster: &str,
        at: Ms,
    ) -> Result<(), ApiError> {
        let (pair, role) = self.named(global, cluster)?;
        let id = pair.spec.cluster.get(role);
        match pair.standing(role, at) {
            Standing::Detached => return Err(not_found(id)),
            Standing::Writer => {
                return Err(global_state(format!(
                    "DB cluster {id} is the primary cluster of global cluster {global} and cannot be removed."
                )));
            }
            Standing::Reader => {}
        }
        if self.role_of(region) != Some(role) {
            return Err(not_found(cluster));
        }
        let status = pair.status(role, at);
        if pair.under_way(at).is_some() || status != "available" || pair.waits(role, at) {
            return Err(cluster_state(format!(
                "DB cluster {id} is not in the available state; its state is {status}."
            )));
        }
        Ok(())
    }

    /// Within one cluster. It moves nothing to another Region, and a cluster that follows has no writer to replace.
    pub(in crate::sim::world) fn may_fail_over_within(
        &self,
        region: &str,
        cluster: &str,
        instance: Option<&str>,
        at: Ms,
    ) -> Result<(), ApiError> {
        let role = self.role_of(region).ok_or_else(|| not_found(cluster))?;
        let mut pairs = self.cluster_pairs().iter();
        let pair = pairs.find(|pair| pair.spec.cluster.get(role) == cluster).ok_or_else(|| not_found(cluster))?;
        if pair.standing(role, at) == Standing::Reader {
            let message = format!("DB cluster {cluster} is a secondary cluster of a global cluster: it has no writer.");
            return Err(cluster_state(message));
        }
        let status = pair.status(role, at);
        if status != "available" || pair.under_way(at).is_some() {
            return Err(cluster_state(format!("DB cluster {cluster} is not in the available state; it is {status}.")));
        }
        let Some(instance) = instance else { return Ok(()) };
        match pair.index(role, instance) {
            None => Err(ApiError::new(404, "DBInstanceNotFound", format!("DBInstance {instance} not found."))),
            Some(index) if index == pair.writing(role, at) => {
                let message = format!("DB instance {instance} is already the writer of DB cluster {cluster}.");
                Err(ApiError::new(400, "InvalidDBInstanceState", message))
            }
            Some(_) => Ok(()),
        }
    }
}

/// As RDS says it of a cluster that is not in the Region, or not in the global cluster, that is asked.
fn not_found(id: &str) -> ApiError {
    ApiError::new(404, "DBClusterNotFoundFault", format!("DBCluster {id} not found."))
}
