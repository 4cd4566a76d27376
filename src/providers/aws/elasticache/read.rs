//! What ElastiCache says of the datastore and of each Region's group, and CloudWatch of the lag.

use std::time::Duration;

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, ScanBy, StandardUnit};
use aws_sdk_elasticache::types::{GlobalReplicationGroup, ReplicationGroup};
use aws_smithy_types::DateTime;
use futures::future::select_ok;
use jiff::Timestamp;

use super::ElasticacheGlobal;
use crate::domain::reading::Unread;
use crate::domain::region::{HomeRole, Region};
use crate::domain::text;
use crate::providers::aws::{errors, timestamp};

/// How far back a sample of the lag may lie.
const SPAN: Duration = Duration::from_mins(10);
/// A query a node is enough: more nodes than this in one Region are not asked about.
const MOST_NODES: usize = 60;

/// What a replication group is in the datastore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Primary,
    Secondary,
    Detached,
    Absent,
}

impl Role {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Detached => "detached",
            Self::Absent => "absent",
        }
    }
}

/// A Region's replication group.
pub(super) struct Group {
    pub(super) role: Role,
    /// `None` where there is no such group.
    pub(super) status: Option<String>,
    /// The ids of its nodes.
    pub(super) nodes: Vec<String>,
    /// The global datastore that it is in, if that is another than ours.
    pub(super) elsewhere: Option<String>,
}

/// The datastore.
pub(super) struct Global {
    pub(super) status: String,
    pub(super) members: Vec<Member>,
}

/// A group in the datastore.
pub(super) struct Member {
    pub(super) group: String,
    pub(super) region: String,
    pub(super) role: Role,
    pub(super) status: String,
}

impl Global {
    pub(super) fn primary(&self) -> Option<&Member> {
        self.members.iter().find(|member| member.role == Role::Primary)
    }
}

/// ElastiCache writes the roles in capitals; anything else than its two words is none.
fn role(word: Option<&str>) -> Role {
    match word.map(str::to_ascii_lowercase).as_deref() {
        Some("primary") => Role::Primary,
        Some("secondary") => Role::Secondary,
        _ => Role::Detached,
    }
}

impl ElasticacheGlobal {
    pub(super) fn group_source(region: &Region) -> String {
        format!("elasticache:DescribeReplicationGroups {region}")
    }

    pub(super) fn global_source(region: &Region) -> String {
        format!("elasticache:DescribeGlobalReplicationGroups {region}")
    }

    pub(super) async fn group(&self, region: &Region, home: HomeRole) -> Result<Group, Unread> {
        let client = &self.aws.region(region)?.elasticache.read;
        match client.describe_replication_groups().replication_group_id(self.spec.group.get(home)).send().await {
            Ok(output) => Ok(self.read_group(output.replication_groups().first())),
            Err(err) if errors::code(&err) == Some("ReplicationGroupNotFoundFault") => Ok(self.read_group(None)),
            Err(err) => Err(errors::unread(&Self::group_source(region), &err)),
        }
    }

    fn read_group(&self, group: Option<&ReplicationGroup>) -> Group {
        let Some(group) = group else {
            return Group { role: Role::Absent, status: None, nodes: Vec::new(), elsewhere: None };
        };
        let info = group.global_replication_group_info();
        let global = info.and_then(|info| info.global_replication_group_id());
        let ours = global == Some(self.spec.global.as_str());
        let told = info.and_then(|info| info.global_replication_group_member_role());
        Group {
            role: if ours { role(told) } else { Role::Detached },
            status: Some(text::bounded(group.status().unwrap_or("?"), 40)),
            nodes: group.member_clusters().to_vec(),
            elsewhere: global.filter(|_| !ours).map(|id| text::bounded(id, 80)),
        }
    }

    /// The engine's version, which only a node tells.
    pub(super) async fn version(&self, region: &Region, group: &Group) -> Result<Option<String>, Unread> {
        let Some(node) = group.nodes.first() else { return Ok(None) };
        let client = &self.aws.region(region)?.elasticache.read;
        let output = client
            .describe_cache_clusters()
            .cache_cluster_id(node)
            .send()
            .await
            .map_err(|err| errors::unread(&format!("elasticache:DescribeCacheClusters {region}"), &err))?;
        let version = output.cache_clusters().first().and_then(|node| node.engine_version());
        Ok(version.map(|version| text::bounded(version, 40)))
    }

    /// The newest lag of the last minutes, the worst where several nodes tell one. The metric is the secondary's; it stands
    /// under its nodes, and under the group where that is published too.
    pub(super) async fn lag(
        &self,
        region: &Region,
        home: HomeRole,
        group: &Group,
    ) -> Result<Option<(Timestamp, f64)>, Unread> {
        let what = format!("cloudwatch:GetMetricData {region}");
        let whole = ("ReplicationGroupId", self.spec.group.get(home).as_str());
        let nodes = group.nodes.iter().take(MOST_NODES).map(|node| ("CacheClusterId", node.as_str()));
        let query = |(n, (name, value)): (usize, (&str, &str))| {
            let metric = Metric::builder()
                .namespace("AWS/ElastiCache")
                .metric_name("GlobalDatastoreReplicationLag")
                .dimensions(Dimension::builder().name(name).value(value).build())
                .build();
            let stat =
                MetricStat::builder().metric(metric).period(60).stat("Maximum").unit(StandardUnit::Seconds).build();
            MetricDataQuery::builder().id(format!("lag{n}")).metric_stat(stat).return_data(true).build()
        };
        let now = self.own.clock.now().as_second();
        let from = now.saturating_sub_unsigned(SPAN.as_secs());
        let output = self
            .aws
            .region(region)?
            .cloudwatch
            .get_metric_data()
            .set_metric_data_queries(Some(std::iter::once(whole).chain(nodes).enumerate().map(query).collect()))
            .start_time(DateTime::from_secs(from - from.rem_euclid(60)))
            .end_time(DateTime::from_secs(now))
            .scan_by(ScanBy::TimestampDescending)
            .send()
            .await
            .map_err(|err| errors::unread(&what, &err))?;
        let results = output.metric_data_results().iter();
        let samples = results.flat_map(|result| result.timestamps().iter().zip(result.values()));
        let samples: Vec<(Timestamp, f64)> = samples
            .filter_map(|(at, value)| Some((timestamp(at)?, *value)))
            .filter(|(_, value)| value.is_finite() && *value >= 0.0)
            .collect();
        let Some(newest) = samples.iter().map(|(at, _)| *at).max() else { return Ok(None) };
        let worst = samples.iter().filter(|(at, _)| *at == newest).map(|(_, value)| *value).fold(0.0, f64::max);
        Ok(Some((newest, worst)))
    }

    /// The datastore as a Region tells it; `None` if there is none.
    pub(super) async fn global(&self, region: &Region) -> Result<Option<Global>, Unread> {
        let client = &self.aws.region(region)?.elasticache.read;
        let asked = client
            .describe_global_replication_groups()
            .global_replication_group_id(&self.spec.global)
            .show_member_info(true);
        match asked.send().await {
            Ok(output) => Ok(output.global_replication_groups().first().map(read_global)),
            Err(err) if errors::code(&err) == Some("GlobalReplicationGroupNotFoundFault") => Ok(None),
            Err(err) => Err(errors::unread(&Self::global_source(region), &err)),
        }
    }

    /// The datastore as the Region tells it that answers first: one of them may be gone.
    pub(super) async fn global_from_anywhere(&self) -> Result<(String, Option<Global>), Unread> {
        let asked = [&self.own.regions.standby, &self.own.regions.primary].map(|region| {
            Box::pin(async move { self.global(region).await.map(|global| (Self::global_source(region), global)) })
        });
        select_ok(asked).await.map(|(found, _)| found)
    }

    /// The Region that takes the writes, `other` or `none`.
    pub(super) fn primary_word(&self, global: &Global) -> String {
        let Some(primary) = global.primary() else { return "none".to_owned() };
        let ours = [HomeRole::Primary, HomeRole::Standby].into_iter().find(|home| {
            let region = self.own.regions.get(*home);
            region.as_str() == primary.region && *self.spec.group.get(*home) == primary.group
        });
        ours.map_or_else(|| "other".to_owned(), |home| self.own.regions.get(home).to_string())
    }
}

fn read_global(global: &GlobalReplicationGroup) -> Global {
    let members = global.members().iter().map(|member| Member {
        group: text::bounded(member.replication_group_id().unwrap_or("?"), 80),
        region: text::bounded(member.replication_group_region().unwrap_or("?"), 40),
        role: role(member.role()),
        status: text::bounded(member.status().unwrap_or("?"), 40),
    });
    Global { status: text::bounded(global.status().unwrap_or("?"), 40), members: members.collect() }
}
