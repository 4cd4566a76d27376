//! A cluster, its instances and the global cluster, as RDS describes them; every text is safe to show.

use aws_sdk_rds::types::{self, Filter};

use super::AuroraGlobal;
use crate::domain::reading::Unread;
use crate::domain::region::{HomeRole, Pair, Region};
use crate::domain::text;
use crate::providers::aws::errors;

/// One look at a cluster.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    pub(super) arn: String,
    pub(super) status: String,
    pub(super) version: Option<String>,
    pub(super) host: Option<String>,
    pub(super) reader_host: Option<String>,
    /// How many instances it has, whatever their status.
    pub(super) size: usize,
    /// Whether one of them is the writer.
    pub(super) has_writer: bool,
    pub(super) account: Option<String>,
}

/// One look at the global cluster.
#[derive(Debug, Clone)]
pub(super) struct Global {
    pub(super) status: String,
    pub(super) version: Option<String>,
    /// The members that the service file names.
    pub(super) members: Pair<Option<Member>>,
    /// Whether a cluster that the service file does not name is its writer.
    pub(super) other_writer: bool,
    pub(super) failover: Option<Failover>,
}

/// A member of the global cluster.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) writer: bool,
    pub(super) synchronization: Option<String>,
}

/// A switchover or failover that is under way.
#[derive(Debug, Clone)]
pub(super) struct Failover {
    pub(super) status: String,
    pub(super) to: Option<String>,
    pub(super) loss: Option<bool>,
}

impl Cluster {
    fn read(described: &types::DbCluster) -> Self {
        let members = described.db_cluster_members();
        let arn = described.db_cluster_arn().unwrap_or_default();
        Self {
            arn: text::bounded(arn, 300),
            status: clean(described.status()).unwrap_or_else(|| "unknown".to_owned()),
            version: clean(described.engine_version()),
            host: clean(described.endpoint()),
            reader_host: clean(described.reader_endpoint()),
            size: members.len(),
            has_writer: members.iter().any(|member| member.is_cluster_writer() == Some(true)),
            account: clean(arn.split(':').nth(4)),
        }
    }

    pub(super) fn available(&self) -> bool {
        self.status == "available"
    }
}

impl Global {
    pub(super) fn member(&self, role: HomeRole) -> Option<&Member> {
        self.members.get(role).as_ref()
    }

    pub(super) fn writes(&self, role: HomeRole) -> bool {
        self.member(role).is_some_and(|member| member.writer)
    }

    pub(super) fn available(&self) -> bool {
        self.status == "available"
    }

    /// A member that has to be rebuilt before it follows again: until then the writer has no standby.
    pub(super) fn to_be_rebuilt(&self) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby].into_iter().find(|role| {
            self.member(*role).is_some_and(|member| member.synchronization.as_deref() == Some("pending-resync"))
        })
    }

    /// What is under way, in the word that runbooks have for it.
    pub(super) fn failover_word(&self) -> &str {
        self.failover.as_ref().map_or("none", |failover| failover.status.as_str())
    }
}

fn clean(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(|value| text::bounded(value, 300))
}

/// Whether an ARN (`arn:aws:rds:Region:account:cluster:name`) is that of a cluster in a Region.
pub(super) fn is_cluster(arn: &str, region: &Region, name: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts.as_slice(), ["arn", _, "rds", of, _, "cluster", id]
        if *of == region.as_str() && id.eq_ignore_ascii_case(name))
}

impl AuroraGlobal {
    pub(super) fn asked(region: &Region) -> String {
        format!("rds:DescribeDBClusters {region}")
    }

    pub(super) fn asked_global(region: &Region) -> String {
        format!("rds:DescribeGlobalClusters {region}")
    }

    /// Looks at the cluster of one Region; `None` if there is none.
    pub(super) async fn cluster(&self, region: &Region, role: HomeRole) -> Result<Option<Cluster>, Unread> {
        let id = self.spec.cluster.get(role);
        let client = &self.aws.region(region)?.rds.read;
        match client.describe_db_clusters().db_cluster_identifier(id).send().await {
            Ok(output) => Ok(output
                .db_clusters()
                .iter()
                .find(|cluster| cluster.db_cluster_identifier().is_some_and(|found| found.eq_ignore_ascii_case(id)))
                .map(Cluster::read)),
            Err(err) if errors::code(&err) == Some("DBClusterNotFoundFault") => Ok(None),
            Err(err) => Err(errors::unread(&Self::asked(region), &err)),
        }
    }

    /// How many instances of a Region's cluster are available.
    pub(super) async fn instances(&self, region: &Region, role: HomeRole) -> Result<usize, Unread> {
        let id = self.spec.cluster.get(role);
        let filter = Filter::builder().name("db-cluster-id").values(id).build();
        let client = &self.aws.region(region)?.rds.read;
        let output = client
            .describe_db_instances()
            .filters(filter)
            .send()
            .await
            .map_err(|err| errors::unread(&format!("rds:DescribeDBInstances {region}"), &err))?;
        let own = output.db_instances().iter().filter(|instance| {
            instance.db_cluster_identifier().is_some_and(|cluster| cluster.eq_ignore_ascii_case(id))
        });
        Ok(own.filter(|instance| instance.db_instance_status() == Some("available")).count())
    }

    /// Looks at the global cluster as a Region tells of it; `None` if there is none.
    pub(super) async fn global(&self, region: &Region) -> Result<Option<Global>, Unread> {
        let client = &self.aws.region(region)?.rds.read;
        let id = &self.spec.global;
        match client.describe_global_clusters().global_cluster_identifier(id).send().await {
            Ok(output) => Ok(output
                .global_clusters()
                .iter()
                .find(|global| global.global_cluster_identifier().is_some_and(|found| found.eq_ignore_ascii_case(id)))
                .map(|global| self.read_global(global))),
            Err(err) if errors::code(&err) == Some("GlobalClusterNotFoundFault") => Ok(None),
            Err(err) => Err(errors::unread(&Self::asked_global(region), &err)),
        }
    }

    fn read_global(&self, described: &types::GlobalCluster) -> Global {
        let regions = &self.own.regions;
        let is = |member: &types::GlobalClusterMember, role: HomeRole| {
            let arn = member.db_cluster_arn().unwrap_or_default();
            is_cluster(arn, regions.get(role), self.spec.cluster.get(role))
        };
        let members = described.global_cluster_members();
        let member = |role: HomeRole| {
            members.iter().find(|member| is(member, role)).map(|member| Member {
                writer: member.is_writer() == Some(true),
                synchronization: clean(
                    member.synchronization_status().map(types::GlobalClusterMemberSynchronizationStatus::as_str),
                ),
            })
        };
        let foreign =
            |member: &&types::GlobalClusterMember| !is(member, HomeRole::Primary) && !is(member, HomeRole::Standby);
        // The state is there, and empty, when nothing is under way.
        let failover = described.failover_state().and_then(|state| {
            Some(Failover {
                status: clean(state.status().map(types::FailoverStatus::as_str))?,
                to: clean(state.to_db_cluster_arn()),
                loss: state.is_data_loss_allowed(),
            })
        });
        Global {
            status: clean(described.status()).unwrap_or_else(|| "unknown".to_owned()),
            version: clean(described.engine_version()),
            members: Pair { primary: member(HomeRole::Primary), standby: member(HomeRole::Standby) },
            other_writer: members.iter().filter(foreign).any(|member| member.is_writer() == Some(true)),
            failover,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_another_region_or_name_is_another_cluster() {
        let west: Region = "us-west-2".parse().unwrap();
        assert!(is_cluster("arn:aws:rds:us-west-2:1:cluster:db", &west, "db"));
        for arn in ["arn:aws:rds:us-east-1:1:cluster:db", "arn:aws:rds:us-west-2:1:cluster:db2", "db", ""] {
            assert!(!is_cluster(arn, &west, "db"), "{arn}");
        }
    }
}
