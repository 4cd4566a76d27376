//! The s3-replication component on the simulated Regions.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use handover::domain::consent::{Authorised, Consent, How, authorise};
use handover::domain::gate::Verdict;
use handover::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Place, Region};
use handover::domain::service::{Service, Spec};
use handover::ports::{Clock as _, Component};
use handover::wire::simulated_world;

use super::s3::{EAST, WEST, fault, head, keys, put, reports, rig, stalled};
use crate::support::{Rig, east, pair, west};

/// The provider's component on these Regions.
fn storage(rig: &Rig, service: &Service) -> Arc<dyn Component> {
    simulated_world(service, &rig.regions, &rig.clock).components["reports"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_stall_lets_what_waits_grow_and_a_region_that_is_gone_tells_nothing() {
    let service = reports(true);
    let rig = rig(true, "calm", &stalled("5m", "30m"));
    let storage = storage(&rig, &service);
    let seen = async |region: &Region| storage.observe(&Place::Region(region.clone())).await.unwrap();
    let number = |seen: &handover::domain::reading::Observation, fact: &str| match seen.value(fact) {
        Some(Value::Number(number) | Value::Seconds(number)) => *number,
        other => panic!("{fact}: {other:?}"),
    };
    rig.pass(200).await;
    let calm = seen(&west()).await;
    assert_eq!((calm.health, calm.value("replication")), (Health::Healthy, Some(&Value::Text("none".into()))));
    assert!(number(&calm, "latency") < 60.0, "{calm:?}");
    rig.pass(1_500).await;
    let stuck = seen(&west()).await;
    assert!(number(&stuck, "pending_operations") > 40.0, "{stuck:?}");
    assert!(number(&stuck, "pending_bytes") > 40.0 * 300.0, "{stuck:?}");
    assert!(number(&stuck, "latency") > 900.0 && stuck.health == Health::Degraded, "{stuck:?}");
    // What is still to come is told where it is to come to, and nowhere else.
    let source = seen(&east()).await;
    assert_eq!((source.value("latency"), source.value("rtc")), (None, Some(&Value::Bool(true))));
    assert_eq!(source.value("failed_operations"), Some(&Value::Number(0.0)));
    rig.pass(900).await;
    assert!(number(&seen(&west()).await, "pending_operations") < 10.0);
}

#[tokio::test(start_paused = true)]
async fn with_the_source_gone_nothing_arrives_and_its_side_is_unread() {
    let service = reports(true);
    let rig = rig(true, "region-outage", "");
    let storage = storage(&rig, &service);
    let before = keys(&rig, "us-west-2", WEST, "documents/").await.len();
    rig.pass(600).await;
    assert_eq!(keys(&rig, "us-west-2", WEST, "documents/").await.len(), before);
    assert!(storage.observe(&Place::Region(east())).await.is_err());
    assert!(storage.observe(&Place::Global).await.is_err(), "one side's word is not the whole answer");
    let refusal = storage.plan(&ask(&service, "canary", &east())).await.unwrap_err();
    assert!(refusal.reason.contains("cannot be read now") && !refusal.already, "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn without_metrics_on_the_rule_nothing_is_told_of_what_waits() {
    let service = reports(false);
    let rig = rig(false, "calm", "");
    let seen = storage(&rig, &service).observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.value("latency"), seen.value("pending_operations")), (None, None));
    assert!(seen.unread.is_empty(), "{:?}", seen.unread);
}

fn ask(service: &Service, action: &str, on: &Region) -> Ask {
    Ask {
        step: "replicate".into(),
        component: "reports".into(),
        action: action.into(),
        on: Place::Region(on.clone()),
        direction: service.failover(),
        run: "run-1".into(),
        impact: None,
    }
}

fn consented(rig: &Rig, plan: &Plan) -> Authorised {
    let now = rig.clock.now();
    let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how: How::TwoKeys };
    authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap()
}

async fn perform(rig: &Rig, storage: &Arc<dyn Component>, plan: &Plan) -> Receipt {
    storage.perform(&consented(rig, plan)).await.unwrap()
}

/// Polls until it is over; how many seconds that took.
async fn settled(rig: &Rig, storage: &Arc<dyn Component>, plan: &Plan, receipt: &Receipt) -> (Settlement, u64) {
    for since in (0..7_200).step_by(2) {
        match storage.settle(plan, Some(receipt), Duration::from_secs(since)).await {
            Settlement::InProgress(..) => rig.pass(2).await,
            other => return (other, since),
        }
    }
    panic!("it never ends");
}

#[tokio::test(start_paused = true)]
async fn the_canary_measures_how_long_an_object_takes() {
    let service = reports(true);
    let rig = rig(true, "calm", "");
    let storage = storage(&rig, &service);
    let plan = storage.plan(&ask(&service, "canary", &east())).await.unwrap();
    assert_eq!(plan.call.param("Key"), Some("handover-canary/replicate/000001"));
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass), "{:?}", plan.gates);
    assert_eq!(plan.hash(), storage.plan(&ask(&service, "canary", &east())).await.unwrap().hash());
    let receipt = perform(&rig, &storage, &plan).await;
    let (Settlement::Done(evidence), took) = settled(&rig, &storage, &plan, &receipt).await else { panic!() };
    assert!((2..=600).contains(&took), "{took}");
    let told: Vec<&str> = evidence.iter().map(|one| one.value.as_str()).collect();
    assert!(told.contains(&"REPLICA"), "{told:?}");
    assert_eq!(told.iter().filter(|told| told.starts_with("at most ")).count(), 2, "{told:?}");
    // The next one has another name, and the one that is there cannot be written again.
    let next = storage.plan(&ask(&service, "canary", &east())).await.unwrap();
    assert_eq!(next.call.param("Key"), Some("handover-canary/replicate/000002"));
    assert_ne!(next.hash(), plan.hash());
    let first = rig.s3("us-east-1").delete_object().bucket(EAST).key("handover-canary/replicate/000001");
    first.version_id(receipt.handle.as_deref().unwrap()).send().await.unwrap();
    let still = storage.plan(&ask(&service, "canary", &east())).await.unwrap();
    assert_eq!(still.hash(), next.hash(), "a name that the target has would prove nothing");
    put(&rig, "us-east-1", EAST, "handover-canary/replicate/000001").await;
    let again =
        rig.s3("us-east-1").put_object().bucket(EAST).key("handover-canary/replicate/000001").if_none_match("*");
    assert_eq!(again.send().await.unwrap_err().code(), Some("PreconditionFailed"));
}

#[tokio::test(start_paused = true)]
async fn the_canary_tells_a_stall_from_a_failure_and_from_no_rule() {
    let service = reports(true);
    let stall = rig(true, "calm", &stalled("0s", "20m"));
    let buckets = storage(&stall, &service);
    let plan = buckets.plan(&ask(&service, "canary", &east())).await.unwrap();
    let receipt = perform(&stall, &buckets, &plan).await;
    stall.pass(600).await;
    let early = buckets.settle(&plan, Some(&receipt), Duration::from_secs(600)).await;
    let Settlement::InProgress(said, _) = early else { panic!("{early:?}") };
    assert!(said.starts_with("PENDING"), "{said}");
    // One that is late holds nobody up: whoever tries again finds out whether it is this one alone.
    stall.pass(310).await;
    let late = buckets.settle(&plan, Some(&receipt), Duration::from_secs(910)).await;
    let Settlement::Failed(why, _) = late else { panic!("{late:?}") };
    assert!(why.starts_with("PENDING") && why.contains("Another try"), "{why}");
    stall.pass(300).await;
    let again = buckets.plan(&ask(&service, "canary", &east())).await.unwrap();
    assert_ne!(again.call.param("Key"), plan.call.param("Key"));
    let receipt = perform(&stall, &buckets, &again).await;
    let (over, _) = settled(&stall, &buckets, &again, &receipt).await;
    assert!(matches!(over, Settlement::Done(_)), "{over:?}");

    let failing = rig(true, "calm", &fault("0s", "20m", "error"));
    let buckets = storage(&failing, &service);
    let plan = buckets.plan(&ask(&service, "canary", &east())).await.unwrap();
    let receipt = perform(&failing, &buckets, &plan).await;
    let (Settlement::Failed(why, _), _) = settled(&failing, &buckets, &plan, &receipt).await else { panic!() };
    assert!(why.contains("FAILED"), "{why}");
    failing.pass(120).await;
    let seen = buckets.observe(&Place::Region(east())).await.unwrap();
    assert!(matches!(seen.value("failed_operations"), Some(Value::Number(failed)) if *failed >= 1.0), "{seen:?}");

    // In the other direction there is no rule: the gate says so, and so does the settlement.
    let calm = rig(true, "calm", "");
    let buckets = storage(&calm, &service);
    let plan = buckets.plan(&ask(&service, "canary", &west())).await.unwrap();
    assert_eq!((plan.gates[0].verdict, plan.gates[0].evidence.value.as_str()), (Verdict::Fail, "none"));
    let receipt = perform(&calm, &buckets, &plan).await;
    let (Settlement::Failed(why, _), _) = settled(&calm, &buckets, &plan, &receipt).await else { panic!() };
    assert!(why.contains("no rule of fineract-reports-us-west-2"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn the_replication_is_turned_round_and_works_some_seconds_later() {
    let service = reports(true);
    let rig = rig(true, "calm", "");
    let storage = storage(&rig, &service);
    assert_eq!(replicates_to(&storage).await, "us-west-2");
    let before = put(&rig, "us-west-2", WEST, "before").await;
    let plan = storage.plan(&ask(&service, "reverse", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "s3:PutBucketReplication in us-west-2");
    assert!(
        plan.by_hand.starts_with("aws s3api put-bucket-replication --bucket fineract-reports-us-west-2"),
        "{plan:?}"
    );
    assert!(plan.changes.iter().any(|line| line.contains("Batch Replication")), "{:?}", plan.changes);
    let receipt = perform(&rig, &storage, &plan).await;
    let (done, _) = settled(&rig, &storage, &plan, &receipt).await;
    assert!(matches!(done, Settlement::Done(_)), "{done:?}");
    assert_eq!(replicates_to(&storage).await, "both");
    let hasty = put(&rig, "us-west-2", WEST, "hasty").await;
    rig.pass(30).await;
    let late = put(&rig, "us-west-2", WEST, "late").await;
    assert!(before != hasty && hasty != late);
    rig.pass(900).await;
    let arrived = keys(&rig, "us-east-1", EAST, "").await;
    let arrived = |key: &str| arrived.iter().any(|known| known == key);
    assert!(arrived("late") && !arrived("before") && !arrived("hasty"));
    // What came from the east does not go back there, and nothing of it is replicated again.
    let replica = keys(&rig, "us-west-2", WEST, "documents/").await[0].clone();
    assert_eq!(
        head(&rig, "us-west-2", WEST, &replica).await.unwrap().replication_status().unwrap().as_str(),
        "REPLICA"
    );
    let refusal = storage.plan(&ask(&service, "reverse", &west())).await.unwrap_err();
    assert!(refusal.already, "{refusal}");
}

async fn replicates_to(storage: &Arc<dyn Component>) -> String {
    storage.observe(&Place::Global).await.unwrap().value("replicates_to").unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn reversing_is_refused_without_versions_and_without_a_role() {
    let mut service = reports(true);
    let rig = rig(true, "calm", "");
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let west_client = rig.s3("us-west-2");
    west_client.put_bucket_versioning().bucket(WEST).versioning_configuration(suspended).send().await.unwrap();
    let refusal = storage(&rig, &service).plan(&ask(&service, "reverse", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("versioning of fineract-reports-us-west-2 in us-west-2 is Suspended"), "{refusal}");
    let Some(Spec::S3Replication(spec)) = service.components.last_mut().map(|last| &mut last.spec) else { panic!() };
    spec.role = None;
    let Refusal { reason, already } =
        storage(&rig, &service).plan(&ask(&service, "reverse", &west())).await.unwrap_err();
    assert!(reason.contains("no `role`") && !already, "{reason}");
}

#[tokio::test(start_paused = true)]
async fn stopping_wants_nothing_to_wait_and_what_comes_meanwhile_never_goes_over() {
    let service = reports(true);
    let rig = rig(true, "calm", &stalled("10m", "30m"));
    let storage = storage(&rig, &service);
    rig.pass(1_200).await;
    let plan = storage.plan(&ask(&service, "stop", &east())).await.unwrap();
    assert_eq!(plan.gates[0].verdict, Verdict::Fail, "{:?}", plan.gates);
    let receipt = perform(&rig, &storage, &plan).await;
    let (done, _) = settled(&rig, &storage, &plan, &receipt).await;
    assert!(matches!(done, Settlement::Done(_)), "{done:?}");
    let seen = storage.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.value("replication"), Some(&Value::Text("disabled".into())));
    assert_eq!((seen.health, replicates_to(&storage).await.as_str()), (Health::Degraded, "none"));
    assert!(storage.plan(&ask(&service, "stop", &east())).await.unwrap_err().already);
    rig.pass(30).await;
    put(&rig, "us-east-1", EAST, "meanwhile").await;
    // Whoever enables it again by hand gets neither that nor what was waiting.
    let east_client = rig.s3("us-east-1");
    let rules = east_client.get_bucket_replication().bucket(EAST).send().await.unwrap();
    let mut rules = rules.replication_configuration().unwrap().clone();
    rules.rules[0].status = "Enabled".into();
    east_client.put_bucket_replication().bucket(EAST).replication_configuration(rules).send().await.unwrap();
    rig.pass(3_600).await;
    assert!(head(&rig, "us-west-2", WEST, "meanwhile").await.is_none());
    let (here, there) =
        (keys(&rig, "us-east-1", EAST, "documents/").await, keys(&rig, "us-west-2", WEST, "documents/").await);
    assert!(here.len() > there.len() + 25, "{} {}", here.len(), there.len());
}

#[tokio::test(start_paused = true)]
async fn a_bucket_in_another_region_is_said_to_be_there() {
    let mut service = reports(true);
    let rig = rig(true, "calm", "");
    let Some(Spec::S3Replication(spec)) = service.components.last_mut().map(|last| &mut last.spec) else { panic!() };
    spec.bucket = pair(WEST, "not-there");
    let storage = storage(&rig, &service);
    let unread = storage.observe(&Place::Region(east())).await.unwrap_err();
    assert!(unread.message.contains("the bucket is in us-west-2, not in us-east-1"), "{unread}");
    let seen = storage.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.value("exists")), (Health::Down, Some(&Value::Bool(false))));
    assert_eq!(seen.facts.len(), 1, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_canary_whose_answer_was_lost_is_found_by_its_name() {
    let service = reports(true);
    let lost = "[[event]]\nat = \"0s\"\nregion = \"primary\"\npart = \"s3\"\noperation = \"PutObject\"\n\
                fault = \"lose-answer\"\nfirst = 1\n";
    let rig = rig(true, "calm", lost);
    let storage = storage(&rig, &service);
    let plan = storage.plan(&ask(&service, "canary", &east())).await.unwrap();
    let early = storage.settle(&plan, None, Duration::from_secs(5)).await;
    assert!(matches!(early, Settlement::InProgress(..)), "{early:?}");
    let never = storage.settle(&plan, None, Duration::from_secs(60)).await;
    assert!(matches!(never, Settlement::NotStarted(_)), "{never:?}");
    assert!(matches!(storage.perform(&consented(&rig, &plan)).await, Err(PerformError::Unknown { .. })));
    rig.pass(900).await;
    let found = storage.settle(&plan, None, Duration::from_secs(900)).await;
    assert!(matches!(found, Settlement::Done(_)), "{found:?}");
    assert_eq!(rig.regions.mutations().len(), 1);
}
