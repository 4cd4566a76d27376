//! The two Regions as a pure function of what is known: service, scenario, seed, accepted mutations, time.

pub mod balancers;
pub mod database;
pub mod dns;
pub mod ecs;
pub mod faults;
pub mod health;
pub mod metrics;
pub mod mutation;
pub mod s3;
pub mod secrets;
pub mod traffic;
pub mod truth;
pub mod zones;

use jiff::{SignedDuration, Timestamp};

use self::balancers::Balancer;
use self::database::Database;
use self::dns::Zone;
use self::ecs::Fleet;
use self::health::{Answering, HealthCheck};
use self::mutation::{Change, Mutation};
use self::s3::Storage;
use self::secrets::Secret;
use self::traffic::Counter;
use super::chance::Chance;
use super::scenario::Scenario;
use super::steps::{Ms, NEVER, Steps};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{Route53Failover, Service, Spec};

/// Why an API says no, in the words of its own protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: &'static str,
    /// The message.
    pub message: String,
}

impl ApiError {
    /// An error.
    pub fn new(status: u16, code: &'static str, message: String) -> Self {
        Self { status, code, message }
    }
}

/// Two Regions.
#[derive(Debug, Clone)]
pub struct World {
    service: Service,
    scenario: Scenario,
    seed: u64,
    chance: Chance,
    epoch: Timestamp,
    mutations: Vec<Mutation>,
    now: Ms,
    compiled: Compiled,
}

/// Everything that follows from the mutations, as timelines.
#[derive(Debug, Clone)]
struct Compiled {
    databases: Vec<Database>,
    endpoints: Pair<Steps<Answering>>,
    checks: Vec<HealthCheck>,
    zones: Vec<Zone>,
    balancers: Vec<Balancer>,
    secrets: Vec<Secret>,
    fleets: Vec<Fleet>,
    storages: Vec<Storage>,
    leads: Steps<Option<HomeRole>>,
    rows: Pair<Counter>,
}

impl World {
    /// A world in which nothing has been done yet. `epoch` is the wall-clock time of the scenario's zero.
    pub fn new(service: Service, scenario: Scenario, seed: u64, epoch: Timestamp) -> Self {
        let nobody = || Counter::idle();
        let still = || Steps::always(Answering::Ok);
        let mut world = Self {
            service,
            seed,
            chance: Chance::new(seed),
            epoch,
            mutations: Vec::new(),
            now: scenario.start,
            scenario,
            compiled: Compiled {
                databases: Vec::new(),
                endpoints: Pair { primary: still(), standby: still() },
                checks: Vec::new(),
                zones: Vec::new(),
                balancers: Vec::new(),
                secrets: Vec::new(),
                fleets: Vec::new(),
                storages: Vec::new(),
                leads: Steps::always(None),
                rows: Pair { primary: nobody(), standby: nobody() },
            },
        };
        world.compile();
        world
    }

    /// Works out every timeline, each from those before it.
    fn compile(&mut self) {
        let reach = faults::database(&self.scenario);
        let link = faults::link(&self.scenario, &reach);
        let databases = Database::compile(self, &link);
        let fleets = ecs::compile(self);
        let endpoints = health::endpoints(self, &databases, &fleets, &reach);
        let checks = health::checks(self, &endpoints);
        let zones = Zone::compile(self, &checks);
        let balancers = balancers::compile(self, &fleets);
        let data = dns::Data { zones: &zones, checks: &checks, balancers: &balancers };
        let leads = dns::traffic(self, data);
        let rows = traffic::counters(self, &endpoints, &leads);
        let secrets = secrets::compile(self);
        let storages = s3::compile(self, &leads);
        self.compiled =
            Compiled { databases, endpoints, checks, zones, balancers, secrets, fleets, storages, leads, rows };
    }

    /// Lets time go on. It never goes back.
    pub fn advance(&mut self, to: Ms) {
        self.now = self.now.max(to).min(NEVER);
    }

    /// The time.
    pub fn now(&self) -> Ms {
        self.now
    }

    /// What chance is drawn from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The wall-clock time of the scenario's zero.
    pub fn epoch(&self) -> Timestamp {
        self.epoch
    }

    /// A wall-clock time as simulated time.
    pub fn ms(&self, at: Timestamp) -> Ms {
        at.as_millisecond().saturating_sub(self.epoch.as_millisecond())
    }

    /// Simulated time as a wall-clock time.
    pub fn timestamp(&self, at: Ms) -> Timestamp {
        self.epoch.checked_add(SignedDuration::from_millis(at)).unwrap_or(Timestamp::MAX)
    }

    /// The service.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The dice.
    pub fn chance(&self) -> Chance {
        self.chance
    }

    /// The databases.
    pub fn databases(&self) -> &[Database] {
        &self.compiled.databases
    }

    /// What has been done, oldest first.
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    /// The home role of a Region by its code.
    pub fn role_of(&self, region: &str) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby]
            .into_iter()
            .find(|role| self.service.regions.get(*role).as_str() == region)
    }

    /// The account: the service file's, or one that is nobody's.
    pub fn account(&self) -> &str {
        self.service.aws.account.as_deref().unwrap_or("000000000000")
    }

    fn traffic_specs(&self) -> impl Iterator<Item = &Route53Failover> {
        self.service.components.iter().filter_map(|component| match &component.spec {
            Spec::Route53Failover(spec) => Some(spec),
            _ => None,
        })
    }

    /// Whether a change would be accepted in a Region at a moment.
    pub fn may(&self, region: &str, change: &Change, at: Ms) -> Result<(), ApiError> {
        match change {
            Change::Promote { instance } => self.may_promote(region, instance, at),
            Change::Records { zone, changes } => self.may_change_records(zone, changes, at),
            Change::HealthCheck { id, .. } => self.may_change_check(id),
            Change::StopReplication { secret } => self.may_stop_replication(region, secret, at),
            Change::PutSecret { secret, .. } => self.may_put_secret(region, secret, at),
            Change::ScaleService { cluster, service, desired } => self.may_scale(region, cluster, service, *desired),
            Change::PutObject { .. }
            | Change::DeleteObject { .. }
            | Change::DeleteVersion { .. }
            | Change::PutVersioning { .. }
            | Change::PutReplication { .. } => self.may_change_bucket(region, change, at),
            Change::Fence {} | Change::Admit {} | Change::TestWrite {} => self.may_write(region, change, at),
        }
    }

    /// By SQL, as the operator's own role: a database in recovery takes nothing.
    fn may_write(&self, region: &str, change: &Change, at: Ms) -> Result<(), ApiError> {
        let role = self.role_of(region);
        let database = self.sql_database();
        let refused = |message: &str| Err(ApiError::new(400, "25006", message.to_owned()));
        match (role, database) {
            (Some(role), Some(database)) if database.in_recovery(role, at) => match change {
                Change::TestWrite {} => refused("cannot execute INSERT in a read-only transaction"),
                _ => refused("cannot execute ALTER ROLE in a read-only transaction"),
            },
            (Some(_), Some(_)) => Ok(()),
            _ => refused("there is no such database"),
        }
    }

    /// The database that can be asked by SQL.
    pub fn sql_database(&self) -> Option<&Database> {
        self.databases().iter().find(|database| database.spec.sql.is_some())
    }

    /// Applies a change now, or says why not.
    pub fn apply(&mut self, region: &str, request_id: &str, change: Change) -> Result<&Mutation, ApiError> {
        self.may(region, &change, self.now)?;
        let mutation = Mutation {
            at: self.timestamp(self.now),
            region: region.to_owned(),
            request_id: request_id.to_owned(),
            change,
        };
        self.accept(mutation);
        self.mutations.last().ok_or_else(|| ApiError::new(500, "InternalFailure", String::new()))
    }

    /// Takes in a mutation that was accepted before: by this world, or by another process.
    pub fn accept(&mut self, mutation: Mutation) {
        self.advance(self.ms(mutation.at));
        let idle = matches!(mutation.change, Change::TestWrite {});
        self.mutations.push(mutation);
        if !idle {
            self.compile();
        }
    }

    /// Takes back the mutations after the first `count`, which could not be kept.
    pub fn forget_after(&mut self, count: usize) {
        self.mutations.truncate(count);
        self.compile();
    }
}
