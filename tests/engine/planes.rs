//! us-east-1 hangs, and Route 53's control plane with it: a service with a data-plane way fails over all the same; the operator
//! of one without is told before the run begins.

use handover::domain::journal::RunOutcome;
use handover::domain::outline::outline;
use handover::domain::run::{Ending, Run, State};
use handover::domain::service::Spec;
use handover::sim::{Scenario, scenario};

use crate::audit::audit;
use crate::rig::{Rig, SHORT};

/// The outage of the primary Region, with the control planes that are in it.
fn outage() -> Scenario {
    let text = include_str!("../../assets/scenarios/region-outage.toml");
    let text = text.replace("route53_control_plane = \"up\"", "route53_control_plane = \"hangs\"");
    scenario::parse("region-outage", &text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn with_routing_controls_the_traffic_moves_while_route_53_cannot_be_changed() {
    let rig = Rig::files("tests/fixtures/sound/web", "failover", &outage());
    assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified), "{}", rig.lines.text());
    let run =
        Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.direction.clone()).fold(&rig.lines.entries());
    assert_eq!(run.state("point"), State::Ended(Ending::Done));
    let plan = outline(&rig.service, &rig.runbook, &rig.direction);
    assert_eq!(plan.in_source().count(), 0, "nothing of it needs the Region that is out");
}

#[tokio::test(start_paused = true)]
async fn without_any_the_operator_is_told_beforehand_and_the_step_says_so() {
    let mut rig = Rig::new(SHORT, &outage(), 3);
    let needs = |rig: &Rig| {
        let plan = outline(&rig.service, &rig.runbook, &rig.direction);
        let told: Vec<(String, String)> =
            plan.in_source().map(|(step, plane)| (step.id.clone(), plane.otherwise.clone())).collect();
        told
    };
    let told = needs(&rig);
    assert!(told[0].0 == "fence" && told[0].1.contains("accept its risk by name"), "{told:?}");
    assert!(told[1].0 == "point" && told[1].1.contains("health checks lead to the standby by themselves"), "{told:?}");
    // Without health checks on both records nothing leads there.
    let mut service = (*rig.service).clone();
    for component in &mut service.components {
        if let Spec::Route53Failover(traffic) = &mut component.spec {
            traffic.health_check.standby = None;
        }
    }
    rig.service = std::sync::Arc::new(service);
    assert!(needs(&rig)[1].1.contains("there is no other way"), "{:?}", needs(&rig));
    // And when it is tried, it is not done, and nobody waits for ever.
    let mut desk = rig.boot();
    desk.pass(30).await;
    desk.arm().await;
    for step in ["fence", "promote", "verify-writes", "admit", "script"] {
        let reason = "out of reach".to_owned();
        desk.say(handover::domain::command::Command::Skip { step: step.into(), reason });
        desk.ended(step).await;
    }
    let refused = desk.plan("point").await.unwrap_err();
    assert!(refused.reason.contains("Route 53") || refused.reason.contains("route53"), "{}", refused.reason);
    desk.die().await;
    audit(&rig);
}
