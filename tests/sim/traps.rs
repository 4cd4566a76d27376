//! The world is no kinder than AWS; and each scenario is what it says.

use handover::domain::region::HomeRole;
use handover::sim::scenario::{self, Outcome};

use crate::support::{RECORD, SEED, ZONE, east, rig, rig_of};
use crate::wire::{lag, swap};
use aws_sdk_cloudwatch::types::StandardUnit;

#[tokio::test(start_paused = true)]
async fn the_old_source_stays_writable_after_a_promotion_until_it_is_fenced() {
    let rig = rig("calm");
    rig.promote().await;
    rig.pass(180).await;
    let truth = rig.regions.truth();
    assert!(truth.takes_writes.primary && truth.takes_writes.standby, "{truth:?}");
    let before = truth.rows_lost.unwrap();
    rig.pass(10).await;
    assert!(rig.regions.truth().rows_lost.unwrap() >= before + 190, "traffic still goes to the old one");
    rig.regions.sql().fence(&east()).await.unwrap();
    assert!(!rig.regions.truth().takes_writes.primary);
    assert!(rig.regions.truth().takes_writes.standby, "replication had ended before");
}

#[tokio::test(start_paused = true)]
async fn a_fence_that_is_replicated_keeps_the_application_out_of_the_promoted_database_too() {
    let rig = rig("calm");
    rig.regions.sql().fence(&east()).await.unwrap();
    rig.pass(10).await;
    rig.promote().await;
    rig.pass(200).await;
    let west = "us-west-2".parse().unwrap();
    let state = rig.regions.sql().state(&west).await.unwrap();
    assert_eq!((state.in_recovery, state.app_login), (false, Some(false)));
    assert!(rig.regions.sql().try_write(&west).await.is_ok(), "the operator's own role may write");
    assert!(!rig.regions.truth().serves.standby);
    rig.regions
        .act(|world, id| world.apply("us-west-2", id, handover::sim::world::mutation::Change::Admit {}).map(|_| ()))
        .unwrap()
        .unwrap();
    rig.pass(30).await;
    assert!(rig.regions.truth().serves.standby);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_check_is_healthy_and_a_disabled_and_inverted_one_is_not() {
    let rig = rig("region-outage");
    let resolver = rig.regions.resolver();
    rig.promote().await;
    rig.pass(300).await;
    let answers = async || resolver.ask("ns-1.sim:53", RECORD, "CNAME").await.unwrap().values;
    assert_eq!(answers().await, ["west.fineract.com"], "the checkers see the primary down and the standby up");
    let id = rig.records().await[0].health_check_id().unwrap().to_owned();
    let update = |version: i64| rig.route53().update_health_check().health_check_id(&id).health_check_version(version);
    update(1).disabled(true).send().await.unwrap();
    assert_eq!(answers().await, ["east.fineract.com"], "disabling pins traffic to the dead primary");
    assert!(update(1).inverted(true).send().await.unwrap_err().into_service_error().is_health_check_version_mismatch());
    update(2).inverted(true).send().await.unwrap();
    assert_eq!(answers().await, ["west.fineract.com"]);
}

#[tokio::test(start_paused = true)]
async fn with_both_sides_unhealthy_dns_answers_the_primary() {
    let rig = rig("region-outage");
    rig.pass(120).await;
    let checks = rig.regions.look(|world| world.checks().iter().filter(|check| check.healthy(world.now())).count());
    assert_eq!(checks, 0);
    for server in ["ns-1.sim", "ns-2.sim:53", "ns-4.sim:53"] {
        let answer = rig.regions.resolver().ask(server, RECORD, "CNAME").await.unwrap();
        assert_eq!(answer.values, ["east.fineract.com"], "{server}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_old_primary_returns_and_takes_the_traffic_back_unless_it_is_latched_off() {
    for latch in [false, true] {
        let rig = rig("old-primary-returns");
        rig.promote().await;
        rig.pass(130).await;
        if latch {
            let records = rig.records().await;
            let batch = swap(&records[0], "west.fineract.com", records[1].health_check_id());
            let call = rig.route53().change_resource_record_sets().hosted_zone_id(ZONE).change_batch(batch);
            call.send().await.unwrap();
        }
        rig.pass(225).await;
        assert_eq!(rig.regions.truth().traffic, Some(HomeRole::Standby));
        assert!(!rig.regions.truth().serves.primary);
        rig.pass(300).await;
        let truth = rig.regions.truth();
        assert!(truth.serves.primary && truth.takes_writes.primary && truth.takes_writes.standby);
        assert_eq!(truth.traffic == Some(HomeRole::Standby), latch, "{truth:?}");
        // Clients that kept its address write to it whatever DNS says.
        let lost = truth.rows_lost.unwrap();
        rig.pass(10).await;
        assert!(rig.regions.truth().rows_lost.unwrap() >= lost + 29);
        rig.regions.sql().fence(&east()).await.unwrap();
        let lost = rig.regions.truth().rows_lost;
        rig.pass(60).await;
        assert_eq!(rig.regions.truth().rows_lost, lost);
    }
}

#[tokio::test(start_paused = true)]
async fn false_alarm_heals_by_itself_while_aws_answers() {
    let rig = rig("false-alarm");
    let status = async || {
        let url = "https://east.fineract.com/health";
        rig.regions.http().get(url, std::time::Duration::from_secs(5)).await.unwrap().status
    };
    assert_eq!(status().await, 502);
    for _ in 0..80 {
        assert_eq!(rig.instance("us-east-1", "fineract-production").await.db_instance_status(), Some("available"));
        rig.pass(1).await;
    }
    assert_eq!(status().await, 200);
    // An idle source looks like lag, which is gone as soon as somebody writes.
    let series = lag(&rig, "us-west-2", StandardUnit::Seconds, 5).await;
    assert!(series.iter().any(|(_, lag)| (10.0..100.0).contains(lag)), "{series:?}");
    rig.pass(120).await;
    assert!(lag(&rig, "us-west-2", StandardUnit::Seconds, 5).await[0].1 < 3.0);
}

#[tokio::test(start_paused = true)]
async fn lagging_replica_shows_a_lag_that_grows_to_eleven_minutes() {
    let rig = rig("lagging-replica");
    let series = lag(&rig, "us-west-2", StandardUnit::Seconds, 60).await;
    assert!((580.0..660.0).contains(&series[0].1), "{series:?}");
    assert!(series[40].1 < 10.0);
    let newest = series[0].0;
    let since = handover::ports::Clock::now(rig.clock.as_ref()).as_second() - newest;
    assert!((120..240).contains(&since), "the series ended with the Region: {since}");
}

/// What a right run finds: the outcome and the bounds of the loss that each scenario promises.
#[tokio::test(start_paused = true)]
async fn each_scenario_ends_as_it_expects() {
    for name in scenario::names() {
        for seed in [1, SEED, 99] {
            let scenario = scenario::load(name).unwrap();
            let rig = rig_of(&scenario, seed, None);
            let expected = &scenario.expected;
            if expected.outcome == Outcome::Stayed {
                rig.pass(600).await;
                let truth = rig.regions.truth();
                if name == "both-regions-out" {
                    assert!(!truth.serves.primary && !truth.serves.standby, "{truth:?}");
                    continue;
                }
                let damaged = name == "corruption";
                assert_eq!((truth.damaged.primary, truth.damaged.standby), (damaged, damaged), "{name}");
                assert!(truth.serves.primary && truth.traffic == Some(HomeRole::Primary) && !truth.promoted, "{name}");
                continue;
            }
            if scenario.failed_over.is_some() {
                let truth = rig.regions.truth();
                assert!(truth.promoted && truth.serves.standby && truth.takes_writes.standby, "{truth:?}");
                assert_eq!(truth.takes_writes.primary, expected.split_brain, "{name}: {truth:?}");
                assert_eq!(truth.traffic, Some(HomeRole::Standby), "and gets no traffic back");
                assert!(rig.regions.mutations().is_empty(), "what was done before is nobody's doing now");
                continue;
            }
            rig.pass(30).await;
            let promote =
                || rig.rds("us-west-2").promote_read_replica().db_instance_identifier(crate::support::REPLICA);
            while promote().send().await.is_err() {
                rig.pass(2).await;
            }
            rig.pass(900).await;
            let truth = rig.regions.truth();
            let loss = i64::try_from(truth.loss.unwrap().as_millis()).unwrap();
            assert!((expected.loss_at_least..=expected.loss_at_most).contains(&loss), "{name} {seed}: {loss} ms");
            assert!(truth.promoted && truth.serves.standby && truth.takes_writes.standby, "{name} {seed}: {truth:?}");
            assert_eq!(truth.serves.primary, expected.split_brain, "{name} {seed}");
            if !expected.split_brain {
                let rows = loss / 50;
                assert!((rows - truth.rows_lost.unwrap()).abs() <= 1, "{name} {seed}: {truth:?}");
            }
        }
    }
}
