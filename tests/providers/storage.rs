//! The s3-replication component: errors, rules that are others', and answers that were lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Plan, Receipt, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{S3Replication, Service, Spec};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

const ROLE: &str = "arn:aws:iam::111122223333:role/s3-replication";

fn assets() -> Service {
    service(
        "assets",
        Spec::S3Replication(S3Replication {
            bucket: Pair { primary: "assets-east".into(), standby: "assets-west".into() },
            role: Some(ROLE.into()),
            canary: "handover-canary/".into(),
            rtc: false,
            delete_markers: false,
        }),
    )
}

/// Two rules to other buckets, with everything that a rule can have; and perhaps one to the other Region, which is off.
fn others(role: &str, towards: bool) -> String {
    let towards = if towards {
        "<Rule><ID>back</ID><Priority>9</Priority><Filter><Prefix></Prefix></Filter><Status>Disabled</Status>\
         <Destination><Bucket>arn:aws:s3:::assets-east</Bucket></Destination>\
         <DeleteMarkerReplication><Status>Enabled</Status></DeleteMarkerReplication></Rule>"
    } else {
        ""
    };
    format!(
        "<ReplicationConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Role>{role}</Role>\
         <Rule><ID>audit</ID><Priority>3</Priority><Filter><And><Prefix>logs/</Prefix><Tag><Key>kind</Key>\
         <Value>a&amp;b</Value></Tag><Tag><Key>keep</Key><Value>yes</Value></Tag></And></Filter>\
         <Status>Enabled</Status><SourceSelectionCriteria><ReplicaModifications><Status>Enabled</Status>\
         </ReplicaModifications><SseKmsEncryptedObjects><Status>Enabled</Status></SseKmsEncryptedObjects>\
         </SourceSelectionCriteria><ExistingObjectReplication><Status>Disabled</Status></ExistingObjectReplication>\
         <Destination><Bucket>arn:aws:s3:::audit</Bucket><Account>444455556666</Account>\
         <StorageClass>STANDARD_IA</StorageClass><AccessControlTranslation><Owner>Destination</Owner>\
         </AccessControlTranslation><EncryptionConfiguration><ReplicaKmsKeyID>arn:aws:kms:eu-west-1:1:key/k\
         </ReplicaKmsKeyID></EncryptionConfiguration><ReplicationTime><Status>Enabled</Status><Time>\
         <Minutes>15</Minutes></Time></ReplicationTime><Metrics><Status>Enabled</Status><EventThreshold>\
         <Minutes>15</Minutes></EventThreshold></Metrics></Destination>\
         <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>\
         <Rule><ID>one tag</ID><Priority>4</Priority><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>\
         <Status>Disabled</Status><Destination><Bucket>arn:aws:s3:::archive</Bucket></Destination>\
         <DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication></Rule>{towards}\
         </ReplicationConfiguration>"
    )
}

/// What the buckets have.
#[derive(Clone)]
struct Has {
    /// The target's configuration.
    rules: Option<String>,
    versioning: &'static str,
    /// What is answered to a change instead of doing it, or of saying that it is done.
    instead: Option<Reply>,
    done: bool,
}

fn error(status: u16, code: &str) -> Reply {
    Reply::Xml(status, format!("<Error><Code>{code}</Code><Message>No \u{202e}way</Message></Error>"))
}

fn s3(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let mut has = shared.lock().unwrap();
        let (get, here) = (request.method == "GET", request.region == "us-west-2");
        if request.uri.contains("ListMetrics") {
            return Reply::Cbor(vec![0xbf, 0xff]);
        }
        if request.uri.contains("?versioning") {
            let status =
                if has.versioning.is_empty() { String::new() } else { format!("<Status>{}</Status>", has.versioning) };
            return match has.versioning {
                "denied" => error(403, "AccessDenied"),
                _ => Reply::Xml(200, format!("<VersioningConfiguration>{status}</VersioningConfiguration>")),
            };
        }
        if request.uri.contains("?replication") && get {
            let none = || error(404, "ReplicationConfigurationNotFoundError");
            return has.rules.clone().filter(|_| here).map_or_else(none, |rules| Reply::Xml(200, rules));
        }
        if request.uri.contains("?replication") {
            if has.done {
                has.rules = Some(request.body.clone());
            }
            return has.instead.clone().unwrap_or(Reply::Xml(200, String::new()));
        }
        Reply::Xml(200, String::new())
    });
    (wire, state)
}

fn with(rules: Option<String>) -> Has {
    Has { rules, versioning: "Enabled", instead: None, done: true }
}

async fn settled(wire: &Wire, service: &Service, plan: &Plan, receipt: Option<&Receipt>, since: u64) -> Settlement {
    component(service, wire, None).settle(plan, receipt, Duration::from_secs(since)).await
}

#[tokio::test]
async fn the_rules_that_are_others_go_there_and_back_unharmed() {
    let service = assets();
    for towards in [false, true] {
        let (wire, state) = s3(with(Some(others(ROLE, towards))));
        let assets = component(&service, &wire, None);
        let plan = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
        // The one towards the other Region is made, or enabled where it was.
        assert_eq!(plan.call.params.len(), 2 + 3, "{:?}", plan.call.params);
        assert!(plan.changes.iter().any(|line| line.contains("the 2 to other buckets stay")), "{:?}", plan.changes);
        let receipt = assets.perform(&authorised(&plan)).await.unwrap();
        let put = state.lock().unwrap().rules.clone().unwrap();
        for kept in [
            "<ID>audit</ID>",
            "<Key>kind</Key><Value>a&amp;b</Value>",
            "<ReplicaKmsKeyID>arn:aws:kms:eu-west-1:1:key/k</ReplicaKmsKeyID>",
            "<Owner>Destination</Owner>",
            "<Account>444455556666</Account>",
            "<StorageClass>STANDARD_IA</StorageClass>",
            "<Tag><Key>k</Key><Value>v</Value></Tag>",
        ] {
            assert!(put.contains(kept), "{kept} is gone: {put}");
        }
        assert_eq!(put.matches("<Status>Enabled</Status><Time>").count(), 1, "{put}");
        assert_eq!(put.contains("<ID>handover-to-us-east-1</ID>"), !towards);
        // Every rule as it was read, by the plan's own account of it.
        let again = assets.plan(&ask(&service, "reverse", &west())).await.unwrap_err();
        assert!(again.already, "{again}");
        assert!(matches!(settled(&wire, &service, &plan, Some(&receipt), 1).await, Settlement::Done(_)));
        assert_eq!(wire.count("<ReplicationConfiguration"), 1, "one call, and no other");
    }
}

#[tokio::test]
async fn a_role_that_serves_other_rules_is_not_taken_away() {
    let service = assets();
    let (wire, _) = s3(with(Some(others("arn:aws:iam::111122223333:role/another", false))));
    let refusal = component(&service, &wire, None).plan(&ask(&service, "reverse", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("role/another") && !refusal.already, "{refusal}");
}

#[tokio::test]
async fn consent_is_void_when_somebody_changes_another_rule() {
    let service = assets();
    let (wire, state) = s3(with(Some(others(ROLE, true))));
    let assets = component(&service, &wire, None);
    let plan = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
    let rules = others(ROLE, true).replace("<Prefix>logs/</Prefix>", "<Prefix>log/</Prefix>");
    state.lock().unwrap().rules = Some(rules);
    let again = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
    assert_ne!(plan.hash(), again.hash());
    let theirs = settled(&wire, &service, &plan, None, 60).await;
    let Settlement::Failed(why, _) = theirs else { panic!("{theirs:?}") };
    assert!(why.contains("somebody has put other rules"), "{why}");
}

#[tokio::test]
async fn versions_that_are_off_or_unread_refuse_the_plan() {
    let service = assets();
    for (versioning, why) in [("Suspended", "is Suspended"), ("", "is none"), ("denied", "AccessDenied")] {
        let (wire, _) = s3(Has { versioning, ..with(None) });
        let refusal = component(&service, &wire, None).plan(&ask(&service, "reverse", &west())).await.unwrap_err();
        assert!(refusal.reason.contains(why) && !refusal.reason.contains('\u{202e}'), "{refusal}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_what_the_bucket_has() {
    let service = assets();
    for done in [true, false] {
        let (wire, _) = s3(Has { instead: Some(Reply::Reset), done, ..with(Some(others(ROLE, true))) });
        let assets = component(&service, &wire, None);
        let plan = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
        assert!(matches!(assets.perform(&authorised(&plan)).await, Err(PerformError::Unknown { .. })));
        assert_eq!(wire.count("<ReplicationConfiguration"), 1, "a write is never sent again");
        if done {
            assert!(matches!(settled(&wire, &service, &plan, None, 1).await, Settlement::Done(_)));
        } else {
            assert!(matches!(settled(&wire, &service, &plan, None, 5).await, Settlement::InProgress(..)));
            assert!(matches!(settled(&wire, &service, &plan, None, 60).await, Settlement::NotStarted(_)));
        }
    }
}

#[tokio::test]
async fn what_s3_refuses_is_told_and_slow_down_may_be_tried_again() {
    let service = assets();
    let (wire, state) = s3(Has { instead: Some(error(503, "SlowDown")), done: false, ..with(None) });
    let assets = component(&service, &wire, None);
    let plan = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
    assert!(matches!(assets.perform(&authorised(&plan)).await, Err(PerformError::NotYet { .. })));
    state.lock().unwrap().instead = Some(error(400, "InvalidRequest"));
    let refused = assets.perform(&authorised(&plan)).await.unwrap_err();
    assert!(
        matches!(&refused, PerformError::Refused { message, .. } if message.contains("InvalidRequest")),
        "{refused}"
    );
    // A plan that was tampered with does nothing.
    let mut other = plan.clone();
    other.call.params[0].1 = "somebody-else".into();
    assert!(matches!(assets.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    let mut other = plan;
    other.call.params.truncate(2);
    assert!(matches!(assets.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert_eq!(wire.count("<ReplicationConfiguration"), 2);
}

#[tokio::test]
async fn a_part_that_is_denied_leaves_the_rest() {
    let service = assets();
    let (wire, _) = s3(Has { versioning: "denied", ..with(Some(others(ROLE, true))) });
    let seen = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("replication"), Some(&Value::Text("disabled".into())));
    assert_eq!(seen.value("delete_markers"), Some(&Value::Bool(true)));
    assert_eq!((seen.value("versioning"), seen.health), (None, Health::Degraded));
    assert_eq!(seen.unread[0].1.why, Why::Denied);
    assert!(!seen.unread[0].1.message.contains('\u{202e}'));
}

/// On an S3 that nobody here wrote, which takes rules and replicates nothing.
#[tokio::test(flavor = "multi_thread")]
async fn moto_takes_the_canary_and_the_rules() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = assets();
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    for (region, bucket) in [("us-east-1", "assets-east"), ("us-west-2", "assets-west")] {
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
            .region(aws_sdk_s3::config::Region::new(region))
            .endpoint_url(peers.endpoint(region))
            .force_path_style(true)
            .credentials_provider(aws_sdk_s3::config::Credentials::new("test", "test", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let s3 = aws_sdk_s3::Client::from_conf(config);
        let mut create = s3.create_bucket().bucket(bucket);
        if region != "us-east-1" {
            let place =
                aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(region.into()).build();
            create = create.create_bucket_configuration(place);
        }
        create.send().await.unwrap();
        let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        s3.put_bucket_versioning().bucket(bucket).versioning_configuration(on).send().await.unwrap();
    }
    let assets = real_component(&service);
    let seen = assets.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.value("exists"), Some(&Value::Bool(true)), "{seen:?}");
    assert_eq!(seen.value("versioning"), Some(&Value::Text("Enabled".into())), "{seen:?}");
    assert_eq!(seen.value("replication"), Some(&Value::Text("none".into())));
    assert_eq!(assets.observe(&Place::Global).await.unwrap().value("replicates_to"), Some(&Value::Text("none".into())));

    let plan = assets.plan(&ask(&service, "canary", &east())).await.unwrap();
    assert_eq!(plan.gates[0].verdict, Verdict::Fail);
    assert!(plan.by_hand.starts_with("aws s3api put-object --bucket assets-east --key"), "{}", plan.by_hand);
    let receipt = assets.perform(&authorised(&plan)).await.unwrap();
    assert!(receipt.handle.is_some(), "{receipt:?}");
    assert!(
        matches!(assets.perform(&authorised(&plan)).await, Err(PerformError::Refused { .. })),
        "it is there already"
    );
    let settled = assets.settle(&plan, Some(&receipt), Duration::from_secs(60)).await;
    let Settlement::Failed(why, _) = settled else { panic!("{settled:?}") };
    assert!(why.contains("no rule of assets-east"), "{why}");

    let plan = assets.plan(&ask(&service, "reverse", &west())).await.unwrap();
    assets.perform(&authorised(&plan)).await.unwrap();
    let told = assets.observe(&Place::Global).await.unwrap();
    assert_eq!(told.value("replicates_to"), Some(&Value::Text("us-east-1".into())), "{told:?}");
    let stop = assets.plan(&ask(&service, "stop", &west())).await.unwrap();
    assert_eq!(stop.gates[0].verdict, Verdict::Unknown, "without metrics nobody knows what waits");
    assets.perform(&authorised(&stop)).await.unwrap();
    let seen = assets.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("replication"), Some(&Value::Text("disabled".into())));
}
