//! The facts and actions of each component kind, as runbooks may name them.

use crate::domain::region::{HomeRole, Side};
use crate::domain::runbook::Hazard;
use crate::domain::service::{Command, CommandType, Spec};

/// What type of value a fact has, and so what a predicate may ask of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType<'s> {
    /// One of these words.
    Words(&'static [&'static str]),
    /// One of these words, which the service file itself declares.
    Declared(&'s [String]),
    /// A Region's code (or `{target}` and the like), or one of these words.
    Region(&'static [&'static str]),
    /// Any text.
    Text,
    /// Yes or no.
    Bool,
    /// A plain number.
    Number,
    /// A span of time.
    Seconds,
    /// Samples over time: shown, never compared.
    Series,
}

impl FactType<'_> {
    /// What it is, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Words(_) | Self::Declared(_) | Self::Text => "a text",
            Self::Region(_) => "a Region",
            Self::Bool => "yes or no",
            Self::Number => "a number",
            Self::Seconds => "a span of time",
            Self::Series => "a series",
        }
    }
}

/// Where a component has a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// In both Regions.
    Regions,
    /// For the service as the world sees it.
    Global,
    /// Both.
    Everywhere,
}

/// What the service file must hold for a fact to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing more.
    Nothing,
    /// The table `sql`.
    Sql,
    /// `sql.app_user`.
    AppUser,
    /// `sql.mark`.
    Mark,
    /// The table `rebuild`.
    Rebuild,
    /// The table `lag`; the fact is in that series' Regions alone.
    Lag,
    /// `workloads`.
    Workloads,
    /// `replicas`.
    Replicas,
    /// `applications`.
    Applications,
    /// `manifests`.
    Manifests,
    /// The table `keys`.
    Keys,
    /// The table `connection`.
    Connection,
    /// `role`, with which S3 replicates.
    ReplicationRole,
    /// A zone that is not `private`.
    PublicZone,
}

/// A fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactSpec<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its type.
    pub of: FactType<'s>,
    /// Where it is.
    pub places: Places,
    /// What it needs.
    pub needs: Needs,
}

/// When an action may be on the other side than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Also {
    /// Never.
    Never,
    /// When the service comes home: what the outage left behind there is fenced.
    Failback,
    /// In a drill, which leaves everything as it was found: what it has moved it moves back.
    Drill,
    /// Always.
    Always,
}

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSpec<'s> {
    /// Its name.
    pub name: &'s str,
    /// What it can do to the world at least.
    pub hazard: Hazard,
    /// Where it acts: the source or the target.
    pub on: Side,
    /// Whether it may act on the other side, too.
    pub also: Also,
    /// What it needs.
    pub needs: Needs,
    /// Whether a drill may do it at all: never what cannot be undone to the service's own data.
    pub drill: bool,
}

const fn fact<'s>(name: &'s str, of: FactType<'s>, places: Places, needs: Needs) -> FactSpec<'s> {
    FactSpec { name, of, places, needs }
}

use FactType::{Bool, Number, Region, Seconds, Series, Text, Words};
use Places::{Everywhere, Global, Regions};

const ENDPOINT: &[FactSpec] = &[
    fact("health", Words(&["healthy", "unhealthy"]), Everywhere, Needs::Nothing),
    fact("status", Number, Everywhere, Needs::Nothing),
    fact("response_time", Seconds, Everywhere, Needs::Nothing),
    fact("success_rate", Number, Everywhere, Needs::Nothing),
];

/// `status` is open: RDS adds to its instance states.
const RDS_REPLICA: &[FactSpec] = &[
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
const RDS_RESTORE: &[FactSpec] = &[
    fact("snapshot", Text, Regions, Needs::Nothing),
    fact("snapshot_age", Seconds, Regions, Needs::Nothing),
    fact("snapshots", Number, Regions, Needs::Nothing),
    fact("restored", Text, Regions, Needs::Nothing),
    fact("ready", Bool, Regions, Needs::Nothing),
    fact("restorable_age", Seconds, Regions, Needs::Nothing),
];

const CHECK_WORDS: &[&str] = &["healthy", "unhealthy", "disabled", "none", "unknown"];

const ROUTE53: &[FactSpec] = &[
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
const HEALTH_CHECK: &[FactSpec] = &[
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

const ARC_ROUTING: &[FactSpec] = &[
    fact("state", Words(&["On", "Off"]), Regions, Needs::Nothing),
    fact("points_at", Region(&["both", "none"]), Global, Needs::Nothing),
    fact("endpoints", Number, Global, Needs::Nothing),
];

/// `expires_in` is there for credentials that end.
const IDENTITY: &[FactSpec] = &[
    fact("account", Text, Regions, Needs::Nothing),
    fact("arn", Text, Regions, Needs::Nothing),
    fact("expires_in", Seconds, Regions, Needs::Nothing),
    fact("clock_skew", Seconds, Regions, Needs::Nothing),
];

const SECRET: &[FactSpec] = &[
    fact("exists", Bool, Regions, Needs::Nothing),
    fact("version", Text, Regions, Needs::Nothing),
    fact("replica_status", Words(&["InSync", "Failed", "InProgress"]), Regions, Needs::Nothing),
    fact("last_changed", Text, Regions, Needs::Nothing),
    fact("equal", Bool, Global, Needs::Nothing),
];

const CLOUDWATCH: &[FactSpec] = &[
    fact("lag", Seconds, Regions, Needs::Lag),
    fact("lag_series", Series, Regions, Needs::Lag),
    fact("alarms", Text, Regions, Needs::Nothing),
    fact("calm_for", Seconds, Regions, Needs::Nothing),
];

const ECS: &[FactSpec] = &[
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
const AURORA: &[FactSpec] = &[
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
const ELASTICACHE: &[FactSpec] = &[
    fact("status", Text, Everywhere, Needs::Nothing),
    fact("role", Words(&["primary", "secondary", "detached", "absent"]), Regions, Needs::Nothing),
    fact("nodes", Number, Regions, Needs::Nothing),
    fact("engine_version", Text, Regions, Needs::Nothing),
    fact("lag", Seconds, Regions, Needs::Nothing),
    fact("primary", Region(&["other", "none"]), Global, Needs::Nothing),
];

const SSM: &[FactSpec] = &[
    fact("exists", Bool, Regions, Needs::Nothing),
    fact("points_at", Region(&["other"]), Regions, Needs::Nothing),
    fact("version", Number, Regions, Needs::Nothing),
    fact("type", Words(&["String", "StringList", "SecureString"]), Regions, Needs::Nothing),
    fact("last_modified", Text, Regions, Needs::Nothing),
    fact("agree", Bool, Global, Needs::Nothing),
];

/// `state`, `last_update` and `runtime` are open: Lambda adds to them.
const LAMBDA: &[FactSpec] = &[
    fact("state", Text, Regions, Needs::Nothing),
    fact("last_update", Text, Regions, Needs::Nothing),
    fact("version", Text, Regions, Needs::Nothing),
    fact("runtime", Text, Regions, Needs::Nothing),
    fact("reserved_concurrency", Number, Regions, Needs::Nothing),
    fact("enabled_triggers", Number, Regions, Needs::Nothing),
];

const CLOUDFRONT: &[FactSpec] = &[
    fact("points_at", Region(&["other"]), Global, Needs::Nothing),
    fact("status", Words(&["Deployed", "InProgress"]), Global, Needs::Nothing),
    fact("enabled", Bool, Global, Needs::Nothing),
    fact("origin_group", Bool, Global, Needs::Nothing),
    fact("last_modified", Text, Global, Needs::Nothing),
];

/// `version` and `applications` are open: each cluster says its own.
const KUBERNETES: &[FactSpec] = &[
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
const S3_REPLICATION: &[FactSpec] = &[
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

/// The start of the names of facts that a service's own alarms make: `alarm.<name>`.
pub const ALARM: &str = "alarm.";

const ALARM_FACT: FactSpec = fact(ALARM, Words(&["OK", "ALARM", "INSUFFICIENT_DATA"]), Regions, Needs::Nothing);

const fn action(name: &str, hazard: Hazard, on: Side, needs: Needs) -> ActionSpec<'_> {
    ActionSpec { name, hazard, on, also: Also::Never, needs, drill: true }
}

const DATABASE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Failback, ..action("fence", Hazard::Write, Side::Source, Needs::AppUser) },
    ActionSpec { drill: false, ..action("promote", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    action("admit", Hazard::Write, Side::Target, Needs::AppUser),
    action("verify-writes", Hazard::Write, Side::Target, Needs::Sql),
    ActionSpec { also: Also::Always, ..action("set-aside", Hazard::Write, Side::Target, Needs::Sql) },
    ActionSpec { also: Also::Always, ..action("rebuild", Hazard::Write, Side::Target, Needs::Rebuild) },
];

const RESTORE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Always, ..action("snapshot", Hazard::Write, Side::Source, Needs::Nothing) },
    action("copy", Hazard::Write, Side::Target, Needs::Nothing),
    ActionSpec { also: Also::Always, ..action("restore", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("restore-point", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("retire", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("adopt", Hazard::Write, Side::Source, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("discard", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Always, ..action("discard-snapshot", Hazard::Irreversible, Side::Target, Needs::Nothing) },
];

const TRAFFIC_ACTIONS: &[ActionSpec] =
    &[ActionSpec { also: Also::Drill, ..action("point", Hazard::Write, Side::Target, Needs::Nothing) }];

const FLEET_ACTIONS: &[ActionSpec] = &[
    action("scale-up", Hazard::Write, Side::Target, Needs::Nothing),
    ActionSpec { also: Also::Drill, ..action("scale-down", Hazard::Write, Side::Source, Needs::Nothing) },
    action("stop", Hazard::Write, Side::Source, Needs::Nothing),
];

const AURORA_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Drill, ..action("switchover", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("failover", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("detach", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    action("fence", Hazard::Write, Side::Source, Needs::AppUser),
    action("admit", Hazard::Write, Side::Target, Needs::AppUser),
    ActionSpec { also: Also::Drill, ..action("verify-writes", Hazard::Write, Side::Target, Needs::Sql) },
];

const CACHE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { drill: false, ..action("failover", Hazard::Irreversible, Side::Target, Needs::Nothing) },
    ActionSpec { drill: false, ..action("detach", Hazard::Irreversible, Side::Target, Needs::Nothing) },
];

const PARAMETER_ACTIONS: &[ActionSpec] = &[
    action("point", Hazard::Write, Side::Target, Needs::Nothing),
    action("point-source", Hazard::Write, Side::Source, Needs::Nothing),
    ActionSpec { also: Also::Always, ..action("point-back", Hazard::Write, Side::Target, Needs::Nothing) },
];

const FUNCTION_ACTIONS: &[ActionSpec] = &[
    action("invoke", Hazard::Write, Side::Target, Needs::Nothing),
    action("invoke-source", Hazard::Write, Side::Source, Needs::Nothing),
];

const CHECK_ACTIONS: &[ActionSpec] = &[
    action("force-unhealthy", Hazard::Write, Side::Source, Needs::Nothing),
    // Its undoing: in the failback's target, and wherever it was done by mistake.
    ActionSpec { also: Also::Always, ..action("release", Hazard::Write, Side::Target, Needs::Nothing) },
];

const CDN_ACTIONS: &[ActionSpec] = &[
    ActionSpec { also: Also::Drill, ..action("point", Hazard::Write, Side::Target, Needs::Nothing) },
    ActionSpec { also: Also::Drill, ..action("invalidate", Hazard::Write, Side::Target, Needs::Nothing) },
];

const KUBERNETES_ACTIONS: &[ActionSpec] = &[
    action("scale-up", Hazard::Write, Side::Target, Needs::Replicas),
    ActionSpec { also: Also::Drill, ..action("scale-down", Hazard::Write, Side::Source, Needs::Workloads) },
    action("restart", Hazard::Write, Side::Target, Needs::Workloads),
    action("apply", Hazard::Write, Side::Target, Needs::Manifests),
    action("patch-connection", Hazard::Write, Side::Target, Needs::Connection),
    // It is in the target that something is patched that Argo CD would undo; the source may not even answer.
    action("suspend-sync", Hazard::Write, Side::Target, Needs::Applications),
    action("resume-sync", Hazard::Write, Side::Target, Needs::Applications),
];

const STORAGE_ACTIONS: &[ActionSpec] = &[
    action("canary", Hazard::Write, Side::Source, Needs::Nothing),
    // Before the way home, what the standby has taken has to get to the primary.
    ActionSpec { also: Also::Failback, ..action("reverse", Hazard::Write, Side::Target, Needs::ReplicationRole) },
    action("stop", Hazard::Write, Side::Source, Needs::Nothing),
];

/// The facts of a kind, besides its alarms.
pub fn facts(spec: &Spec) -> Vec<FactSpec<'_>> {
    let known = match spec {
        Spec::Endpoint(_) => ENDPOINT,
        Spec::RdsReplica(_) => RDS_REPLICA,
        Spec::RdsRestore(_) => RDS_RESTORE,
        Spec::Route53Failover(_) => ROUTE53,
        Spec::SecretReplica(_) => SECRET,
        Spec::CloudWatch(_) => CLOUDWATCH,
        Spec::Ecs(_) => ECS,
        Spec::AuroraGlobal(_) => AURORA,
        Spec::ElasticacheGlobal(_) => ELASTICACHE,
        Spec::SsmParameter(_) => SSM,
        Spec::Lambda(_) => LAMBDA,
        Spec::CloudFront(_) => CLOUDFRONT,
        Spec::Kubernetes(_) => KUBERNETES,
        Spec::S3Replication(_) => S3_REPLICATION,
        Spec::HealthCheck(_) => HEALTH_CHECK,
        Spec::ArcRouting(_) => ARC_ROUTING,
        Spec::Identity => IDENTITY,
        Spec::Command(command) => return declared_facts(command),
    };
    known.to_vec()
}

/// The facts that a service file declares.
fn declared_facts(command: &Command) -> Vec<FactSpec<'_>> {
    let places = if command.global { Global } else { Regions };
    let facts = command.facts.iter();
    facts
        .map(|declared| {
            let of = match &declared.of {
                CommandType::Text => Text,
                CommandType::Words(words) => FactType::Declared(words),
                CommandType::Number => Number,
                CommandType::Bool => Bool,
                CommandType::Seconds => Seconds,
            };
            fact(&declared.name, of, places, Needs::Nothing)
        })
        .collect()
}

/// The actions that a service file declares. Nobody here knows what else they can be turned against: a drill never does
/// what cannot be undone.
fn declared_actions(command: &Command) -> Vec<ActionSpec<'_>> {
    let actions = command.actions.iter();
    actions
        .map(|declared| {
            let drill = declared.hazard < Hazard::Irreversible;
            ActionSpec { drill, ..action(&declared.name, declared.hazard, declared.on, Needs::Nothing) }
        })
        .collect()
}

/// A fact of a kind by name; any `alarm.<name>` is one of CloudWatch.
pub fn find<'s>(spec: &'s Spec, name: &str) -> Option<FactSpec<'s>> {
    if matches!(spec, Spec::CloudWatch(_)) && name.strip_prefix(ALARM).is_some_and(|alarm| !alarm.is_empty()) {
        return Some(ALARM_FACT);
    }
    facts(spec).into_iter().find(|fact| fact.name == name)
}

/// The actions of a kind.
pub fn actions(spec: &Spec) -> Vec<ActionSpec<'_>> {
    let known: &[ActionSpec<'static>] = match spec {
        Spec::RdsReplica(_) => DATABASE_ACTIONS,
        Spec::RdsRestore(_) => RESTORE_ACTIONS,
        Spec::Route53Failover(_) | Spec::ArcRouting(_) => TRAFFIC_ACTIONS,
        Spec::Ecs(_) => FLEET_ACTIONS,
        Spec::AuroraGlobal(_) => AURORA_ACTIONS,
        Spec::ElasticacheGlobal(_) => CACHE_ACTIONS,
        Spec::SsmParameter(_) => PARAMETER_ACTIONS,
        Spec::Lambda(_) => FUNCTION_ACTIONS,
        Spec::CloudFront(_) => CDN_ACTIONS,
        Spec::Kubernetes(_) => KUBERNETES_ACTIONS,
        Spec::S3Replication(_) => STORAGE_ACTIONS,
        Spec::HealthCheck(_) => CHECK_ACTIONS,
        Spec::Command(command) => return declared_actions(command),
        Spec::Endpoint(_) | Spec::SecretReplica(_) | Spec::CloudWatch(_) | Spec::Identity => &[],
    };
    known.to_vec()
}

/// What a component lacks for something to work: words that complete "components.x has no …".
pub fn lacking(spec: &Spec, needs: Needs) -> Option<&'static str> {
    let sql = match spec {
        Spec::RdsReplica(database) => database.sql.as_ref(),
        Spec::AuroraGlobal(database) => database.sql.as_ref(),
        _ => None,
    };
    let cluster = match spec {
        Spec::Kubernetes(cluster) => Some(cluster),
        _ => None,
    };
    let has = match needs {
        Needs::Nothing => true,
        Needs::Sql => sql.is_some(),
        Needs::AppUser => sql.is_some_and(|sql| sql.app_user.is_some()),
        Needs::Mark => sql.is_some_and(|sql| sql.mark.is_some()),
        Needs::Rebuild => matches!(spec, Spec::RdsReplica(database) if database.rebuild.is_some()),
        Needs::Lag => matches!(spec, Spec::CloudWatch(watch) if watch.lag.is_some()),
        Needs::Workloads => cluster.is_some_and(|cluster| !cluster.workloads.is_empty()),
        Needs::Replicas => cluster.is_some_and(|cluster| cluster.replicas.is_some()),
        Needs::Applications => cluster.is_some_and(|cluster| !cluster.applications.is_empty()),
        Needs::Manifests => cluster.is_some_and(|cluster| cluster.manifests.is_some()),
        Needs::Keys => cluster.is_some_and(|cluster| cluster.keys.is_some()),
        Needs::Connection => cluster.is_some_and(|cluster| cluster.connection.is_some()),
        Needs::ReplicationRole => matches!(spec, Spec::S3Replication(buckets) if buckets.role.is_some()),
        Needs::PublicZone => matches!(spec, Spec::Route53Failover(traffic) if !traffic.private),
    };
    let name = match needs {
        Needs::Nothing => "",
        Needs::Sql => "sql",
        Needs::AppUser => "sql.app_user",
        Needs::Mark => "sql.mark",
        Needs::Rebuild => "rebuild",
        Needs::Lag => "lag",
        Needs::Workloads => "workloads",
        Needs::Replicas => "replicas",
        Needs::Applications => "applications",
        Needs::Manifests => "manifests",
        Needs::Keys => "keys",
        Needs::Connection => "connection",
        Needs::ReplicationRole => "role",
        Needs::PublicZone => "private = false",
    };
    (!has).then_some(name)
}

/// Whether a component has a fact at a place: `None` for the service as a whole.
pub fn is_at(spec: &Spec, fact: &FactSpec<'_>, role: Option<HomeRole>) -> bool {
    match (spec, role) {
        // The public endpoint is there only if it is named.
        (Spec::Endpoint(endpoint), None) => endpoint.public.is_some(),
        // As is the check above the others.
        (Spec::HealthCheck(checks), None) => checks.parent.is_some(),
        (Spec::CloudWatch(watch), Some(role)) if fact.needs == Needs::Lag => {
            watch.lag.as_ref().is_some_and(|lag| lag.dimension_in(role).is_some())
        }
        (_, Some(_)) => matches!(fact.places, Places::Regions | Places::Everywhere),
        (_, None) => matches!(fact.places, Places::Global | Places::Everywhere),
    }
}
