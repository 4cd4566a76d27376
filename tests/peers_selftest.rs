//! The test peers, asked by the same clients that the program uses: what they promise, they keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StateValue};
use aws_sdk_route53::types::{Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet};
use aws_sdk_secretsmanager::types::StatusType;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use common::peers::{Cluster, Mode, Options, Peers, Replication, Role};
use serde_json::Value;

const SOURCE: &str = "us-east-1";
const TARGET: &str = "us-west-2";

fn peers(options: &Options) -> Option<Peers> {
    Peers::start(options).unwrap_or_else(|error| panic!("{error}"))
}

fn config(peers: &Peers, endpoint: &str) -> SdkConfig {
    let region = if endpoint == "global" { SOURCE } else { endpoint };
    let credentials = aws_sdk_rds::config::Credentials::new("test", "test", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(peers.endpoint(endpoint))
        .credentials_provider(aws_sdk_rds::config::SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(20)).build())
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .build()
}

fn rds(peers: &Peers, region: &str) -> aws_sdk_rds::Client {
    aws_sdk_rds::Client::new(&config(peers, region))
}

fn route53(peers: &Peers) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(&config(peers, "global"))
}

async fn replica(client: &aws_sdk_rds::Client, id: &str) -> aws_sdk_rds::types::DbInstance {
    client.describe_db_instances().db_instance_identifier(id).send().await.unwrap().db_instances()[0].clone()
}

async fn connect(peers: &Peers, cluster: Cluster, role: Role) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(&peers.database(cluster, role), tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estate_is_read_in_both_regions() {
    let Some(peers) = peers(&Options::default()) else { return };

    let source = replica(&rds(&peers, SOURCE), &peers.ready.source.id).await;
    assert_eq!(source.db_instance_status(), Some("available"));
    assert_eq!(source.engine_version(), Some("15.4"));
    assert_eq!(source.db_instance_class(), Some("db.t3.large"));
    assert_eq!(source.backup_retention_period(), Some(30));
    assert_eq!(source.multi_az(), Some(true));
    assert_eq!(source.read_replica_source_db_instance_identifier(), None);
    assert!(source.status_infos().is_empty());
    assert_eq!(source.read_replica_db_instance_identifiers(), std::slice::from_ref(&peers.ready.replica.arn));

    let standby = replica(&rds(&peers, TARGET), &peers.ready.replica.id).await;
    assert_eq!(standby.read_replica_source_db_instance_identifier(), Some(peers.ready.source.arn.as_str()));
    assert_eq!(standby.multi_az(), Some(false));
    let info = &standby.status_infos()[0];
    assert_eq!(
        (info.status_type(), info.normal(), info.status()),
        (Some("read replication"), Some(true), Some("replicating"))
    );

    for region in [SOURCE, TARGET] {
        let client = aws_sdk_secretsmanager::Client::new(&config(&peers, region));
        let secret = client.describe_secret().secret_id(&peers.ready.secret.name).send().await.unwrap();
        let stages = secret.version_ids_to_stages().unwrap();
        assert_eq!(stages[&peers.ready.secret.version_id], ["AWSCURRENT"], "{region}");
        assert!(secret.arn().unwrap().contains(region));
        assert_eq!(secret.replication_status()[0].status(), Some(&StatusType::InSync));
    }

    let wrong = aws_sdk_rds::Client::new(&config(&peers, TARGET).into_builder().region(Region::new(SOURCE)).build());
    assert!(wrong.describe_db_instances().send().await.is_err(), "a call signed for another Region is refused");

    let calls = peers.calls().unwrap();
    assert!(calls.iter().all(|call| !call.mutation), "{calls:?}");
    assert_eq!(calls[0].operation, "DescribeDBInstances");
    assert_eq!(calls[0].params["DBInstanceIdentifier"], Value::from(peers.ready.source.id.clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lag_series_and_the_alarms_are_read_over_cbor() {
    let Some(peers) = peers(&Options { lag_interval: 0.5, ..Options::default() }) else { return };
    let client = aws_sdk_cloudwatch::Client::new(&config(&peers, TARGET));
    let points = async || {
        let now = std::time::SystemTime::now();
        let metric = Metric::builder()
            .namespace("AWS/RDS")
            .metric_name("ReplicaLag")
            .dimensions(Dimension::builder().name("DBInstanceIdentifier").value(&peers.ready.replica.id).build())
            .build();
        let stat = MetricStat::builder().metric(metric).period(60).stat("Maximum").build();
        let answer = client
            .get_metric_data()
            .start_time((now - Duration::from_secs(1800)).into())
            .end_time((now + Duration::from_secs(1)).into())
            .metric_data_queries(MetricDataQuery::builder().id("lag").metric_stat(stat).build())
            .send()
            .await
            .unwrap();
        answer.metric_data_results()[0].clone()
    };
    let found = points().await;
    assert!(found.values().len() >= 29, "{found:?}");
    assert_eq!(found.values().len(), found.timestamps().len());
    assert!(found.values().iter().all(|value| (0.0..10.0).contains(value)), "{:?}", found.values());
    let newest = found.timestamps().iter().map(aws_smithy_types::DateTime::secs).max().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(now.abs_diff(u64::try_from(newest).unwrap()) < 125);

    let before = peers.state().unwrap().lag_points;
    until("the series goes on", || peers.state().unwrap().lag_points > before).await;
    peers.set_replication(Replication::Pause).unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    peers.set_replication(Replication::Cut).unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let ended = peers.state().unwrap().lag_points;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(peers.state().unwrap().lag_points, ended, "no replication, no lag");

    for region in [SOURCE, TARGET] {
        let client = aws_sdk_cloudwatch::Client::new(&config(&peers, region));
        let alarms = client.describe_alarms().send().await.unwrap();
        assert_eq!(alarms.metric_alarms().len(), 2, "{region}");
        for alarm in alarms.metric_alarms() {
            assert_eq!(alarm.state_value(), Some(&StateValue::Ok));
            assert!(alarm.state_updated_timestamp().is_some());
            assert!(alarm.threshold().is_some());
        }
    }
    let refused = client
        .get_metric_data()
        .start_time(std::time::SystemTime::now().into())
        .end_time(std::time::UNIX_EPOCH.into())
        .metric_data_queries(MetricDataQuery::builder().id("none").build())
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("ValidationError"), "{refused:?}");
}

fn pointing_at(record: &ResourceRecordSet, host: &str) -> ResourceRecordSet {
    let values = ResourceRecord::builder().value(host).build().unwrap();
    let mut changed = record.clone();
    changed.resource_records = Some(vec![values]);
    changed
}

fn swap(old: &ResourceRecordSet, new: &ResourceRecordSet) -> ChangeBatch {
    let change = |action, record: &ResourceRecordSet| {
        Change::builder().action(action).resource_record_set(record.clone()).build().unwrap()
    };
    ChangeBatch::builder()
        .changes(change(ChangeAction::Delete, old))
        .changes(change(ChangeAction::Create, new))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_changed_by_compare_and_set_and_a_stale_delete_is_refused() {
    let Some(peers) = peers(&Options { writer: false, ..Options::default() }) else { return };
    let client = route53(&peers);
    let zone = peers.ready.hosted_zone.as_str();
    let records = async || {
        let listed = client.list_resource_record_sets().hosted_zone_id(zone).send().await.unwrap();
        let mut found: Vec<_> = listed
            .resource_record_sets()
            .iter()
            .filter(|record| record.name() == "api.fineract.com.")
            .cloned()
            .collect();
        found.sort_by_key(|record| record.set_identifier().map(str::to_owned));
        found
    };
    let found = records().await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].failover().map(|role| role.as_str().to_owned()).as_deref(), Some("PRIMARY"));
    assert_eq!(found[1].failover().map(|role| role.as_str().to_owned()).as_deref(), Some("SECONDARY"));
    assert_eq!(found[0].health_check_id(), peers.ready.health_checks.get(SOURCE).map(String::as_str));
    assert_eq!((found[0].ttl(), found[0].set_identifier()), (Some(60), Some(SOURCE)));

    let old = found[0].clone();
    let new = pointing_at(&old, "api-us-west-2.fineract.com");
    let change = async |batch: ChangeBatch| {
        client.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch).send().await
    };
    let info = change(swap(&old, &new)).await.unwrap().change_info.unwrap();
    assert_eq!(info.status(), &ChangeStatus::Pending);
    let asked = client.get_change().id(info.id()).send().await.unwrap();
    assert_eq!(asked.change_info().unwrap().status(), &ChangeStatus::Pending);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let asked = client.get_change().id(info.id()).send().await.unwrap();
    assert_eq!(asked.change_info().unwrap().status(), &ChangeStatus::Insync);
    let after = records().await;
    assert_eq!(after[0].resource_records()[0].value(), "api-us-west-2.fineract.com");
    assert_eq!(after[1], found[1], "the other record is untouched");

    let stale = change(swap(&old, &pointing_at(&old, "elsewhere.fineract.com"))).await.unwrap_err();
    assert_eq!(stale.code(), Some("InvalidChangeBatch"), "{stale:?}");
    assert_eq!(records().await, after, "a refused batch changes nothing");

    let back = change(swap(&new, &old)).await;
    assert!(back.is_ok(), "the way back is open: {back:?}");
    assert_eq!(records().await, found);
    assert_eq!(peers.records().unwrap().iter().filter(|record| record["Type"] == "CNAME").count(), 2);
    let mutations = peers.mutations().unwrap();
    assert_eq!(mutations.iter().filter(|call| call.applied).count(), 2);
    assert!(mutations.iter().all(|call| call.operation == "ChangeResourceRecordSets"));
}

#[tokio::test(flavor = "multi_thread")]
async fn health_checks_say_what_the_checkers_see() {
    let Some(peers) = peers(&Options { writer: false, ..Options::default() }) else { return };
    let client = route53(&peers);
    let id = &peers.ready.health_checks[SOURCE];
    let check = client.get_health_check().health_check_id(id).send().await.unwrap();
    let config = check.health_check().unwrap().health_check_config().unwrap().clone();
    assert_eq!(config.fully_qualified_domain_name(), Some("api-us-east-1.fineract.com"));
    let status = async || {
        let answer = client.get_health_check_status().health_check_id(id).send().await.unwrap();
        answer.health_check_observations()[0].status_report().unwrap().status().unwrap().to_owned()
    };
    assert!(status().await.starts_with("Success"));
    peers.set_health(id, false).unwrap();
    assert!(status().await.starts_with("Failure"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_goes_through_its_states_and_the_standby_leaves_recovery() {
    let Some(peers) = peers(&Options { writer: false, ..Options::default() }) else { return };
    let client = rds(&peers, TARGET);
    let id = peers.ready.replica.id.as_str();
    let standby = connect(&peers, Cluster::Standby, Role::Handover).await.unwrap();
    let in_recovery = async || standby.query_one("select pg_is_in_recovery()", &[]).await.unwrap().get::<_, bool>(0);
    assert!(in_recovery().await);
    assert!(standby.execute("insert into handover_probe values (1)", &[]).await.is_err());

    client.promote_read_replica().db_instance_identifier(id).send().await.unwrap();
    let again = client.promote_read_replica().db_instance_identifier(id).send().await.unwrap_err();
    assert_eq!(again.code(), Some("InvalidDBInstanceState"), "{again:?}");

    let limit = Instant::now() + Duration::from_secs(30);
    let mut states: Vec<String> = Vec::new();
    loop {
        let found = replica(&client, id).await;
        let status = found.db_instance_status().unwrap().to_owned();
        let source = found.read_replica_source_db_instance_identifier().map(str::to_owned);
        assert_eq!(source.is_some(), !found.status_infos().is_empty());
        if states.last() != Some(&status) {
            states.push(status);
        }
        if source.is_none() {
            break;
        }
        assert!(Instant::now() < limit, "{states:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(states, ["available", "modifying", "rebooting", "available"]);
    assert!(!in_recovery().await);
    standby.execute("insert into handover_probe values (1)", &[]).await.unwrap();

    let again = client.promote_read_replica().db_instance_identifier(id).send().await.unwrap_err();
    assert_eq!(again.code(), Some("InvalidDBInstanceState"), "{again:?}");
    let state = peers.state().unwrap();
    assert!(state.errors.is_empty() && !state.replicating, "{:?}", state.errors);
    assert_eq!(peers.mutations().unwrap().iter().filter(|call| call.applied).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_cuts_the_writer_and_the_rows_that_never_arrived_can_be_counted() {
    let Some(peers) = peers(&Options::default()) else { return };
    until("rows arrive", || peers.rows(Cluster::Standby).unwrap() > 20).await;
    peers.set_replication(Replication::Cut).unwrap();
    let arrived = peers.rows(Cluster::Standby).unwrap();
    until("the writer goes on", || peers.state().unwrap().writer.acknowledged > arrived + 20).await;

    let primary = connect(&peers, Cluster::Primary, Role::Handover).await.unwrap();
    primary.batch_execute("alter role app nologin").await.unwrap();
    primary.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'", &[]).await.unwrap();
    until("the writer is refused", || peers.state().unwrap().writer.refused.is_some()).await;

    assert!(connect(&peers, Cluster::Primary, Role::App).await.is_err());
    let writer = peers.state().unwrap().writer;
    let committed = peers.rows(Cluster::Primary).unwrap();
    // The row whose acknowledgement the cut took away may be there.
    assert!((0..=1).contains(&(committed - writer.acknowledged)), "{committed} rows, {writer:?}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(peers.rows(Cluster::Primary).unwrap(), committed, "nothing is written behind a fence");
    let missing = committed - peers.rows(Cluster::Standby).unwrap();
    assert!(missing >= 20, "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_region_never_answers_not_even_on_an_open_connection() {
    let Some(peers) = peers(&Options { writer: false, ..Options::default() }) else { return };
    let (source, target) = (rds(&peers, SOURCE), rds(&peers, TARGET));
    let id = peers.ready.source.id.as_str();
    // Opens the connection that is then kept.
    replica(&source, id).await;

    peers.set_region(SOURCE, Mode::Hang).unwrap();
    let call = source.describe_db_instances().send();
    assert!(tokio::time::timeout(Duration::from_secs(2), call).await.is_err(), "an answer came");
    let fresh = rds(&peers, SOURCE);
    let call = fresh.promote_read_replica().db_instance_identifier(id).send();
    assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err(), "an answer came");
    let begun = Instant::now();
    replica(&target, &peers.ready.replica.id).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "the other Region is not slowed");

    peers.set_region(SOURCE, Mode::Unavailable).unwrap();
    let refused = source.describe_db_instances().send().await.unwrap_err();
    assert_eq!(refused.raw_response().map(|answer| answer.status().as_u16()), Some(503));
    peers.set_region(SOURCE, Mode::Throttle).unwrap();
    let refused = source.describe_db_instances().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("Throttling"), "{refused:?}");
    let refused = aws_sdk_cloudwatch::Client::new(&config(&peers, SOURCE)).describe_alarms().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ThrottlingException"), "{refused:?}");

    peers.set_region(SOURCE, Mode::Ok).unwrap();
    assert_eq!(replica(&source, id).await.db_instance_status(), Some("available"));
    let hung: Vec<_> = peers.calls().unwrap().into_iter().filter(|call| call.mode == "hang").collect();
    assert_eq!(hung.len(), 2);
    assert!(hung.iter().all(|call| call.status.is_none() && !call.applied));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_region_applies_what_it_never_answers() {
    let Some(peers) = peers(&Options { writer: false, promote: [0.1; 3], ..Options::default() }) else { return };
    let client = rds(&peers, TARGET);
    let id = peers.ready.replica.id.as_str();
    peers.set_region(TARGET, Mode::Mute).unwrap();
    let call = client.promote_read_replica().db_instance_identifier(id).send();
    assert!(tokio::time::timeout(Duration::from_millis(500), call).await.is_err(), "an answer came");
    peers.set_region(TARGET, Mode::Ok).unwrap();
    let limit = Instant::now() + Duration::from_secs(10);
    while replica(&client, id).await.read_replica_source_db_instance_identifier().is_some() {
        assert!(Instant::now() < limit);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mutations = peers.mutations().unwrap();
    assert_eq!(mutations.len(), 1);
    assert!(mutations[0].applied && mutations[0].status.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_peers_leave_nothing_behind() {
    let Some(peers) = peers(&Options::default()) else { return };
    let ready = peers.ready.clone();
    drop(peers);
    for port in [ready.postgres.primary_port, ready.postgres.standby_port, ready.control_port] {
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "port {port} still answers");
    }
}
