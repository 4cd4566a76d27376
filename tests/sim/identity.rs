//! Whose credentials a service uses, in the simulated Regions: a role with an external id, and sessions that end.

use std::time::Duration;

use aws_sdk_rds::error::ProvideErrorMetadata as _;
use aws_sdk_sts::config::Credentials;
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::Place;
use handover::domain::service::{AssumeRole, ExternalId, Service, Spec};

use crate::support::{Rig, answering, component, east, fineract, rig_for, scenario_with, west};

const ROLE: &str = "arn:aws:iam::123456789012:role/dr-operations-role-prod";

fn shop() -> Service {
    let mut shop = fineract();
    shop.components.push(component("identity", Spec::Identity));
    shop
}

fn assuming(external_id: Option<&str>, duration: Duration) -> Service {
    let mut shop = shop();
    let external_id = external_id.map(|id| ExternalId::Text(id.to_owned()));
    shop.aws.assume_role = Some(AssumeRole { role: ROLE.into(), external_id, source_profile: None, duration });
    shop
}

#[tokio::test(start_paused = true)]
async fn without_a_role_the_credentials_are_as_they_come() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let identity = answering(&rig, &shop())["identity"].clone();
    for place in [east(), west()].map(Place::Region) {
        let seen = identity.observe(&place).await.unwrap();
        assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "user/simulated"), "{seen:?}");
        assert_eq!(seen.value("account"), Some(&Value::Text("123456789012".into())));
        assert_eq!((seen.value("expires_in"), seen.value("clock_skew")), (None, Some(&Value::Seconds(0.0))));
    }
    let mut other = shop();
    other.aws.account = Some("210987654321".into());
    let seen = answering(&rig, &other)["identity"].observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Down);
    assert!(seen.summary.starts_with("account 123456789012, and the service is in 210987654321"), "{}", seen.summary);
}

#[tokio::test(start_paused = true)]
async fn the_role_is_assumed_for_everything_and_again_before_it_ends() {
    let hour = Duration::from_hours(1);
    let shop = assuming(Some("dr-ops-prod"), hour);
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let all = answering(&rig, &shop);
    let here = Place::Region(west());
    let left = async || match all["identity"].observe(&here).await.unwrap().value("expires_in") {
        Some(Value::Seconds(left)) => *left,
        other => panic!("{other:?}"),
    };
    let seen = all["identity"].observe(&here).await.unwrap();
    let arn = "arn:aws:sts::123456789012:assumed-role/dr-operations-role-prod/handover-fineract-production";
    assert_eq!(seen.value("arn"), Some(&Value::Text(arn.into())));
    assert!((3_590.0..=3_600.0).contains(&left().await));
    rig.pass(25 * 60).await;
    assert!((2_090.0..=2_100.0).contains(&left().await), "it is kept");
    rig.pass(6 * 60).await;
    assert!(left().await > 3_590.0, "another, long before it ends");
    for _ in 0..5 {
        rig.pass(30 * 60).await;
        assert!(left().await >= 1_790.0);
        let seen = all["database"].observe(&here).await.unwrap();
        assert!(seen.value("status").is_some(), "{seen:?}");
    }
    assert!(rig.regions.mutations().is_empty(), "a session is no change of the service");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_be_assumed_leaves_nothing_to_sign_with() {
    let shop = assuming(Some("dr-ops-prod"), Duration::from_hours(1));
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let wrong = assuming(Some("dr-ops-test"), Duration::from_hours(1));
    for component in ["identity", "database"] {
        let unread = answering(&rig, &wrong)[component].observe(&Place::Region(west())).await.unwrap_err();
        assert_eq!(unread.why, Why::Auth, "{unread}");
        assert!(unread.message.contains("not authorized to perform: sts:AssumeRole"), "{unread}");
        assert!(!unread.message.contains("dr-ops-test"), "{unread}");
    }
    let long = assuming(Some("dr-ops-prod"), Duration::from_hours(2));
    let unread = answering(&rig, &long)["identity"].observe(&Place::Region(west())).await.unwrap_err();
    assert!(unread.message.contains("MaxSessionDuration"), "{unread}");
}

/// STS fails when it is needed: what is left of a session is used up, and said.
#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_renewed_is_used_to_its_end() {
    let shop = assuming(None, Duration::from_hours(1));
    let event = "[[event]]\nat = \"10m\"\nregion = \"standby\"\npart = \"api\"\nfault = \"error\"\noperation = \"AssumeRole\"\n";
    let rig = rig_for(&shop, &scenario_with("calm", event));
    let all = answering(&rig, &shop);
    let here = Place::Region(west());
    assert_eq!(all["identity"].observe(&here).await.unwrap().health, Health::Healthy);
    rig.pass(40 * 60).await;
    let seen = all["identity"].observe(&here).await.unwrap();
    assert_eq!(seen.health, Health::Degraded, "{seen:?}");
    assert!(seen.summary.contains("left"), "{}", seen.summary);
    assert!(all["database"].observe(&here).await.is_ok());
    rig.pass(21 * 60).await;
    assert_eq!(all["database"].observe(&here).await.unwrap_err().why, Why::Auth);
}

#[tokio::test(start_paused = true)]
async fn every_service_refuses_a_session_that_has_ended() {
    let shop = assuming(None, Duration::from_hours(1));
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let sts = rig.sts("us-west-2");
    let assume = || sts.assume_role().role_arn(ROLE).role_session_name("by-hand");
    let given = assume().duration_seconds(900).send().await.unwrap();
    let given = given.credentials().unwrap().clone();
    let rds = |rig: &Rig| {
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "test",
        );
        let config = rig.rds("us-west-2").config().to_builder().credentials_provider(credentials).build();
        aws_sdk_rds::Client::from_conf(config)
    };
    assert!(rds(&rig).describe_db_instances().send().await.is_ok());
    rig.pass(901).await;
    let error = rds(&rig).describe_db_instances().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ExpiredToken"));
    let error = assume().duration_seconds(60).send().await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
    let error = sts.assume_role().role_arn("arn:aws:iam::123456789012:role/other").role_session_name("by-hand");
    assert_eq!(error.send().await.unwrap_err().code(), Some("AccessDenied"));
}
