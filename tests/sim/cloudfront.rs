//! CloudFront in the simulated Regions: compare-and-set, edges that follow one after the other, either way and again.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Observation};
use handover::domain::region::Place;
use handover::domain::service::{CloudFront, Service, Spec};
use handover::ports::Component;

use crate::support::{
    Rig, answering, ask_on, carry_out, component, consented, east, fineract, pair, rig_for, scenario_with, west,
};

const ID: &str = "E1U5RQF7T870K0";

fn shop() -> Service {
    let mut shop = fineract();
    let spec = CloudFront {
        distribution: ID.into(),
        origin: pair("alb-east", "alb-west"),
        domain: Some(pair("alb.east.fineract.com", "alb.west.fineract.com")),
        paths: vec!["/*".into()],
    };
    shop.components.push(component("cdn", Spec::CloudFront(spec)));
    shop
}

fn cdn(rig: &Rig) -> Arc<dyn Component> {
    answering(rig, &shop())["cdn"].clone()
}

fn told(seen: &Observation) -> Vec<String> {
    let facts = ["points_at", "status", "enabled", "origin_group"];
    facts.into_iter().map(|fact| seen.value(fact).unwrap().to_string()).collect()
}

/// The origins that the world's edges ask now.
fn asked(rig: &Rig) -> BTreeSet<String> {
    rig.regions.look(|world| {
        let edges = (0..40).map(|edge| world.edge_origin(ID, &format!("edge {edge}"), world.now()).unwrap().to_owned());
        edges.collect()
    })
}

#[tokio::test(start_paused = true)]
async fn it_is_pointed_over_and_back_and_over_again() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cdn = cdn(&rig);
    let seen = cdn.observe(&Place::Global).await.unwrap();
    assert_eq!(
        (seen.health, told(&seen)),
        (Health::Healthy, ["us-east-1", "Deployed", "yes", "no"].map(str::to_owned).to_vec())
    );
    for (on, origin) in [(west(), "alb-west"), (east(), "alb-east"), (west(), "alb-west")] {
        let ask = ask_on(&shop(), "cdn", "point", &on);
        let plan = cdn.plan(&ask).await.unwrap();
        assert_eq!(plan.closed_gates().count(), 0, "{plan:?}");
        let (settled, seconds) = carry_out(&rig, &cdn, &ask).await;
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        assert!((175..=605).contains(&seconds), "{seconds}");
        assert_eq!(asked(&rig), BTreeSet::from([origin.to_owned()]));
        assert_eq!(cdn.observe(&Place::Global).await.unwrap().summary, format!("{on}, Deployed"));
        assert!(cdn.plan(&ask).await.unwrap_err().already);
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_spreads_edges_ask_either_origin() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cdn = cdn(&rig);
    let plan = cdn.plan(&ask_on(&shop(), "cdn", "point", &west())).await.unwrap();
    cdn.perform(&consented(&plan)).await.unwrap();
    rig.pass(90).await;
    assert_eq!(asked(&rig).len(), 2);
    let seen = cdn.observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "us-west-2, InProgress"));
    // What is taken out of the caches now may be filled from the old origin again.
    let invalidate = cdn.plan(&ask_on(&shop(), "cdn", "invalidate", &west())).await.unwrap();
    let closed: Vec<&str> = invalidate.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["distribution deployed"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_faster_is_not_overwritten() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cdn = cdn(&rig);
    let client = rig.cloudfront("us-east-1");
    let read = || client.get_distribution_config().id(ID).send();
    let stale = read().await.unwrap();
    let plan = cdn.plan(&ask_on(&shop(), "cdn", "point", &west())).await.unwrap();
    let put = |etag: Option<&str>, config| {
        client.update_distribution().id(ID).set_if_match(etag.map(str::to_owned)).distribution_config(config).send()
    };
    // The same again is a change, too: the ETag is another.
    put(stale.e_tag(), stale.distribution_config().unwrap().clone()).await.unwrap();
    let error = cdn.perform(&consented(&plan)).await.unwrap_err();
    assert!(
        matches!(&error, PerformError::Refused { message, .. } if message.contains("somebody changed it")),
        "{error}"
    );
    let error = put(stale.e_tag(), stale.distribution_config().unwrap().clone()).await.unwrap_err();
    assert!(error.into_service_error().is_precondition_failed());
    let now = read().await.unwrap();
    let error = put(None, now.distribution_config().unwrap().clone()).await.unwrap_err();
    assert!(error.into_service_error().is_invalid_if_match_version());
    let mut other = now.distribution_config().unwrap().clone();
    other.default_cache_behavior.as_mut().unwrap().target_origin_id = "none".into();
    let error = put(now.e_tag(), other).await.unwrap_err();
    assert!(error.into_service_error().is_no_such_origin());
    let mut other = now.distribution_config().unwrap().clone();
    other.enabled = false;
    let error = put(now.e_tag(), other).await.unwrap_err();
    assert!(error.into_service_error().is_invalid_argument(), "what is not simulated is refused");
    assert_eq!(rig.regions.mutations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_plan_is_one_invalidation_and_a_later_one_another() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cdn = cdn(&rig);
    let ask = ask_on(&shop(), "cdn", "invalidate", &east());
    let plan = cdn.plan(&ask).await.unwrap();
    let first = cdn.perform(&consented(&plan)).await.unwrap();
    let again = cdn.perform(&consented(&plan)).await.unwrap();
    assert_eq!(first.handle, again.handle, "a repeat is the same");
    // Whoever lost the answer finds it by the plan alone.
    let settled = cdn.settle(&plan, None, std::time::Duration::from_secs(5)).await;
    assert!(matches!(settled, Settlement::InProgress(..)), "{settled:?}");
    rig.pass(125).await;
    let settled = cdn.settle(&plan, None, std::time::Duration::from_secs(125)).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    let (settled, _) = carry_out(&rig, &cdn, &ask).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    let listed = rig.cloudfront("us-east-1").list_invalidations().distribution_id(ID).send().await.unwrap();
    assert_eq!(listed.invalidation_list().unwrap().quantity(), 2);
    let other = cdn.plan(&ask_on(&shop(), "cdn", "invalidate", &west())).await.unwrap();
    assert_eq!(other.closed_gates().count(), 1, "it points elsewhere");
    let settled = cdn.settle(&other, None, std::time::Duration::from_secs(90)).await;
    assert!(matches!(settled, Settlement::NotStarted(_)), "{settled:?}");
    let batch = |path: &str| {
        let paths = Paths::builder().quantity(1).items(path).build().unwrap();
        InvalidationBatch::builder().paths(paths).caller_reference(plan.hash()).build().unwrap()
    };
    let client = rig.cloudfront("us-east-1");
    let error = client.create_invalidation().distribution_id(ID).invalidation_batch(batch("/other")).send().await;
    assert!(error.unwrap_err().into_service_error().is_invalid_argument());
    let error = client.get_distribution().id("E0").send().await.unwrap_err();
    assert!(error.into_service_error().is_no_such_distribution());
}

#[tokio::test(start_paused = true)]
async fn with_us_east_1_its_control_plane_may_be_gone() {
    let text = include_str!("../../assets/scenarios/region-outage.toml");
    let text = text.replace("route53_control_plane = \"up\"", "route53_control_plane = \"hangs\"");
    let scenario = handover::sim::scenario::parse("hangs", &text).unwrap();
    let rig = rig_for(&shop(), &scenario);
    rig.pass(300).await;
    assert!(cdn(&rig).observe(&Place::Global).await.is_err());
    // The edges go on by what they have.
    assert_eq!(asked(&rig), BTreeSet::from(["alb-east".to_owned()]));
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    rig.pass(300).await;
    let plan = cdn(&rig).plan(&ask_on(&shop(), "cdn", "point", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "cloudfront:UpdateDistribution in us-east-1");
    assert!(plan.changes.last().unwrap().contains("the Region that is being left"), "{:?}", plan.changes);
}
