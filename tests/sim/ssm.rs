//! Parameter Store in the simulated Regions: nothing is copied from one to the other.

use aws_sdk_ssm::error::ProvideErrorMetadata as _;
use aws_sdk_ssm::types::ParameterType;
use handover::domain::plan::{Ask, Settlement};
use handover::domain::reading::{Health, Observation};
use handover::domain::region::{Place, Region};
use handover::domain::service::{Service, Spec, SsmParameter};

use crate::support::{answering, ask_on, carry_out, component, east, fineract, pair, rig_for, scenario_with, west};

const NAME: &str = "/shop/active-region";

fn shop() -> Service {
    let mut shop = fineract();
    let spec = SsmParameter { name: NAME.into(), value: pair("us-east-1", "us-west-2") };
    shop.components.push(component("active-region", Spec::SsmParameter(spec)));
    shop
}

fn told(seen: &Observation) -> Vec<String> {
    let texts = ["points_at", "version", "type", "agree"].into_iter().filter_map(|fact| seen.value(fact));
    texts.map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn each_region_is_pointed_by_itself_over_and_back_and_over_again() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let parameter = answering(&rig, &shop())["active-region"].clone();
    let global = parameter.observe(&Place::Global).await.unwrap();
    assert_eq!((told(&global), global.summary.as_str()), (vec!["yes".to_owned()], "both say us-east-1"));
    let mut version = 1;
    for (target, source, word) in
        [(west(), east(), "us-west-2"), (east(), west(), "us-east-1"), (west(), east(), "us-west-2")]
    {
        version += 1;
        rig.pass(60).await;
        let ask = ask_on(&shop(), "active-region", "point", &target);
        let direction = ask.direction.clone();
        let (settled, _) = carry_out(&rig, &parameter, &ask).await;
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        let there = parameter.observe(&Place::Region(target.clone())).await.unwrap();
        assert_eq!(told(&there), [word.to_owned(), version.to_string(), "String".to_owned()]);
        // The other Region's applications still read the old one.
        let global = parameter.observe(&Place::Global).await.unwrap();
        assert_eq!((global.health, told(&global)), (Health::Degraded, vec!["no".to_owned()]));
        assert!(parameter.plan(&ask).await.unwrap_err().already);
        let mut ask = ask_on(&shop(), "active-region", "point-source", &source);
        ask.direction = direction;
        let (settled, _) = carry_out(&rig, &parameter, &ask).await;
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        let global = parameter.observe(&Place::Global).await.unwrap();
        assert_eq!(global.summary, format!("both say {word}"));
    }
}

#[tokio::test(start_paused = true)]
async fn point_back_is_the_way_back_in_whichever_region() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let parameter = answering(&rig, &shop())["active-region"].clone();
    let failover = shop().failover();
    let ask =
        |action: &str, on: &Region| Ask { direction: failover.clone(), ..ask_on(&shop(), "active-region", action, on) };
    assert!(parameter.plan(&ask("point-back", &west())).await.unwrap_err().already, "nothing was pointed yet");
    for (action, on, word) in [
        ("point", west(), "us-west-2"),
        ("point-source", east(), "us-west-2"),
        ("point-back", west(), "us-east-1"),
        ("point-back", east(), "us-east-1"),
    ] {
        rig.pass(60).await;
        let (settled, _) = carry_out(&rig, &parameter, &ask(action, &on)).await;
        assert!(matches!(settled, Settlement::Done(_)), "{action} {on}: {settled:?}");
        let seen = parameter.observe(&Place::Region(on)).await.unwrap();
        assert_eq!(seen.value("points_at").unwrap().to_string(), word, "{action}");
    }
    let global = parameter.observe(&Place::Global).await.unwrap();
    assert_eq!(global.summary, "both say us-east-1");
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_gone_leaves_the_agreement_unread() {
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    let parameter = answering(&rig, &shop())["active-region"].clone();
    rig.pass(300).await;
    assert!(parameter.observe(&Place::Global).await.is_err());
    let (settled, _) = carry_out(&rig, &parameter, &ask_on(&shop(), "active-region", "point", &west())).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_said_as_parameter_store_says_it() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let ssm = rig.ssm("us-west-2");
    let error = ssm.get_parameter().name("/other").send().await.unwrap_err().into_service_error();
    assert!(error.is_parameter_not_found(), "{error:?}");
    let put = |name: &str, overwrite| ssm.put_parameter().name(name).value("x").overwrite(overwrite);
    let error = put(NAME, false).send().await.unwrap_err().into_service_error();
    assert!(error.is_parameter_already_exists(), "{error:?}");
    let error = put(NAME, true).r#type(ParameterType::StringList).send().await.unwrap_err().into_service_error();
    assert!(error.is_hierarchy_type_mismatch_exception(), "{error:?}");
    let error = put("/shop/new", true).send().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationException"), "a new one needs a type");
    let error = put("/shop/new", true).r#type(ParameterType::SecureString).send().await.unwrap_err();
    assert!(error.into_service_error().is_unsupported_parameter_type());
    assert_eq!(put("/shop/new", false).r#type(ParameterType::String).send().await.unwrap().version(), 1);
    let (first, second) = tokio::join!(put(NAME, true).send(), put(NAME, true).send());
    assert!(first.is_ok() != second.is_ok(), "one of two at the same time: {first:?} {second:?}");
    let error = first.err().or(second.err()).unwrap().into_service_error();
    assert!(error.is_too_many_updates(), "{error:?}");
    let below = ssm.get_parameters_by_path().path("/shop").send().await.unwrap();
    let names: Vec<&str> = below.parameters().iter().filter_map(|parameter| parameter.name()).collect();
    assert_eq!(names, [NAME, "/shop/new"]);
    assert_eq!(rig.regions.mutations().len(), 2);
}
