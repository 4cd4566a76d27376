//! What each kind of component tells.

use super::FactType::{Bool, Number, Region, Seconds, Series, Text, Words};
use super::Places::{Everywhere, Global, Regions};
use super::{FactSpec, Needs, fact};

pub(super) const ENDPOINT: &[FactSpec] = &[
    fact("health", Words(&["healthy", "unhealthy"]), Everywhere, Needs::Nothing),
    fact("status", Number, Everywhere, Needs::Nothing),
    fact("response_time", Seconds, Everywhere, Needs::Nothing),
    fact("success_rate", Number, Everywhere, Needs::Nothing),
];

/// `status` is open: RDS adds to its instance states.
pub(super) const RDS_REPLICA: &[FactSpec] = &[
    fact("status", Text, Regions, Needs::Nothing),
    fact("role", Words(&["primary", "replica", "standalone"]), Regions, Needs::Nothing),
    fact(
        "replication",
        Words(&[
            "replicating",
            "replication stop point set",
            "replication stop point reached",
            "error",
            "stopped",
            "terminated",
        ]),
        Regions,
        Needs::Nothing,
    ),
    fact("backing_up", Bool, Regions, Needs::Nothing),
    fact("reachable", Bool, Regions, Needs::Nothing),
    fact("engine_version", Text, Regions, Needs::Nothing),
    fact("instance_class", Text, Regions, Needs::Nothing),
    fact("host", Text, Regions, Needs::Nothing),
    fact("backup_retention_days", Number, Regions, Needs::Nothing),
    fact("source", Text, Regions, Needs::Nothing),
    fact("security_groups", Text, Regions, Needs::Nothing),
    fact("in_recovery", Bool, Regions, Needs::Sql),
    fact("read_only", Bool, Regions, Needs::Sql),
    fact("takes_writes", Bool, Regions, Needs::Sql),
    fact("replay_age", Seconds, Regions, Needs::Sql),
    fact("receive_lsn", Text, Regions, Needs::Sql),
    fact("replay_lsn", Text, Regions, Needs::Sql),
    fact("current_lsn", Text, Regions, Needs::Sql),
    fact("app_login", Bool, Regions, Needs::AppUser),
    fact("app_sessions", Number, Regions, Needs::AppUser),
    fact("mark", Number, Regions, Needs::Mark),
    fact("writer", Region(&["both", "none"]), Global, Needs::Sql),
    fact("behind_bytes", Number, Global, Needs::Sql),
];

/// `restored` is open: RDS adds to its instance states.
pub(super) const RDS_RESTORE: &[FactSpec] = &[
    fact("snapshot", Text, Regions, Needs::Nothing),
    fact("snapshot_age", Seconds, Regions, Needs::Nothing),
    fact("snapshots", Number, Regions, Needs::Nothing),
    fact("restored", Text, Regions, Needs::Nothing),
    fact("ready", Bool, Regions, Needs::Nothing),
    fact("restorable_age", Seconds, Regions, Needs::Nothing),
];

pub(super) const CHECK_WORDS: &[&str] = &["healthy", "unhealthy", "disabled", "none", "unknown"];

pub(super) const ROUTE53: &[FactSpec] = &[
    fact("points_at", Region(&["other"]), Global, Needs::Nothing),
    fact("answers", Region(&["other"]), Global, Needs::Nothing),
    fact("latched", Bool, Global, Needs::Nothing),
    fact("primary_check", Words(CHECK_WORDS), Global, Needs::Nothing),
    fact("standby_check", Words(CHECK_WORDS), Global, Needs::Nothing),
    fact("ttl", Seconds, Global, Needs::Nothing),
    fact("authoritative", Region(&["mixed", "none"]), Global, Needs::PublicZone),
    fact("authoritative_servers", Text, Global, Needs::PublicZone),
    fact("resolvers", Region(&["mixed", "none"]), Global, Needs::Nothing),
    fact("resolvers_agree", Text, Global, Needs::Nothing),
    fact("ttl_left", Seconds, Global, Needs::Nothing),
];

/// Of the Regions' own checks; globally: of the one above them.
pub(super) const HEALTH_CHECK: &[FactSpec] = &[
    fact(
        "type",
        Words(&[
            "HTTP",
            "HTTPS",
            "HTTP_STR_MATCH",
            "HTTPS_STR_MATCH",
            "TCP",
            "CALCULATED",
            "CLOUDWATCH_METRIC",
            "RECOVERY_CONTROL",
        ]),
        Everywhere,
        Needs::Nothing,
    ),
    fact("status", Words(&["healthy", "unhealthy", "unknown"]), Everywhere, Needs::Nothing),
    fact("disabled", Bool, Everywhere, Needs::Nothing),
    fact("inverted", Bool, Everywhere, Needs::Nothing),
    fact("counts_as", Words(&["healthy", "unhealthy"]), Everywhere, Needs::Nothing),
    fact("detection", Seconds, Everywhere, Needs::Nothing),
    fact("checkers_ok", Number, Everywhere, Needs::Nothing),
    fact("children", Number, Everywhere, Needs::Nothing),
    fact("threshold", Number, Everywhere, Needs::Nothing),
    fact("sound", Bool, Everywhere, Needs::Nothing),
];

pub(super) const ARC_ROUTING: &[FactSpec] = &[
    fact("state", Words(&["On", "Off"]), Regions, Needs::Nothing),
    fact("points_at", Region(&["both", "none"]), Global, Needs::Nothing),
    fact("endpoints", Number, Global, Needs::Nothing),
];

/// `expires_in` is there for credentials that end.
pub(super) const IDENTITY: &[FactSpec] = &[
    fact("account", Text, Regions, Needs::Nothing),
    fact("arn", Text, Regions, Needs::Nothing),
    fact("expires_in", Seconds, Regions, Needs::Nothing),
    fact("clock_skew", Seconds, Regions, Needs::Nothing),
];

pub(super) const SECRET: &[FactSpec] = &[
    fact("exists", Bool, Regions, Needs::Nothing),
    fact("version", Text, Regions, Needs::Nothing),
    fact("replica_status", Words(&["InSync", "Failed", "InProgress"]), Regions, Needs::Nothing),
    fact("last_changed", Text, Regions, Needs::Nothing),
    fact("equal", Bool, Global, Needs::Nothing),
    fact("names_host_of", Region(&["other", "none"]), Regions, Needs::SecretHost),
];

pub(super) const CLOUDWATCH: &[FactSpec] = &[
    fact("lag", Seconds, Regions, Needs::Lag),
    fact("lag_series", Series, Regions, Needs::Lag),
    fact("alarms", Text, Regions, Needs::Nothing),
    fact("silent_alarms", Text, Regions, Needs::Nothing),
    fact("calm_for", Seconds, Regions, Needs::Nothing),
];

pub(super) const ECS: &[FactSpec] = &[
    fact("status", Text, Regions, Needs::Nothing),
    fact("desired", Number, Regions, Needs::Nothing),
    fact("running", Number, Regions, Needs::Nothing),
    fact("pending", Number, Regions, Needs::Nothing),
    fact("stable", Bool, Regions, Needs::Nothing),
    fact("deployments", Number, Regions, Needs::Nothing),
    fact("task_definition", Text, Regions, Needs::Nothing),
    fact("event", Text, Regions, Needs::Nothing),
];

/// `status` is open: Aurora adds to its cluster states.
pub(super) const AURORA: &[FactSpec] = &[
    fact("status", Text, Everywhere, Needs::Nothing),
    fact("role", Words(&["writer", "reader", "detached", "absent"]), Regions, Needs::Nothing),
    fact("members", Number, Regions, Needs::Nothing),
    fact("reachable", Bool, Regions, Needs::Nothing),
    fact("engine_version", Text, Regions, Needs::Nothing),
    fact("host", Text, Regions, Needs::Nothing),
    fact("reader_host", Text, Regions, Needs::Nothing),
    fact("synchronization", Words(&["connected", "pending-resync"]), Regions, Needs::Nothing),
    fact("lag", Seconds, Regions, Needs::Nothing),
    fact("rpo_lag", Seconds, Regions, Needs::Nothing),
    fact("progress_lag", Seconds, Regions, Needs::Nothing),
    fact("in_recovery", Bool, Regions, Needs::Sql),
    fact("read_only", Bool, Regions, Needs::Sql),
    fact("takes_writes", Bool, Regions, Needs::Sql),
    fact("app_login", Bool, Regions, Needs::AppUser),
    fact("app_sessions", Number, Regions, Needs::AppUser),
    fact("mark", Number, Regions, Needs::Mark),
    fact("writer", Region(&["other", "none", "both"]), Global, Needs::Nothing),
    fact(
        "failover",
        Words(&["none", "pending", "switching-over", "failing-over", "cancelling"]),
        Global,
        Needs::Nothing,
    ),
];

/// In a Region: of its replication group; globally: of the datastore. `lag` is there in the secondary's Region.
pub(super) const ELASTICACHE: &[FactSpec] = &[
    fact("status", Text, Everywhere, Needs::Nothing),
    fact("role", Words(&["primary", "secondary", "detached", "absent"]), Regions, Needs::Nothing),
    fact("nodes", Number, Regions, Needs::Nothing),
    fact("engine_version", Text, Regions, Needs::Nothing),
    fact("lag", Seconds, Regions, Needs::Nothing),
    fact("primary", Region(&["other", "none"]), Global, Needs::Nothing),
];

pub(super) const SSM: &[FactSpec] = &[
    fact("exists", Bool, Regions, Needs::Nothing),
    fact("points_at", Region(&["other"]), Regions, Needs::Nothing),
    fact("version", Number, Regions, Needs::Nothing),
    fact("type", Words(&["String", "StringList", "SecureString"]), Regions, Needs::Nothing),
    fact("last_modified", Text, Regions, Needs::Nothing),
    fact("agree", Bool, Global, Needs::Nothing),
];

/// `state`, `last_update` and `runtime` are open: Lambda adds to them.
pub(super) const LAMBDA: &[FactSpec] = &[
    fact("state", Text, Regions, Needs::Nothing),
    fact("last_update", Text, Regions, Needs::Nothing),
    fact("version", Text, Regions, Needs::Nothing),
    fact("runtime", Text, Regions, Needs::Nothing),
    fact("reserved_concurrency", Number, Regions, Needs::Nothing),
    fact("enabled_triggers", Number, Regions, Needs::Nothing),
];

pub(super) const CLOUDFRONT: &[FactSpec] = &[
    fact("points_at", Region(&["other"]), Global, Needs::Nothing),
    fact("status", Words(&["Deployed", "InProgress"]), Global, Needs::Nothing),
    fact("enabled", Bool, Global, Needs::Nothing),
    fact("origin_group", Bool, Global, Needs::Nothing),
    fact("last_modified", Text, Global, Needs::Nothing),
];

/// `version` and `applications` are open: each cluster says its own.
pub(super) const KUBERNETES: &[FactSpec] = &[
    fact("reachable", Bool, Regions, Needs::Nothing),
    fact("version", Text, Regions, Needs::Nothing),
    fact("nodes", Number, Regions, Needs::Nothing),
    fact("nodes_ready", Number, Regions, Needs::Nothing),
    fact("desired", Number, Regions, Needs::Workloads),
    fact("ready", Number, Regions, Needs::Workloads),
    fact("available", Bool, Regions, Needs::Workloads),
    fact("applications", Text, Regions, Needs::Applications),
    fact("synced", Bool, Regions, Needs::Applications),
    fact(
        "application_health",
        Words(&["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"]),
        Regions,
        Needs::Applications,
    ),
    fact("auto_sync", Bool, Regions, Needs::Applications),
    fact("connection_current", Bool, Regions, Needs::Connection),
    fact("keys", Number, Regions, Needs::Keys),
    fact("keys_fingerprint", Text, Regions, Needs::Keys),
    fact("keys_equal", Bool, Global, Needs::Keys),
];

/// A bucket's own rule; the metrics stand where S3 publishes them, which for what is still to come is the Region of the
/// bucket that it comes to.
pub(super) const S3_REPLICATION: &[FactSpec] = &[
    fact("exists", Bool, Regions, Needs::Nothing),
    fact("versioning", Words(&["Enabled", "Suspended", "none"]), Regions, Needs::Nothing),
    fact("replication", Words(&["enabled", "disabled", "none"]), Regions, Needs::Nothing),
    fact("rtc", Bool, Regions, Needs::Nothing),
    fact("delete_markers", Bool, Regions, Needs::Nothing),
    fact("latency", Seconds, Regions, Needs::Nothing),
    fact("pending_bytes", Number, Regions, Needs::Nothing),
    fact("pending_operations", Number, Regions, Needs::Nothing),
    fact("failed_operations", Number, Regions, Needs::Nothing),
    fact("replicates_to", Region(&["both", "none"]), Global, Needs::Nothing),
];
