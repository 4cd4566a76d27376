//! Lambda in the simulated Regions: the standby's function sleeps, and one that asks a dead database fails.

use std::sync::Arc;

use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_lambda::primitives::Blob;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::Place;
use handover::domain::service::{Lambda, Service, Spec};
use handover::ports::Component;

use crate::support::{
    Rig, answering, ask_on, carry_out, component, consented, east, fineract, pair, rig_for, scenario_with, west,
};

fn shop() -> Service {
    let mut shop = fineract();
    let spec = Lambda {
        function: pair("primary-monitor", "secondary-monitor"),
        alias: Some("live".into()),
        payload: "{\"check\":true}".into(),
    };
    shop.components.push(component("monitor", Spec::Lambda(spec)));
    shop
}

fn monitor(rig: &Rig) -> Arc<dyn Component> {
    answering(rig, &shop())["monitor"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_first_call_of_an_idle_function_only_wakes_it() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let monitor = monitor(&rig);
    let place = Place::Region(west());
    let seen = monitor.observe(&place).await.unwrap();
    assert_eq!((seen.health, seen.value("state")), (Health::Degraded, Some(&Value::Text("Inactive".into()))));
    assert_eq!(seen.value("enabled_triggers"), Some(&Value::Number(0.0)));
    assert_eq!(seen.value("reserved_concurrency"), Some(&Value::Number(5.0)));
    let ask = ask_on(&shop(), "monitor", "invoke", &west());
    let plan = monitor.plan(&ask).await.unwrap();
    assert!(plan.changes[1].contains("inactive"), "{:?}", plan.changes);
    let error = monitor.perform(&consented(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::NotYet { .. }), "{error}");
    let plan = monitor.plan(&ask).await.unwrap();
    let closed: Vec<&str> = plan.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["function can be called"], "it is pending");
    assert!(matches!(monitor.perform(&consented(&plan)).await, Err(PerformError::Refused { .. })));
    rig.pass(65).await;
    assert_eq!(monitor.observe(&place).await.unwrap().summary, "active, version 17");
    let (settled, _) = carry_out(&rig, &monitor, &ask).await;
    let Settlement::Done(evidence) = settled else { panic!("{settled:?}") };
    assert!(evidence[0].value.starts_with("ran, version 17: {\"lagMillis\":"), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn both_sides_are_called_either_way_and_again() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let monitor = monitor(&rig);
    let seen = monitor.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((seen.health, seen.value("enabled_triggers")), (Health::Healthy, Some(&Value::Number(1.0))));
    for (action, forth) in [("invoke-source", true), ("invoke", false), ("invoke-source", true)] {
        let mut ask = ask_on(&shop(), "monitor", action, &east());
        ask.direction = if forth { shop().failover() } else { shop().failback() };
        let (settled, _) = carry_out(&rig, &monitor, &ask).await;
        let Settlement::Done(evidence) = settled else { panic!("{settled:?}") };
        assert!(evidence[0].value.contains("us-east-1"), "{evidence:?}");
    }
    assert_eq!(rig.regions.mutations().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_function_whose_database_hangs_fails_although_lambda_answers() {
    let event = "[[event]]\nat = \"0s\"\nregion = \"primary\"\npart = \"database\"\nfault = \"hang\"\n";
    let rig = rig_for(&shop(), &scenario_with("calm", event));
    rig.pass(60).await;
    let monitor = monitor(&rig);
    let (settled, _) = carry_out(&rig, &monitor, &ask_on(&shop(), "monitor", "invoke", &east())).await;
    let Settlement::Failed(said, evidence) = settled else { panic!("{settled:?}") };
    assert_eq!(said, "the function has failed (Unhandled)");
    assert!(evidence[0].value.contains("Task timed out after 3.00 seconds"), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_said_as_lambda_says_it() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let lambda = rig.lambda("us-east-1");
    let error = lambda.get_function_configuration().function_name("other").send().await.unwrap_err();
    let error = error.into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert!(error.message().unwrap().ends_with("function:other"), "{error:?}");
    let error = lambda.invoke().function_name("primary-monitor").qualifier("old").send().await.unwrap_err();
    assert!(error.into_service_error().is_resource_not_found_exception());
    let call = lambda.invoke().function_name("primary-monitor").payload(Blob::new("no json"));
    assert!(call.send().await.unwrap_err().into_service_error().is_invalid_request_content_exception());
    assert!(rig.regions.mutations().is_empty());
    let answer = lambda.invoke().function_name("primary-monitor").send().await.unwrap();
    assert_eq!((answer.status_code(), answer.executed_version()), (200, Some("$LATEST")));
    let none = lambda.list_event_source_mappings().function_name("other").send().await.unwrap();
    assert!(none.event_source_mappings().is_empty());
    let found = lambda.get_function().function_name("primary-monitor").send().await.unwrap();
    assert_eq!(found.concurrency().unwrap().reserved_concurrent_executions(), Some(5));
}
