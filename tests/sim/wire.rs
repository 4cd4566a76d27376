//! Every call that the providers make, through the SDK and back.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StandardUnit};
use aws_sdk_rds::error::ProvideErrorMetadata as _;
use aws_sdk_rds::operation::RequestId as _;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover,
};
use handover::ports::Clock as _;

use crate::support::{RECORD, REPLICA, Rig, SECRET, ZONE, rig};

#[tokio::test(start_paused = true)]
async fn rds_describes_both_sides() {
    let rig = rig("calm");
    let source = rig.instance("us-east-1", "fineract-production").await;
    assert_eq!(source.db_instance_status(), Some("available"));
    assert_eq!((source.backup_retention_period(), source.multi_az()), (Some(30), Some(true)));
    assert_eq!(source.read_replica_db_instance_identifiers().len(), 1);
    assert!(source.status_infos().is_empty() && source.read_replica_source_db_instance_identifier().is_none());
    let replica = rig.instance("us-west-2", REPLICA).await;
    assert_eq!(
        replica.read_replica_source_db_instance_identifier(),
        Some("arn:aws:rds:us-east-1:123456789012:db:fineract-production")
    );
    assert_eq!(replica.status_infos()[0].status(), Some("replicating"));
    assert_eq!(replica.status_infos()[0].status_type(), Some("read replication"));
    assert_eq!((replica.engine_version(), replica.db_instance_class()), (Some("15.4"), Some("db.t3.large")));
    assert_eq!(replica.endpoint().unwrap().address(), Some("db.west.fineract.com"));
    // Each Region knows its own alone.
    let error = rig.rds("us-east-1").describe_db_instances().db_instance_identifier(REPLICA).send().await.unwrap_err();
    assert_eq!(error.code(), Some("DBInstanceNotFound"));
    assert!(error.into_service_error().is_db_instance_not_found_fault());
}

#[tokio::test(start_paused = true)]
async fn a_promotion_reads_available_before_it_begins_and_ends_without_a_source() {
    let rig = rig("region-outage");
    let answer = rig.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA).send().await.unwrap();
    assert!(answer.request_id().is_some_and(|id| id.len() == 36));
    let mut seen: Vec<(String, bool, bool)> = Vec::new();
    for _ in 0..150 {
        let now = rig.instance("us-west-2", REPLICA).await;
        let state = (
            now.db_instance_status().unwrap().to_owned(),
            now.read_replica_source_db_instance_identifier().is_some(),
            now.status_infos().is_empty(),
        );
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        rig.pass(1).await;
    }
    let told: Vec<_> = seen.iter().map(|(status, source, bare)| (status.as_str(), *source, *bare)).collect();
    let expected = [
        ("available", true, false),
        ("modifying", true, false),
        ("rebooting", true, false),
        ("available", false, true),
    ];
    assert_eq!(told, expected);
    let again = rig.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA).send().await.unwrap_err();
    assert_eq!(again.code(), Some("InvalidDBInstanceState"));
    assert_eq!(rig.regions.mutations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_source_is_no_replica_and_cannot_be_promoted() {
    let rig = rig("calm");
    let call = rig.rds("us-east-1").promote_read_replica().db_instance_identifier("fineract-production");
    assert!(call.send().await.unwrap_err().into_service_error().is_invalid_db_instance_state_fault());
    assert!(rig.regions.mutations().is_empty());
}

/// What a failover writes: the exact old record away, the same record with the other value in.
pub(crate) fn swap(old: &ResourceRecordSet, value: &str, check: Option<&str>) -> ChangeBatch {
    let record = ResourceRecord::builder().value(value).build().unwrap();
    let new = ResourceRecordSet::builder()
        .name(old.name())
        .r#type(old.r#type().clone())
        .set_set_identifier(old.set_identifier().map(str::to_owned))
        .set_failover(old.failover().cloned())
        .set_ttl(old.ttl())
        .resource_records(record)
        .set_health_check_id(check.map(str::to_owned))
        .build()
        .unwrap();
    let change = |action, record| Change::builder().action(action).resource_record_set(record).build().unwrap();
    ChangeBatch::builder()
        .changes(change(ChangeAction::Delete, old.clone()))
        .changes(change(ChangeAction::Create, new))
        .build()
        .unwrap()
}

async fn send(rig: &Rig, batch: ChangeBatch) -> Result<String, String> {
    let call = rig.route53().change_resource_record_sets().hosted_zone_id(ZONE).change_batch(batch);
    match call.send().await {
        Ok(answer) => Ok(answer.change_info().unwrap().id().to_owned()),
        Err(error) => Err(format!("{} {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())),
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_change_is_pending_and_then_insync() {
    let rig = rig("region-outage");
    let records = rig.records().await;
    assert_eq!(records.len(), 2);
    assert_eq!(records[0].failover(), Some(&ResourceRecordSetFailover::Primary));
    assert_eq!(records[0].resource_records()[0].value(), "east.fineract.com");
    let check = records[1].health_check_id();
    let id = send(&rig, swap(&records[0], "west.fineract.com", check)).await.unwrap();
    assert!(id.starts_with("/change/C"), "{id}");
    let status =
        async || rig.route53().get_change().id(&id).send().await.unwrap().change_info().unwrap().status().clone();
    assert_eq!(status().await, ChangeStatus::Pending);
    // The control plane has it at once, the servers one by one.
    assert_eq!(rig.records().await[0].resource_records()[0].value(), "west.fineract.com");
    let resolver = rig.regions.resolver();
    let mut counts = std::collections::BTreeSet::new();
    for _ in 0..45 {
        let mut moved = 0;
        for server in ["ns-1.sim:53", "ns-2.sim:53", "ns-3.sim:53", "ns-4.sim:53"] {
            let answer = resolver.ask(server, RECORD, "CNAME").await.unwrap();
            assert!(answer.authoritative);
            moved += usize::from(answer.values == ["west.fineract.com"]);
        }
        counts.insert(moved);
        if status().await == ChangeStatus::Insync {
            assert_eq!(moved, 4, "INSYNC means every server");
        }
        rig.pass(1).await;
    }
    assert!(counts.len() > 2, "each server at its own moment: {counts:?}");
    assert_eq!(status().await, ChangeStatus::Insync);
}

#[tokio::test(start_paused = true)]
async fn a_stale_delete_is_refused_and_nothing_of_its_batch_is_done() {
    let rig = rig("calm");
    let old = rig.records().await[0].clone();
    let mut stale = old.clone();
    stale.ttl = Some(61);
    let told = send(&rig, swap(&stale, "west.fineract.com", old.health_check_id())).await.unwrap_err();
    assert!(told.starts_with("InvalidChangeBatch") && told.contains("do not match the current values"), "{told}");
    assert_eq!(rig.records().await[0], old);
    // Without the delete the create meets the old record.
    let mut batch = swap(&old, "west.fineract.com", None);
    batch.changes.remove(0);
    let told = send(&rig, batch).await.unwrap_err();
    assert!(told.contains("already exists"), "{told}");
    assert!(rig.regions.mutations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_zone_takes_one_change_at_a_time() {
    let rig = rig("calm");
    let old = rig.records().await[0].clone();
    send(&rig, swap(&old, "west.fineract.com", old.health_check_id())).await.unwrap();
    let now = rig.records().await[0].clone();
    let back = swap(&now, "east.fineract.com", old.health_check_id());
    assert!(send(&rig, back.clone()).await.unwrap_err().starts_with("PriorRequestNotComplete"));
    rig.pass(3).await;
    send(&rig, back).await.unwrap();
    assert_eq!(rig.records().await[0], old);
}

#[tokio::test(start_paused = true)]
async fn route53_tells_of_zone_and_checks() {
    let rig = rig("region-outage");
    let route53 = rig.route53();
    // Its calls are signed for us-east-1 wherever the client stands.
    rig.route53_in("us-west-2").get_hosted_zone().id(ZONE).send().await.unwrap();
    let zone = route53.get_hosted_zone().id(ZONE).send().await.unwrap();
    assert_eq!(zone.hosted_zone().unwrap().name(), "fineract.com.");
    assert_eq!(zone.delegation_set().unwrap().name_servers(), ["ns-1.sim", "ns-2.sim", "ns-3.sim", "ns-4.sim"]);
    let checks = route53.list_health_checks().send().await.unwrap();
    assert_eq!(checks.health_checks().len(), 2);
    let id = rig.records().await[0].health_check_id().unwrap().to_owned();
    let check = route53.get_health_check().health_check_id(&id).send().await.unwrap();
    let config = check.health_check().unwrap().health_check_config().unwrap();
    assert_eq!(config.fully_qualified_domain_name(), Some("east.fineract.com"));
    assert_eq!((config.failure_threshold(), config.disabled()), (Some(3), Some(false)));
    let status = route53.get_health_check_status().health_check_id(&id).send().await.unwrap();
    let observations = status.health_check_observations();
    assert!(observations.len() > 3);
    assert!(observations.iter().all(|seen| seen.status_report().unwrap().status().unwrap().starts_with("Failure")));
    let error = route53.get_health_check().health_check_id("nobody").send().await.unwrap_err();
    assert!(error.into_service_error().is_no_such_health_check());
    let error = route53.get_change().id("C0").send().await.unwrap_err();
    assert!(error.into_service_error().is_no_such_change());
}

#[tokio::test(start_paused = true)]
async fn a_secret_has_the_same_version_in_both_regions_and_its_replica_cannot_be_written() {
    let rig = rig("calm");
    let describe = async |region: &str| rig.secrets(region).describe_secret().secret_id(SECRET).send().await.unwrap();
    let (east, west) = (describe("us-east-1").await, describe("us-west-2").await);
    assert_eq!(east.version_ids_to_stages(), west.version_ids_to_stages());
    assert_eq!(east.replication_status()[0].status().unwrap().as_str(), "InSync");
    assert_eq!(west.primary_region(), Some("us-east-1"));
    let put = |region: &str| {
        rig.secrets(region)
            .put_secret_value()
            .secret_id(SECRET)
            .secret_string("new")
            .client_request_token("v".repeat(32))
    };
    let refused = put("us-west-2").send().await.unwrap_err().into_service_error();
    assert!(refused.is_invalid_request_exception(), "{refused:?}");
    put("us-east-1").send().await.unwrap();
    let behind = describe("us-west-2").await;
    assert_eq!(behind.version_ids_to_stages(), west.version_ids_to_stages());
    assert_eq!(behind.replication_status()[0].status().unwrap().as_str(), "InProgress");
    rig.pass(30).await;
    assert_eq!(
        describe("us-east-1").await.version_ids_to_stages(),
        describe("us-west-2").await.version_ids_to_stages()
    );
    // Alone it can be written.
    rig.secrets("us-west-2").stop_replication_to_replica().secret_id(SECRET).send().await.unwrap();
    assert!(describe("us-west-2").await.replication_status().is_empty());
    let token = "w".repeat(32);
    put("us-west-2").client_request_token(token).send().await.unwrap();
    let error = rig.secrets("us-west-2").describe_secret().secret_id("/nobody").send().await.unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
}

pub(crate) async fn lag(rig: &Rig, region: &str, unit: StandardUnit, minutes: i64) -> Vec<(i64, f64)> {
    let dimension = Dimension::builder().name("DBInstanceIdentifier").value(REPLICA).build();
    let metric = Metric::builder().namespace("AWS/RDS").metric_name("ReplicaLag").dimensions(dimension).build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("Average").unit(unit).build();
    let now = rig.clock.now().as_second();
    let call = rig
        .cloudwatch(region)
        .get_metric_data()
        .metric_data_queries(MetricDataQuery::builder().id("lag").metric_stat(stat).build())
        .start_time(DateTime::from_secs(now - minutes * 60))
        .end_time(DateTime::from_secs(now));
    let answer = call.send().await.unwrap();
    let result = &answer.metric_data_results()[0];
    assert_eq!(result.status_code().unwrap().as_str(), "Complete");
    result.timestamps().iter().map(DateTime::secs).zip(result.values().iter().copied()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_lag_series_has_a_history_and_ends_with_the_region() {
    let rig = rig("region-outage");
    let series = lag(&rig, "us-west-2", StandardUnit::Seconds, 60).await;
    assert!(series.len() >= 50, "{}", series.len());
    assert!(series.iter().all(|(at, lag)| at % 60 == 0 && (0.3..3.0).contains(lag)), "{series:?}");
    assert!(series.windows(2).all(|two| two[0].0 > two[1].0), "newest first");
    let newest = series[0].0;
    rig.pass(300).await;
    assert_eq!(lag(&rig, "us-west-2", StandardUnit::Seconds, 60).await[0].0, newest);
    assert!(lag(&rig, "us-west-2", StandardUnit::Milliseconds, 60).await.is_empty());
    assert_eq!(alarms(&rig, "us-west-2").await["fineract-replica-lag"], "INSUFFICIENT_DATA");
}

pub(crate) async fn alarms(rig: &Rig, region: &str) -> std::collections::BTreeMap<String, String> {
    let answer = rig.cloudwatch(region).describe_alarms().send().await.unwrap();
    let alarms = answer.metric_alarms().iter();
    alarms.map(|alarm| (alarm.alarm_name().unwrap().into(), alarm.state_value().unwrap().as_str().into())).collect()
}

#[tokio::test(start_paused = true)]
async fn alarms_follow_the_world() {
    let calm = rig("calm");
    assert_eq!(alarms(&calm, "us-west-2").await.into_values().collect::<Vec<_>>(), ["OK", "OK"]);
    assert_eq!(alarms(&calm, "us-east-1").await["fineract-endpoint-unhealthy"], "OK");
    let alarm = rig("false-alarm");
    alarm.pass(40).await;
    assert_eq!(alarms(&alarm, "us-east-1").await["fineract-endpoint-unhealthy"], "ALARM");
    alarm.pass(120).await;
    assert_eq!(alarms(&alarm, "us-east-1").await["fineract-endpoint-unhealthy"], "OK");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_simulated_is_refused_in_each_protocol() {
    let rig = rig("calm");
    let rds = rig.rds("us-west-2").reboot_db_instance().db_instance_identifier(REPLICA).send().await.unwrap_err();
    assert_eq!(rds.code(), Some("InvalidAction"));
    let route53 = rig.route53().list_hosted_zones().send().await.unwrap_err();
    assert_eq!(route53.code(), Some("UnknownOperationException"));
    let secrets = rig.secrets("us-west-2").delete_secret().secret_id(SECRET).send().await.unwrap_err();
    assert_eq!(secrets.code(), Some("UnknownOperationException"));
    let cloudwatch = rig.cloudwatch("us-west-2").list_dashboards().send().await.unwrap_err();
    assert_eq!(cloudwatch.code(), Some("UnknownOperationException"));
    assert!(rig.regions.mutations().is_empty());
}
