//! Kubernetes in the simulated Regions, asked by the component itself through the simulation's own kubectl.

use std::sync::Arc;
use std::time::Duration;

use handover::domain::consent::{Authorised, Consent, How, authorise};
use handover::domain::plan::{Ask, PerformError, Plan, Settlement};
use handover::domain::reading::{Health, Observation, Unread, Value, Why};
use handover::domain::region::{Pair, Place, Region};
use handover::domain::service::{self, Connection, Kubernetes, SealingKeys, Spec, Workload, WorkloadKind};
use handover::ports::{Clock as _, Component};
use handover::wire::simulated_world;

use crate::support::{Rig, component, east, fineract, pair, rig_for, scenario_with, west};

fn cluster() -> Kubernetes {
    let workload = |kind, name: &str| Workload { kind, name: name.to_owned() };
    Kubernetes {
        context: pair("prod-east", "prod-west"),
        namespace: "fineract".into(),
        kubeconfig: None,
        workloads: vec![workload(WorkloadKind::Deployment, "api"), workload(WorkloadKind::StatefulSet, "keycloak")],
        replicas: Some(Pair { primary: 3, standby: 2 }),
        applications: vec!["fineract".into()],
        argocd_namespace: "argocd".into(),
        manifests: Some(pair("env/east", "env/west")),
        keys: Some(SealingKeys { namespace: "kube-system".into(), label: "sealed".into() }),
        connection: Some(Connection {
            secret: "credentials".into(),
            key: "host".into(),
            value: pair("db.east.fineract.com", "db.west.fineract.com"),
        }),
        timeout: Duration::from_secs(5),
    }
}

fn shop() -> service::Service {
    let mut shop = fineract();
    shop.components.push(component("cluster", Spec::Kubernetes(cluster())));
    shop
}

struct Shop {
    rig: Rig,
    cluster: Arc<dyn Component>,
}

fn shop_in(scenario: &str, more: &str) -> Shop {
    let rig = rig_for(&shop(), &scenario_with(scenario, more));
    let cluster = simulated_world(&shop(), &rig.regions, &rig.clock).components["cluster"].clone();
    Shop { rig, cluster }
}

const YES: Option<Value> = Some(Value::Bool(true));
const NO: Option<Value> = Some(Value::Bool(false));

fn ask(action: &str, on: &Region) -> Ask {
    Ask {
        step: action.into(),
        component: "cluster".into(),
        action: action.into(),
        on: Place::Region(on.clone()),
        direction: shop().failover(),
        run: "run-1".into(),
        impact: None,
    }
}

impl Shop {
    async fn look(&self, region: &Region) -> Result<Observation, Unread> {
        self.cluster.observe(&Place::Region(region.clone())).await
    }

    async fn fact(&self, name: &str) -> Option<Value> {
        self.look(&west()).await.unwrap().value(name).cloned()
    }

    async fn plan(&self, action: &str) -> Plan {
        self.cluster.plan(&ask(action, &west())).await.unwrap_or_else(|why| panic!("{action}: {why}"))
    }

    fn consent(&self, plan: &Plan) -> Authorised {
        let now = self.rig.clock.now();
        let consent = Consent { plan: plan.hash(), operator: "operator".into(), at: now, how: How::TwoKeys };
        authorise(plan.clone(), &consent, Some("operator"), false, now).unwrap()
    }

    /// Does it, and waits until it is over; how many seconds that took.
    async fn done(&self, action: &str) -> u64 {
        let plan = self.plan(action).await;
        let receipt = self.cluster.perform(&self.consent(&plan)).await.unwrap();
        for second in 0..1_000 {
            match self.cluster.settle(&plan, Some(&receipt), Duration::from_secs(second)).await {
                Settlement::Done(_) => return second,
                Settlement::InProgress(..) => self.rig.pass(1).await,
                other => panic!("{action}: {other:?}"),
            }
        }
        panic!("{action} is never done");
    }
}

#[tokio::test(start_paused = true)]
async fn the_primary_carries_the_service_and_the_standby_is_healthy_to_argo_cd_alone() {
    let shop = shop_in("calm", "");
    let seen = shop.look(&east()).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "6 of 6 ready"), "{:?}", seen.unread);
    assert_eq!(seen.value("nodes_ready"), Some(&Value::Number(3.0)));
    assert_eq!(seen.value("connection_current").cloned(), YES);
    let seen = shop.look(&west()).await.unwrap();
    assert_eq!(seen.value("application_health"), Some(&Value::Text("Healthy".into())), "0 of 0 is healthy to Argo CD");
    assert_eq!(seen.value("available").cloned(), NO);
    assert_eq!(seen.value("connection_current").cloned(), NO, "Git tells both of the primary's database");
    let equal = shop.cluster.observe(&Place::Global).await.unwrap();
    assert_eq!(equal.value("keys_equal").cloned(), YES);
}

#[tokio::test(start_paused = true)]
async fn a_standby_with_keys_of_its_own_is_seen() {
    let shop = shop_in("calm", "[kubernetes]\nown_sealing_keys = true\n");
    assert_eq!(shop.fact("keys").await, Some(Value::Number(2.0)), "a count tells nothing");
    let equal = shop.cluster.observe(&Place::Global).await.unwrap();
    assert_eq!((equal.value("keys_equal").cloned(), equal.health), (NO, Health::Degraded));
}

#[tokio::test(start_paused = true)]
async fn pods_take_their_time_and_a_status_is_late() {
    let shop = shop_in("calm", "");
    let plan = shop.plan("scale-up").await;
    let receipt = shop.cluster.perform(&shop.consent(&plan)).await.unwrap();
    assert!(receipt.answer.contains("deployment.apps/api scaled"), "{receipt:?}");
    let Settlement::InProgress(said, _) = shop.cluster.settle(&plan, Some(&receipt), Duration::ZERO).await else {
        panic!()
    };
    assert_eq!(said, "the controller has not taken notice yet");
    shop.rig.pass(10).await;
    let seen = shop.look(&west()).await.unwrap();
    assert_eq!((seen.value("desired"), seen.value("ready")), (Some(&Value::Number(4.0)), Some(&Value::Number(0.0))));
    assert_eq!(seen.health, Health::Down);
    shop.rig.pass(100).await;
    assert_eq!(shop.fact("available").await, YES);
    let settled = shop.cluster.settle(&plan, Some(&receipt), Duration::from_secs(110)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(shop.rig.regions.mutations().len(), 2, "one a workload");
}

#[tokio::test(start_paused = true)]
async fn there_may_be_no_capacity_for_a_pod() {
    let event = "[[event]]\nat = \"0s\"\nuntil = \"20m\"\nregion = \"standby\"\nfault = \"no-capacity\"\n";
    let shop = shop_in("region-outage", event);
    let plan = shop.plan("scale-up").await;
    let receipt = shop.cluster.perform(&shop.consent(&plan)).await.unwrap();
    shop.rig.pass(300).await;
    assert_eq!(shop.fact("ready").await, Some(Value::Number(0.0)));
    shop.rig.pass(1_300).await;
    let settled = shop.cluster.settle(&plan, Some(&receipt), Duration::from_secs(1_600)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_patched_secret_is_put_back_unless_argo_cd_is_suspended() {
    let shop = shop_in("calm", "");
    let plan = shop.plan("patch-connection").await;
    assert!(plan.closed_gates().any(|gate| gate.name == "Argo CD leaves it as it is"), "{:?}", plan.gates);
    let receipt = shop.cluster.perform(&shop.consent(&plan)).await.unwrap();
    let settle = |since| shop.cluster.settle(&plan, Some(&receipt), Duration::from_secs(since));
    assert!(matches!(settle(0).await, Settlement::InProgress(..)), "it may still be put back");
    assert_eq!(shop.fact("connection_current").await, YES);
    assert_eq!(shop.fact("synced").await, NO);
    shop.rig.pass(181).await;
    let Settlement::Failed(why, _) = settle(181).await else { panic!() };
    assert!(why.contains("put credentials back"), "{why}");
    assert_eq!(shop.fact("connection_current").await, NO);

    shop.done("suspend-sync").await;
    assert_eq!(shop.fact("auto_sync").await, NO);
    assert!(shop.plan("patch-connection").await.closed_gates().next().is_none());
    assert_eq!(shop.done("patch-connection").await, 0);
    shop.rig.pass(240).await;
    assert_eq!(shop.fact("connection_current").await, YES);
    // Taking Argo CD up again undoes it: the gate says so, and it is so.
    let plan = shop.plan("resume-sync").await;
    assert_eq!(plan.closed_gates().next().unwrap().name, "Git says what the cluster is");
    shop.cluster.perform(&shop.consent(&plan)).await.unwrap();
    shop.rig.pass(181).await;
    assert_eq!((shop.fact("auto_sync").await, shop.fact("connection_current").await), (YES, NO));
}

#[tokio::test(start_paused = true)]
async fn what_has_stood_for_five_minutes_is_in_git_by_then() {
    let shop = shop_in("calm", "");
    shop.done("suspend-sync").await;
    shop.done("patch-connection").await;
    shop.rig.pass(240).await;
    assert_eq!(shop.fact("synced").await, NO);
    shop.rig.pass(120).await;
    assert_eq!(shop.fact("synced").await, YES);
    assert!(shop.plan("resume-sync").await.closed_gates().next().is_none());
    shop.done("resume-sync").await;
    shop.rig.pass(3_600).await;
    assert_eq!((shop.fact("auto_sync").await, shop.fact("connection_current").await), (YES, YES));
}

#[tokio::test(start_paused = true)]
async fn whoever_wrote_in_between_makes_the_patch_a_conflict() {
    let shop = shop_in("calm", "");
    shop.done("suspend-sync").await;
    let (first, second) = (shop.plan("patch-connection").await, shop.plan("patch-connection").await);
    shop.cluster.perform(&shop.consent(&first)).await.unwrap();
    let Err(PerformError::Refused { message, .. }) = shop.cluster.perform(&shop.consent(&second)).await else {
        panic!()
    };
    assert!(message.contains("the object has been modified"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn pods_keep_the_old_database_until_they_are_restarted() {
    let shop = shop_in("region-outage", "");
    shop.rig.promote().await;
    shop.done("scale-up").await;
    shop.done("suspend-sync").await;
    shop.done("patch-connection").await;
    shop.rig.pass(1_200).await;
    let http = shop.rig.regions.http();
    let get = || http.get("https://west.fineract.com/health", Duration::from_secs(5));
    assert_eq!(get().await.unwrap().status, 503, "they were started with the primary's host");
    assert!(!shop.rig.regions.truth().serves.standby);
    assert!(shop.done("restart").await > 15);
    shop.rig.pass(60).await;
    assert_eq!(get().await.unwrap().status, 200);
    assert!(shop.rig.regions.truth().serves.standby);
}

#[tokio::test(start_paused = true)]
async fn the_manifests_bring_the_image_that_the_primary_runs() {
    let shop = shop_in("calm", "");
    shop.done("scale-up").await;
    let plan = shop.plan("apply").await;
    assert_eq!(plan.changes[..2], ["deployment.apps/api: configured.", "statefulset.apps/keycloak: configured."]);
    assert!(shop.done("apply").await > 15);
    assert!(shop.cluster.plan(&ask("apply", &west())).await.unwrap_err().already);
    // In the primary it runs from the start.
    assert!(shop.cluster.plan(&ask("apply", &east())).await.unwrap_err().already);
}

#[tokio::test(start_paused = true)]
async fn the_source_is_scaled_to_nothing() {
    let shop = shop_in("calm", "");
    let plan = shop.cluster.plan(&ask("scale-down", &east())).await.unwrap();
    assert_eq!(plan.call.param("replicas"), Some("0"));
    let receipt = shop.cluster.perform(&shop.consent(&plan)).await.unwrap();
    shop.rig.pass(2).await;
    let settled = shop.cluster.settle(&plan, Some(&receipt), Duration::from_secs(2)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(shop.look(&east()).await.unwrap().health, Health::Degraded);
    assert!(!shop.rig.regions.truth().serves.primary);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_goes_with_its_region() {
    let shop = shop_in("region-outage", "");
    assert_eq!(shop.look(&east()).await.unwrap_err().why, Why::TimedOut);
    assert!(shop.look(&west()).await.is_ok());
    let event = "[[event]]\nat = \"0s\"\nregion = \"standby\"\npart = \"kubernetes\"\nfault = \"refuse\"\n";
    let shop = shop_in("calm", event);
    let seen = shop.look(&west()).await.unwrap();
    assert_eq!((seen.value("reachable").cloned(), seen.health), (NO, Health::Down));
    let refusal = shop.cluster.plan(&ask("restart", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("was refused"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_is_found_again() {
    let event = "[[event]]\nat = \"0s\"\nregion = \"standby\"\npart = \"kubernetes\"\nfault = \"lose-answer\"\n\
                 operation = \"patch secrets\"\nfirst = 1\n";
    let shop = shop_in("calm", event);
    shop.done("suspend-sync").await;
    let plan = shop.plan("patch-connection").await;
    let lost = shop.cluster.perform(&shop.consent(&plan)).await;
    assert!(matches!(lost, Err(PerformError::Unknown { .. })), "{lost:?}");
    assert!(matches!(shop.cluster.settle(&plan, None, Duration::from_secs(10)).await, Settlement::Done(_)));
}

async fn sent(shop: &Shop, method: &str, path: &str, kind: &str, body: &str) -> (u16, serde_json::Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("/kubernetes/us-west-2{path}"))
        .header("content-type", kind)
        .body(body.as_bytes().to_vec())
        .unwrap();
    let response = shop.rig.regions.serve(&request).await.unwrap();
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn whatever_is_sent_is_answered_as_the_api_would() {
    const MERGE: &str = "application/merge-patch+json";
    const STRATEGIC: &str = "application/strategic-merge-patch+json";
    let shop = shop_in("calm", "");
    let (api, secret) =
        ("/apis/apps/v1/namespaces/fineract/deployments/api", "/api/v1/namespaces/fineract/secrets/credentials");
    let scale = format!("{api}/scale");
    for (method, path, kind, body, status) in [
        ("PATCH", api, MERGE, "", 400),
        ("PATCH", api, MERGE, "{\"spec\":\"x\"}", 422),
        ("PATCH", api, MERGE, "{\"metadata\":7}", 400),
        ("PATCH", api, MERGE, "[]", 400),
        ("PATCH", api, MERGE, "{\"metadata\":{\"name\":\"other\"}}", 400),
        ("PATCH", api, STRATEGIC, "{\"spec\":{\"template\":{\"spec\":{\"containers\":[7]}}}}", 422),
        ("PATCH", api, "text/plain", "{}", 415),
        ("PATCH", api, MERGE, "{\"spec\":{\"replicas\":-1}}", 422),
        ("PATCH", api, MERGE, "{\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}}}}", 422),
        ("PATCH", &scale, MERGE, "7", 400),
        ("PUT", &scale, "application/json", "{\"spec\":{\"replicas\":\"x\"}}", 422),
        ("PATCH", secret, MERGE, "{\"data\":{\"host\":\"no base64!\"}}", 400),
        ("PATCH", secret, MERGE, "{\"data\":\"x\",\"stringData\":{\"host\":\"x\"}}", 400),
        ("PATCH", secret, MERGE, "{\"stringData\":{\"host\":7}}", 400),
        ("PATCH", secret, "application/json-patch+json", "[{\"op\":\"test\",\"path\":\"/type\",\"value\":1}]", 422),
        ("POST", "/api/v1/namespaces", "application/json", "{\"metadata\":{\"name\":\"Big\"}}", 422),
        ("POST", "/api/v1/namespaces", "application/json", "{\"metadata\":{\"name\":\"argocd\"}}", 409),
        ("POST", "/api/v1/namespaces/nowhere/configmaps", "application/json", "{\"metadata\":{\"name\":\"x\"}}", 404),
        ("PATCH", "/api/v1/nodes/x", MERGE, "{}", 404),
        ("POST", "/api/v1/namespaces/fineract/pods", "application/json", "{\"metadata\":{\"name\":\"x\"}}", 405),
        ("GET", "/apis/batch/v1/namespaces/fineract/jobs", "", "", 404),
        ("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning", "", "", 400),
        ("GET", "/api/v1/namespaces/fineract/secrets/credentials/status", "", "", 404),
        ("OPTIONS", api, "", "", 405),
    ] {
        let (answered, said) = sent(&shop, method, path, kind, body).await;
        assert_eq!(answered, status, "{method} {path} {body}: {said}");
        assert!(said["kind"] == "Status" && said["code"] == status, "{said}");
    }
    let (status, _) = sent(&shop, "GET", "/../eu-west-1/version", "", "").await;
    assert_eq!(status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_watch_waits_for_what_is_new() {
    let shop = shop_in("calm", "");
    let list = "/apis/apps/v1/namespaces/fineract/deployments";
    let (_, all) = sent(&shop, "GET", list, "", "").await;
    let version = all["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let watch = format!("{list}?watch=true&resourceVersion={version}");
    let began = shop.rig.clock.now();
    assert_eq!(sent(&shop, "GET", &watch, "", "").await, (200, serde_json::Value::Null), "nothing is new");
    let waited = shop.rig.clock.now().duration_since(began).as_secs();
    assert!((25..40).contains(&waited), "{waited}");
    let patch = ("application/merge-patch+json", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    sent(&shop, "PATCH", &format!("{list}/api"), patch.0, patch.1).await;
    let (_, event) = sent(&shop, "GET", &watch, "", "").await;
    assert_eq!((event["type"].as_str(), &event["object"]["metadata"]["labels"]["a"]), (Some("MODIFIED"), &"b".into()));
}
