//! The arc-routing component, on a scripted wire.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{ArcRouting, Service, Spec};
use serde_json::json;

use super::support::{Reply, Request, Wire, ask, authorised, component, service, west};

const EAST: &str = "arn:aws:route53-recovery-control::123456789012:controlpanel/p/routingcontrol/east";
const WEST: &str = "arn:aws:route53-recovery-control::123456789012:controlpanel/p/routingcontrol/west";
const REGIONS: [&str; 5] = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2"];

fn routing() -> Service {
    let endpoint = |region: &str| (region.parse().unwrap(), format!("https://c.{region}.example/v1"));
    let control = Pair { primary: EAST.to_owned(), standby: WEST.to_owned() };
    service("routing", Spec::ArcRouting(ArcRouting { control, endpoints: REGIONS.map(endpoint).to_vec() }))
}

/// What each endpoint says to a change; those that are not named accept it. Those in `gone` answer nothing at all.
fn cluster(gone: &'static [&'static str], says: &'static [(&'static str, u16, &'static str)]) -> Wire {
    let turned = Arc::new(Mutex::new(false));
    Wire::new(move |request: &Request| {
        let region = REGIONS.iter().find(|region| request.uri.contains(**region)).unwrap();
        assert_eq!(request.region, **region, "signed for the endpoint's own Region");
        if gone.contains(region) {
            return Reply::Refused;
        }
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        if let Some(arn) = body["RoutingControlArn"].as_str() {
            let on = (arn == EAST) != *turned.lock().unwrap();
            let state = if on { "On" } else { "Off" };
            return Reply::Json(200, json!({ "RoutingControlArn": arn, "RoutingControlState": state }).to_string());
        }
        let said: BTreeMap<&str, (u16, &str)> = says.iter().map(|(of, status, code)| (*of, (*status, *code))).collect();
        match said.get(region) {
            Some((0, _)) => Reply::Reset,
            Some((1, _)) => Reply::Refused,
            Some((status, code)) => {
                Reply::Json(*status, json!({ "__type": code, "message": "said \u{1b}[31m" }).to_string())
            }
            None => {
                *turned.lock().unwrap() = true;
                Reply::Json(200, "{}".to_owned())
            }
        }
    })
}

/// The endpoints to which a change was sent, in order.
fn sent(wire: &Wire) -> Vec<String> {
    let changes =
        wire.requests().into_iter().filter(|request| request.body.contains("UpdateRoutingControlStateEntries"));
    changes.map(|request| request.region).collect()
}

#[tokio::test]
async fn one_call_turns_both_and_the_endpoint_in_the_source_comes_last() {
    let (service, wire) = (routing(), cluster(&["eu-west-1"], &[]));
    let routing = component(&service, &wire, None);
    let seen = routing.observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.value("endpoints")), (Health::Degraded, Some(&Value::Number(4.0))));
    assert_eq!(seen.value("points_at"), Some(&Value::Text("us-east-1".into())));
    let plan = routing.plan(&ask(&service, "point", &west())).await.unwrap();
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass), "{:?}", plan.gates);
    assert_eq!((plan.call.param(WEST), plan.call.param(EAST)), (Some("On"), Some("Off")));
    assert!(
        plan.by_hand.contains("--region us-west-2 --endpoint-url https://c.us-west-2.example/v1"),
        "{}",
        plan.by_hand
    );
    let receipt = routing.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.answer, "accepted in us-west-2");
    assert_eq!(sent(&wire), ["us-west-2"]);
    assert!(matches!(routing.settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    let mut other = plan.clone();
    other.call.params[0].1 = "Off".into();
    assert!(matches!(routing.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert_eq!(sent(&wire).len(), 1);
}

#[tokio::test]
async fn a_certain_no_goes_on_and_anything_else_does_not() {
    type Says = &'static [(&'static str, u16, &'static str)];
    let unavailable = "EndpointTemporarilyUnavailableException";
    let cases: [(Says, &str, &[&str]); 6] = [
        (&[("us-west-2", 1, "")], "accepted in eu-west-1", &["us-west-2", "eu-west-1"]),
        (
            &[("us-west-2", 503, "EndpointTemporarilyUnavailableException")],
            "accepted in eu-west-1",
            &["us-west-2", "eu-west-1"],
        ),
        (&[("us-west-2", 429, "ThrottlingException")], "accepted in eu-west-1", &["us-west-2", "eu-west-1"]),
        (&[("us-west-2", 409, "ConflictException")], "refused", &["us-west-2"]),
        (&[("us-west-2", 0, "")], "unknown", &["us-west-2"]),
        (&[("us-west-2", 500, "InternalServerException")], "unknown", &["us-west-2"]),
    ];
    for (says, expected, tried) in cases {
        let (service, wire) = (routing(), cluster(&[], says));
        let routing = component(&service, &wire, None);
        let plan = routing.plan(&ask(&service, "point", &west())).await.unwrap();
        let found = match routing.perform(&authorised(&plan)).await {
            Ok(receipt) => receipt.answer,
            Err(PerformError::Refused { message, .. }) => {
                assert!(message.contains("ConflictException: said \\u{1b}"), "the rule's own words: {message}");
                "refused".to_owned()
            }
            Err(PerformError::Unknown { .. }) => "unknown".to_owned(),
            Err(PerformError::NotYet { .. }) => "not yet".to_owned(),
        };
        assert_eq!(
            (found.as_str(), sent(&wire)),
            (expected, tried.iter().map(|r| (*r).to_owned()).collect()),
            "{says:?}"
        );
    }
    let all: Says = &[
        ("us-east-1", 503, "EndpointTemporarilyUnavailableException"),
        ("us-west-2", 503, "EndpointTemporarilyUnavailableException"),
        ("eu-west-1", 1, ""),
        ("ap-northeast-1", 503, "EndpointTemporarilyUnavailableException"),
        ("ap-southeast-2", 1, ""),
    ];
    let (service, wire) = (routing(), cluster(&[], all));
    let routing = component(&service, &wire, None);
    let plan = routing.plan(&ask(&service, "point", &west())).await.unwrap();
    let error = routing.perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(&error, PerformError::NotYet { message, .. } if message.contains(unavailable)), "{error}");
    assert_eq!(sent(&wire).last().map(String::as_str), Some("us-east-1"), "the source's own comes last");
    assert_eq!(sent(&wire).len(), 5);
    let settled = routing.settle(&plan, None, Duration::from_secs(90)).await;
    assert!(matches!(settled, Settlement::NotStarted(_)), "{settled:?}");
}

#[tokio::test]
async fn without_most_of_its_endpoints_it_says_so() {
    let (service, wire) = (routing(), cluster(&["us-east-1", "eu-west-1", "ap-northeast-1"], &[]));
    let plan = component(&service, &wire, None).plan(&ask(&service, "point", &west())).await.unwrap();
    assert_eq!(plan.closed_gates().count(), 1, "{:?}", plan.gates);
    let (service, wire) = (routing(), cluster(&REGIONS, &[]));
    let routing = component(&service, &wire, None);
    assert!(routing.observe(&Place::Global).await.is_err() && routing.observe(&Place::Region(west())).await.is_err());
    assert!(routing.plan(&ask(&service, "point", &west())).await.is_err());
}
