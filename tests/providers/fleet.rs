//! The ecs component.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::plan::{PerformError, Plan, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::runbook::Hazard;
use handover::domain::service::{Ecs, Service, Spec};
use serde_json::{Value as Json, json};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

fn compute() -> Service {
    let pair = |primary: &str, standby: &str| Pair { primary: primary.to_owned(), standby: standby.to_owned() };
    service(
        "compute",
        Spec::Ecs(Ecs {
            cluster: pair("regami-cluster", "regami-cluster-secondary"),
            service: pair("regami-service", "regami-service-secondary"),
            count: Pair { primary: 4, standby: 2 },
            rest: 0,
        }),
    )
}

/// What ECS has.
#[derive(Clone, Copy)]
struct Has {
    desired: i64,
    running: i64,
    pending: i64,
    failed: bool,
    /// Whether `UpdateService` is answered.
    answers: bool,
}

const EMPTY: Has = Has { desired: 0, running: 0, pending: 0, failed: false, answers: true };

fn written(has: &Has) -> Json {
    let rollout = if has.failed { "FAILED" } else { "COMPLETED" };
    json!({
        "serviceName": "regami-service-secondary", "status": "ACTIVE",
        "desiredCount": has.desired, "runningCount": has.running, "pendingCount": has.pending,
        "taskDefinition": "arn:aws:ecs:us-west-2:111122223333:task-definition/regami:17",
        "deployments": [{ "id": "d", "status": "PRIMARY", "rolloutState": rollout,
                          "rolloutStateReason": "tasks failed to start \u{1b}[31m" }],
        "events": [{ "id": "e", "message": "(service regami) has started 2 tasks.\u{202e}" }],
    })
}

fn ecs(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let mut has = shared.lock().unwrap();
        let body: Json = serde_json::from_str(&request.body).unwrap();
        if let Some(count) = body.get("desiredCount") {
            has.desired = count.as_i64().unwrap();
            return if has.answers {
                Reply::Json(200, json!({ "service": written(&has) }).to_string())
            } else {
                Reply::Reset
            };
        }
        Reply::Json(200, json!({ "services": [written(&has)], "failures": [] }).to_string())
    });
    (wire, state)
}

#[tokio::test]
async fn nothing_of_nothing_is_not_stable() {
    let (service, (wire, state)) = (compute(), ecs(EMPTY));
    let compute = component(&service, &wire, None);
    let place = Place::Region(west());
    let seen = compute.observe(&place).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "scaled to zero"));
    assert_eq!(seen.value("stable"), Some(&Value::Bool(false)));
    assert_eq!(seen.value("running"), Some(&Value::Number(0.0)));
    *state.lock().unwrap() = Has { desired: 2, running: 2, ..EMPTY };
    let seen = compute.observe(&place).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "2 of 2 running"));
    assert_eq!(seen.value("stable"), Some(&Value::Bool(true)));
    *state.lock().unwrap() = Has { desired: 2, running: 1, pending: 1, ..EMPTY };
    assert_eq!(compute.observe(&place).await.unwrap().health, Health::Degraded);
    *state.lock().unwrap() = Has { desired: 2, failed: true, ..EMPTY };
    let seen = compute.observe(&place).await.unwrap();
    assert_eq!(seen.health, Health::Down);
    assert!(!seen.summary.contains('\u{1b}') && seen.facts.iter().all(|f| !f.value.to_string().contains('\u{202e}')));
}

#[tokio::test]
async fn a_service_that_is_missing_is_not_read_as_empty() {
    let service = compute();
    let missing = json!({ "services": [], "failures": [{ "reason": "MISSING" }] }).to_string();
    let wire = Wire::new(move |_| Reply::Json(200, missing.clone()));
    let compute = component(&service, &wire, None);
    let unread = compute.observe(&Place::Region(west())).await.unwrap_err();
    assert!(unread.message.contains("no service regami-service-secondary"), "{unread}");
    let refusal = compute.plan(&ask(&service, "scale-up", &west())).await.unwrap_err();
    assert!(!refusal.already);
}

#[tokio::test]
async fn the_plan_is_the_exact_call_and_it_is_made_once() {
    let (service, (wire, _)) = (compute(), ecs(EMPTY));
    let compute = component(&service, &wire, None);
    let plan = compute.plan(&ask(&service, "scale-up", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "ecs:UpdateService in us-west-2");
    assert_eq!(plan.call.param("desiredCount"), Some("2"));
    assert_eq!(plan.hazard, Hazard::Write);
    assert_eq!(
        plan.by_hand,
        "aws ecs update-service --cluster regami-cluster-secondary --service regami-service-secondary \
         --desired-count 2 --region us-west-2"
    );
    assert!(plan.changes[0].contains("from 0 to 2 tasks"), "{:?}", plan.changes);
    assert!(plan.changes[1].contains("regami:17"), "{:?}", plan.changes);
    let receipt = compute.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.request_id.as_deref(), Some("req-1"));
    assert_eq!(wire.count("desiredCount"), 1);
    let refusal = compute.plan(&ask(&service, "scale-up", &west())).await.unwrap_err();
    assert!(refusal.already, "{refusal}");
    // What the file doesn't say is not done, whatever a plan says.
    let mut other = plan;
    other.call.params[2].1 = "200".into();
    assert!(matches!(compute.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert_eq!(wire.count("desiredCount"), 1);
}

#[tokio::test]
async fn the_source_is_scaled_down_and_stopped() {
    let (service, (wire, _)) = (compute(), ecs(Has { desired: 4, running: 4, ..EMPTY }));
    let compute = component(&service, &wire, None);
    for action in ["scale-down", "stop"] {
        let plan = compute.plan(&ask(&service, action, &east())).await.unwrap();
        assert_eq!(plan.call.param("desiredCount"), Some("0"), "{action}");
        assert!(plan.changes[1].contains("Nothing of it runs in us-east-1"), "{:?}", plan.changes);
    }
    let refusal = compute.plan(&ask(&service, "restart", &east())).await.unwrap_err();
    assert!(refusal.reason.contains("scale-up, scale-down, stop"), "{refusal}");
}

async fn settled(has: Has, plan: &Plan, answered: bool, since: u64) -> Settlement {
    let service = compute();
    let (wire, _) = ecs(has);
    let receipt =
        answered.then(|| handover::domain::plan::Receipt { request_id: None, answer: "accepted".into(), handle: None });
    component(&service, &wire, None).settle(plan, receipt.as_ref(), Duration::from_secs(since)).await
}

#[tokio::test]
async fn it_is_done_when_as_many_run_as_should() {
    let service = compute();
    let (wire, state) = ecs(Has { answers: false, ..EMPTY });
    let compute = component(&service, &wire, None);
    let plan = compute.plan(&ask(&service, "scale-up", &west())).await.unwrap();
    assert!(matches!(compute.perform(&authorised(&plan)).await, Err(PerformError::Unknown { .. })));
    assert_eq!(state.lock().unwrap().desired, 2, "it was done, and nobody was told");

    let starting = Has { desired: 2, running: 1, pending: 1, ..EMPTY };
    let Settlement::InProgress(said, _) = settled(starting, &plan, false, 5).await else { panic!() };
    assert!(said.starts_with("1 of 2 running, 1 starting") && said.contains("has started 2 tasks"), "{said}");
    let up = Has { desired: 2, running: 2, ..EMPTY };
    assert!(matches!(settled(up, &plan, false, 60).await, Settlement::Done(_)));
    assert!(matches!(settled(EMPTY, &plan, false, 5).await, Settlement::InProgress(..)));
    assert!(matches!(settled(EMPTY, &plan, false, 60).await, Settlement::NotStarted(_)));
    let Settlement::Failed(said, _) = settled(EMPTY, &plan, true, 60).await else { panic!() };
    assert!(said.contains("somebody has set the desired count to 0"), "{said}");
    let broken = Has { failed: true, ..starting };
    assert!(matches!(settled(broken, &plan, true, 60).await, Settlement::Failed(..)));
}

/// On an ECS that nobody here wrote.
#[tokio::test(flavor = "multi_thread")]
async fn moto_scales_up_and_down() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = compute();
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    let config = aws_sdk_ecs::Config::builder()
        .behavior_version(aws_sdk_ecs::config::BehaviorVersion::latest())
        .region(aws_sdk_ecs::config::Region::new("us-west-2"))
        .endpoint_url(peers.endpoint("us-west-2"))
        .credentials_provider(aws_sdk_ecs::config::Credentials::new("test", "test", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let ecs = aws_sdk_ecs::Client::from_conf(config);
    ecs.create_cluster().cluster_name("regami-cluster-secondary").send().await.unwrap();
    let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("api").image("api:17").memory(128).build();
    ecs.register_task_definition().family("regami").container_definitions(container).send().await.unwrap();
    let create = ecs.create_service().cluster("regami-cluster-secondary").service_name("regami-service-secondary");
    create.task_definition("regami").desired_count(0).send().await.unwrap();

    let compute = real_component(&service);
    let place = Place::Region(west());
    let seen = compute.observe(&place).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "scaled to zero"));
    // The other Region has no such cluster: that is no empty service.
    assert!(compute.observe(&Place::Region(east())).await.is_err());
    let plan = compute.plan(&ask(&service, "scale-up", &west())).await.unwrap();
    assert!(plan.changes[1].contains("regami:1"), "{:?}", plan.changes);
    let receipt = compute.perform(&authorised(&plan)).await.unwrap();
    let settled = compute.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(compute.observe(&place).await.unwrap().summary, "2 of 2 running");
    assert!(compute.plan(&ask(&service, "scale-up", &west())).await.unwrap_err().already);
    let updates = peers.mutations().unwrap().iter().filter(|call| call.operation == "UpdateService").count();
    assert_eq!(updates, 1);
}
