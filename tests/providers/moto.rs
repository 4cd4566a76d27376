//! The providers on an AWS that nobody here wrote: what moto has of backups, replicas, clusters and caches. The other kinds'
//! own files have theirs.

use std::sync::Arc;
use std::time::Duration;

use handover::domain::plan::{Ask, Settlement};
use handover::domain::reading::{Observation, Value};
use handover::domain::region::{Pair, Place, Region};
use handover::domain::service::{
    AuroraGlobal, CutOff, ElasticacheGlobal, RdsReplica, RdsRestore, Rebuild, Service, Spec,
};
use handover::ports::Component;

use super::peers::{Options, Peers};
use super::support::{ask, authorised, east, real_component, service, west};

const SOURCE: &str = "fineract-production-primary";
const REPLICA: &str = "fineract-production-replica";

/// moto, with the estate of Fineract; `None` where no Python is to be had.
fn peers() -> Option<Peers> {
    Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
}

fn on(peers: &Peers, spec: Spec) -> Service {
    let mut service = service("it", spec);
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    service
}

fn pair(primary: &str, standby: &str) -> Pair<String> {
    Pair { primary: primary.into(), standby: standby.into() }
}

fn rds(peers: &Peers, region: &Region) -> aws_sdk_rds::Client {
    let config = aws_sdk_rds::Config::builder()
        .behavior_version(aws_sdk_rds::config::BehaviorVersion::latest())
        .region(aws_sdk_rds::config::Region::new(region.to_string()))
        .endpoint_url(peers.endpoint(region.as_str()))
        .credentials_provider(aws_sdk_rds::config::Credentials::new("test", "test", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_rds::Client::from_conf(config)
}

/// Plans, performs and settles: moto is done at once.
async fn done(component: &Arc<dyn Component>, service: &Service, action: &str, region: &Region) {
    done_as(component, &ask(service, action, region)).await;
}

async fn done_as(component: &Arc<dyn Component>, ask: &Ask) {
    let action = &ask.action;
    let plan = component.plan(ask).await.unwrap_or_else(|refusal| panic!("{action}: {refusal}"));
    let receipt = component.perform(&authorised(&plan)).await.unwrap_or_else(|error| panic!("{action}: {error}"));
    let mut settled = Settlement::CannotTell(String::new());
    for _ in 0..40 {
        settled = component.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
        if !matches!(settled, Settlement::InProgress(..)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert!(matches!(settled, Settlement::Done(_)), "{action}: {settled:?}");
    let again = component.plan(ask).await.unwrap_err();
    assert!(again.already, "{action} again: {again}");
}

fn made_with() -> Rebuild {
    Rebuild {
        subnet_group: "fineract-production-db".into(),
        kms_key: "alias/fineract".into(),
        class: None,
        parameter_group: None,
        security_groups: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_takes_copies_and_restores_snapshots() {
    let Some(peers) = peers() else { return };
    let service = on(
        &peers,
        Spec::RdsRestore(RdsRestore {
            instance: pair(SOURCE, REPLICA),
            restored: pair("restored-east", "restored-west"),
            with: Pair { primary: made_with(), standby: made_with() },
            margin: Duration::from_secs(10),
        }),
    );
    let backups = real_component(&service);
    done(&backups, &service, "snapshot", &east()).await;
    let seen = backups.observe(&Place::Region(east())).await.unwrap();
    assert!(matches!(seen.value("snapshots"), Some(Value::Number(n)) if *n >= 1.0), "{seen:?}");
    // moto copies no snapshot of another Region.
    done(&backups, &service, "restore", &east()).await;
    let seen = backups.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.value("restored"), Some(&Value::Text("available".into())));
    done(&backups, &service, "discard", &east()).await;
    done(&backups, &service, "discard-snapshot", &east()).await;
    // And from a moment, to take the place of the one whose backup it is.
    let asked = Ask { impact: Some(jiff::Timestamp::now()), ..ask(&service, "restore-point", &east()) };
    done_as(&backups, &asked).await;
    done(&backups, &service, "retire", &east()).await;
    done(&backups, &service, "adopt", &east()).await;
    let named = rds(&peers, &east()).describe_db_instances().db_instance_identifier(SOURCE).send().await.unwrap();
    assert_eq!(named.db_instances().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_builds_a_replica_again() {
    let Some(peers) = peers() else { return };
    let spec = RdsReplica {
        instance: pair(SOURCE, "fineract-production-new"),
        sql: None,
        rebuild: Some(Pair { primary: made_with(), standby: made_with() }),
        cut_off: None,
    };
    let service = on(&peers, Spec::RdsReplica(spec));
    let database = real_component(&service);
    assert!(database.observe(&Place::Region(west())).await.is_err(), "it is not there yet");
    done(&database, &service, "rebuild", &west()).await;
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("role"), Some(&Value::Text("replica".into())));
    let made = peers.mutations().unwrap().iter().filter(|call| call.operation == "CreateDBInstanceReadReplica").count();
    assert_eq!(made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_cuts_an_instance_off_and_lets_its_own_in_again() {
    let Some(peers) = peers() else { return };
    let groups = CutOff { closed: "sg-0nobody".into(), open: vec!["sg-0app".into(), "sg-0people".into()] };
    let spec = RdsReplica {
        instance: pair(SOURCE, "fineract-production-replica"),
        sql: None,
        rebuild: None,
        cut_off: Some(Pair { primary: groups.clone(), standby: groups }),
    };
    let service = on(&peers, Spec::RdsReplica(spec));
    let database = real_component(&service);
    let groups = async || {
        let seen = database.observe(&Place::Region(east())).await.unwrap();
        seen.said("security_groups").map(str::to_owned)
    };
    done(&database, &service, "cut-off", &east()).await;
    assert_eq!(groups().await.as_deref(), Some("sg-0nobody"));
    done(&database, &service, "let-in", &east()).await;
    assert_eq!(groups().await.as_deref(), Some("sg-0app, sg-0people"));
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_takes_a_cluster_out_of_its_global_cluster() {
    let Some(peers) = peers() else { return };
    let service = on(
        &peers,
        Spec::AuroraGlobal(AuroraGlobal { global: "aurora-global".into(), cluster: pair("east", "west"), sql: None }),
    );
    rds(&peers, &east())
        .create_global_cluster()
        .global_cluster_identifier("aurora-global")
        .engine("aurora-postgresql")
        .send()
        .await
        .unwrap();
    for (region, id) in [(east(), "east"), (west(), "west")] {
        let client = rds(&peers, &region);
        let create = client.create_db_cluster().db_cluster_identifier(id).engine("aurora-postgresql");
        create
            .global_cluster_identifier("aurora-global")
            .master_username("ledger")
            .master_user_password("not-a-secret")
            .send()
            .await
            .unwrap();
        let create = client.create_db_instance().db_instance_identifier(format!("{id}-1")).db_cluster_identifier(id);
        create.engine("aurora-postgresql").db_instance_class("db.r5.large").send().await.unwrap();
    }
    let database = real_component(&service);
    let text = |seen: &Observation, name: &str| match seen.value(name) {
        Some(Value::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    for (region, role) in [(east(), "writer"), (west(), "reader")] {
        let seen = database.observe(&Place::Region(region)).await.unwrap();
        assert_eq!((text(&seen, "role").as_str(), text(&seen, "status").as_str()), (role, "available"), "{seen:?}");
        assert_eq!(seen.value("members"), Some(&Value::Number(1.0)));
    }
    let seen = database.observe(&Place::Global).await.unwrap();
    assert_eq!((text(&seen, "writer").as_str(), text(&seen, "failover").as_str()), ("us-east-1", "none"), "{seen:?}");
    // moto takes the call, answers that it is well, and takes nothing out: that is not done.
    let plan = database.plan(&ask(&service, "detach", &west())).await.unwrap();
    let receipt = database.perform(&authorised(&plan)).await.unwrap();
    let settled = database.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    let Settlement::InProgress(said, _) = settled else { panic!("{settled:?}") };
    assert!(said.contains("still a member"), "{said}");
    let calls = peers.mutations().unwrap().iter().filter(|call| call.operation == "RemoveFromGlobalCluster").count();
    assert_eq!(calls, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_tells_of_a_replication_group() {
    let Some(peers) = peers() else { return };
    let spec = ElasticacheGlobal { global: "ldgnf-sessions".into(), group: pair("east", "west") };
    let service = on(&peers, Spec::ElasticacheGlobal(spec));
    let cache = real_component(&service);
    let seen = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("role"), Some(&Value::Text("absent".into())), "{seen:?}");
    let config = aws_sdk_elasticache::Config::builder()
        .behavior_version(aws_sdk_elasticache::config::BehaviorVersion::latest())
        .region(aws_sdk_elasticache::config::Region::new("us-west-2"))
        .endpoint_url(peers.endpoint("us-west-2"))
        .credentials_provider(aws_sdk_elasticache::config::Credentials::new("test", "test", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let create = aws_sdk_elasticache::Client::from_conf(config).create_replication_group();
    let create = create.replication_group_id("west").replication_group_description("sessions").engine("valkey");
    create.cache_node_type("cache.r7g.large").num_cache_clusters(2).send().await.unwrap();
    // A group that is in no datastore: moto has none.
    let seen = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("role"), Some(&Value::Text("detached".into())), "{seen:?}");
    assert_eq!(seen.value("status"), Some(&Value::Text("available".into())), "{seen:?}");
    assert!(cache.observe(&Place::Global).await.is_err(), "moto knows no datastore");
}
