//! The facts and actions of each component kind, as runbooks may name them.

use crate::domain::region::{HomeRole, Side};
use crate::domain::runbook::Hazard;
use crate::domain::service::Spec;

/// What type of value a fact has, and so what a predicate may ask of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactType {
    /// One of these words.
    Words(&'static [&'static str]),
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

impl FactType {
    /// What it is, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Words(_) | Self::Text => "a text",
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
    /// The table `lag`; the fact is in that series' Region alone.
    Lag,
    /// `role`, with which S3 replicates.
    ReplicationRole,
}

/// A fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: FactType,
    /// Where it is.
    pub places: Places,
    /// What it needs.
    pub needs: Needs,
}

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSpec {
    /// Its name.
    pub name: &'static str,
    /// What it can do to the world at least.
    pub hazard: Hazard,
    /// Where it acts: the source or the target.
    pub on: Side,
    /// What it needs.
    pub needs: Needs,
}

const fn fact(name: &'static str, of: FactType, places: Places, needs: Needs) -> FactSpec {
    FactSpec { name, of, places, needs }
}

use FactType::{Bool, Number, Region, Seconds, Series, Text, Words};
use Places::{Everywhere, Global, Regions};

const ENDPOINT: &[FactSpec] = &[
    fact("health", Words(&["healthy", "unhealthy"]), Everywhere, Needs::Nothing),
    fact("status", Number, Everywhere, Needs::Nothing),
    fact("response_time", Seconds, Everywhere, Needs::Nothing),
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
];

const CHECK_WORDS: &[&str] = &["healthy", "unhealthy", "disabled", "none", "unknown"];

const ROUTE53: &[FactSpec] = &[
    fact("points_at", Region(&["other"]), Global, Needs::Nothing),
    fact("answers", Region(&["other"]), Global, Needs::Nothing),
    fact("latched", Bool, Global, Needs::Nothing),
    fact("primary_check", Words(CHECK_WORDS), Global, Needs::Nothing),
    fact("standby_check", Words(CHECK_WORDS), Global, Needs::Nothing),
    fact("ttl", Seconds, Global, Needs::Nothing),
    fact("authoritative", Region(&["mixed", "none"]), Global, Needs::Nothing),
    fact("authoritative_servers", Text, Global, Needs::Nothing),
    fact("resolvers", Region(&["mixed", "none"]), Global, Needs::Nothing),
    fact("resolvers_agree", Text, Global, Needs::Nothing),
    fact("ttl_left", Seconds, Global, Needs::Nothing),
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

const DATABASE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { name: "fence", hazard: Hazard::Write, on: Side::Source, needs: Needs::AppUser },
    ActionSpec { name: "promote", hazard: Hazard::Irreversible, on: Side::Target, needs: Needs::Nothing },
    ActionSpec { name: "admit", hazard: Hazard::Write, on: Side::Target, needs: Needs::AppUser },
    ActionSpec { name: "verify-writes", hazard: Hazard::Write, on: Side::Target, needs: Needs::Sql },
];

const TRAFFIC_ACTIONS: &[ActionSpec] =
    &[ActionSpec { name: "point", hazard: Hazard::Write, on: Side::Target, needs: Needs::Nothing }];

const FLEET_ACTIONS: &[ActionSpec] = &[
    ActionSpec { name: "scale-up", hazard: Hazard::Write, on: Side::Target, needs: Needs::Nothing },
    ActionSpec { name: "scale-down", hazard: Hazard::Write, on: Side::Source, needs: Needs::Nothing },
    ActionSpec { name: "stop", hazard: Hazard::Write, on: Side::Source, needs: Needs::Nothing },
];

const STORAGE_ACTIONS: &[ActionSpec] = &[
    ActionSpec { name: "canary", hazard: Hazard::Write, on: Side::Source, needs: Needs::Nothing },
    ActionSpec { name: "reverse", hazard: Hazard::Write, on: Side::Target, needs: Needs::ReplicationRole },
    ActionSpec { name: "stop", hazard: Hazard::Write, on: Side::Source, needs: Needs::Nothing },
];

/// The facts of a kind, besides its alarms.
pub fn facts(spec: &Spec) -> &'static [FactSpec] {
    match spec {
        Spec::Endpoint(_) => ENDPOINT,
        Spec::RdsReplica(_) => RDS_REPLICA,
        Spec::Route53Failover(_) => ROUTE53,
        Spec::SecretReplica(_) => SECRET,
        Spec::CloudWatch(_) => CLOUDWATCH,
        Spec::Ecs(_) => ECS,
        Spec::S3Replication(_) => S3_REPLICATION,
    }
}

/// A fact of a kind by name; any `alarm.<name>` is one of CloudWatch.
pub fn find(spec: &Spec, name: &str) -> Option<&'static FactSpec> {
    if matches!(spec, Spec::CloudWatch(_)) && name.strip_prefix(ALARM).is_some_and(|alarm| !alarm.is_empty()) {
        return Some(&ALARM_FACT);
    }
    facts(spec).iter().find(|fact| fact.name == name)
}

/// The actions of a kind.
pub fn actions(spec: &Spec) -> &'static [ActionSpec] {
    match spec {
        Spec::RdsReplica(_) => DATABASE_ACTIONS,
        Spec::Route53Failover(_) => TRAFFIC_ACTIONS,
        Spec::Ecs(_) => FLEET_ACTIONS,
        Spec::S3Replication(_) => STORAGE_ACTIONS,
        Spec::Endpoint(_) | Spec::SecretReplica(_) | Spec::CloudWatch(_) => &[],
    }
}

/// What a component lacks for something to work: words that complete "components.x has no …".
pub fn lacking(spec: &Spec, needs: Needs) -> Option<&'static str> {
    let sql = match spec {
        Spec::RdsReplica(database) => database.sql.as_ref(),
        _ => None,
    };
    let has = match needs {
        Needs::Nothing => true,
        Needs::Sql => sql.is_some(),
        Needs::AppUser => sql.is_some_and(|sql| sql.app_user.is_some()),
        Needs::Mark => sql.is_some_and(|sql| sql.mark.is_some()),
        Needs::Lag => matches!(spec, Spec::CloudWatch(watch) if watch.lag.is_some()),
        Needs::ReplicationRole => matches!(spec, Spec::S3Replication(buckets) if buckets.role.is_some()),
    };
    let name = match needs {
        Needs::Nothing => "",
        Needs::Sql => "sql",
        Needs::AppUser => "sql.app_user",
        Needs::Mark => "sql.mark",
        Needs::Lag => "lag",
        Needs::ReplicationRole => "role",
    };
    (!has).then_some(name)
}

/// Whether a component has a fact at a place: `None` for the service as a whole.
pub fn is_at(spec: &Spec, fact: &FactSpec, role: Option<HomeRole>) -> bool {
    match (spec, role) {
        // The public endpoint is there only if it is named.
        (Spec::Endpoint(endpoint), None) => endpoint.public.is_some(),
        (Spec::CloudWatch(watch), Some(role)) if fact.needs == Needs::Lag => {
            watch.lag.as_ref().is_some_and(|lag| lag.region == role)
        }
        (_, Some(_)) => matches!(fact.places, Places::Regions | Places::Everywhere),
        (_, None) => matches!(fact.places, Places::Global | Places::Everywhere),
    }
}
