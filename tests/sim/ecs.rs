//! ECS in the simulated Regions: tasks take their time, 0 of 0 is steady, and capacity may be refused.

use aws_sdk_ecs::error::ProvideErrorMetadata as _;
use aws_sdk_ecs::types::Service;
use handover::domain::region::Pair;
use handover::domain::service::{self, Ecs, Spec};

use crate::support::{Rig, component, fineract, pair, rig_for, scenario_with};

const CLUSTER: &str = "shop-west";
const SERVICE: &str = "api-west";

fn shop() -> service::Service {
    let mut shop = fineract();
    let ecs = Ecs {
        cluster: pair("shop-east", CLUSTER),
        service: pair("api-east", SERVICE),
        count: Pair { primary: 3, standby: 2 },
        rest: 0,
    };
    shop.components.push(component("compute", Spec::Ecs(ecs)));
    shop
}

async fn described(rig: &Rig) -> Service {
    let answer = rig.ecs("us-west-2").describe_services().cluster(CLUSTER).services(SERVICE).send().await.unwrap();
    assert!(answer.failures().is_empty());
    answer.services()[0].clone()
}

async fn scale(rig: &Rig, count: i32) {
    let call = rig.ecs("us-west-2").update_service().cluster(CLUSTER).service(SERVICE).desired_count(count);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.service().unwrap().desired_count(), count);
}

fn counts(service: &Service) -> (i32, i32, i32) {
    (service.desired_count(), service.running_count(), service.pending_count())
}

#[tokio::test(start_paused = true)]
async fn tasks_start_and_stop_in_their_own_time() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let at_rest = described(&rig).await;
    // This is what a waiter takes for stable.
    assert_eq!(counts(&at_rest), (0, 0, 0));
    assert_eq!(at_rest.deployments().len(), 1);
    assert_eq!(at_rest.deployments()[0].rollout_state().unwrap().as_str(), "COMPLETED");
    scale(&rig, 2).await;
    assert_eq!(counts(&described(&rig).await), (2, 0, 2));
    rig.pass(20).await;
    assert_eq!(counts(&described(&rig).await), (2, 0, 2));
    rig.pass(31).await;
    let up = described(&rig).await;
    assert_eq!(counts(&up), (2, 2, 0));
    assert_eq!(up.events()[0].message(), Some("(service api-west) has reached a steady state."));
    scale(&rig, 0).await;
    assert_eq!(counts(&described(&rig).await), (0, 2, 0));
    rig.pass(36).await;
    assert_eq!(counts(&described(&rig).await), (0, 0, 0));
    assert_eq!(rig.regions.mutations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_wish_undoes_what_was_still_to_start() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    scale(&rig, 2).await;
    rig.pass(10).await;
    scale(&rig, 0).await;
    rig.pass(120).await;
    assert_eq!(counts(&described(&rig).await), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn capacity_may_be_refused_for_a_while() {
    let event = "[[event]]\nat = \"0s\"\nuntil = \"10m\"\nregion = \"standby\"\nfault = \"no-capacity\"\n";
    let rig = rig_for(&shop(), &scenario_with("region-outage", event));
    scale(&rig, 2).await;
    rig.pass(120).await;
    let stuck = described(&rig).await;
    assert_eq!(counts(&stuck), (2, 0, 0));
    assert!(stuck.events()[0].message().unwrap().contains("Capacity is unavailable"), "{:?}", stuck.events());
    rig.pass(600).await;
    assert_eq!(counts(&described(&rig).await), (2, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_serves_without_a_task() {
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    rig.promote().await;
    rig.pass(900).await;
    let truth = rig.regions.truth();
    assert!(truth.takes_writes.standby && !truth.serves.standby, "{truth:?}");
    let http = rig.regions.http();
    let answer = http.get("https://west.fineract.com/health", std::time::Duration::from_secs(5)).await.unwrap();
    assert_eq!(answer.status, 503);
    scale(&rig, 1).await;
    rig.pass(60).await;
    assert!(rig.regions.truth().serves.standby);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_said_as_ecs_says_it() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let ecs = rig.ecs("us-west-2");
    let error = ecs.describe_services().cluster("shop-east").services(SERVICE).send().await.unwrap_err();
    assert!(error.into_service_error().is_cluster_not_found_exception());
    let answer = ecs.describe_services().cluster(CLUSTER).services("other").send().await.unwrap();
    assert_eq!((answer.services().len(), answer.failures()[0].reason()), (0, Some("MISSING")));
    let error = ecs.update_service().cluster(CLUSTER).service("other").desired_count(1).send().await.unwrap_err();
    assert!(error.into_service_error().is_service_not_found_exception());
    let error = ecs.update_service().cluster(CLUSTER).service(SERVICE).desired_count(-1).send().await.unwrap_err();
    assert_eq!(error.code(), Some("InvalidParameterException"));
    assert!(rig.regions.mutations().is_empty());
}
