//! RDS: a source, its replica in the other Region, what is made of them and in which state each is.

use jiff::Timestamp;

use super::instances::{Machine, Origin, creation, deletion, promotion, renaming};
use super::lineage::{Cut, Era, Held, Lineage, other};
use super::mutation::{Change, Mutation};
use super::snapshots::{self, Snapshot};
use super::{ApiError, World, faults};
use crate::domain::region::{HomeRole, Pair};
use crate::domain::service::{RdsReplica, Spec};
use crate::sim::steps::{Ms, NEVER, Steps};

/// The security group of whatever the service file names none of.
pub(super) const USUAL: &str = "sg-0usual";
/// For how long a session goes on that was open when its instance was cut off.
const TRACKED: Ms = 60_000;

/// One database component.
#[derive(Debug, Clone)]
pub struct Database {
    /// The component's id.
    pub component: String,
    /// What the service file says of it.
    pub spec: RdsReplica,
    /// The instances, in the order in which they came.
    pub machines: Vec<Machine>,
    /// The snapshots taken by hand, in the order in which they came.
    pub snapshots: Vec<Snapshot>,
    /// What is in the two that go by the service file's names.
    pub lineage: Lineage,
    /// Whether those of the application's sessions that were open have ended, too, since it was cut off.
    pub drained: Pair<Steps<bool>>,
}

/// What `DescribeDBInstances` tells of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// What tells it from others that had or will have its name.
    pub resource: String,
    /// Its status.
    pub status: &'static str,
    /// The host name of its endpoint; none before it is made.
    pub host: Option<String>,
    /// The port of its endpoint.
    pub port: u16,
    /// The database's name.
    pub database: String,
    /// The source's ARN, for a replica.
    pub source: Option<String>,
    /// Its replicas' ARNs or identifiers, for a source.
    pub replicas: Vec<String>,
    /// Days for which automatic backups are kept.
    pub backup_retention: u32,
    /// Whether it has a standby in another zone of its Region.
    pub multi_az: bool,
    /// Whether it is kept from being deleted.
    pub protected: bool,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Up to when it can be restored to a point in time; none without backups.
    pub restorable: Option<Timestamp>,
    /// The Region.
    pub region: String,
}

impl Database {
    pub(super) fn compile(world: &World, link: &Steps<bool>) -> Vec<Self> {
        let specs = world.service.components.iter().filter_map(|component| match &component.spec {
            Spec::RdsReplica(spec) => Some((component.id.as_str(), spec)),
            _ => None,
        });
        specs.map(|(component, spec)| Self::one(world, component, spec, link)).collect()
    }

    fn one(world: &World, component: &str, spec: &RdsReplica, link: &Steps<bool>) -> Self {
        let replicates = world.scenario.traffic.fence_replicates;
        let groups = |role| {
            let own = spec.cut_off.as_ref().map(|cut| cut.get(role).open.clone());
            own.unwrap_or_else(|| vec![USUAL.to_owned()])
        };
        let mut database = Self {
            component: component.to_owned(),
            spec: spec.clone(),
            machines: vec![
                Machine::first(HomeRole::Primary, &spec.instance.primary, Origin::Source)
                    .grouped(groups(HomeRole::Primary)),
                Machine::first(HomeRole::Standby, &spec.instance.standby, Origin::Replica)
                    .grouped(groups(HomeRole::Standby)),
            ],
            snapshots: Vec::new(),
            drained: Pair { primary: Steps::always(false), standby: Steps::always(false) },
            lineage: Lineage::new(link, &world.scenario.lag, world.chance, replicates),
        };
        for mutation in world.mutations() {
            if let Some(role) = world.role_of(&mutation.region) {
                database.take(world, mutation, role, link);
            }
        }
        database
    }

    fn take(&mut self, world: &World, mutation: &Mutation, role: HomeRole, link: &Steps<bool>) {
        let at = world.ms(mutation.at);
        match &mutation.change {
            Change::Fence {} if self.spec.sql.is_some() => self.lineage.set_login(role, at, false),
            Change::Admit {} if self.spec.sql.is_some() => self.lineage.set_login(role, at, true),
            Change::Promote { instance } => self.promote(world, role, instance, at),
            Change::ModifyInstance { instance, name, protected, groups } => {
                let Some(index) = self.index(role, instance, at) else { return };
                if let Some(name) = name {
                    self.rename(world, index, name, at);
                }
                if let (Some(protected), Some(machine)) = (protected, self.machines.get_mut(index)) {
                    machine.protected.push(at, *protected);
                }
                if let Some(groups) = groups {
                    self.regroup(role, index, groups, at);
                }
            }
            Change::DeleteInstance { instance } => self.delete(world, role, instance, at),
            Change::CreateReplica { instance, source, .. } if self.owns_arn(world, source, at) => {
                let available = creation(world.chance, instance, at, link);
                self.machines.push(Machine::made(role, instance, Origin::Replica, at, available));
                if self.spec.instance.get(role).eq_ignore_ascii_case(instance) {
                    self.lineage.begin(role, available, Era::Follows { cut: NEVER });
                }
            }
            change => snapshots::take(self, world, change, role, at),
        }
    }

    fn promote(&mut self, world: &World, role: HomeRole, id: &str, called: Ms) {
        let Some(index) = self.index(role, id, called) else { return };
        let current = self.is_current(role, id);
        let going = promotion(world.chance, called);
        if let Some(machine) = self.machines.get_mut(index) {
            machine.promotion = Some(going);
        }
        if current {
            self.lineage.promote(Cut { role, called, at: going.modifying, done: going.done });
            self.lineage.set_up(role, going.rebooting, false);
            self.lineage.set_up(role, going.done, true);
        }
    }

    /// An instance gets other security groups. What lets nobody in keeps nobody out who is in: an open connection is tracked.
    fn regroup(&mut self, role: HomeRole, index: usize, groups: &[String], at: Ms) {
        let closed = self.spec.cut_off.as_ref().is_some_and(|cut| groups == [cut.get(role).closed.clone()]);
        let Some(machine) = self.machines.get_mut(index) else { return };
        machine.groups.push(at, groups.to_vec());
        if machine.is(self.spec.instance.get(role), at) {
            let drained = match role {
                HomeRole::Primary => &mut self.drained.primary,
                HomeRole::Standby => &mut self.drained.standby,
            };
            drained.push(if closed { at + TRACKED } else { at }, closed);
        }
    }

    /// Whether nobody can open a connection to a Region's instance.
    pub fn cut_off(&self, role: HomeRole, at: Ms) -> bool {
        let Some(cut) = &self.spec.cut_off else { return false };
        let machine = self.machine(role, self.spec.instance.get(role), at);
        machine.is_some_and(|machine| *machine.groups.at(at) == [cut.get(role).closed.clone()])
    }

    fn rename(&mut self, world: &World, index: usize, name: &str, called: Ms) {
        let busy = renaming(world.chance, called);
        let Some(machine) = self.machines.get_mut(index) else { return };
        let role = machine.role;
        let was_current = machine.is(self.spec.instance.get(role), called);
        machine.names.push(busy.from, Some(name.to_owned()));
        machine.busy.push(busy);
        if was_current {
            machine.aside = Some((role, called));
            self.lineage.begin(role, busy.from, Era::Absent);
        } else if self.spec.instance.get(role).eq_ignore_ascii_case(name) {
            let held = machine.aside.take();
            self.lineage.begin(role, busy.until, Era::Own { base: held });
        }
    }

    fn delete(&mut self, world: &World, role: HomeRole, id: &str, called: Ms) {
        let Some(index) = self.index(role, id, called) else { return };
        let busy = deletion(world.chance, called);
        if let Some(machine) = self.machines.get_mut(index) {
            machine.names.push(busy.until, None);
            machine.busy.push(busy);
        }
        if self.is_current(role, id) {
            self.lineage.begin(role, called, Era::Absent);
        }
    }

    /// Whether a name is the service file's for a Region.
    pub(super) fn is_current(&self, role: HomeRole, id: &str) -> bool {
        self.spec.instance.get(role).eq_ignore_ascii_case(id)
    }

    fn index(&self, role: HomeRole, id: &str, at: Ms) -> Option<usize> {
        self.machines.iter().position(|machine| machine.role == role && machine.is(id, at))
    }

    /// The instance of a name in a Region.
    pub fn machine(&self, role: HomeRole, id: &str, at: Ms) -> Option<&Machine> {
        self.index(role, id, at).and_then(|index| self.machines.get(index))
    }

    /// What an instance holds at a moment.
    pub(super) fn held(machine: &Machine, at: Ms) -> Held {
        machine.aside.unwrap_or((machine.role, at))
    }

    /// Whether an ARN is that of an instance of this component.
    fn owns_arn(&self, world: &World, arn: &str, at: Ms) -> bool {
        instance_arn(world, arn).is_some_and(|(role, id)| self.index(role, id, at).is_some())
    }

    fn status(&self, world: &World, machine: &Machine, at: Ms) -> &'static str {
        if let Some(doing) = machine.doing(at) {
            return doing;
        }
        let taken = self.snapshots.iter().any(|snapshot| snapshot.being_taken_of(machine, at));
        if taken || faults::backing_up(&world.scenario, machine.role, at) { "backing-up" } else { "available" }
    }
}

/// The Region and the name in an instance's ARN, if it is one of this service's Regions and of its account.
pub(super) fn instance_arn<'a>(world: &World, arn: &'a str) -> Option<(HomeRole, &'a str)> {
    let mut parts = arn.splitn(7, ':');
    let (prefix, region, account) = (parts.by_ref().take(3).collect::<Vec<_>>(), parts.next()?, parts.next()?);
    let (kind, id) = (parts.next()?, parts.next()?);
    let role = world.role_of(region)?;
    (prefix == ["arn", "aws", "rds"] && kind == "db" && account == world.account()).then_some((role, id))
}

impl World {
    /// The instances of a Region.
    pub fn instances(&self, role: HomeRole, at: Ms) -> Vec<Instance> {
        let here = |machine: &&Machine| machine.role == role && machine.names.at(at).is_some();
        let all = self.databases().iter().flat_map(|database| {
            database.machines.iter().filter(here).filter_map(|machine| self.instance(database, machine, at))
        });
        all.collect()
    }

    /// An instance's ARN.
    pub fn db_arn(&self, role: HomeRole, id: &str) -> String {
        format!("arn:aws:rds:{}:{}:db:{id}", self.service.regions.get(role), self.account())
    }

    fn instance(&self, database: &Database, machine: &Machine, at: Ms) -> Option<Instance> {
        let role = machine.role;
        let id = machine.names.at(at).clone()?;
        let region = self.service.regions.get(role).to_string();
        let named = database.is_current(role, &id);
        let sql = database.spec.sql.as_ref().filter(|_| named);
        let host = sql.map_or_else(
            || {
                let own = self.chance.text("host", 0, b"abcdefghijkmnpqrstuvwxyz23456789", 12);
                format!("{id}.{own}.{region}.rds.amazonaws.com")
            },
            |sql| sql.host.get(role).clone(),
        );
        let there = machine.is(&id, at) && at >= machine.available;
        let source = |machine: &Machine| self.source_of(database, machine, at);
        let mine = self.db_arn(role, &id);
        let replicas = database.machines.iter().filter(|replica| source(replica).as_ref() == Some(&mine));
        let replicas: Vec<String> =
            replicas.filter_map(|replica| Some(self.db_arn(replica.role, replica.names.at(at).as_deref()?))).collect();
        let replica = machine.replicates(at);
        let made = machine.available.max(role as i64);
        let backup_retention = match (machine.origin, replica) {
            (Origin::Source, _) => 30,
            // What was there from the first was made with backups on; a replica that is made now has them off.
            (Origin::Replica, _) if machine.available > 0 && machine.promotion.is_none() => 0,
            _ => 7,
        };
        Some(Instance {
            arn: mine,
            resource: format!("db-{}", self.chance.text("resource", made, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 26)),
            status: database.status(self, machine, at),
            host: there.then_some(host),
            port: sql.map_or(5432, |sql| *sql.port.get(role)),
            database: database.spec.sql.as_ref().map_or_else(|| "postgres".to_owned(), |sql| sql.database.clone()),
            source: source(machine),
            replicas,
            backup_retention,
            multi_az: !replica,
            protected: *machine.protected.at(at),
            groups: machine.groups.at(at).clone(),
            restorable: (backup_retention > 0 && !replica).then(|| self.timestamp(at - snapshots::LATEST)),
            id,
            region,
        })
    }

    /// The ARN that RDS tells as a replica's source.
    fn source_of(&self, database: &Database, machine: &Machine, at: Ms) -> Option<String> {
        machine.names.at(at).as_ref()?;
        machine.replicates(at).then(|| {
            let role = other(machine.role);
            // A source keeps its replicas when it is renamed; those of an instance that was set aside follow that one.
            let then = if machine.available > 0 { machine.available } else { 0 };
            let source = database.machines.iter().find(|source| {
                source.role == role && source.is(database.spec.instance.get(role), then) && !source.replicates(then)
            });
            let name = source.and_then(|source| source.names.at(at).clone());
            self.db_arn(role, &name.unwrap_or_else(|| database.spec.instance.get(role).clone()))
        })
    }

    /// The database and instance of a name in a Region, or what RDS says of one that is not there.
    pub(super) fn find_machine(&self, region: &str, id: &str, at: Ms) -> Result<(&Database, &Machine), ApiError> {
        let role = self.role_of(region);
        let found = role.and_then(|role| {
            self.databases().iter().find_map(|database| Some((database, database.machine(role, id, at)?)))
        });
        found.ok_or_else(|| ApiError::new(404, "DBInstanceNotFound", format!("DBInstance {id} not found.")))
    }

    /// A name for a new instance must be free.
    pub(super) fn may_name(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        if self.find_machine(region, id, at).is_ok() {
            return Err(ApiError::new(400, "DBInstanceAlreadyExists", "DB instance already exists".to_owned()));
        }
        Ok(())
    }

    /// Whether a read replica may be promoted now, as RDS decides it.
    pub(super) fn may_promote(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let (database, machine) = self.find_machine(region, id, at)?;
        if !machine.replicates(at) {
            return Err(invalid_state(format!("DB Instance is not a read replica: {id}")));
        }
        if machine.promotion.is_some() {
            return Err(invalid_state(format!("The read replica {id} is already being promoted.")));
        }
        let status = database.status(self, machine, at);
        if status != "available" {
            return Err(invalid_state(format!(
                "The DB instance {id} is not in a state in which it can be promoted; its state is {status}."
            )));
        }
        Ok(())
    }

    /// Whether a replica in another Region may be made, as RDS decides it.
    pub(super) fn may_make_replica(
        &self,
        region: &str,
        id: &str,
        source: &str,
        key: Option<&str>,
        at: Ms,
    ) -> Result<(), ApiError> {
        self.may_name(region, id, at)?;
        let parameter = |message: &str| Err(ApiError::new(400, "InvalidParameterValue", message.to_owned()));
        let Some((role, name)) = instance_arn(self, source) else {
            // What is no ARN is looked for in the Region of the call.
            self.find_machine(region, source, at)?;
            return parameter("The simulated RDS makes replicas of an instance of the other Region, named by its ARN.");
        };
        let from = self.service.regions.get(role).as_str();
        if from == region {
            return parameter("The simulated RDS makes replicas of an instance of the other Region.");
        }
        if faults::broken(&self.scenario, role, crate::sim::scenario::Part::Database, at).is_some() {
            return Err(invalid_state(format!("The source instance {source} cannot be reached.")));
        }
        let (database, machine) = self.find_machine(from, name, at)?;
        let Some(told) = self.instance(database, machine, at) else { return Ok(()) };
        if told.backup_retention == 0 {
            return Err(invalid_state(format!(
                "Automated backups are not enabled for this database instance. To enable automated backups, use \
                 ModifyDBInstance to set the backup retention period to a non-zero value. {name}"
            )));
        }
        if machine.replicates(at) || told.status != "available" {
            return Err(invalid_state(format!("The source DB instance {name} is not in a state to be replicated.")));
        }
        if !key.is_some_and(|key| key.contains(&format!(":{region}:")) || key.starts_with("alias/")) {
            return Err(ApiError::new(
                400,
                "InvalidParameterCombination",
                format!("An encrypted read replica in another Region needs a KMS key of {region}."),
            ));
        }
        Ok(())
    }

    pub(super) fn may_modify(&self, region: &str, id: &str, name: Option<&str>, at: Ms) -> Result<(), ApiError> {
        let (database, machine) = self.find_machine(region, id, at)?;
        if let Some(name) = name {
            self.may_name(region, name, at)?;
            let status = database.status(self, machine, at);
            if status != "available" {
                return Err(invalid_state(format!("Database instance is not in available state. {id} is {status}.")));
            }
        }
        Ok(())
    }

    pub(super) fn may_delete(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let (_, machine) = self.find_machine(region, id, at)?;
        if *machine.protected.at(at) {
            let message = "Cannot delete protected DB Instance, please disable deletion protection and try again.";
            return Err(ApiError::new(400, "InvalidParameterCombination", message.to_owned()));
        }
        if machine.doing(at) == Some("deleting") {
            return Err(invalid_state(format!("Instance {id} is already being deleted.")));
        }
        Ok(())
    }
}

pub(super) fn invalid_state(message: String) -> ApiError {
    ApiError::new(400, "InvalidDBInstanceState", message)
}
