//! Routing controls in the simulated Regions: five endpoints, of which some may be gone, and a rule that refuses.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53recoverycluster::types::RoutingControlState;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{ArcRouting, HealthCheck, Service, SimulatedCheck, Spec};
use handover::ports::Component;

use crate::support::{
    RECORD, Rig, answering, ask_on, carry_out, component, consented, east, fineract, pair, rig_for, scenario_with, west,
};

const PANEL: &str = "arn:aws:route53-recovery-control::123456789012:controlpanel/0a1b";

fn arn(side: &str) -> String {
    format!("{PANEL}/routingcontrol/{side}")
}

/// Its endpoints are those of a real cluster; its health checks follow the controls.
fn shop() -> Service {
    let mut shop = fineract();
    let endpoint = |region: &str| (region.parse().unwrap(), format!("https://c.{region}.example/v1"));
    let regions = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2"];
    let spec = ArcRouting { control: pair(&arn("east"), &arn("west")), endpoints: regions.map(endpoint).to_vec() };
    shop.components.push(component("routing", Spec::ArcRouting(spec)));
    let checks = HealthCheck {
        id: pair("check-east", "check-west"),
        inverted: Pair { primary: false, standby: false },
        parent: None,
        simulated: Pair { primary: SimulatedCheck::RoutingControl, standby: SimulatedCheck::RoutingControl },
    };
    shop.components.push(component("checks", Spec::HealthCheck(checks)));
    shop
}

fn routing(rig: &Rig) -> Arc<dyn Component> {
    answering(rig, &shop())["routing"].clone()
}

async fn answers(rig: &Rig) -> Vec<String> {
    rig.regions.resolver().ask("ns-1.sim:53", RECORD, "CNAME").await.unwrap().values
}

#[tokio::test(start_paused = true)]
async fn both_controls_turn_at_once_and_dns_follows() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let routing = routing(&rig);
    let seen = routing.observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "us-east-1, 5/5 endpoints"));
    assert_eq!(routing.observe(&Place::Region(west())).await.unwrap().value("state"), Some(&Value::Text("Off".into())));
    assert_eq!(answers(&rig).await, ["east.fineract.com"]);
    let ask = ask_on(&shop(), "routing", "point", &west());
    let plan = routing.plan(&ask).await.unwrap();
    assert!(plan.gates.iter().all(|gate| gate.verdict == handover::domain::gate::Verdict::Pass));
    let (settled, _) = carry_out(&rig, &routing, &ask).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    rig.pass(5).await;
    assert_eq!(answers(&rig).await, ["west.fineract.com"]);
    assert_eq!(rig.regions.mutations().len(), 1, "one call, both controls");
    assert!(routing.plan(&ask).await.unwrap_err().already);
    // The same call again would do nothing that the first did not.
    let receipt = routing.perform(&consented(&plan)).await.unwrap();
    assert!(matches!(routing.settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    let (settled, _) = carry_out(&rig, &routing, &ask_on(&shop(), "routing", "point", &east())).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
}

/// The data-plane way: us-east-1 is the dead Region, and with it all else of Route 53 that can be changed.
#[tokio::test(start_paused = true)]
async fn with_us_east_1_gone_four_endpoints_are_enough() {
    let text = include_str!("../../assets/scenarios/region-outage.toml");
    let text = text.replace("route53_control_plane = \"up\"", "route53_control_plane = \"hangs\"");
    let rig = rig_for(&shop(), &handover::sim::scenario::parse("hangs", &text).unwrap());
    rig.pass(300).await;
    let all = answering(&rig, &shop());
    assert!(all["checks"].observe(&Place::Region(east())).await.is_err(), "the control plane is gone");
    let seen = all["routing"].observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.value("endpoints")), (Health::Degraded, Some(&Value::Number(4.0))));
    let plan = all["routing"].plan(&ask_on(&shop(), "routing", "point", &west())).await.unwrap();
    assert!(
        plan.by_hand.ends_with("--region us-west-2 --endpoint-url https://c.us-west-2.example/v1"),
        "{}",
        plan.by_hand
    );
    let receipt = all["routing"].perform(&consented(&plan)).await.unwrap();
    assert_eq!(receipt.answer, "accepted in us-west-2", "one that answers is tried first");
    rig.pass(5).await;
    assert!(matches!(all["routing"].settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    assert_eq!(answers(&rig).await, ["west.fineract.com"]);
}

#[tokio::test(start_paused = true)]
async fn the_next_endpoint_is_tried_after_a_certain_no_and_not_after_a_silence() {
    // Both Regions' endpoints answer reads; us-west-2's takes no change.
    let event = |fault: &str, region: &str| {
        format!(
            "[[event]]\nat = \"0s\"\nregion = \"{region}\"\npart = \"arc\"\nfault = \"{fault}\"\n\
             operation = \"UpdateRoutingControlStates\"\n"
        )
    };
    let rig = rig_for(&shop(), &scenario_with("calm", &event("error", "standby")));
    let routing = routing(&rig);
    let ask = ask_on(&shop(), "routing", "point", &west());
    let plan = routing.plan(&ask).await.unwrap();
    let receipt = routing.perform(&consented(&plan)).await.unwrap();
    assert_eq!(receipt.answer, "accepted in eu-west-1");
    let rig = rig_for(&shop(), &scenario_with("calm", &event("lose-answer", "standby")));
    let routing = self::routing(&rig);
    let plan = routing.plan(&ask).await.unwrap();
    let error = routing.perform(&consented(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::Unknown { .. }), "{error}");
    assert_eq!(rig.regions.mutations().len(), 1, "it was done, and no other endpoint was asked");
    rig.pass(5).await;
    assert!(matches!(routing.settle(&plan, None, Duration::from_secs(20)).await, Settlement::Done(_)));
}

#[tokio::test(start_paused = true)]
async fn the_safety_rule_refuses_a_service_without_traffic() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let client = rig.cluster("eu-west-1");
    let off = client.update_routing_control_state().routing_control_arn(arn("east"));
    let error = off.routing_control_state(RoutingControlState::Off).send().await.unwrap_err().into_service_error();
    assert!(error.is_conflict_exception() && error.to_string().contains("at-least-one-region"), "{error}");
    let on = client.update_routing_control_state().routing_control_arn(arn("west"));
    on.routing_control_state(RoutingControlState::On).send().await.unwrap();
    rig.pass(5).await;
    let seen = routing(&rig).observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.value("points_at")), (Health::Degraded, Some(&Value::Text("both".into()))));
    let listed = client.list_routing_controls().send().await.unwrap();
    assert!(listed.routing_controls().iter().all(|one| one.routing_control_state() == Some(&RoutingControlState::On)));
    let elsewhere = rig.cluster("sa-east-1").list_routing_controls().send().await.unwrap_err();
    assert!(elsewhere.into_service_error().is_access_denied_exception(), "there is no endpoint there");
    let unknown = client.get_routing_control_state().routing_control_arn(arn("north")).send().await.unwrap_err();
    assert!(unknown.into_service_error().is_resource_not_found_exception());
    assert_eq!(rig.regions.mutations().len(), 1);
}
