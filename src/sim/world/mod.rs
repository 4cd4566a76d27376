//! The two Regions as a pure function of what is known: service, scenario, seed, accepted mutations, time.

pub mod arc;
pub mod aurora;
pub mod balancers;
pub mod checks;
pub mod cloudfront;
pub mod command;
pub mod custom;
pub mod database;
pub mod dns;
pub mod ecs;
pub mod elasticache;
pub mod faults;
pub mod health;
pub mod instances;
pub mod kube;
pub mod lambda;
pub mod lineage;
pub mod metrics;
pub mod mutation;
mod past;
pub mod records;
pub mod s3;
pub mod secrets;
pub mod snapshots;
pub mod ssm;
pub mod store;
pub mod traffic;
pub mod truth;
pub mod zones;

use jiff::{SignedDuration, Timestamp};

use self::aurora::ClusterPair;
use self::balancers::Balancer;
use self::cloudfront::Distribution;
use self::command::Declared;
use self::database::Database;
use self::dns::Zone;
use self::ecs::Fleet;
use self::elasticache::Cache;
use self::health::{Answering, HealthCheck};
use self::kube::Cluster;
use self::lambda::Function;
use self::mutation::{Change, Mutation};
use self::s3::Storage;
use self::secrets::Secret;
use self::ssm::Parameters;
use self::traffic::Counter;
use super::chance::Chance;
use super::scenario::Scenario;
use super::steps::{Ms, NEVER, Steps};
use super::surprise;
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
    /// The scenario as it was written.
    written: Scenario,
    /// The scenario with every surprise that has come.
    scenario: Scenario,
    seed: u64,
    chance: Chance,
    epoch: Timestamp,
    mutations: Vec<Mutation>,
    /// How many of them were made before the simulation opened.
    past: usize,
    now: Ms,
    compiled: Compiled,
}

/// Everything that follows from the mutations, as timelines.
#[derive(Debug, Clone)]
struct Compiled {
    databases: Vec<Database>,
    clusters: Vec<ClusterPair>,
    endpoints: Pair<Steps<Answering>>,
    checks: Vec<HealthCheck>,
    zones: Vec<Zone>,
    balancers: Vec<Balancer>,
    secrets: Vec<Secret>,
    fleets: Vec<Fleet>,
    caches: Vec<Cache>,
    parameters: Parameters,
    functions: Vec<Function>,
    distributions: Vec<Distribution>,
    declared: Vec<Declared>,
    kube: Pair<Cluster>,
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
            past: 0,
            now: scenario.start,
            written: scenario.clone(),
            scenario,
            compiled: Compiled {
                databases: Vec::new(),
                clusters: Vec::new(),
                endpoints: Pair { primary: still(), standby: still() },
                checks: Vec::new(),
                zones: Vec::new(),
                balancers: Vec::new(),
                secrets: Vec::new(),
                fleets: Vec::new(),
                caches: Vec::new(),
                parameters: Parameters::new(),
                functions: Vec::new(),
                distributions: Vec::new(),
                declared: Vec::new(),
                kube: Pair::default(),
                storages: Vec::new(),
                leads: Steps::always(None),
                rows: Pair { primary: nobody(), standby: nobody() },
            },
        };
        world.compile();
        if let Some(at) = world.scenario.failed_over {
            past::failed_over(&mut world, at);
            world.past = world.mutations.len();
        }
        world
    }

    /// Works out every timeline, each from those before it.
    fn compile(&mut self) {
        self.weave();
        let reach = faults::database(&self.scenario);
        let link = faults::link(&self.scenario, &reach);
        let databases = Database::compile(self, &link);
        let clusters = ClusterPair::compile(self, &link);
        let fleets = ecs::compile(self);
        let kube = kube::compile(self);
        // An endpoint does not care what runs behind it.
        let behind = [fleets.clone(), kube::behind(self, &kube)].concat();
        let endpoints = health::endpoints(self, (&databases, &clusters), &behind, &reach);
        let checks = checks::compile(self, &endpoints);
        let zones = Zone::compile(self, &checks);
        let balancers = balancers::compile(self, &fleets);
        let data = dns::Data { zones: &zones, checks: &checks, balancers: &balancers };
        let leads = dns::traffic(self, data);
        let rows = traffic::counters(self, &endpoints, &leads);
        let secrets = secrets::compile(self);
        let storages = s3::compile(self, &leads);
        let caches = elasticache::compile(self);
        let parameters = ssm::compile(self);
        let functions = lambda::compile(self);
        let distributions = cloudfront::compile(self);
        let declared = command::compile(self);
        self.compiled = Compiled {
            databases,
            clusters,
            endpoints,
            checks,
            zones,
            balancers,
            secrets,
            fleets,
            caches,
            parameters,
            functions,
            distributions,
            declared,
            kube,
            storages,
            leads,
            rows,
        };
    }

    /// Puts the surprises that have come into the scenario.
    fn weave(&mut self) {
        let come = self.mutations.iter().filter_map(|mutation| match &mutation.change {
            Change::Surprise { name } => Some((self.ms(mutation.at), surprise::load(name).ok()?)),
            _ => None,
        });
        let come: Vec<_> = come.collect();
        if !come.is_empty() {
            self.scenario = self.written.clone();
        }
        for (at, surprise) in come {
            surprise.weave(&mut self.scenario, at);
        }
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

    /// Everything that has been done, oldest first.
    pub fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    /// What has been done since the simulation opened.
    pub fn done(&self) -> &[Mutation] {
        self.mutations.get(self.past..).unwrap_or_default()
    }

    /// The home role of a Region by its code.
    pub fn role_of(&self, region: &str) -> Option<HomeRole> {
        [HomeRole::Primary, HomeRole::Standby]
            .into_iter()
            .find(|role| self.service.regions.get(*role).as_str() == region)
    }

    /// The account: the service file's, or one that is nobody's.
    pub fn account(&self) -> &str {
        let own = self.service.aws.account.as_deref();
        self.scenario.account.as_deref().or(own).unwrap_or("000000000000")
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
            Change::CreateReplica { instance, source, key } => {
                self.may_make_replica(region, instance, source, key.as_deref(), at)
            }
            Change::ModifyInstance { instance, name, .. } => self.may_modify(region, instance, name.as_deref(), at),
            Change::DeleteInstance { instance } => self.may_delete(region, instance, at),
            Change::CreateSnapshot { instance, snapshot } => self.may_snapshot(region, instance, snapshot, at),
            Change::CopySnapshot { source, snapshot, key } => {
                self.may_copy(region, source, snapshot, key.as_deref(), at)
            }
            Change::DeleteSnapshot { snapshot } => self.may_delete_snapshot(region, snapshot, at),
            Change::RestoreSnapshot { instance, snapshot } => self.may_restore(region, snapshot, instance, at),
            Change::RestorePoint { source, instance, time } => self.may_restore_to(region, source, instance, *time, at),
            Change::Records { zone, changes } => self.may_change_records(zone, changes, at),
            Change::RoutingControls { entries } => self.may_turn(region, entries, at),
            Change::CreateHealthCheck { reference, config, .. } => self.may_create_check(reference, config),
            Change::HealthCheck { id, .. } => self.may_change_check(id),
            Change::StopReplication { secret } => self.may_stop_replication(region, secret, at),
            Change::PutSecret { secret, .. } => self.may_put_secret(region, secret, at),
            Change::ScaleService { cluster, service, desired } => self.may_scale(region, cluster, service, *desired),
            Change::SwitchoverGlobal { global, target } => self.may_switch_over(region, global, target, at),
            Change::FailoverGlobal { global, target } => self.may_fail_over(region, global, target, at),
            Change::RemoveFromGlobal { global, cluster } => self.may_remove(region, global, cluster, at),
            Change::FailoverCluster { cluster, instance } => {
                self.may_fail_over_within(region, cluster, instance.as_deref(), at)
            }
            Change::FailoverCache { global, region, group } => self.may_fail_over_cache(global, region, group, at),
            Change::DetachCache { global, region, group } => self.may_detach_cache(global, region, group, at),
            Change::PutParameter { name, value, kind, overwrite } => {
                self.may_put_parameter(region, (name, value), kind.as_deref(), *overwrite, at)
            }
            Change::PutMetric { namespace, data } => self.may_put_metric(namespace, data, at),
            Change::InvokeFunction { function } => self.may_invoke(region, function),
            Change::PointDistribution { distribution, if_match, origin } => {
                self.may_point_distribution(distribution, if_match.as_deref(), origin, at)
            }
            Change::Invalidate { distribution, reference, paths } => {
                self.may_invalidate(distribution, reference, paths, at)
            }
            Change::RunCommand { component, action } => self.may_run(component, action),
            Change::Object { resource, namespace, object, .. } => {
                self.may_write_object(region, resource, namespace, object.as_ref(), at)
            }
            Change::PutObject { .. }
            | Change::DeleteObject { .. }
            | Change::DeleteVersion { .. }
            | Change::PutVersioning { .. }
            | Change::PutReplication { .. } => self.may_change_bucket(region, change, at),
            Change::Surprise { .. } => Ok(()),
            Change::Fence {} | Change::Admit {} | Change::TestWrite {} => self.may_write(region, change, at),
        }
    }

    /// By SQL, as the operator's own role: a database in recovery takes nothing.
    fn may_write(&self, region: &str, change: &Change, at: Ms) -> Result<(), ApiError> {
        let role = self.role_of(region);
        let database = self.sql_store();
        let refused = |message: &str| Err(ApiError::new(400, "25006", message.to_owned()));
        match (role, database) {
            (Some(role), Some(database)) if !database.exists(role, at) => {
                refused(&format!("there is no database in {}", self.service.regions.get(role)))
            }
            (Some(role), Some(database)) if database.in_recovery(role, at) => match change {
                Change::TestWrite {} => refused("cannot execute INSERT in a read-only transaction"),
                _ => refused("cannot execute ALTER ROLE in a read-only transaction"),
            },
            (Some(_), Some(_)) => Ok(()),
            _ => refused("there is no such database"),
        }
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
        let idle = matches!(mutation.change, Change::TestWrite {} | Change::PutMetric { .. });
        self.mutations.push(mutation);
        if !idle {
            self.compile();
        }
    }

    /// Takes back the mutations after the first `count`, which could not be kept.
    pub fn forget_after(&mut self, count: usize) {
        self.mutations.truncate(count);
        self.scenario = self.written.clone();
        self.compile();
    }
}
