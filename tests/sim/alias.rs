//! Alias records and private zones in the simulated Regions, and the traffic component on them.

use std::time::Duration;

use aws_sdk_route53::error::ProvideErrorMetadata as _;
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ResourceRecordSet, ResourceRecordSetFailover, RrType,
};
use handover::domain::consent::{Consent, How, authorise};
use handover::domain::plan::{Ask, Plan, Settlement};
use handover::domain::reading::Value;
use handover::domain::region::{HomeRole, Pair, Place};
use handover::domain::service::{Ecs, RecordType, Service, Spec};
use handover::ports::{Clock as _, Component};
use handover::wire::simulated_world;

use crate::support::{Rig, ZONE, component, fineract, pair, rig_for, scenario_with, west};

const EAST: &str = "shop-east-1.us-east-1.elb.amazonaws.com";
const WEST: &str = "shop-west-1.us-west-2.elb.amazonaws.com";

/// A service whose name is an alias of a load balancer in each Region, with no task behind the standby's.
fn shop() -> Service {
    let mut shop = fineract();
    for component in &mut shop.components {
        if let Spec::Route53Failover(traffic) = &mut component.spec {
            traffic.record_type = RecordType::A;
            traffic.target = pair(EAST, WEST);
            traffic.alias_zone = Some(pair("ZELBEAST", "ZELBWEST"));
        }
    }
    let ecs = Ecs {
        cluster: pair("shop-east", "shop-west"),
        service: pair("api-east", "api-west"),
        count: Pair { primary: 3, standby: 2 },
        rest: 0,
    };
    shop.components.push(component("compute", Spec::Ecs(ecs)));
    shop
}

fn traffic(rig: &Rig) -> std::sync::Arc<dyn Component> {
    simulated_world(&shop(), &rig.regions, &rig.clock).components["traffic"].clone()
}

async fn fact(rig: &Rig, name: &str) -> String {
    let seen = traffic(rig).observe(&Place::Global).await.unwrap();
    match seen.value(name) {
        Some(Value::Text(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_are_told_apart_by_whose_they_are() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let resolver = rig.regions.resolver();
    let answer = resolver.ask("1.1.1.1:53", "api.fineract.com", "A").await.unwrap();
    assert_eq!(answer.values, ["203.0.113.10", "203.0.113.11"]);
    for (name, wanted) in [("points_at", "us-east-1"), ("authoritative", "us-east-1"), ("resolvers", "us-east-1")] {
        assert_eq!(fact(&rig, name).await, wanted, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn traffic_stays_with_a_dead_primary_while_the_standby_has_no_task() {
    let rig = rig_for(&shop(), &scenario_with("region-outage", ""));
    rig.promote().await;
    rig.pass(900).await;
    // Both sides are unhealthy, and Route 53 answers the primary.
    assert_eq!(rig.regions.truth().traffic, Some(HomeRole::Primary));
    let scale = rig.ecs("us-west-2").update_service().cluster("shop-west").service("api-west").desired_count(2);
    scale.send().await.unwrap();
    rig.pass(300).await;
    assert_eq!(rig.regions.truth().traffic, Some(HomeRole::Standby));
}

fn ask(service: &Service) -> Ask {
    Ask {
        step: "point".into(),
        component: "traffic".into(),
        action: "point".into(),
        on: Place::Region(west()),
        direction: service.failover(),
        run: "run-1".into(),
        impact: None,
    }
}

fn authorised(rig: &Rig, plan: &Plan) -> handover::domain::consent::Authorised {
    let now = rig.clock.now();
    let consent = Consent { plan: plan.hash(), operator: "anna".into(), at: now, how: How::TwoKeys };
    authorise(plan.clone(), &consent, Some("anna"), false, now).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_pointed_by_compare_and_set_and_settles_by_its_addresses() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let traffic = traffic(&rig);
    let ask = ask(&shop());
    let plan = traffic.plan(&ask).await.unwrap();
    let batch = plan.call.param("ChangeBatch").unwrap();
    assert!(batch.contains(r#""DNSName":"shop-west-1.us-west-2.elb.amazonaws.com""#), "{batch}");
    assert!(batch.contains("ZELBWEST") && !batch.contains("ResourceRecords"), "{batch}");
    let receipt = traffic.perform(&authorised(&rig, &plan)).await.unwrap();
    let mut settled = Settlement::CannotTell(String::new());
    for second in 0..120 {
        settled = traffic.settle(&plan, Some(&receipt), Duration::from_secs(second)).await;
        if matches!(settled, Settlement::Done(_)) {
            break;
        }
        rig.pass(1).await;
    }
    assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
    rig.pass(120).await;
    for (name, wanted) in [("points_at", "us-west-2"), ("authoritative", "us-west-2"), ("resolvers", "us-west-2")] {
        assert_eq!(fact(&rig, name).await, wanted, "{name}");
    }
    assert!(traffic.plan(&ask).await.unwrap_err().already);
}

#[tokio::test(start_paused = true)]
async fn an_alias_has_no_ttl_and_is_listed_as_it_was_made() {
    let rig = rig_for(&shop(), &scenario_with("calm", ""));
    let records = rig.records().await;
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.ttl().is_none() && record.resource_records().is_empty()));
    let alias = records[0].alias_target().unwrap();
    assert_eq!((alias.hosted_zone_id(), alias.evaluate_target_health()), ("ZELBEAST", true));
    let wrong = ResourceRecordSet::builder()
        .name("api.fineract.com")
        .r#type(RrType::A)
        .set_identifier("primary")
        .failover(ResourceRecordSetFailover::Primary)
        .ttl(60)
        .alias_target(
            AliasTarget::builder()
                .hosted_zone_id("ZELBWEST")
                .dns_name(WEST)
                .evaluate_target_health(true)
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
    let change = Change::builder().action(ChangeAction::Upsert).resource_record_set(wrong).build().unwrap();
    let batch = ChangeBatch::builder().changes(change).build().unwrap();
    let call = rig.route53().change_resource_record_sets().hosted_zone_id(ZONE).change_batch(batch);
    assert_eq!(call.send().await.unwrap_err().code(), Some("InvalidInput"));
}

/// The same name in a private zone.
fn inside() -> Service {
    let mut inside = fineract();
    for component in &mut inside.components {
        if let Spec::Route53Failover(traffic) = &mut component.spec {
            traffic.private = true;
        }
    }
    inside
}

#[tokio::test(start_paused = true)]
async fn of_a_private_zone_the_resolvers_alone_tell() {
    let rig = rig_for(&inside(), &scenario_with("calm", ""));
    let zone = rig.route53().get_hosted_zone().id(ZONE).send().await.unwrap();
    assert!(zone.delegation_set().is_none() && zone.vpcs().len() == 2);
    assert!(zone.hosted_zone().unwrap().config().unwrap().private_zone());
    let resolver = rig.regions.resolver();
    let refused = resolver.ask("ns-1.sim:53", "api.fineract.com", "CNAME").await.unwrap_err();
    assert!(refused.to_string().contains("REFUSED"), "{refused}");

    let traffic = simulated_world(&inside(), &rig.regions, &rig.clock).components["traffic"].clone();
    let seen = traffic.observe(&Place::Global).await.unwrap();
    assert_eq!(seen.value("authoritative"), None);
    assert_eq!(seen.value("resolvers"), Some(&Value::Text("us-east-1".into())));
    assert!(seen.unread.is_empty(), "{:?}", seen.unread);

    let plan = traffic.plan(&ask(&inside())).await.unwrap();
    let receipt = traffic.perform(&authorised(&rig, &plan)).await.unwrap();
    // Before Route 53 says that every server has it, it is under way; after a crash the change's id may be lost.
    let first = traffic.settle(&plan, Some(&receipt), Duration::from_secs(1)).await;
    assert!(matches!(first, Settlement::InProgress(..)), "{first:?}");
    let (mut known, mut lost) = (None, None);
    for second in 0..240 {
        if known.is_none()
            && matches!(traffic.settle(&plan, Some(&receipt), Duration::from_secs(1)).await, Settlement::Done(_))
        {
            known = Some(second);
        }
        if lost.is_none() && matches!(traffic.settle(&plan, None, Duration::from_secs(1)).await, Settlement::Done(_)) {
            lost = Some(second);
        }
        rig.pass(1).await;
    }
    assert!(known.is_some() && lost.is_some(), "{known:?} {lost:?}");
    let seen = traffic.observe(&Place::Global).await.unwrap();
    assert_eq!(seen.value("resolvers"), Some(&Value::Text("us-west-2".into())));
}
