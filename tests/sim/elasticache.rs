//! Global datastores in the simulated Regions: a switch takes minutes and loses what was not replicated, either way and
//! again, and a detached group never comes back.

use std::sync::Arc;

use aws_sdk_elasticache::error::ProvideErrorMetadata as _;
use handover::domain::plan::Settlement;
use handover::domain::reading::{Health, Observation, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{ElasticacheGlobal, Service, Spec};
use handover::ports::Component;

use crate::support::{
    Rig, answering, ask_on, carry_out, component, east, fineract, pair, rig_for, scenario_with, west,
};

const GLOBAL: &str = "ldgnf-sessions";

fn shop() -> Service {
    let mut shop = fineract();
    let spec = ElasticacheGlobal { global: GLOBAL.into(), group: pair("sessions-east", "sessions-west") };
    shop.components.push(component("cache", Spec::ElasticacheGlobal(spec)));
    shop
}

fn cache(rig: &Rig) -> Arc<dyn Component> {
    answering(rig, &shop())["cache"].clone()
}

fn text(seen: &Observation, fact: &str) -> String {
    seen.value(fact).map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

async fn roles(cache: &Arc<dyn Component>) -> (String, String, String) {
    let east = cache.observe(&Place::Region(east())).await.unwrap();
    let west = cache.observe(&Place::Region(west())).await.unwrap();
    let whole = cache.observe(&Place::Global).await.unwrap();
    (text(&east, "role"), text(&west, "role"), text(&whole, "primary"))
}

fn words(east: &str, west: &str, primary: &str) -> (String, String, String) {
    (east.to_owned(), west.to_owned(), primary.to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_fact_is_read_in_calm() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cache = cache(&rig);
    rig.pass(120).await;
    let standby = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((standby.health, text(&standby, "status").as_str()), (Health::Healthy, "available"), "{standby:?}");
    assert_eq!((text(&standby, "nodes").as_str(), text(&standby, "engine_version").as_str()), ("2", "7.1.0"));
    let Some(Value::Seconds(lag)) = standby.value("lag") else { panic!("{standby:?}") };
    assert!((0.1..1.0).contains(lag), "{lag}");
    let primary = cache.observe(&Place::Region(east())).await.unwrap();
    assert!(primary.value("lag").is_none(), "the primary lags behind nobody: {primary:?}");
    let whole = cache.observe(&Place::Global).await.unwrap();
    assert_eq!((text(&whole, "primary").as_str(), text(&whole, "status").as_str()), ("us-east-1", "available"));
}

#[tokio::test(start_paused = true)]
async fn it_goes_over_and_back_and_over_again() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cache = cache(&rig);
    for (on, after) in [
        (west(), words("secondary", "primary", "us-west-2")),
        (east(), words("primary", "secondary", "us-east-1")),
        (west(), words("secondary", "primary", "us-west-2")),
    ] {
        let (settled, seconds) = carry_out(&rig, &cache, &ask_on(&shop(), "cache", "failover", &on)).await;
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        assert!((55..=185).contains(&seconds), "{seconds}");
        assert_eq!(roles(&cache).await, after);
        let refusal = cache.plan(&ask_on(&shop(), "cache", "failover", &on)).await.unwrap_err();
        assert!(refusal.already, "{refusal}");
    }
    let lost: Vec<i64> = rig.regions.look(|world| world.caches()[0].losses.iter().map(|(_, lost)| *lost).collect());
    assert_eq!(lost.len(), 3);
    assert!(lost.iter().all(|lost| (150..=900).contains(lost)), "{lost:?}");
    // The lag is told by the one that is the secondary now.
    rig.pass(180).await;
    let east = cache.observe(&Place::Region(east())).await.unwrap();
    assert!(east.value("lag").is_some(), "{east:?}");
}

#[tokio::test(start_paused = true)]
async fn with_the_primary_gone_it_takes_longer_and_loses_more() {
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    let cache = cache(&rig);
    rig.pass(600).await;
    let unread = cache.observe(&Place::Region(east())).await.unwrap_err();
    assert_eq!(unread.why, Why::TimedOut);
    // The datastore as a whole is told by the Region that lives.
    assert_eq!(text(&cache.observe(&Place::Global).await.unwrap(), "primary"), "us-east-1");
    let ask = ask_on(&shop(), "cache", "failover", &west());
    let plan = cache.plan(&ask).await.unwrap();
    let closed: Vec<&str> = plan.closed_gates().map(|gate| gate.name.as_str()).collect();
    assert_eq!(closed, ["lag is known"], "a metric that has ended is no figure");
    let (settled, seconds) = carry_out(&rig, &cache, &ask).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert!((175..=425).contains(&seconds), "{seconds}");
    let lost = rig.regions.look(|world| world.caches()[0].losses[0].1);
    assert!(lost > 600_000, "{lost}");
}

#[tokio::test(start_paused = true)]
async fn a_detached_group_takes_writes_beside_the_old_primary_for_good() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let cache = cache(&rig);
    let refusal = cache.plan(&ask_on(&shop(), "cache", "detach", &east())).await.unwrap_err();
    assert!(refusal.reason.contains("only a secondary"), "{refusal}");
    let (settled, _) = carry_out(&rig, &cache, &ask_on(&shop(), "cache", "detach", &west())).await;
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    assert_eq!(roles(&cache).await, words("primary", "detached", "us-east-1"));
    let seen = cache.observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Degraded);
    assert_eq!(text(&cache.observe(&Place::Global).await.unwrap(), "status"), "primary-only");
    let writers = rig.regions.look(|world| world.cache_writers(GLOBAL, world.now()).unwrap());
    assert_eq!(writers, Pair { primary: true, standby: true });
    let refusal = cache.plan(&ask_on(&shop(), "cache", "failover", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("no member") && !refusal.already, "{refusal}");
    assert!(cache.plan(&ask_on(&shop(), "cache", "detach", &west())).await.unwrap_err().already);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_is_said_as_elasticache_says_it() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let client = rig.elasticache("us-west-2");
    let failover = |global: &str, region: &str, group: &str| {
        client
            .failover_global_replication_group()
            .global_replication_group_id(global)
            .primary_region(region)
            .primary_replication_group_id(group)
            .send()
    };
    let error = failover("ldgnf-other", "us-west-2", "sessions-west").await.unwrap_err().into_service_error();
    assert!(error.is_global_replication_group_not_found_fault(), "{error:?}");
    let error = failover(GLOBAL, "us-west-2", "sessions-east").await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("InvalidParameterValue"));
    let error = failover(GLOBAL, "us-east-1", "sessions-east").await.unwrap_err().into_service_error();
    assert!(error.message().unwrap().contains("already the primary"), "{error:?}");
    failover(GLOBAL, "us-west-2", "sessions-west").await.unwrap();
    let error = failover(GLOBAL, "us-west-2", "sessions-west").await.unwrap_err().into_service_error();
    assert!(error.is_invalid_global_replication_group_state_fault(), "{error:?}");
    let error = client
        .describe_replication_groups()
        .replication_group_id("other")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_replication_group_not_found_fault(), "{error:?}");
    assert_eq!(rig.regions.mutations().len(), 1);
}
