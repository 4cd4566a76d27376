//! There and back: what a failover and a failback leave in the databases.

use handover::domain::region::HomeRole::{Primary, Standby};
use handover::sim::scenario;
use handover::sim::world::mutation::Change;
use handover::sim::world::store::Store;
use handover::sim::world::{ApiError, World};

use crate::support::{REPLICA, SEED, fineract, rig};

const OLD: &str = "fineract-production";
const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/old-home";

fn world(name: &str) -> World {
    World::new(fineract(), scenario::load(name).unwrap(), SEED, "2026-03-03T14:00:00Z".parse().unwrap())
}

fn at(world: &mut World, seconds: i64) {
    world.advance(world.now() + seconds * 1_000);
}

fn act(world: &mut World, region: &str, change: Change) -> Result<(), ApiError> {
    world.apply(region, "r", change).map(|_| ())
}

fn replica(instance: &str, region: &str, source: &str, key: Option<&str>) -> Change {
    Change::CreateReplica {
        instance: instance.into(),
        source: format!("arn:aws:rds:{region}:123456789012:db:{source}"),
        key: key.map(str::to_owned),
    }
}

fn rename(from: &str, to: &str) -> Change {
    Change::ModifyInstance { instance: from.into(), name: Some(to.into()), protected: None, groups: None }
}

/// The failover, and the replica in the Region that was left.
fn failed_over(world: &mut World) {
    act(world, "us-west-2", Change::Promote { instance: REPLICA.into() }).unwrap();
    at(world, 200);
    assert!(world.truth(world.now()).promoted);
}

fn rebuilt(world: &mut World) {
    act(world, "us-east-1", rename(OLD, "fineract-production-before")).unwrap();
    at(world, 120);
    act(world, "us-east-1", replica(OLD, "us-west-2", REPLICA, Some(KEY))).unwrap();
    at(world, 700);
}

#[test]
fn a_planned_failback_by_way_of_a_new_replica_loses_no_row_that_the_dr_side_took() {
    let mut world = world("calm");
    act(&mut world, "us-east-1", Change::Fence {}).unwrap();
    at(&mut world, 30);
    failed_over(&mut world);
    act(&mut world, "us-west-2", Change::Admit {}).unwrap();
    at(&mut world, 60);
    assert_eq!(world.truth(world.now()).rows_lost, Some(0), "fenced, and all of it replicated before the promotion");
    rebuilt(&mut world);
    let lineage = &world.databases()[0].lineage;
    assert!(lineage.in_recovery(Primary, world.now()) && lineage.streaming(Primary, world.now()));
    let database = world.databases()[0].clone();
    let now = world.now();
    assert!(world.mark(Store::Rds(&database), Primary, now) > 1_200_000, "it begins with what the DR side has");
    act(&mut world, "us-west-2", Change::Fence {}).unwrap();
    at(&mut world, 30);
    let now = world.now();
    let database = world.databases()[0].clone();
    assert_eq!(
        world.mark(Store::Rds(&database), Primary, now),
        world.mark(Store::Rds(&database), Standby, now),
        "caught up"
    );
    assert!(!world.databases()[0].lineage.login(Primary, now), "the fence has come with the log");
    act(&mut world, "us-east-1", Change::Promote { instance: OLD.into() }).unwrap();
    at(&mut world, 200);
    act(&mut world, "us-east-1", Change::Admit {}).unwrap();
    at(&mut world, 60);
    let truth = world.truth(world.now());
    assert_eq!(truth.rows_lost, Some(0));
    assert!(truth.takes_writes.primary && !truth.takes_writes.standby, "{truth:?}");
    // And the other way round again: the DR side becomes a replica once more.
    act(&mut world, "us-west-2", rename(REPLICA, "fineract-dr-before")).unwrap();
    at(&mut world, 120);
    let key = KEY.replace("us-east-1", "us-west-2");
    act(&mut world, "us-west-2", replica(REPLICA, "us-east-1", OLD, Some(&key))).unwrap();
    at(&mut world, 700);
    assert!(world.databases()[0].lineage.streaming(Standby, world.now()));
}

#[test]
fn promoting_while_the_dr_side_still_takes_writes_loses_them_and_the_number_is_exact() {
    let mut world = world("calm");
    act(&mut world, "us-east-1", Change::Fence {}).unwrap();
    at(&mut world, 30);
    failed_over(&mut world);
    act(&mut world, "us-west-2", Change::Admit {}).unwrap();
    rebuilt(&mut world);
    act(&mut world, "us-east-1", Change::Promote { instance: OLD.into() }).unwrap();
    at(&mut world, 200);
    let (now, database) = (world.now(), world.databases()[0].clone());
    let truth = world.truth(now);
    assert!(truth.takes_writes.primary && truth.takes_writes.standby, "two that take writes: {truth:?}");
    let (east, west) =
        (world.mark(Store::Rds(&database), Primary, now), world.mark(Store::Rds(&database), Standby, now));
    assert_eq!(truth.rows_lost.unwrap(), world.acknowledged(now) - east);
    assert!(west > 0 && east > 1_200_000);
}

#[test]
fn what_rds_refuses_on_the_way_back() {
    let mut world = world("calm");
    let code = |result: Result<(), ApiError>| result.unwrap_err().code;
    assert_eq!(
        code(act(&mut world, "us-east-1", replica(OLD, "us-west-2", REPLICA, Some(KEY)))),
        "DBInstanceAlreadyExists"
    );
    // A replica that is still one cannot be a source: it has no backups of its own to begin with.
    assert_eq!(
        code(act(&mut world, "us-east-1", replica("new", "us-west-2", REPLICA, Some(KEY)))),
        "InvalidDBInstanceState"
    );
    failed_over(&mut world);
    // The seeds' own procedure: a bare identifier, and no key.
    let bare = Change::CreateReplica { instance: "new".into(), source: REPLICA.into(), key: None };
    assert_eq!(code(act(&mut world, "us-east-1", bare)), "DBInstanceNotFound");
    assert_eq!(
        code(act(&mut world, "us-east-1", replica("new", "us-west-2", REPLICA, None))),
        "InvalidParameterCombination"
    );
    let foreign = KEY.replace("us-east-1", "us-west-2");
    assert_eq!(
        code(act(&mut world, "us-east-1", replica("new", "us-west-2", REPLICA, Some(&foreign)))),
        "InvalidParameterCombination"
    );
    assert_eq!(
        code(act(&mut world, "us-east-1", Change::DeleteInstance { instance: OLD.into() })),
        "InvalidParameterCombination"
    );
    act(&mut world, "us-east-1", rename(OLD, "aside")).unwrap();
    at(&mut world, 20);
    assert!(!world.databases()[0].lineage.exists(Primary, world.now()), "whoever has its old name finds nothing");
    assert_eq!(code(act(&mut world, "us-east-1", rename("aside", "aside-2"))), "InvalidDBInstanceState", "renaming");
    at(&mut world, 120);
    // Renamed back, it is what it was.
    act(&mut world, "us-east-1", rename("aside", OLD)).unwrap();
    at(&mut world, 120);
    assert!(world.truth(world.now()).takes_writes.primary);
}

#[test]
fn a_snapshot_and_a_point_in_time_hold_what_there_was_then() {
    let mut world = world("calm");
    let code = |result: Result<(), ApiError>| result.unwrap_err().code;
    let take = |id: &str| Change::CreateSnapshot { instance: OLD.into(), snapshot: id.into() };
    act(&mut world, "us-east-1", take("before")).unwrap();
    assert_eq!(code(act(&mut world, "us-east-1", take("before"))), "DBSnapshotAlreadyExists");
    let restore = |snapshot: &str, id: &str| Change::RestoreSnapshot { instance: id.into(), snapshot: snapshot.into() };
    assert_eq!(code(act(&mut world, "us-east-1", restore("before", "new"))), "InvalidDBSnapshotState");
    assert_eq!(world.instances(Primary, world.now())[0].status, "backing-up");
    at(&mut world, 200);
    let copy = |key: Option<&str>| Change::CopySnapshot {
        source: "arn:aws:rds:us-east-1:123456789012:snapshot:before".into(),
        snapshot: "copied".into(),
        key: key.map(str::to_owned),
    };
    assert_eq!(code(act(&mut world, "us-west-2", copy(None))), "InvalidParameterCombination");
    act(&mut world, "us-west-2", copy(Some("arn:aws:kms:us-west-2:123456789012:key/k"))).unwrap();
    at(&mut world, 400);
    assert_eq!(code(act(&mut world, "us-west-2", restore("before", "drill"))), "DBSnapshotNotFound");
    act(&mut world, "us-west-2", restore("copied", "drill")).unwrap();
    let point = |time: Option<i64>| Change::RestorePoint {
        source: OLD.into(),
        instance: "pitr".into(),
        time: time.map(|back| world.timestamp(world.now() - back)),
    };
    let (recent, right) = (point(Some(10_000)), point(Some(600_000)));
    assert_eq!(code(act(&mut world, "us-east-1", recent)), "InvalidParameterValue");
    act(&mut world, "us-east-1", right).unwrap();
    let of_replica = Change::RestorePoint { source: REPLICA.into(), instance: "x".into(), time: None };
    assert_eq!(code(act(&mut world, "us-west-2", of_replica)), "PointInTimeRestoreNotEnabled");
    at(&mut world, 600);
    let drill = world.instances(Standby, world.now()).into_iter().find(|instance| instance.id == "drill").unwrap();
    assert_eq!((drill.status, drill.source, drill.protected), ("available", None, false));
    act(&mut world, "us-west-2", Change::DeleteInstance { instance: "drill".into() }).unwrap();
    at(&mut world, 200);
    assert!(world.instances(Standby, world.now()).iter().all(|instance| instance.id != "drill"));
    // What has been restored takes the place of what was damaged, by its name.
    let damaged = world.now();
    at(&mut world, 60);
    act(&mut world, "us-east-1", rename(OLD, "damaged")).unwrap();
    at(&mut world, 120);
    act(&mut world, "us-east-1", rename("pitr", OLD)).unwrap();
    at(&mut world, 120);
    let lineage = &world.databases()[0].lineage;
    assert!(!lineage.holds((Primary, world.now()), (Primary, damaged)), "the damage is not in it");
    assert!(lineage.takes_app_writes(Primary, world.now()));
}

#[tokio::test(start_paused = true)]
async fn the_sdk_takes_a_database_there_and_back() {
    let rig = rig("calm");
    rig.promote().await;
    rig.pass(200).await;
    let (east, west) = (rig.rds("us-east-1"), rig.rds("us-west-2"));
    let renamed = east
        .modify_db_instance()
        .db_instance_identifier(OLD)
        .new_db_instance_identifier("aside")
        .apply_immediately(true);
    renamed.send().await.unwrap();
    rig.pass(120).await;
    assert!(east.describe_db_instances().db_instance_identifier(OLD).send().await.is_err());
    let create = east
        .create_db_instance_read_replica()
        .db_instance_identifier(OLD)
        .source_db_instance_identifier(format!("arn:aws:rds:us-west-2:123456789012:db:{REPLICA}"))
        .kms_key_id(KEY);
    let made = create.send().await.unwrap();
    assert_eq!(made.db_instance().unwrap().db_instance_status(), Some("creating"));
    assert_eq!(rig.instance("us-east-1", OLD).await.endpoint(), None);
    rig.pass(700).await;
    let replica = rig.instance("us-east-1", OLD).await;
    assert_eq!(replica.db_instance_status(), Some("available"));
    assert!(replica.read_replica_source_db_instance_identifier().unwrap().ends_with(REPLICA));
    assert_eq!(replica.backup_retention_period(), Some(0), "a new replica has its backups off");
    assert_eq!(rig.instance("us-west-2", REPLICA).await.read_replica_db_instance_identifiers().len(), 1);
    let taken = west.create_db_snapshot().db_instance_identifier(REPLICA).db_snapshot_identifier("by-hand");
    assert_eq!(taken.send().await.unwrap().db_snapshot().unwrap().status(), Some("creating"));
    rig.pass(200).await;
    let told = west.describe_db_snapshots().db_snapshot_identifier("by-hand").send().await.unwrap();
    assert_eq!(told.db_snapshots()[0].status(), Some("available"));
    let gone = west.delete_db_snapshot().db_snapshot_identifier("by-hand");
    gone.send().await.unwrap();
    assert!(west.describe_db_snapshots().db_snapshot_identifier("by-hand").send().await.is_err());
}
