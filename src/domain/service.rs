//! The service being protected, as its `service.toml` describes it.

use std::time::Duration;

use super::lag::Thresholds;
use super::reading::ComponentId;
use super::region::{Direction, HomeRole, Pair, Place, Region};

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
    /// How AWS is reached.
    pub aws: Aws,
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
}

/// How AWS is reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aws {
    /// A named profile of the AWS configuration; without one, the SDK's own chain.
    pub profile: Option<String>,
    /// The account that the credentials must belong to.
    pub account: Option<String>,
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
    /// A Route 53 failover record pair.
    Route53Failover(Route53Failover),
    /// A Secrets Manager secret replicated to the other Region.
    SecretReplica(SecretReplica),
    /// CloudWatch: the lag series and alarms.
    CloudWatch(CloudWatch),
}

impl Spec {
    /// The word for this kind in a service file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Endpoint(_) => "endpoint",
            Self::RdsReplica(_) => "rds-replica",
            Self::Route53Failover(_) => "route53-failover",
            Self::SecretReplica(_) => "secret-replica",
            Self::CloudWatch(_) => "cloudwatch",
        }
    }
}

/// HTTP endpoints: one a Region, asked directly, and the public one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL of each Region's own endpoint.
    pub urls: Pair<String>,
    /// The URL that the world uses.
    pub public: Option<String>,
    /// The status that counts as healthy.
    pub expect_status: u16,
    /// A text that a healthy body contains.
    pub expect_text: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// An RDS instance and its cross-Region read replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RdsReplica {
    /// The instance identifier in each Region.
    pub instance: Pair<String>,
    /// How to ask the databases themselves; without it, AWS's word is all there is.
    pub sql: Option<Sql>,
}

/// How to ask a PostgreSQL pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// Host name of each Region's database.
    pub host: Pair<String>,
    /// Port of each Region's database.
    pub port: Pair<u16>,
    /// Database name.
    pub database: String,
    /// The role to log in as.
    pub user: String,
    /// The environment variable that holds its password.
    pub password_env: Option<String>,
    /// Whether TLS is demanded, and how strictly.
    pub tls: Tls,
    /// The application's own login, which fencing takes away.
    pub app_user: Option<String>,
    /// A query for the highest number that the service has committed, such as `SELECT max(id) FROM ledger`: asked on
    /// both sides, the difference is the exact loss.
    pub mark: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// TLS towards a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// With the certificate checked.
    #[default]
    Verify,
    /// None: a database on the same host, or a tunnel.
    Off,
}

/// A pair of Route 53 failover records under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route53Failover {
    /// The hosted zone's id.
    pub zone: String,
    /// The name, such as `api.fineract.com`.
    pub record: String,
    /// `CNAME` or `A`.
    pub record_type: RecordType,
    /// The value that means each Region: a host name or an address.
    pub target: Pair<String>,
    /// The id of the health check that belongs to each Region's target. Moving traffic overwrites a record's health
    /// check, so which one belongs where must be known from the file, not from the record.
    pub health_check: Pair<Option<String>>,
    /// Authoritative servers as `host:port`; without them, the zone's own.
    pub nameservers: Vec<String>,
    /// Recursive resolvers to ask, as `host:port`.
    pub resolvers: Vec<String>,
}

/// The type of a failover record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordType {
    /// An alias of another name.
    Cname,
    /// An IPv4 address.
    A,
}

impl RecordType {
    /// The word in DNS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cname => "CNAME",
            Self::A => "A",
        }
    }
}

/// A secret and its replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretReplica {
    /// The secret's name, the same in both Regions.
    pub secret: String,
}

/// CloudWatch: one lag series and alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudWatch {
    /// The lag series.
    pub lag: Option<LagMetric>,
    /// Names of alarms in each Region.
    pub alarms: Pair<Vec<String>>,
}

/// A lag metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LagMetric {
    /// Such as `AWS/RDS`.
    pub namespace: String,
    /// Such as `ReplicaLag`.
    pub metric: String,
    /// The unit of its samples.
    pub unit: LagUnit,
    /// The dimension's name and value.
    pub dimension: (String, String),
    /// The Region that the series is in: the replica's.
    pub region: HomeRole,
    /// The samples' period.
    pub period: Duration,
}

/// The unit of a lag metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LagUnit {
    /// `ReplicaLag`.
    Seconds,
    /// The `AuroraGlobalDB…` metrics.
    Milliseconds,
}

impl Service {
    /// A component by id.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }

    /// From the primary to the standby.
    pub fn failover(&self) -> Direction {
        Direction { source: self.regions.primary.clone(), target: self.regions.standby.clone() }
    }

    /// From the standby to the primary.
    pub fn failback(&self) -> Direction {
        Direction { source: self.regions.standby.clone(), target: self.regions.primary.clone() }
    }

    /// The component and place that hold the lag series, if there is one.
    pub fn lag_series(&self) -> Option<(&ComponentId, Place)> {
        self.components.iter().find_map(|component| match &component.spec {
            Spec::CloudWatch(CloudWatch { lag: Some(lag), .. }) => {
                Some((&component.id, Place::Region(self.regions.get(lag.region).clone())))
            }
            _ => None,
        })
    }

    /// The component that says which Region is active, if there is one.
    pub fn traffic(&self) -> Option<&ComponentId> {
        self.components
            .iter()
            .find_map(|component| matches!(component.spec, Spec::Route53Failover(_)).then_some(&component.id))
    }
}
