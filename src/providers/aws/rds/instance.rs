//! An instance as `DescribeDBInstances` describes it.

use aws_sdk_rds::types::DbInstance;
use jiff::Timestamp;

use super::RdsReplica;
use crate::domain::reading::{Health, Unread, Why};
use crate::domain::region::{HomeRole, Region};
use crate::domain::text;
use crate::providers::aws::{Clients, errors, timestamp};

/// The status type under which RDS tells how a replica does (API reference, `DBInstanceStatusInfo`).
const REPLICATION: &str = "read replication";

/// Statuses in which an instance will not come back by itself (RDS user guide, "Viewing DB instance status").
const BROKEN: [&str; 9] = [
    "failed",
    "inaccessible-encryption-credentials",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
];

/// What an instance is in its pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::providers::aws) enum Role {
    /// It has a source.
    Replica,
    /// It has replicas.
    Primary,
    /// Neither.
    Standalone,
}

impl Role {
    pub(in crate::providers::aws) fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Primary => "primary",
            Self::Standalone => "standalone",
        }
    }
}

/// One look at an instance; every text is safe to show.
#[derive(Debug, Clone)]
pub(in crate::providers::aws) struct Instance {
    pub(in crate::providers::aws) status: String,
    pub(in crate::providers::aws) role: Role,
    pub(in crate::providers::aws) source: Option<String>,
    /// The "read replication" status.
    pub(in crate::providers::aws) replication: Option<String>,
    /// Every status info, as `type status`.
    pub(in crate::providers::aws) infos: Vec<String>,
    pub(in crate::providers::aws) engine_version: Option<String>,
    pub(in crate::providers::aws) class: Option<String>,
    pub(in crate::providers::aws) host: Option<String>,
    pub(in crate::providers::aws) retention_days: Option<i32>,
    pub(in crate::providers::aws) account: Option<String>,
    pub(in crate::providers::aws) arn: Option<String>,
    /// What tells it from others that had or will have its name.
    pub(in crate::providers::aws) resource: Option<String>,
    pub(in crate::providers::aws) protected: bool,
    /// The security groups in force or to be; those that go are left out.
    pub(in crate::providers::aws) groups: Vec<String>,
    /// Whether all of them are in force, and none is on its way out.
    steady: bool,
    /// Up to when it can be restored to a point in time.
    pub(in crate::providers::aws) restorable: Option<Timestamp>,
}

impl Instance {
    fn read(described: &DbInstance) -> Self {
        let clean =
            |value: Option<&str>| value.filter(|value| !value.is_empty()).map(|value| text::bounded(value, 300));
        let source = clean(described.read_replica_source_db_instance_identifier());
        let role = if source.is_some() {
            Role::Replica
        } else if described.read_replica_db_instance_identifiers().is_empty() {
            Role::Standalone
        } else {
            Role::Primary
        };
        let infos = described.status_infos();
        let replication = infos.iter().find(|info| info.status_type() == Some(REPLICATION));
        Self {
            status: clean(described.db_instance_status()).unwrap_or_else(|| "unknown".to_owned()),
            role,
            source,
            replication: replication.and_then(|info| clean(info.status())),
            infos: infos
                .iter()
                .map(|info| {
                    let part = |part: Option<&str>| text::bounded(part.unwrap_or("?"), 100);
                    format!("{} {}", part(info.status_type()), part(info.status()))
                })
                .collect(),
            engine_version: clean(described.engine_version()),
            class: clean(described.db_instance_class()),
            host: clean(described.endpoint().and_then(|endpoint| endpoint.address())),
            retention_days: described.backup_retention_period(),
            arn: clean(described.db_instance_arn()),
            resource: clean(described.dbi_resource_id()),
            restorable: described.latest_restorable_time().and_then(timestamp),
            protected: described.deletion_protection().unwrap_or(false),
            groups: described
                .vpc_security_groups()
                .iter()
                .filter(|group| group.status() != Some("removing"))
                .filter_map(|group| clean(group.vpc_security_group_id()))
                .collect(),
            steady: described.vpc_security_groups().iter().all(|group| group.status() == Some("active")),
            // arn:aws:rds:Region:account:db:name
            account: clean(described.db_instance_arn().and_then(|arn| arn.split(':').nth(4))),
        }
    }

    pub(in crate::providers::aws) fn available(&self) -> bool {
        self.status == "available"
    }

    /// Whether it is to have these security groups alone.
    pub(super) fn gets_groups(&self, wanted: &[String]) -> bool {
        self.groups.len() == wanted.len() && wanted.iter().all(|group| self.groups.contains(group))
    }

    /// Whether it has these security groups alone, in force.
    pub(super) fn has_groups(&self, wanted: &[String]) -> bool {
        self.steady && self.gets_groups(wanted)
    }

    pub(super) fn backing_up(&self) -> bool {
        self.status == "backing-up"
    }

    pub(in crate::providers::aws) fn broken(&self) -> bool {
        BROKEN.contains(&self.status.as_str())
    }

    /// What AWS's word alone says of its health.
    pub(super) fn health(&self) -> Health {
        if self.broken() || ["stopped", "stopping", "deleting"].contains(&self.status.as_str()) {
            Health::Down
        } else if self.available() && (self.role != Role::Replica || self.replication.as_deref() == Some("replicating"))
        {
            Health::Healthy
        } else {
            Health::Degraded
        }
    }
}

impl RdsReplica {
    pub(super) fn source_of(region: &Region) -> String {
        source_of(region)
    }

    /// Looks at the instance of one Region.
    pub(super) async fn describe(&self, region: &Region, role: HomeRole) -> Result<Instance, Unread> {
        self.describe_named(region, self.spec.instance.get(role)).await
    }

    /// Looks at the instance of a name.
    pub(super) async fn describe_named(&self, region: &Region, id: &str) -> Result<Instance, Unread> {
        describe(&self.aws, region, id).await
    }
}

/// Where an instance was looked at.
pub(in crate::providers::aws) fn source_of(region: &Region) -> String {
    format!("rds:DescribeDBInstances {region}")
}

/// Looks at an instance.
pub(in crate::providers::aws) async fn describe(aws: &Clients, region: &Region, id: &str) -> Result<Instance, Unread> {
    let what = source_of(region);
    let client = &aws.region(region)?.rds.read;
    let output = client
        .describe_db_instances()
        .db_instance_identifier(id)
        .send()
        .await
        .map_err(|err| errors::unread(&what, &err))?;
    output
        .db_instances()
        .iter()
        .find(|instance| instance.db_instance_identifier() == Some(id))
        .map(Instance::read)
        .ok_or_else(|| Unread::new(Why::NotFound, format!("{what}: there is no instance {id:?}")))
}
