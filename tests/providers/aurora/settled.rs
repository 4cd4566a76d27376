//! When a change of roles counts as done; and the whole way on an RDS that nobody here wrote.

use std::sync::Arc;
use std::time::Duration;

use handover::domain::plan::{Plan, Receipt, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::Place;
use handover::ports::{SqlState, WriteRefused};

use super::{EAST, Has, WEST, calm, rds, shop};
use crate::peers::{Options, Peers};
use crate::support::{Fake, Reply, ask, authorised, component, east, real_component, west};

async fn settled(has: Has, plan: &Plan, answered: bool, since: u64) -> Settlement {
    let (wire, _) = rds(has);
    let receipt = answered.then(|| Receipt { request_id: None, answer: "accepted".into(), handle: None });
    component(&shop(false), &wire, None).settle(plan, receipt.as_ref(), Duration::from_secs(since)).await
}

#[tokio::test]
async fn a_change_of_roles_is_done_when_the_members_say_so_and_nothing_is_under_way() {
    let service = shop(false);
    let (wire, _) = rds(calm());
    let database = component(&service, &wire, None);
    let turned = || Has { members: vec![(EAST, false), (WEST, true)], ..calm() };
    for action in ["switchover", "failover"] {
        let loss = action == "failover";
        let plan = database.plan(&ask(&service, action, &west())).await.unwrap();
        let under_way = Has { failover: Some(("pending", WEST, loss)), ..calm() };
        assert!(
            matches!(settled(under_way, &plan, true, 5).await, Settlement::InProgress(said, _) if said == "pending")
        );
        let other = Has { failover: Some(("failing-over", WEST, !loss)), ..calm() };
        let Settlement::InProgress(said, _) = settled(other, &plan, false, 5).await else { panic!() };
        assert!(said.contains("another change"), "{said}");
        let Settlement::Done(evidence) = settled(turned(), &plan, false, 90).await else { panic!("{action}") };
        assert!(evidence.iter().any(|e| e.reading.ends_with("writer") && e.value == "us-west-2"), "{evidence:?}");
        let late = Has { status: "switching-over", ..turned() };
        assert!(matches!(settled(late, &plan, true, 90).await, Settlement::InProgress(..)));
        // The members have turned while the state still says that it goes on.
        let early = Has { failover: Some(("failing-over", WEST, loss)), ..turned() };
        assert!(matches!(settled(early, &plan, true, 90).await, Settlement::InProgress(..)));
        assert!(matches!(settled(calm(), &plan, false, 60).await, Settlement::InProgress(..)));
        assert!(matches!(settled(calm(), &plan, false, 200).await, Settlement::NotStarted(_)));
        let Settlement::Failed(why, _) = settled(calm(), &plan, true, 200).await else { panic!() };
        assert!(why.contains("given up"), "{why}");
        let gone = Has { members: vec![(EAST, true)], ..calm() };
        assert!(matches!(settled(gone, &plan, true, 200).await, Settlement::Failed(..)));
    }
    let plan = database.plan(&ask(&service, "detach", &west())).await.unwrap();
    let left = |status| Has { members: vec![(EAST, true)], status, ..calm() };
    assert!(matches!(settled(left("promoting"), &plan, true, 20).await, Settlement::InProgress(..)));
    assert!(matches!(settled(left("available"), &plan, false, 60).await, Settlement::Done(_)));
    assert!(matches!(settled(calm(), &plan, false, 60).await, Settlement::InProgress(..)));
    assert!(matches!(settled(calm(), &plan, false, 200).await, Settlement::NotStarted(_)));
}

#[tokio::test]
async fn with_sql_it_is_done_when_the_database_takes_a_write() {
    let service = shop(true);
    let (wire, state) = rds(calm());
    let fake = Arc::new(Fake::default());
    *fake.state.lock().unwrap() = Some(SqlState { in_recovery: true, read_only: true, ..SqlState::default() });
    let database = component(&service, &wire, Some(fake.clone()));
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(
        (seen.value("takes_writes"), seen.value("mark")),
        (Some(&Value::Bool(false)), Some(&Value::Number(41.0)))
    );
    let plan = database.plan(&ask(&service, "switchover", &west())).await.unwrap();
    state.lock().unwrap().members = vec![(EAST, false), (WEST, true)];
    let since = Duration::from_secs(60);
    let Settlement::InProgress(said, _) = database.settle(&plan, None, since).await else { panic!() };
    assert!(said.contains("in recovery"), "{said}");
    *fake.state.lock().unwrap() = Some(SqlState { app_login: Some(true), ..SqlState::default() });
    *fake.write.lock().unwrap() = Some(WriteRefused::ReadOnly("read-only".into()));
    assert!(matches!(database.settle(&plan, None, since).await, Settlement::InProgress(..)));
    *fake.write.lock().unwrap() = None;
    assert!(matches!(database.settle(&plan, None, since).await, Settlement::Done(_)));
    // A reader that takes writes is no reader.
    state.lock().unwrap().members = vec![(EAST, true), (WEST, false)];
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded);
    assert!(seen.summary.ends_with("but takes writes"), "{}", seen.summary);
    // Fencing is that of any PostgreSQL pair.
    let fence = database.plan(&ask(&service, "fence", &east())).await.unwrap();
    assert_eq!(fence.call.headline(), "sql:Fence in us-east-1");
    database.perform(&authorised(&fence)).await.unwrap();
    assert_eq!(*fake.fences.lock().unwrap(), 1);
    assert!(!wire.requests().iter().any(|request| request.body.contains("PromoteReadReplica")));
    // AWS says nothing, the database does.
    state.lock().unwrap().east = Some(Reply::Refused);
    let seen = database.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(
        (seen.health, seen.summary.as_str()),
        (Health::Degraded, "AWS does not answer; the database takes writes")
    );
    assert!(component(&shop(false), &wire, None).plan(&ask(&service, "fence", &east())).await.is_err());
}

/// On an RDS that nobody here wrote. It has no switchover and no failover of a global cluster, and it removes members in
/// the Region of its own global clusters alone: so the reader is there.
#[tokio::test(flavor = "multi_thread")]
async fn moto_describes_a_global_database_and_lets_a_member_go() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = shop(false);
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    let client = |region: &'static str| {
        let config = aws_sdk_rds::Config::builder()
            .behavior_version(aws_sdk_rds::config::BehaviorVersion::latest())
            .region(aws_sdk_rds::config::Region::new(region))
            .endpoint_url(peers.endpoint(region))
            .credentials_provider(aws_sdk_rds::config::Credentials::new("test", "test", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        aws_sdk_rds::Client::from_conf(config)
    };
    let (here, there) = (client("us-east-1"), client("us-west-2"));
    here.create_global_cluster()
        .global_cluster_identifier("shop")
        .engine("aurora-postgresql")
        .engine_version("15.4")
        .send()
        .await
        .unwrap();
    for (client, name) in [(&there, "shop-west"), (&here, "shop-east")] {
        let create = client.create_db_cluster().db_cluster_identifier(name).global_cluster_identifier("shop");
        let create = create.engine("aurora-postgresql").engine_version("15.4");
        create.master_username("shop").master_user_password("password1").send().await.unwrap();
        let create = client.create_db_instance().db_instance_identifier(format!("{name}-1"));
        let create = create.db_cluster_identifier(name).engine("aurora-postgresql").db_instance_class("db.r5.large");
        create.send().await.unwrap();
    }
    let database = real_component(&service);
    let whole = database.observe(&Place::Global).await.unwrap();
    assert_eq!(whole.value("writer"), Some(&Value::Text("us-west-2".into())), "{}", whole.summary);
    let seen = database.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.value("role"), Some(&Value::Text("reader".into())), "{}", seen.summary);
    assert_eq!((seen.value("members"), seen.value("lag")), (Some(&Value::Number(1.0)), None));
    let plan = database.plan(&ask(&service, "switchover", &east())).await.unwrap();
    assert_eq!(plan.call.headline(), "rds:SwitchoverGlobalCluster in us-west-2");
    let plan = database.plan(&ask(&service, "detach", &east())).await.unwrap();
    let receipt = database.perform(&authorised(&plan)).await.unwrap();
    let settled = database.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    let whole = database.observe(&Place::Global).await.unwrap();
    assert_eq!(whole.value("writer"), Some(&Value::Text("both".into())), "{}", whole.summary);
    assert!(database.plan(&ask(&service, "detach", &east())).await.unwrap_err().already);
}
