//! The rds-replica component: what it shows, what it plans, and when a promotion counts as done.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Plan, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::runbook::Hazard;
use handover::domain::service::{RdsReplica, Service, Spec, Sql, Tls};
use handover::ports::{Component, SqlState, WriteRefused};
use jiff::Timestamp;

use super::support::{
    Fake, Reply, Wire, ask, authorised, component, described, east, instance, rds_error, service, west,
};

fn sql() -> Sql {
    Sql {
        host: Pair { primary: "db.east".into(), standby: "db.west".into() },
        port: Pair { primary: 5432, standby: 5433 },
        database: "fineract".into(),
        user: "handover".into(),
        password_env: None,
        tls: Tls::Verify,
        app_user: Some("fin\"eract".into()),
        mark: Some("SELECT max(id) FROM ledger".into()),
        timeout: Duration::from_secs(5),
    }
}

fn database(sql: Option<Sql>) -> Service {
    let instance = Pair { primary: "fineract".into(), standby: "fineract-replica".into() };
    service("database", Spec::RdsReplica(RdsReplica { instance, sql, rebuild: None, cut_off: None }))
}

/// A wire whose instance can be changed while it is looked at.
fn changing(first: String) -> (Wire, Arc<Mutex<String>>) {
    let now = Arc::new(Mutex::new(first));
    let shown = now.clone();
    let wire = Wire::new(move |request| {
        let instance = shown.lock().unwrap().clone();
        if request.body.contains("Action=PromoteReadReplica") {
            Reply::Xml(
                200,
                format!(
                    "<PromoteReadReplicaResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                     <PromoteReadReplicaResult><DBInstance>{instance}</DBInstance></PromoteReadReplicaResult>\
                     <ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></PromoteReadReplicaResponse>"
                ),
            )
        } else {
            described(&instance)
        }
    });
    (wire, now)
}

fn replica(status: &str) -> String {
    instance("fineract-replica", status, Some("arn:aws:rds:us-east-1:111122223333:db:fineract"), Some("replicating"))
}

fn standby() -> SqlState {
    SqlState { in_recovery: true, read_only: true, replay_lsn: Some("0/3000060".into()), ..SqlState::default() }
}

fn open() -> SqlState {
    SqlState { app_login: Some(true), app_sessions: Some(0), ..SqlState::default() }
}

#[tokio::test]
async fn a_replica_shows_what_aws_and_the_database_say() {
    let service = database(Some(sql()));
    let (wire, _) = changing(replica("available"));
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(standby());
    let database = component(&service, &wire, Some(fake.clone()));
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "replica available, replicating"));
    assert_eq!(seen.value("role"), Some(&Value::Text("replica".into())));
    assert_eq!(seen.value("takes_writes"), Some(&Value::Bool(false)));
    assert_eq!(seen.value("mark"), Some(&Value::Number(41.0)));
    assert_eq!(seen.value("backup_retention_days"), Some(&Value::Number(7.0)));

    // RDS says `replicating` of a replica whose source is dead, too.
    for (ago, health, says) in [
        (Duration::from_secs(100), Health::Healthy, "replica available, replicating"),
        (Duration::from_secs(200), Health::Degraded, "no replay for 3m, replica available"),
    ] {
        let replayed_at = Some(Timestamp::now() - ago);
        *fake.state.lock().unwrap() = Some(SqlState { replayed_at, ..standby() });
        let seen = database.observe(&Place::Region(west())).await.unwrap();
        assert_eq!((seen.health, seen.summary.as_str()), (health, says));
    }

    *fake.state.lock().unwrap() = None;
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded);
    assert_eq!(seen.unread[0].0, "sql");
    assert_eq!(seen.value("in_recovery"), None);
}

#[tokio::test]
async fn when_aws_is_silent_the_database_still_speaks_and_when_both_are_nothing_is_claimed() {
    let service = database(Some(sql()));
    let wire = Wire::new(|_| rds_error(403, "AccessDenied", "no"));
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(open());
    let database = component(&service, &wire, Some(fake.clone()));
    let seen = database.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((seen.health, seen.unread[0].0.as_str()), (Health::Degraded, "api"));
    assert_eq!(seen.value("takes_writes"), Some(&Value::Bool(true)));
    assert_eq!(seen.value("status"), None);
    *fake.state.lock().unwrap() = None;
    assert!(database.observe(&Place::Region(east())).await.is_err());
}

#[tokio::test]
async fn a_promotion_is_planned_to_the_last_parameter() {
    let mut service = database(None);
    service.aws.profile = Some("dr admin".into());
    service.aws.account = Some("999900001111".into());
    let (wire, _) = changing(replica("available"));
    let plan = component(&service, &wire, None).plan(&ask(&service, "promote", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "rds:PromoteReadReplica in us-west-2");
    assert_eq!(plan.call.params, vec![("DBInstanceIdentifier".to_owned(), "fineract-replica".to_owned())]);
    assert_eq!(
        plan.by_hand,
        "aws rds promote-read-replica --db-instance-identifier fineract-replica --region us-west-2 --profile 'dr admin'"
    );
    assert_eq!((plan.hazard, plan.phrase.as_deref()), (Hazard::Irreversible, Some("promote us-west-2")));
    assert!(plan.basis.iter().any(|basis| basis.what == "source" && basis.value.ends_with(":db:fineract")));
    let closed: Vec<&str> = plan.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["in account 999900001111"]);
    assert_eq!(wire.count("Action=PromoteReadReplica"), 0);
}

#[tokio::test]
async fn a_replica_that_backs_up_closes_the_gates_and_one_that_is_promoted_refuses() {
    let service = database(None);
    let (wire, now) = changing(replica("backing-up"));
    let database = component(&service, &wire, None);
    let plan = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    let closed: Vec<&str> = plan.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["replica available", "not backing up"]);
    *now.lock().unwrap() = instance("fineract-replica", "available", None, None);
    let refusal = database.plan(&ask(&service, "promote", &west())).await.unwrap_err();
    assert!(refusal.already, "{refusal}");
}

#[tokio::test]
async fn a_plan_is_made_from_the_cloud_as_it_is_now() {
    let service = database(None);
    let (wire, now) = changing(replica("available"));
    let database = component(&service, &wire, None);
    let first = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    let second = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    assert_eq!(first.hash(), second.hash());
    *now.lock().unwrap() = instance("fineract-replica", "available", Some("another-source"), Some("replicating"));
    let third = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    assert_ne!(first.hash(), third.hash());
}

#[tokio::test]
async fn available_alone_is_not_promoted() {
    let service = database(Some(sql()));
    let (wire, now) = changing(replica("available"));
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(standby());
    let database = component(&service, &wire, Some(fake.clone()));
    let plan = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    let receipt = database.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("req-1"));
    let settle = async |since: u64| database.settle(&plan, Some(&receipt), Duration::from_secs(since)).await;

    assert!(matches!(settle(5).await, Settlement::InProgress(..)));
    assert!(matches!(settle(181).await, Settlement::NotStarted(_)));
    for status in ["modifying", "rebooting"] {
        *now.lock().unwrap() = replica(status);
        assert!(matches!(settle(300).await, Settlement::InProgress(..)), "{status}");
    }
    let promoted = instance("fineract-replica", "available", None, None);
    *now.lock().unwrap() = instance("fineract-replica", "available", None, Some("replicating"));
    assert!(matches!(settle(300).await, Settlement::InProgress(..)), "status infos left");
    *now.lock().unwrap() = promoted;
    assert!(matches!(settle(300).await, Settlement::InProgress(..)), "still in recovery");
    *fake.state.lock().unwrap() = Some(open());
    *fake.write.lock().unwrap() = Some(WriteRefused::ReadOnly("read-only".into()));
    assert!(matches!(settle(300).await, Settlement::InProgress(..)), "no write yet");
    *fake.write.lock().unwrap() = None;
    let Settlement::Done(evidence) = settle(300).await else { panic!() };
    assert!(evidence.iter().any(|seen| seen.reading.ends_with("test_write") && seen.value == "accepted"));
    *now.lock().unwrap() = instance("fineract-replica", "failed", None, None);
    assert!(matches!(settle(300).await, Settlement::Failed(..)));
    assert_eq!(wire.count("Action=PromoteReadReplica"), 1);
}

async fn fencing(fake: &Arc<Fake>) -> (Arc<dyn Component>, Plan) {
    let service = database(Some(sql()));
    let (wire, _) = changing(instance("fineract", "available", None, None));
    let database = component(&service, &wire, Some(fake.clone()));
    let plan = database.plan(&ask(&service, "fence", &east())).await.unwrap();
    (database, plan)
}

#[tokio::test]
async fn a_fence_quotes_the_role_and_is_settled_by_looking() {
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(SqlState { app_sessions: Some(3), ..open() });
    let (database, plan) = fencing(&fake).await;
    assert_eq!(
        plan.by_hand,
        "PGSSLMODE=verify-full psql -h db.east -p 5432 -U handover -d fineract -c 'ALTER ROLE \"fin\"\"eract\" NOLOGIN' \
         -c 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '\\''fin\"eract'\\'''"
    );
    assert_eq!((plan.hazard, plan.closed_gates().count()), (Hazard::Write, 0));
    let receipt = database.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(*fake.fences.lock().unwrap(), 1);
    let settle = async || database.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    *fake.state.lock().unwrap() = Some(SqlState { app_login: Some(false), app_sessions: Some(1), ..open() });
    assert!(matches!(settle().await, Settlement::InProgress(..)));
    *fake.state.lock().unwrap() = Some(SqlState { app_login: Some(false), ..open() });
    assert!(matches!(settle().await, Settlement::Done(_)));
    *fake.state.lock().unwrap() = None;
    assert!(matches!(settle().await, Settlement::CannotTell(_)));
}

#[tokio::test]
async fn a_source_that_does_not_answer_still_has_a_fencing_plan_with_a_closed_gate() {
    let (_, plan) = fencing(&Arc::new(Fake::default())).await;
    let closed: Vec<_> = plan.closed_gates().collect();
    assert_eq!((closed[0].name.as_str(), closed[0].verdict), ("database answers", Verdict::Unknown));
}

#[tokio::test]
async fn writes_are_verified_by_a_write() {
    let service = database(Some(sql()));
    let (wire, _) = changing(instance("fineract-replica", "available", None, None));
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(open());
    let database = component(&service, &wire, Some(fake.clone()));
    let plan = database.plan(&ask(&service, "verify-writes", &west())).await.unwrap();
    *fake.write.lock().unwrap() = Some(WriteRefused::ReadOnly("cannot execute".into()));
    let error = database.perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::Refused { .. }));
    *fake.write.lock().unwrap() = None;
    let receipt = database.perform(&authorised(&plan)).await.unwrap();
    let settled = database.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    assert!(matches!(settled, Settlement::Done(_)));
    let refusal = component(&super::database::database(None), &wire, None)
        .plan(&ask(&service, "verify-writes", &west()))
        .await
        .unwrap_err();
    assert!(refusal.reason.contains("[sql]"), "{refusal}");
}
