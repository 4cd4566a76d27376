//! What goes wrong goes wrong as it does on AWS.

use std::time::Duration;

use aws_sdk_rds::error::{ProvideErrorMetadata as _, SdkError};
use handover::domain::plan::PerformError;
use handover::domain::reading::Why;
use handover::ports::within;
use tokio::time::Instant;

use crate::support::{REPLICA, SECRET, SEED, east, rig, rig_of, scenario_with, west};

#[tokio::test(start_paused = true)]
async fn a_region_that_hangs_answers_nothing_until_the_caller_gives_up() {
    let rig = rig("region-outage");
    let began = Instant::now();
    let error = rig.rds("us-east-1").describe_db_instances().send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    assert_eq!(began.elapsed().as_secs(), 5);
    let error = rig.secrets("us-east-1").describe_secret().secret_id(SECRET).send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)));
    let sql = rig.regions.sql();
    // The probe gives up by itself after the service file's three seconds, as the real one does.
    let two = Duration::from_secs(2);
    assert!(within(rig.clock.as_ref(), two, sql.state(&east())).await.is_none());
    assert_eq!(sql.state(&east()).await.unwrap_err().why, Why::TimedOut);
    assert!(matches!(sql.fence(&east()).await, Err(PerformError::NotYet { .. })));
    assert!(rig.regions.mutations().is_empty(), "what hung was not done");
    // The standby and Route 53 are well.
    assert!(sql.state(&west()).await.unwrap().in_recovery);
    assert_eq!(rig.records().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn route53_hangs_with_us_east_1_where_the_scenario_says_so() {
    let mut scenario = scenario_with("region-outage", "");
    scenario.route53_control_plane = handover::sim::scenario::ControlPlane::Hangs;
    let rig = rig_of(&scenario, SEED, None);
    let error = rig.route53().get_change().id("C1").send().await.unwrap_err();
    assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    // Its data plane goes on.
    let answer = rig.regions.resolver().ask("ns-1.sim:53", crate::support::RECORD, "CNAME").await.unwrap();
    assert_eq!(answer.values, ["east.fineract.com"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_promote_calls_are_throttled_and_half_of_the_reads() {
    let rig = rig("throttled");
    let promote = || rig.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA).send();
    for _ in 0..2 {
        let error = promote().await.unwrap_err();
        assert_eq!(error.code(), Some("Throttling"));
        assert_eq!(error.raw_response().unwrap().status().as_u16(), 400);
    }
    let mut throttled = 0;
    for _ in 0..200 {
        let call = rig.rds("us-west-2").describe_db_instances().send().await;
        throttled += usize::from(call.is_err_and(|error| error.code() == Some("Throttling")));
        rig.pass(1).await;
    }
    assert!((70..130).contains(&throttled), "{throttled} of 200");
    let error = loop {
        match rig.secrets("us-west-2").describe_secret().secret_id(SECRET).send().await {
            Ok(_) => rig.pass(1).await,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Some("ThrottlingException"));
    assert!(rig.regions.mutations().is_empty());
    while promote().await.is_err() {
        rig.pass(1).await;
    }
    assert_eq!(rig.regions.mutations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_takes_its_backup_cannot_be_promoted() {
    let backup = "[[event]]\nat='0s'\nuntil='5m'\nregion='standby'\nfault='backing-up'\n";
    let rig = rig_of(&scenario_with("region-outage", backup), SEED, None);
    assert_eq!(rig.instance("us-west-2", REPLICA).await.db_instance_status(), Some("backing-up"));
    let call = rig.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA);
    let error = call.send().await.unwrap_err();
    assert!(error.message().unwrap().contains("backing-up"));
    assert!(error.into_service_error().is_invalid_db_instance_state_fault());
    rig.pass(200).await;
    rig.promote().await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_lost_after_the_deed() {
    let lost = "[[event]]\nat='0s'\nregion='standby'\npart='rds'\noperation='PromoteReadReplica'\nfault='lose-answer'\nfirst=1\n";
    let rig = rig_of(&scenario_with("region-outage", lost), SEED, None);
    let call = rig.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA);
    assert!(matches!(call.send().await.unwrap_err(), SdkError::TimeoutError(_)));
    assert_eq!(rig.regions.mutations().len(), 1);
    rig.pass(20).await;
    assert_eq!(rig.instance("us-west-2", REPLICA).await.db_instance_status(), Some("modifying"));
}

#[tokio::test(start_paused = true)]
async fn a_fence_whose_answer_is_lost_may_have_been_done() {
    let lost = "[[event]]\nat='0s'\nregion='primary'\npart='database'\noperation='Fence'\nfault='lose-answer'\n";
    let rig = rig_of(&scenario_with("calm", lost), SEED, None);
    assert!(matches!(rig.regions.sql().fence(&east()).await, Err(PerformError::Unknown { .. })));
    assert_eq!(rig.regions.sql().state(&east()).await.unwrap().app_login, Some(false));
    assert_eq!(rig.regions.mutations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn refusals_failures_and_slowness_look_like_themselves() {
    let more = "[[event]]\nat='0s'\nregion='standby'\npart='rds'\nfault='refuse'\n\
                [[event]]\nat='0s'\nregion='standby'\npart='secretsmanager'\nfault='error'\n\
                [[event]]\nat='0s'\nregion='standby'\npart='cloudwatch'\nfault='slow'\nby='3s'\n\
                [[event]]\nat='0s'\nregion='standby'\npart='database'\nfault='refuse'\n";
    let rig = rig_of(&scenario_with("calm", more), SEED, None);
    let error = rig.rds("us-west-2").describe_db_instances().send().await.unwrap_err();
    assert!(matches!(&error, SdkError::DispatchFailure(failure) if failure.is_io()), "{error:?}");
    let error = rig.secrets("us-west-2").describe_secret().secret_id(SECRET).send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 503);
    assert_eq!(error.code(), Some("InternalServiceError"));
    let began = Instant::now();
    rig.cloudwatch("us-west-2").describe_alarms().send().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 3);
    let sql = rig.regions.sql();
    assert_eq!(sql.state(&west()).await.unwrap_err().why, Why::Unreachable);
    assert!(matches!(sql.fence(&west()).await, Err(PerformError::NotYet { .. })));
    assert!(sql.state(&east()).await.is_ok());
}
