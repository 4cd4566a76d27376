//! S3 in the simulated Regions: what is replicated, when, and what is not.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, ReplicationStatus, VersioningConfiguration};
use handover::domain::service::{S3Replication, Service, Spec};

use crate::support::{Rig, component, fineract, pair, rig_for, scenario_with};

pub(super) const EAST: &str = "fineract-reports-us-east-1";
pub(super) const WEST: &str = "fineract-reports-us-west-2";
const ROLE: &str = "arn:aws:iam::123456789012:role/s3-replication-production";

pub(super) fn reports(rtc: bool) -> Service {
    let mut shop = fineract();
    let spec = S3Replication {
        bucket: pair(EAST, WEST),
        role: Some(ROLE.to_owned()),
        canary: "handover-canary/".to_owned(),
        rtc,
        delete_markers: false,
    };
    shop.components.push(component("reports", Spec::S3Replication(spec)));
    shop
}

pub(super) fn rig(rtc: bool, scenario: &str, more: &str) -> Rig {
    rig_for(&reports(rtc), &scenario_with(scenario, more))
}

pub(super) fn stalled(from: &str, until: &str) -> String {
    fault(from, until, "hang")
}

pub(super) fn fault(from: &str, until: &str, what: &str) -> String {
    format!(
        "[[event]]\nat = \"{from}\"\nuntil = \"{until}\"\nregion = \"primary\"\npart = \"s3-replication\"\nfault = \"{what}\"\n"
    )
}

pub(super) async fn head(rig: &Rig, region: &str, bucket: &str, key: &str) -> Option<HeadObjectOutput> {
    match rig.s3(region).head_object().bucket(bucket).key(key).send().await {
        Ok(found) => Some(found),
        Err(error) => {
            assert!(error.as_service_error().is_some_and(HeadObjectError::is_not_found), "{error:?}");
            None
        }
    }
}

pub(super) async fn put(rig: &Rig, region: &str, bucket: &str, key: &str) -> String {
    let body = ByteStream::from_static(b"a report");
    let answer = rig.s3(region).put_object().bucket(bucket).key(key).body(body).send().await.unwrap();
    answer.version_id().unwrap().to_owned()
}

pub(super) async fn keys(rig: &Rig, region: &str, bucket: &str, prefix: &str) -> Vec<String> {
    let list = rig.s3(region).list_objects_v2().bucket(bucket).prefix(prefix).send().await.unwrap();
    list.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_written_arrives_in_its_own_time_as_the_same_version() {
    let rig = rig(true, "calm", "");
    let version = put(&rig, "us-east-1", EAST, "report").await;
    let source = head(&rig, "us-east-1", EAST, "report").await.unwrap();
    assert_eq!(source.replication_status(), Some(&ReplicationStatus::Pending));
    assert!(head(&rig, "us-west-2", WEST, "report").await.is_none());
    rig.pass(900).await;
    let replica = head(&rig, "us-west-2", WEST, "report").await.unwrap();
    assert_eq!(replica.replication_status().unwrap().as_str(), "REPLICA");
    assert_eq!(replica.version_id(), Some(version.as_str()));
    assert_eq!(
        replica.last_modified(),
        source.last_modified(),
        "a replica keeps the time at which the object was made"
    );
    let source = head(&rig, "us-east-1", EAST, "report").await.unwrap();
    assert_eq!(source.replication_status().unwrap().as_str(), "COMPLETED");
    let got = rig.s3("us-west-2").get_object().bucket(WEST).key("report").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"a report");
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_the_rule_is_not_replicated() {
    let rig = rig(false, "calm", "");
    assert_eq!(keys(&rig, "us-east-1", EAST, "archive/").await.len(), 3);
    assert!(keys(&rig, "us-west-2", WEST, "archive/").await.is_empty());
    assert_eq!(head(&rig, "us-east-1", EAST, "archive/000001").await.unwrap().replication_status(), None);
    let (here, there) =
        (keys(&rig, "us-east-1", EAST, "documents/").await, keys(&rig, "us-west-2", WEST, "documents/").await);
    assert!(there.len() > 150 && here.len() > there.len(), "{} {}", here.len(), there.len());
}

#[tokio::test(start_paused = true)]
async fn deletions_stay_where_they_are_and_replicas_go_no_further() {
    let rig = rig(true, "calm", "");
    let version = put(&rig, "us-east-1", EAST, "report").await;
    rig.pass(900).await;
    rig.s3("us-east-1").delete_object().bucket(EAST).key("report").send().await.unwrap();
    rig.pass(900).await;
    assert!(head(&rig, "us-east-1", EAST, "report").await.is_none());
    assert!(head(&rig, "us-west-2", WEST, "report").await.is_some());
    let removed = rig.s3("us-east-1").delete_object().bucket(EAST).key("report").version_id(&version).send().await;
    assert_eq!(removed.unwrap().version_id(), Some(version.as_str()));
    // What is gone before it went over never goes over.
    let hasty = put(&rig, "us-east-1", EAST, "hasty").await;
    rig.s3("us-east-1").delete_object().bucket(EAST).key("hasty").version_id(&hasty).send().await.unwrap();
    rig.pass(900).await;
    assert!(head(&rig, "us-west-2", WEST, "report").await.is_some());
    assert!(head(&rig, "us-west-2", WEST, "hasty").await.is_none());
    // What is written in the standby's bucket goes nowhere: it has no rule.
    put(&rig, "us-west-2", WEST, "elsewhere").await;
    rig.pass(900).await;
    let elsewhere = head(&rig, "us-west-2", WEST, "elsewhere").await.unwrap();
    assert_eq!(elsewhere.replication_status(), None);
    assert!(head(&rig, "us-east-1", EAST, "elsewhere").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn s3_refuses_what_it_refuses() {
    let rig = rig(true, "calm", "");
    let (east, west) = (rig.s3("us-east-1"), rig.s3("us-west-2"));
    let none = west.get_bucket_replication().bucket(WEST).send().await.unwrap_err();
    assert_eq!(none.code(), Some("ReplicationConfigurationNotFoundError"));
    let missing = east.head_bucket().bucket("not-there").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found());
    let redirected = east.get_bucket_versioning().bucket(WEST).send().await.unwrap_err();
    assert_eq!(redirected.code(), Some("PermanentRedirect"));
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let refused = east.put_bucket_versioning().bucket(EAST).versioning_configuration(suspended.clone()).send().await;
    assert_eq!(refused.unwrap_err().code(), Some("InvalidBucketState"));
    // The bucket that it comes to has no configuration, and nothing keeps anybody from ending its versions.
    west.put_bucket_versioning().bucket(WEST).versioning_configuration(suspended).send().await.unwrap();
    put(&rig, "us-east-1", EAST, "report").await;
    rig.pass(900).await;
    let failed = head(&rig, "us-east-1", EAST, "report").await.unwrap();
    assert_eq!(failed.replication_status(), Some(&ReplicationStatus::Failed));
    let forward = east.get_bucket_replication().bucket(EAST).send().await.unwrap();
    let put = east.put_bucket_replication().bucket(EAST);
    let put = put.set_replication_configuration(forward.replication_configuration().cloned());
    let refused = put.send().await.unwrap_err();
    assert_eq!(refused.message(), Some("Destination bucket must have versioning enabled."));
}

#[tokio::test(start_paused = true)]
async fn delete_markers_are_replicated_where_the_rule_says_so() {
    let mut service = reports(true);
    let Some(Spec::S3Replication(spec)) = service.components.last_mut().map(|last| &mut last.spec) else { panic!() };
    spec.delete_markers = true;
    let rig = rig_for(&service, &scenario_with("calm", ""));
    put(&rig, "us-east-1", EAST, "report").await;
    rig.pass(900).await;
    assert!(head(&rig, "us-west-2", WEST, "report").await.is_some());
    rig.s3("us-east-1").delete_object().bucket(EAST).key("report").send().await.unwrap();
    rig.pass(900).await;
    assert!(head(&rig, "us-west-2", WEST, "report").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_api_throttles_and_fails_as_s3_does_and_hangs_with_its_region() {
    let throttle =
        "[[event]]\nat = \"0s\"\nuntil = \"10m\"\nregion = \"primary\"\npart = \"s3\"\nfault = \"throttle\"\n";
    let rig = rig(
        true,
        "calm",
        &format!("{throttle}{}", throttle.replace("throttle", "error").replace("primary", "standby")),
    );
    let slow = rig.s3("us-east-1").get_bucket_versioning().bucket(EAST).send().await.unwrap_err();
    assert_eq!((slow.code(), slow.raw_response().unwrap().status().as_u16()), (Some("SlowDown"), 503));
    let failed = rig.s3("us-west-2").get_bucket_versioning().bucket(WEST).send().await.unwrap_err();
    assert_eq!((failed.code(), failed.raw_response().unwrap().status().as_u16()), (Some("InternalError"), 500));
    let gone = super::s3::rig(true, "region-outage", "");
    let hung = gone.s3("us-east-1").head_bucket().bucket(EAST).send().await.unwrap_err();
    assert!(hung.as_service_error().is_none(), "{hung:?}");
}
