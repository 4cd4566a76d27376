//! The service being protected, as its `service.toml` describes it.

mod arc_routing;
mod aurora;
mod aws;
mod cloudfront;
mod cloudwatch;
mod command;
mod ecs;
mod elasticache;
mod endpoint;
mod health_check;
mod kubernetes;
mod lambda;
mod metrics;
mod notify;
mod people;
mod rds;
mod restore;
mod route53;
mod s3;
mod secrets;
mod sql;
mod ssm;
mod trail;
mod waivers;

use std::time::Duration;

use super::approval;
use super::drill::Drills;
use super::fencing::FenceWay;
use super::lag::Thresholds;
use super::reading::ComponentId;
use super::region::{Direction, Pair, Place, Region};
use super::runbook::Way;

pub use arc_routing::ArcRouting;
pub use aurora::AuroraGlobal;
pub use aws::{AssumeRole, ExternalId};
pub use cloudfront::CloudFront;
pub use cloudwatch::{CloudWatch, LagMetric, LagUnit};
pub use command::{Command, CommandAction, CommandFact, CommandType, Done, Healthy};
pub use ecs::Ecs;
pub use elasticache::ElasticacheGlobal;
pub use endpoint::Endpoint;
pub use health_check::{HealthCheck, SimulatedCheck};
pub use kubernetes::{Connection, Kubernetes, SealingKeys, Workload, WorkloadKind};
pub use lambda::Lambda;
pub use metrics::Metrics;
pub use notify::{Email, MailTls, Notify, NotifyBy};
pub use people::{Contact, Escalation, People};
pub use rds::{CutOff, RdsReplica, Rebuild};
pub use restore::RdsRestore;
pub use route53::{RecordType, Route53Failover};
pub use s3::S3Replication;
pub use secrets::{SecretHost, SecretReplica};
pub use sql::{Sql, Tls};
pub use ssm::SsmParameter;
pub use trail::{LockMode, Trail};
pub use waivers::Waiver;

/// The action that makes the other Region's database the one that writes once it has everything.
pub const SWITCHOVER: &str = "switchover";

/// One service in two Regions.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its name, such as `fineract-production`.
    pub name: String,
    /// Its environment, such as `production`.
    pub environment: String,
    /// A sentence for people.
    pub description: String,
    /// The two Regions by home role.
    pub regions: Pair<Region>,
    /// What it promises.
    pub objectives: Objectives,
    /// Where lag starts to matter.
    pub lag: Thresholds,
    /// How often the disruption meter asks from each vantage.
    pub meter: Duration,
    /// How AWS is reached.
    pub aws: Aws,
    /// What a second person has to approve, where anything.
    pub approval: Option<approval::Rule>,
    /// Further ways to take the writes from the Region that is left, in the order in which they are tried.
    pub fence: Vec<FenceWay>,
    /// What a drill may touch.
    pub drills: Drills,
    /// Where journals are kept besides this machine, where anywhere.
    pub trail: Option<Trail>,
    /// Where its metrics are published, where anywhere.
    pub metrics: Option<Metrics>,
    /// Whom to call.
    pub people: People,
    /// How people are told of a run.
    pub notify: Vec<Notify>,
    /// What the review finds and somebody lives with.
    pub waivers: Vec<Waiver>,
    /// Its components, in the order of the file.
    pub components: Vec<Component>,
}

/// Recovery objectives. What was achieved is measured, and stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objectives {
    /// Recovery time objective.
    pub rto: Duration,
    /// Recovery point objective.
    pub rpo: Duration,
    /// The longest time for which the service may not answer its users, where one is promised.
    pub disruption: Option<Duration>,
    /// How long resolvers may take to follow, where that is promised.
    pub dns: Option<Duration>,
    /// How long an object may take to the other Region, where that is promised.
    pub replication: Option<Duration>,
}

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aws {
    /// A named profile of the AWS configuration; without one, the SDK's own chain.
    pub profile: Option<String>,
    /// The account that the credentials must belong to.
    pub account: Option<String>,
    /// A role that is assumed for everything, where one is.
    pub assume_role: Option<AssumeRole>,
    /// An endpoint in place of AWS's own, by Region, for emulators: `(Region, URL)`.
    pub endpoints: Vec<(Region, String)>,
    /// An endpoint in place of Route 53's global one.
    pub global_endpoint: Option<String>,
}

/// One part of the service that exists in both Regions.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its key in the file.
    pub id: ComponentId,
    /// Its name on the screen.
    pub title: String,
    /// How often it is observed at rest; each kind has a default.
    pub every: Option<Duration>,
    /// What it is.
    pub spec: Spec,
}

/// What a component is.
#[derive(Debug, Clone, PartialEq)]
pub enum Spec {
    /// HTTP endpoints.
    Endpoint(Endpoint),
    /// An RDS instance with a cross-Region read replica.
    RdsReplica(RdsReplica),
    /// Snapshots of an RDS instance, and what is restored from its backups.
    RdsRestore(RdsRestore),
    /// A Route 53 failover record pair.
    Route53Failover(Route53Failover),
    /// A Secrets Manager secret replicated to the other Region.
    SecretReplica(SecretReplica),
    /// CloudWatch: the lag series and alarms.
    CloudWatch(CloudWatch),
    /// An ECS service.
    Ecs(Ecs),
    /// An Aurora Global Database.
    AuroraGlobal(AuroraGlobal),
    /// An ElastiCache global datastore.
    ElasticacheGlobal(ElasticacheGlobal),
    /// A parameter of Systems Manager that says which Region is active.
    SsmParameter(SsmParameter),
    /// A Lambda function.
    Lambda(Lambda),
    /// A CloudFront distribution.
    CloudFront(CloudFront),
    /// A Kubernetes cluster in each Region.
    Kubernetes(Kubernetes),
    /// S3 buckets that are replicated.
    S3Replication(S3Replication),
    /// Declared programs.
    Command(Command),
    /// Route 53 health checks.
    HealthCheck(HealthCheck),
    /// Routing controls of Route 53 Application Recovery Controller.
    ArcRouting(ArcRouting),
    /// As whom AWS knows us.
    Identity,
}

impl Spec {
    /// The word for this kind in a service file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "endpoint",
            Self::RdsReplica(_) => "rds-replica",
            Self::RdsRestore(_) => "rds-restore",
            Self::Route53Failover(_) => "route53-failover",
            Self::SecretReplica(_) => "secret-replica",
            Self::CloudWatch(_) => "cloudwatch",
            Self::Ecs(_) => "ecs",
            Self::AuroraGlobal(_) => "aurora-global",
            Self::ElasticacheGlobal(_) => "elasticache-global",
            Self::SsmParameter(_) => "ssm-parameter",
            Self::Lambda(_) => "lambda",
            Self::CloudFront(_) => "cloudfront",
            Self::Kubernetes(_) => "kubernetes",
            Self::S3Replication(_) => "s3-replication",
            Self::Command(_) => "command",
            Self::HealthCheck(_) => "health-check",
            Self::ArcRouting(_) => "arc-routing",
            Self::Identity => "identity",
        }
    }

    /// Whether it stands in each Region, so that a Region's panel has a line for it.
    pub fn is_regional(&self) -> bool {
        !matches!(self, Self::Route53Failover(_) | Self::CloudFront(_) | Self::Command(Command { global: true, .. }))
    }

    /// Whether it is a database of which one Region's takes writes and the other's follows.
    pub fn is_database(&self) -> bool {
        matches!(self, Self::RdsReplica(_) | Self::AuroraGlobal(_))
    }

    /// Whether it sends the service's traffic to one of the Regions.
    pub fn carries_traffic(&self) -> bool {
        matches!(self, Self::Route53Failover(_) | Self::ArcRouting(_) | Self::CloudFront(_))
    }

    /// Whether it has something to say of no Region in particular.
    pub fn is_global(&self) -> bool {
        match self {
            Self::Route53Failover(_)
            | Self::SecretReplica(_)
            | Self::AuroraGlobal(_)
            | Self::ElasticacheGlobal(_)
            | Self::SsmParameter(_)
            | Self::CloudFront(_)
            | Self::ArcRouting(_)
            | Self::S3Replication(_) => true,
            Self::Endpoint(endpoint) => endpoint.public.is_some(),
            Self::Command(command) => command.global,
            Self::HealthCheck(checks) => checks.parent.is_some(),
            Self::Kubernetes(cluster) => cluster.keys.is_some(),
            Self::RdsReplica(database) => database.sql.is_some(),
            Self::RdsRestore(_) | Self::CloudWatch(_) | Self::Ecs(_) | Self::Lambda(_) | Self::Identity => false,
        }
    }
}

impl Service {
    /// A component by id.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The environment variables whose contents are secrets: they never reach the screen, the journal or a log.
    pub fn secret_variables(&self) -> Vec<String> {
        let named = self.components.iter().filter_map(|component| match &component.spec {
            Spec::RdsReplica(database) => database.sql.as_ref()?.password_env.clone(),
            Spec::AuroraGlobal(database) => database.sql.as_ref()?.password_env.clone(),
            _ => None,
        });
        let external = self.aws.assume_role.as_ref().and_then(|assume| match &assume.external_id {
            Some(ExternalId::Env(name)) => Some(name.clone()),
            _ => None,
        });
        let more = self.trail.iter().flat_map(|trail| trail.redact.clone());
        let telling = self.notify.iter().flat_map(|notify| notify.by.secrets()).map(str::to_owned);
        let always = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"].map(str::to_owned);
        let mut all: Vec<String> = named.chain(external).chain(more).chain(telling).chain(always).collect();
        all.sort();
        all.dedup();
        all
    }

    /// From the primary to the standby.
    pub fn failover(&self) -> Direction {
        Direction { source: self.regions.primary.clone(), target: self.regions.standby.clone() }
    }

    /// From the standby to the primary.
    pub fn failback(&self) -> Direction {
        Direction { source: self.regions.standby.clone(), target: self.regions.primary.clone() }
    }

    /// Which way a runbook of this kind goes.
    pub fn direction(&self, way: Way) -> Direction {
        if way == Way::Failback { self.failback() } else { self.failover() }
    }

    /// The component and place that hold the lag series while replication goes to a Region, if there is one: the series
    /// is the replica's, so it moves when the replica does.
    pub fn lag_series(&self, to: &Region) -> Option<(&ComponentId, Place)> {
        self.components.iter().find_map(|component| match &component.spec {
            Spec::CloudWatch(CloudWatch { lag: Some(lag), .. }) => {
                let there = self.regions.role_of(to).filter(|role| lag.dimension_in(*role).is_some());
                Some((&component.id, Place::Region(self.regions.get(there.unwrap_or(lag.region)).clone())))
            }
            _ => None,
        })
    }

    /// Whether an action makes the other Region's database the one that writes: what it has not received is lost then.
    pub fn takes_over(&self, component: &str, action: &str) -> bool {
        match self.component(component).map(|component| &component.spec) {
            Some(Spec::RdsReplica(_)) => action == "promote",
            Some(Spec::AuroraGlobal(_)) => matches!(action, "failover" | "detach" | SWITCHOVER),
            _ => false,
        }
    }

    /// Whether it is the one that customers use, by the usual names of that environment.
    pub fn is_production(&self) -> bool {
        matches!(self.environment.as_str(), "production" | "prod" | "prd" | "live")
    }

    /// The component that says which Region is active, if there is one.
    pub fn traffic(&self) -> Option<&ComponentId> {
        self.components
            .iter()
            .find_map(|component| matches!(component.spec, Spec::Route53Failover(_)).then_some(&component.id))
    }
}
