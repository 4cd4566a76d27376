//! What has been done to the world.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::checks::CheckConfig;
use super::custom::Datum;
use super::records::RecordChange;
use super::s3::Put;

/// A change that was accepted: one line of the wire log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    /// When it was applied, in simulated time.
    pub at: Timestamp,
    /// The Region whose control plane or database took it.
    pub region: String,
    /// The request id of the call; for SQL, one made up.
    pub request_id: String,
    /// What was done.
    #[serde(flatten)]
    pub change: Change,
}

/// What was done, as `operation` and `params` in the wire log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", content = "params")]
pub enum Change {
    /// A read replica is to become a database of its own.
    #[serde(rename = "rds:PromoteReadReplica")]
    Promote {
        /// The instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
    },
    /// A new replica of an instance of the other Region.
    #[serde(rename = "rds:CreateDBInstanceReadReplica")]
    CreateReplica {
        /// The new instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
        /// The source's ARN.
        #[serde(rename = "SourceDBInstanceIdentifier")]
        source: String,
        /// The key in the new instance's Region.
        #[serde(rename = "KmsKeyId", default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// An instance gets another name or other security groups, or may or may not be deleted from now on.
    #[serde(rename = "rds:ModifyDBInstance")]
    ModifyInstance {
        /// The instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
        /// Its new name.
        #[serde(rename = "NewDBInstanceIdentifier", default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Whether it is kept from being deleted.
        #[serde(rename = "DeletionProtection", default, skip_serializing_if = "Option::is_none")]
        protected: Option<bool>,
        /// Its security groups.
        #[serde(rename = "VpcSecurityGroupIds", default, skip_serializing_if = "Option::is_none")]
        groups: Option<Vec<String>>,
    },
    /// An instance is deleted.
    #[serde(rename = "rds:DeleteDBInstance")]
    DeleteInstance {
        /// The instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
    },
    /// A snapshot of an instance by hand.
    #[serde(rename = "rds:CreateDBSnapshot")]
    CreateSnapshot {
        /// The instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
        /// The snapshot.
        #[serde(rename = "DBSnapshotIdentifier")]
        snapshot: String,
    },
    /// A snapshot is copied, from this Region or from the other.
    #[serde(rename = "rds:CopyDBSnapshot")]
    CopySnapshot {
        /// The snapshot's ARN, or its name in this Region.
        #[serde(rename = "SourceDBSnapshotIdentifier")]
        source: String,
        /// The copy.
        #[serde(rename = "TargetDBSnapshotIdentifier")]
        snapshot: String,
        /// The key in the copy's Region.
        #[serde(rename = "KmsKeyId", default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// A snapshot is deleted.
    #[serde(rename = "rds:DeleteDBSnapshot")]
    DeleteSnapshot {
        /// The snapshot.
        #[serde(rename = "DBSnapshotIdentifier")]
        snapshot: String,
    },
    /// A new instance with what a snapshot holds.
    #[serde(rename = "rds:RestoreDBInstanceFromDBSnapshot")]
    RestoreSnapshot {
        /// The new instance.
        #[serde(rename = "DBInstanceIdentifier")]
        instance: String,
        /// The snapshot's ARN or name.
        #[serde(rename = "DBSnapshotIdentifier")]
        snapshot: String,
    },
    /// A new instance with what another held at a moment.
    #[serde(rename = "rds:RestoreDBInstanceToPointInTime")]
    RestorePoint {
        /// The other instance.
        #[serde(rename = "SourceDBInstanceIdentifier")]
        source: String,
        /// The new instance.
        #[serde(rename = "TargetDBInstanceIdentifier")]
        instance: String,
        /// The moment; without one, the latest there is.
        #[serde(rename = "RestoreTime", default, skip_serializing_if = "Option::is_none")]
        time: Option<Timestamp>,
    },
    /// Records of a hosted zone.
    #[serde(rename = "route53:ChangeResourceRecordSets")]
    Records {
        /// The hosted zone's id.
        #[serde(rename = "HostedZoneId")]
        zone: String,
        /// The changes, all or none.
        #[serde(rename = "Changes")]
        changes: Vec<RecordChange>,
    },
    /// Routing controls are turned on or off, all at once.
    #[serde(rename = "route53-recovery-cluster:UpdateRoutingControlStates")]
    RoutingControls {
        /// Each control's ARN with its new state, `On` or `Off`.
        #[serde(rename = "UpdateRoutingControlStateEntries")]
        entries: Vec<(String, String)>,
    },
    /// A health check is made.
    #[serde(rename = "route53:CreateHealthCheck")]
    CreateHealthCheck {
        /// Its id.
        #[serde(rename = "HealthCheckId")]
        id: String,
        /// What its caller called it.
        #[serde(rename = "CallerReference")]
        reference: String,
        /// What it is.
        #[serde(rename = "HealthCheckConfig")]
        config: CheckConfig,
        /// Not checked: it counts as healthy.
        #[serde(rename = "Disabled")]
        disabled: bool,
        /// Healthy counts as unhealthy and the other way round.
        #[serde(rename = "Inverted")]
        inverted: bool,
    },
    /// A health check's settings.
    #[serde(rename = "route53:UpdateHealthCheck")]
    HealthCheck {
        /// Its id.
        #[serde(rename = "HealthCheckId")]
        id: String,
        /// No longer checked: it counts as healthy.
        #[serde(rename = "Disabled")]
        disabled: Option<bool>,
        /// Healthy counts as unhealthy and the other way round.
        #[serde(rename = "Inverted")]
        inverted: Option<bool>,
    },
    /// A replica secret is to stand alone.
    #[serde(rename = "secretsmanager:StopReplicationToReplica")]
    StopReplication {
        /// The secret's name.
        #[serde(rename = "SecretId")]
        secret: String,
    },
    /// A secret's value.
    #[serde(rename = "secretsmanager:PutSecretValue")]
    PutSecret {
        /// The secret's name.
        #[serde(rename = "SecretId")]
        secret: String,
        /// The new version's id.
        #[serde(rename = "ClientRequestToken")]
        version: String,
        /// The new value, if it is a text.
        #[serde(rename = "SecretString", default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// Another number of tasks of an ECS service.
    #[serde(rename = "ecs:UpdateService")]
    ScaleService {
        /// The cluster.
        cluster: String,
        /// The service.
        service: String,
        /// How many tasks.
        #[serde(rename = "desiredCount")]
        desired: i64,
    },
    /// The other cluster of a global cluster is to write, with nothing lost.
    #[serde(rename = "rds:SwitchoverGlobalCluster")]
    SwitchoverGlobal {
        /// The global cluster.
        #[serde(rename = "GlobalClusterIdentifier")]
        global: String,
        /// The ARN of the cluster that is to write.
        #[serde(rename = "TargetDbClusterIdentifier")]
        target: String,
    },
    /// The other cluster of a global cluster is to write, whatever it has not received.
    #[serde(rename = "rds:FailoverGlobalCluster")]
    FailoverGlobal {
        /// The global cluster.
        #[serde(rename = "GlobalClusterIdentifier")]
        global: String,
        /// The ARN of the cluster that is to write.
        #[serde(rename = "TargetDbClusterIdentifier")]
        target: String,
    },
    /// A cluster is to leave its global cluster and write for itself.
    #[serde(rename = "rds:RemoveFromGlobalCluster")]
    RemoveFromGlobal {
        /// The global cluster.
        #[serde(rename = "GlobalClusterIdentifier")]
        global: String,
        /// The ARN of the cluster that leaves.
        #[serde(rename = "DbClusterIdentifier")]
        cluster: String,
    },
    /// Another instance of the same cluster is to write: nothing leaves the Region.
    #[serde(rename = "rds:FailoverDBCluster")]
    FailoverCluster {
        /// The cluster.
        #[serde(rename = "DBClusterIdentifier")]
        cluster: String,
        /// The instance that is to write.
        #[serde(rename = "TargetDBInstanceIdentifier", default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
    },
    /// Another member of a global datastore takes the writes.
    #[serde(rename = "elasticache:FailoverGlobalReplicationGroup")]
    FailoverCache {
        /// The global datastore.
        #[serde(rename = "GlobalReplicationGroupId")]
        global: String,
        /// The Region of the new primary.
        #[serde(rename = "PrimaryRegion")]
        region: String,
        /// The replication group that becomes the primary.
        #[serde(rename = "PrimaryReplicationGroupId")]
        group: String,
    },
    /// A secondary leaves its global datastore.
    #[serde(rename = "elasticache:DisassociateGlobalReplicationGroup")]
    DetachCache {
        /// The global datastore.
        #[serde(rename = "GlobalReplicationGroupId")]
        global: String,
        /// The secondary's Region.
        #[serde(rename = "ReplicationGroupRegion")]
        region: String,
        /// The secondary.
        #[serde(rename = "ReplicationGroupId")]
        group: String,
    },
    /// A parameter of Systems Manager is written.
    #[serde(rename = "ssm:PutParameter")]
    PutParameter {
        /// Its name.
        #[serde(rename = "Name")]
        name: String,
        /// Its new value.
        #[serde(rename = "Value")]
        value: String,
        /// Its type, which a new one needs.
        #[serde(rename = "Type", default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        /// Whether it may exist.
        #[serde(rename = "Overwrite")]
        overwrite: bool,
    },
    /// Values of a caller's own metrics.
    #[serde(rename = "cloudwatch:PutMetricData")]
    PutMetric {
        /// The namespace.
        #[serde(rename = "Namespace")]
        namespace: String,
        /// The values.
        #[serde(rename = "MetricData")]
        data: Vec<Datum>,
    },
    /// A function is called.
    #[serde(rename = "lambda:Invoke")]
    InvokeFunction {
        /// Its name.
        #[serde(rename = "FunctionName")]
        function: String,
    },
    /// Another origin of a distribution's default cache behaviour.
    #[serde(rename = "cloudfront:UpdateDistribution")]
    PointDistribution {
        /// The distribution.
        #[serde(rename = "Id")]
        distribution: String,
        /// The ETag of the configuration that is replaced.
        #[serde(rename = "IfMatch", default, skip_serializing_if = "Option::is_none")]
        if_match: Option<String>,
        /// The origin.
        #[serde(rename = "TargetOriginId")]
        origin: String,
    },
    /// Paths that every edge is to forget.
    #[serde(rename = "cloudfront:CreateInvalidation")]
    Invalidate {
        /// The distribution.
        #[serde(rename = "DistributionId")]
        distribution: String,
        /// What the caller calls it.
        #[serde(rename = "CallerReference")]
        reference: String,
        /// The paths.
        #[serde(rename = "Paths")]
        paths: Vec<String>,
    },
    /// An action of a component of declared programs.
    #[serde(rename = "command:Run")]
    RunCommand {
        /// The component.
        #[serde(rename = "Component")]
        component: String,
        /// The action.
        #[serde(rename = "Action")]
        action: String,
    },
    /// An object of a Kubernetes cluster.
    #[serde(rename = "kubernetes:Write")]
    Object {
        /// What it is, such as `deployments.apps`.
        resource: String,
        /// Its namespace; empty for what has none.
        namespace: String,
        /// Its name.
        name: String,
        /// What it is from now on, without what the cluster itself says of it; `None` if it is deleted.
        object: Option<Value>,
    },
    /// An object.
    #[serde(rename = "s3:PutObject")]
    PutObject {
        /// The bucket.
        #[serde(rename = "Bucket")]
        bucket: String,
        /// The object.
        #[serde(flatten)]
        put: Put,
    },
    /// A delete marker over whatever there is of a key.
    #[serde(rename = "s3:DeleteObject")]
    DeleteObject {
        /// The bucket.
        #[serde(rename = "Bucket")]
        bucket: String,
        /// The key.
        #[serde(rename = "Key")]
        key: String,
        /// The marker's version id.
        #[serde(rename = "DeleteMarkerVersionId")]
        marker: String,
    },
    /// One version of an object is deleted for good.
    #[serde(rename = "s3:DeleteObjectVersion")]
    DeleteVersion {
        /// The bucket.
        #[serde(rename = "Bucket")]
        bucket: String,
        /// The key.
        #[serde(rename = "Key")]
        key: String,
        /// The version.
        #[serde(rename = "VersionId")]
        version: String,
    },
    /// A bucket's versioning.
    #[serde(rename = "s3:PutBucketVersioning")]
    PutVersioning {
        /// The bucket.
        #[serde(rename = "Bucket")]
        bucket: String,
        /// Enabled, or suspended.
        #[serde(rename = "Enabled")]
        enabled: bool,
    },
    /// A bucket's replication configuration; without rules, it is taken away.
    #[serde(rename = "s3:PutBucketReplication")]
    PutReplication {
        /// The bucket.
        #[serde(rename = "Bucket")]
        bucket: String,
        /// The role with which S3 replicates.
        #[serde(rename = "Role")]
        role: String,
        /// The rules, each as its XML.
        #[serde(rename = "Rules")]
        rules: Vec<String>,
    },
    /// The application's login is taken away and its sessions ended.
    #[serde(rename = "sql:Fence")]
    Fence {},
    /// The application's login is given back.
    #[serde(rename = "sql:Admit")]
    Admit {},
    /// A write that leaves nothing behind.
    #[serde(rename = "sql:TestWrite")]
    TestWrite {},
    /// A surprise comes: nobody asked for it.
    #[serde(rename = "simulation:Surprise")]
    Surprise {
        /// Its name.
        name: String,
    },
}

impl Change {
    /// The operation's name, such as `rds:PromoteReadReplica`: its tag in the wire log.
    pub fn operation(&self) -> String {
        let told = serde_json::to_value(self).unwrap_or_default();
        told.get("operation").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}
