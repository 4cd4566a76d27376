//! The facts and actions of each component kind, as runbooks may name them.

mod done;
mod read;

use self::done::{
    AURORA_ACTIONS, CACHE_ACTIONS, CDN_ACTIONS, CHECK_ACTIONS, DATABASE_ACTIONS, FLEET_ACTIONS, FUNCTION_ACTIONS,
    KUBERNETES_ACTIONS, PARAMETER_ACTIONS, RESTORE_ACTIONS, STORAGE_ACTIONS, TRAFFIC_ACTIONS, action,
};
use self::read::{
    ARC_ROUTING, AURORA, CLOUDFRONT, CLOUDWATCH, ECS, ELASTICACHE, ENDPOINT, HEALTH_CHECK, IDENTITY, KUBERNETES,
    LAMBDA, RDS_REPLICA, RDS_RESTORE, ROUTE53, S3_REPLICATION, SECRET, SSM,
};
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
    /// The table `cut_off`.
    CutOff,
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
    /// `host`, where a secret names a database's.
    SecretHost,
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

/// The start of the names of facts that a service's own alarms make: `alarm.<name>`.
pub const ALARM: &str = "alarm.";

const ALARM_FACT: FactSpec =
    fact(ALARM, FactType::Words(&["OK", "ALARM", "INSUFFICIENT_DATA"]), Places::Regions, Needs::Nothing);

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
    let places = if command.global { Places::Global } else { Places::Regions };
    let facts = command.facts.iter();
    facts
        .map(|declared| {
            let of = match &declared.of {
                CommandType::Text => FactType::Text,
                CommandType::Words(words) => FactType::Declared(words),
                CommandType::Number => FactType::Number,
                CommandType::Bool => FactType::Bool,
                CommandType::Seconds => FactType::Seconds,
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
        Needs::CutOff => matches!(spec, Spec::RdsReplica(database) if database.cut_off.is_some()),
        Needs::Lag => matches!(spec, Spec::CloudWatch(watch) if watch.lag.is_some()),
        Needs::Workloads => cluster.is_some_and(|cluster| !cluster.workloads.is_empty()),
        Needs::Replicas => cluster.is_some_and(|cluster| cluster.replicas.is_some()),
        Needs::Applications => cluster.is_some_and(|cluster| !cluster.applications.is_empty()),
        Needs::Manifests => cluster.is_some_and(|cluster| cluster.manifests.is_some()),
        Needs::Keys => cluster.is_some_and(|cluster| cluster.keys.is_some()),
        Needs::Connection => cluster.is_some_and(|cluster| cluster.connection.is_some()),
        Needs::ReplicationRole => matches!(spec, Spec::S3Replication(buckets) if buckets.role.is_some()),
        Needs::SecretHost => matches!(spec, Spec::SecretReplica(secret) if secret.host.is_some()),
        Needs::PublicZone => matches!(spec, Spec::Route53Failover(traffic) if !traffic.private),
    };
    let name = match needs {
        Needs::Nothing => "",
        Needs::Sql => "sql",
        Needs::AppUser => "sql.app_user",
        Needs::Mark => "sql.mark",
        Needs::Rebuild => "rebuild",
        Needs::CutOff => "cut_off",
        Needs::Lag => "lag",
        Needs::Workloads => "workloads",
        Needs::Replicas => "replicas",
        Needs::Applications => "applications",
        Needs::Manifests => "manifests",
        Needs::Keys => "keys",
        Needs::Connection => "connection",
        Needs::ReplicationRole => "role",
        Needs::SecretHost => "host",
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
