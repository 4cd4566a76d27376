//! Snapshots of RDS instances, and the instances that are restored from them or to a point in time.

use jiff::Timestamp;

use super::database::{Database, invalid_state};
use super::instances::{Machine, Origin};
use super::lineage::Held;
use super::mutation::Change;
use super::{ApiError, World};
use crate::domain::region::HomeRole;
use crate::sim::steps::{Ms, NEVER};

/// How far behind now the latest moment is to which an instance can be restored: logs are kept every five minutes.
pub(super) const LATEST: Ms = 300_000;
/// A day, and when in it RDS takes its snapshot, in seconds.
const DAY: i64 = 86_400;
const DAILY: i64 = 3 * 3_600 + 7 * 60;
/// How far back backups are kept.
const KEPT: Ms = 7 * 86_400_000;

/// A snapshot taken by hand, or a copy of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its Region.
    pub role: HomeRole,
    /// Its identifier.
    pub id: String,
    /// The instance that it is of.
    pub instance: String,
    /// When it was asked for.
    pub called: Ms,
    /// When it can be used.
    pub done: Ms,
    /// When it was deleted.
    pub deleted: Ms,
    /// What it holds.
    pub holds: Held,
    /// What it is a copy of.
    pub copy_of: Option<String>,
    /// Whether RDS took it by itself.
    pub automated: bool,
}

impl Snapshot {
    /// Whether an instance is being backed up for it at a moment.
    pub(super) fn being_taken_of(&self, machine: &Machine, at: Ms) -> bool {
        self.copy_of.is_none()
            && self.role == machine.role
            && machine.is(&self.instance, at)
            && self.called <= at
            && at < self.done
    }

    /// Whether it is there at a moment.
    pub fn there(&self, at: Ms) -> bool {
        self.called <= at && at < self.deleted
    }
}

/// The part of a snapshot's ARN, or of a name, that is the name; and the Region, where it says.
fn named<'a>(world: &World, source: &'a str, role: HomeRole) -> (Option<HomeRole>, &'a str) {
    match source.rsplit_once(":snapshot:") {
        Some((arn, id)) => (arn.split(':').nth(3).and_then(|region| world.role_of(region)), id),
        None => (Some(role), source),
    }
}

/// Applies what concerns snapshots and restores.
pub(super) fn take(database: &mut Database, world: &World, change: &Change, role: HomeRole, at: Ms) {
    let chance = world.chance;
    match change {
        Change::CreateSnapshot { instance, snapshot } => {
            let Some(holds) = database.machine(role, instance, at).map(|machine| Database::held(machine, at)) else {
                return;
            };
            let done = at + chance.between(snapshot, at, 70_000, 130_000);
            let (id, instance) = (snapshot.clone(), instance.clone());
            let taken = Snapshot {
                role,
                id,
                instance,
                called: at,
                done,
                deleted: NEVER,
                holds,
                copy_of: None,
                automated: false,
            };
            database.snapshots.push(taken);
        }
        Change::CopySnapshot { source, snapshot, .. } => {
            let (from, id) = named(world, source, role);
            let Some(original) = from.and_then(|from| find(database, world, from, id, at)) else { return };
            let done = at + chance.between(snapshot, at, 120_000, 240_000);
            let copy_of = Some(world.snapshot_arn(original.role, &original.id));
            database.snapshots.push(Snapshot {
                role,
                id: snapshot.clone(),
                called: at,
                done,
                copy_of,
                automated: false,
                ..original
            });
        }
        Change::DeleteSnapshot { snapshot } => {
            let known = |known: &&mut Snapshot| known.role == role && known.id == *snapshot && known.there(at);
            if let Some(known) = database.snapshots.iter_mut().find(known) {
                known.deleted = at;
            }
        }
        Change::RestoreSnapshot { instance, snapshot } => {
            let (from, id) = named(world, snapshot, role);
            let Some(holds) = from.and_then(|from| find(database, world, from, id, at)).map(|found| found.holds) else {
                return;
            };
            restore(database, world, role, instance, holds, at);
        }
        Change::RestorePoint { source, instance, time } => {
            let Some(machine) = database.machine(role, source, at) else { return };
            let (of, _) = Database::held(machine, at);
            let then = time.map_or(at - LATEST, |time| world.ms(time));
            restore(database, world, role, instance, (of, then), at);
        }
        _ => {}
    }
}

fn restore(database: &mut Database, world: &World, role: HomeRole, id: &str, holds: Held, at: Ms) {
    let available = at + world.chance.between(&format!("restore {id}"), at, 300_000, 480_000);
    database.machines.push(Machine::made(role, id, Origin::Restored(holds), at, available));
}

fn find(database: &Database, world: &World, role: HomeRole, id: &str, at: Ms) -> Option<Snapshot> {
    let taken = database.snapshots.iter().filter(|snapshot| snapshot.role == role && snapshot.there(at)).cloned();
    taken.chain(automated(world, database, role, at)).find(|snapshot| snapshot.id == id)
}

/// The snapshots that RDS takes by itself, one a day at seven minutes past three, of the instance that has had its name
/// from the first.
fn automated(world: &World, database: &Database, role: HomeRole, at: Ms) -> Vec<Snapshot> {
    let first = database.machines.iter().find(|machine| machine.role == role && machine.origin != Origin::Replica);
    let Some(machine) = first.filter(|machine| machine.names.at(at).is_some() && machine.available <= 0) else {
        return Vec::new();
    };
    let instance = database.spec.instance.get(role);
    let now = world.timestamp(at).as_second();
    let days = (0..=7).filter_map(|back| {
        let taken = (now.div_euclid(DAY) - back) * DAY + DAILY;
        let called = Timestamp::from_second(taken).ok()?;
        let then = world.ms(called);
        // One that was set aside is backed up no longer under the old name.
        let has_its_name = machine.is(instance, then);
        (taken < now && then > at - KEPT && has_its_name).then(|| Snapshot {
            role,
            id: format!("rds:{instance}-{}", called.strftime("%Y-%m-%d-%H-%M")),
            instance: instance.clone(),
            called: then,
            done: then + 60_000,
            deleted: NEVER,
            holds: (role, then),
            copy_of: None,
            automated: true,
        })
    });
    days.collect()
}

fn not_found(id: &str) -> ApiError {
    ApiError::new(404, "DBSnapshotNotFound", format!("DBSnapshot {id} not found."))
}

impl World {
    /// A snapshot's ARN.
    pub fn snapshot_arn(&self, role: HomeRole, id: &str) -> String {
        format!("arn:aws:rds:{}:{}:snapshot:{id}", self.service.regions.get(role), self.account())
    }

    /// The snapshots of a Region.
    pub fn snapshots(&self, role: HomeRole, at: Ms) -> Vec<Snapshot> {
        let mut all = Vec::new();
        for database in self.databases() {
            all.extend(automated(self, database, role, at));
            all.extend(database.snapshots.iter().filter(|one| one.role == role && one.there(at)).cloned());
        }
        all
    }

    fn snapshot(&self, region: &str, source: &str, at: Ms) -> Result<Snapshot, ApiError> {
        let role = self.role_of(region).ok_or_else(|| not_found(source))?;
        let (from, id) = named(self, source, role);
        let all = from.map(|from| self.snapshots(from, at)).unwrap_or_default();
        all.into_iter().find(|snapshot| snapshot.id == id).ok_or_else(|| not_found(id))
    }

    fn may_name_snapshot(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        if self.snapshot(region, id, at).is_ok() {
            let message =
                format!("Cannot create the snapshot because a snapshot with the identifier {id} already exists.");
            return Err(ApiError::new(400, "DBSnapshotAlreadyExists", message));
        }
        Ok(())
    }

    pub(super) fn may_snapshot(&self, region: &str, id: &str, snapshot: &str, at: Ms) -> Result<(), ApiError> {
        let (_, machine) = self.find_machine(region, id, at)?;
        self.may_name_snapshot(region, snapshot, at)?;
        match machine.doing(at) {
            Some(doing) => Err(invalid_state(format!("The DB instance {id} is {doing} and cannot be backed up now."))),
            None => Ok(()),
        }
    }

    pub(super) fn may_copy(
        &self,
        region: &str,
        source: &str,
        snapshot: &str,
        key: Option<&str>,
        at: Ms,
    ) -> Result<(), ApiError> {
        let found = self.snapshot(region, source, at)?;
        self.may_name_snapshot(region, snapshot, at)?;
        Self::may_use(&found, at)?;
        let away = self.role_of(region) != Some(found.role);
        if away && key.is_none() {
            let message = "An encrypted snapshot that is copied to another Region needs a KMS key of that Region.";
            return Err(ApiError::new(400, "InvalidParameterCombination", message.to_owned()));
        }
        Ok(())
    }

    fn may_use(snapshot: &Snapshot, at: Ms) -> Result<(), ApiError> {
        if at < snapshot.done {
            let message = format!("The snapshot {} is not available: its status is creating.", snapshot.id);
            return Err(ApiError::new(400, "InvalidDBSnapshotState", message));
        }
        Ok(())
    }

    pub(super) fn may_delete_snapshot(&self, region: &str, snapshot: &str, at: Ms) -> Result<(), ApiError> {
        let found = self.snapshot(region, snapshot, at)?;
        if found.automated {
            let message = format!("The automated snapshot {snapshot} cannot be deleted by hand.");
            return Err(ApiError::new(400, "InvalidDBSnapshotState", message));
        }
        Self::may_use(&found, at)
    }

    pub(super) fn may_restore(&self, region: &str, snapshot: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let found = self.snapshot(region, snapshot, at)?;
        if self.role_of(region) != Some(found.role) {
            return Err(not_found(snapshot));
        }
        Self::may_use(&found, at)?;
        self.may_name(region, id, at)
    }

    pub(super) fn may_restore_to(
        &self,
        region: &str,
        source: &str,
        id: &str,
        time: Option<Timestamp>,
        at: Ms,
    ) -> Result<(), ApiError> {
        let (_, machine) = self.find_machine(region, source, at)?;
        if machine.replicates(at) {
            return Err(ApiError::new(
                400,
                "PointInTimeRestoreNotEnabled",
                format!("Point in time restore is not enabled for {source}: it is a read replica without backups."),
            ));
        }
        if let Some(time) = time {
            let then = self.ms(time);
            if then > at - LATEST || then < at - KEPT {
                let latest = self.timestamp(at - LATEST);
                let message =
                    format!("The specified time is outside of the restorable window, which ends at {latest}.");
                return Err(ApiError::new(400, "InvalidParameterValue", message));
            }
        }
        self.may_name(region, id, at)
    }
}
