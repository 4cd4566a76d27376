//! An instance as `DescribeDBInstances` describes it.

use aws_sdk_rds::types::DbInstance;

use super::RdsReplica;
use crate::domain::reading::{Health, Unread, Why};
use crate::domain::region::{HomeRole, Region};
use crate::domain::text;
use crate::providers::aws::errors;

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
pub(super) enum Role {
    /// It has a source.
    Replica,
    /// It has replicas.
    Primary,
    /// Neither.
    Standalone,
}

impl Role {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Primary => "primary",
            Self::Standalone => "standalone",
        }
    }
}

/// One look at an instance; every text is safe to show.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub(super) status: String,
    pub(super) role: Role,
    pub(super) source: Option<String>,
    /// The "read replication" status.
    pub(super) replication: Option<String>,
    /// Every status info, as `type status`.
    pub(super) infos: Vec<String>,
    pub(super) engine_version: Option<String>,
    pub(super) class: Option<String>,
    pub(super) host: Option<String>,
    pub(super) retention_days: Option<i32>,
    pub(super) account: Option<String>,
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
            // arn:aws:rds:Region:account:db:name
            account: clean(described.db_instance_arn().and_then(|arn| arn.split(':').nth(4))),
        }
    }

    pub(super) fn available(&self) -> bool {
        self.status == "available"
    }

    pub(super) fn backing_up(&self) -> bool {
        self.status == "backing-up"
    }

    pub(super) fn broken(&self) -> bool {
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
        format!("rds:DescribeDBInstances {region}")
    }

    /// Looks at the instance of one Region.
    pub(super) async fn describe(&self, region: &Region, role: HomeRole) -> Result<Instance, Unread> {
        let id = self.spec.instance.get(role);
        let what = Self::source_of(region);
        let client = &self.aws.region(region)?.rds.read;
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
}
