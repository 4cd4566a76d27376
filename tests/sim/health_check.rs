//! Health checks in the simulated Regions: what disabling does, what cannot work, and who may change them.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::types::{HealthCheckConfig, HealthCheckType};
use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Observation, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{HealthCheck, Service, SimulatedCheck, Spec};
use handover::ports::Component;

use crate::support::{
    RECORD, Rig, answering, ask_on, carry_out, component, consented, east, fineract, pair, rig_for, scenario_with, west,
};

const PARENT: &str = "check-parent";

fn spec(primary: SimulatedCheck, standby: SimulatedCheck) -> HealthCheck {
    HealthCheck {
        id: pair("check-east", "check-west"),
        inverted: Pair { primary: false, standby: false },
        parent: Some(PARENT.into()),
        simulated: Pair { primary, standby },
    }
}

fn shop(primary: SimulatedCheck, standby: SimulatedCheck) -> Service {
    let mut shop = fineract();
    shop.components.push(component("checks", Spec::HealthCheck(spec(primary, standby))));
    shop
}

fn checks(rig: &Rig, shop: &Service) -> Arc<dyn Component> {
    answering(rig, shop)["checks"].clone()
}

fn text(seen: &Observation, fact: &str) -> String {
    seen.value(fact).map(ToString::to_string).unwrap_or_default()
}

async fn answers(rig: &Rig) -> Vec<String> {
    rig.regions.resolver().ask("ns-1.sim:53", RECORD, "CNAME").await.unwrap().values
}

/// The seeds' way is to disable the check: that pins the traffic.
#[tokio::test(start_paused = true)]
async fn forced_unhealthy_the_standby_answers_and_released_the_primary_does_again() {
    let shop = shop(SimulatedCheck::Https, SimulatedCheck::Https);
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let checks = checks(&rig, &shop);
    rig.promote().await;
    rig.pass(300).await;
    let here = Place::Region(east());
    let seen = checks.observe(&here).await.unwrap();
    assert_eq!((seen.health, text(&seen, "counts_as").as_str()), (Health::Healthy, "healthy"));
    assert_eq!(seen.value("detection"), Some(&Value::Seconds(90.0)));
    assert_eq!((seen.value("checkers_ok"), seen.value("sound")), (Some(&Value::Number(6.0)), Some(&Value::Bool(true))));
    assert_eq!(answers(&rig).await, ["east.fineract.com"]);

    let ask = ask_on(&shop, "checks", "force-unhealthy", &east());
    let plan = checks.plan(&ask).await.unwrap();
    assert_eq!(plan.call.headline(), "route53:UpdateHealthCheck in us-east-1");
    assert!(plan.by_hand.ends_with("--health-check-version 1 --disabled --inverted"), "{}", plan.by_hand);
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass), "{:?}", plan.gates);
    let (settled, _) = carry_out(&rig, &checks, &ask).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(answers(&rig).await, ["west.fineract.com"]);
    let seen = checks.observe(&here).await.unwrap();
    assert_eq!((seen.health, text(&seen, "counts_as").as_str()), (Health::Down, "unhealthy"));
    assert_eq!(text(&seen, "status"), "healthy", "what is found stays what it is");
    assert!(checks.plan(&ask).await.unwrap_err().already);
    let error = checks.perform(&consented(&plan)).await.unwrap_err();
    assert!(
        matches!(&error, PerformError::Refused { message, .. } if message.contains("somebody changed it")),
        "{error}"
    );

    let (settled, _) = carry_out(&rig, &checks, &ask_on(&shop, "checks", "release", &east())).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(answers(&rig).await, ["east.fineract.com"]);
    let version = rig.route53().get_health_check().health_check_id("check-east").send().await.unwrap();
    assert_eq!(version.health_check().unwrap().health_check_version(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_was_lost_is_told_by_what_is_there() {
    let shop = shop(SimulatedCheck::Https, SimulatedCheck::Https);
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let checks = checks(&rig, &shop);
    let plan = checks.plan(&ask_on(&shop, "checks", "force-unhealthy", &east())).await.unwrap();
    let closed: Vec<&str> = plan.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["us-west-2 counts as healthy"], "both unhealthy would answer the primary");
    let settled = checks.settle(&plan, None, Duration::from_secs(5)).await;
    assert!(matches!(settled, Settlement::InProgress(..)), "{settled:?}");
    let settled = checks.settle(&plan, None, Duration::from_secs(90)).await;
    assert!(matches!(settled, Settlement::NotStarted(_)), "{settled:?}");
    rig.route53().update_health_check().health_check_id("check-east").disabled(true).send().await.unwrap();
    let settled = checks.settle(&plan, None, Duration::from_secs(90)).await;
    assert!(matches!(settled, Settlement::Failed(..)), "somebody else's: {settled:?}");
    let seen = checks.observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded, "disabled: it counts as healthy whatever happens");
    assert!(seen.summary.starts_with("disabled, counts as healthy"), "{}", seen.summary);
}

/// What document 003 has: a calculated check without children, and what it recommends: one that asks a private address.
#[tokio::test(start_paused = true)]
async fn checks_that_cannot_work_say_why() {
    let shop = shop(SimulatedCheck::Calculated, SimulatedCheck::Tcp);
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let checks = checks(&rig, &shop);
    let seen = checks.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((text(&seen, "type").as_str(), text(&seen, "counts_as").as_str()), ("CALCULATED", "unhealthy"));
    assert_eq!((seen.value("sound"), seen.value("children")), (Some(&Value::Bool(false)), Some(&Value::Number(0.0))));
    assert!(seen.summary.starts_with("it is calculated from no children"), "{}", seen.summary);
    let seen = checks.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.value("sound"), text(&seen, "status").as_str()), (Some(&Value::Bool(false)), "unhealthy"));
    assert!(seen.summary.contains("private address"), "{}", seen.summary);
    let seen = checks.observe(&Place::Global).await.unwrap();
    assert_eq!(
        (seen.value("children"), seen.value("threshold")),
        (Some(&Value::Number(2.0)), Some(&Value::Number(1.0)))
    );
    assert_eq!(seen.value("sound"), Some(&Value::Bool(false)), "its children cannot work");
    let error = rig.route53().get_health_check_status().health_check_id(PARENT).send().await.unwrap_err();
    assert!(error.into_service_error().is_invalid_input(), "Route 53 does not tell of calculated ones");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_follows_an_alarm_is_told_by_it() {
    let shop = shop(SimulatedCheck::Alarm, SimulatedCheck::Https);
    let rig = rig_for(&shop, &scenario_with("region-outage", ""));
    let service = Service { components: shop.components[5..].to_vec(), ..shop.clone() };
    // The Region of the alarm is the one that is gone: nobody can tell.
    rig.pass(300).await;
    let seen = checks(&rig, &service).observe(&Place::Region(east())).await.unwrap();
    assert_eq!((text(&seen, "status").as_str(), seen.value("counts_as"), seen.value("sound")), ("unknown", None, None));
    let calm = rig_for(&shop, &scenario_with("calm", ""));
    let seen = checks(&calm, &shop).observe(&Place::Region(east())).await.unwrap();
    assert_eq!((text(&seen, "status").as_str(), seen.value("sound")), ("healthy", Some(&Value::Bool(true))));
    assert_eq!(seen.value("detection"), Some(&Value::Seconds(60.0)));
    let mut silent = shop.clone();
    silent.components.retain(|component| component.id != "metrics");
    let rig = rig_for(&silent, &scenario_with("calm", ""));
    let seen = checks(&rig, &silent).observe(&Place::Region(east())).await.unwrap();
    assert_eq!(seen.value("sound"), Some(&Value::Bool(false)), "there is no such alarm");
}

#[tokio::test(start_paused = true)]
async fn checks_are_made_as_route_53_makes_them() {
    let shop = shop(SimulatedCheck::Https, SimulatedCheck::Https);
    let rig = rig_for(&shop, &scenario_with("calm", ""));
    let config = |kind: HealthCheckType| HealthCheckConfig::builder().r#type(kind);
    let make = async |reference: &str, config: HealthCheckConfig| {
        let create = rig.route53().create_health_check().caller_reference(reference).health_check_config(config);
        create.send().await.map(|made| made.health_check().unwrap().id().to_owned())
    };
    let without = config(HealthCheckType::Calculated).child_health_checks("check-east").build().unwrap();
    let error = make("one", without).await.unwrap_err().into_service_error();
    assert!(error.is_invalid_input() && error.to_string().contains("threshold"), "{error}");
    let above = config(HealthCheckType::Calculated).child_health_checks("check-east").health_threshold(2);
    let id = make("one", above.clone().build().unwrap()).await.unwrap();
    let error = make("one", above.build().unwrap()).await.unwrap_err().into_service_error();
    assert!(error.is_health_check_already_exists(), "{error}");
    let made = HealthCheck { parent: Some(id), ..spec(SimulatedCheck::Https, SimulatedCheck::Https) };
    let service = Service { components: vec![component("checks", Spec::HealthCheck(made))], ..shop.clone() };
    let seen = checks(&rig, &service).observe(&Place::Global).await.unwrap();
    assert_eq!((text(&seen, "counts_as").as_str(), seen.value("sound")), ("unhealthy", Some(&Value::Bool(false))));
    assert!(seen.summary.contains("2 of its 1 children"), "{}", seen.summary);
    let always =
        config(HealthCheckType::Calculated).child_health_checks("check-east").health_threshold(0).inverted(true);
    let id = make("two", always.build().unwrap()).await.unwrap();
    let made = HealthCheck { parent: Some(id.clone()), ..spec(SimulatedCheck::Https, SimulatedCheck::Https) };
    let service = Service { components: vec![component("checks", Spec::HealthCheck(made))], ..shop.clone() };
    let seen = checks(&rig, &service).observe(&Place::Global).await.unwrap();
    assert_eq!((text(&seen, "status").as_str(), text(&seen, "counts_as").as_str()), ("healthy", "unhealthy"));
    let all = rig.route53().list_health_checks().send().await.unwrap();
    assert_eq!(all.health_checks().len(), 5, "two of the Regions, the parent, and two made");
    let error = rig.route53().update_health_check().health_check_id(&id).failure_threshold(5).send().await.unwrap_err();
    assert!(error.into_service_error().is_invalid_input(), "what is not simulated is refused");
}
