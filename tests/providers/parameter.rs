//! The ssm-parameter component.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::runbook::Hazard;
use handover::domain::service::{Service, Spec, SsmParameter};
use serde_json::{Value as Json, json};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

const NAME: &str = "/matbakh/active-region";

fn parameter() -> Service {
    let value = Pair { primary: "us-east-1".to_owned(), standby: "us-west-2".to_owned() };
    service("active-region", Spec::SsmParameter(SsmParameter { name: NAME.into(), value }))
}

/// What Parameter Store has, the same in both Regions.
#[derive(Clone)]
struct Has {
    value: Option<&'static str>,
    kind: &'static str,
    version: i64,
    /// The code that a write is answered with.
    no: Option<&'static str>,
}

fn ssm(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let mut has = shared.lock().unwrap();
        let body: Json = serde_json::from_str(&request.body).unwrap();
        let error = |code: &str| Reply::Json(400, json!({ "__type": code, "message": "said so" }).to_string());
        if let Some(value) = body.get("Value") {
            if let Some(code) = has.no {
                return error(code);
            }
            has.value = Some(if value == "us-west-2" { "us-west-2" } else { "us-east-1" });
            has.version += 1;
            return Reply::Json(200, json!({ "Version": has.version, "Tier": "Standard" }).to_string());
        }
        assert_eq!(body["WithDecryption"], false, "nothing is ever decrypted");
        let Some(value) = has.value else { return error("ParameterNotFound") };
        let parameter = json!({ "Name": NAME, "Type": has.kind, "Value": value, "Version": has.version,
                                "LastModifiedDate": 1_767_225_600.0 });
        Reply::Json(200, json!({ "Parameter": parameter }).to_string())
    });
    (wire, state)
}

const PLAIN: Has = Has { value: Some("us-east-1"), kind: "String", version: 6, no: None };

#[tokio::test]
async fn a_secure_string_is_neither_shown_nor_changed() {
    let service = parameter();
    let (wire, _) = ssm(Has { value: Some("AQICAHhSsecretciphertext"), kind: "SecureString", ..PLAIN });
    let parameter = component(&service, &wire, None);
    let seen = parameter.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "SecureString, version 6: not read"));
    assert_eq!(seen.value("version"), Some(&Value::Number(6.0)));
    assert!(seen.value("points_at").is_none() && !format!("{seen:?}").contains("AQICAHh"), "{seen:?}");
    let unread = parameter.observe(&Place::Global).await.unwrap_err();
    assert_eq!(unread.why, Why::Denied);
    let refusal = parameter.plan(&ask(&service, "point", &west())).await.unwrap_err();
    assert!(refusal.reason.contains("SecureString (version 6)") && !refusal.already, "{refusal}");
    assert_eq!(wire.count("PutParameter") + wire.count("\"Value\""), 0);
}

#[tokio::test]
async fn the_plan_is_the_exact_call_and_it_is_made_once() {
    let (service, (wire, state)) = (parameter(), ssm(PLAIN));
    let parameter = component(&service, &wire, None);
    let plan = parameter.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_eq!((plan.call.headline().as_str(), plan.hazard), ("ssm:PutParameter in us-west-2", Hazard::Write));
    assert_eq!(
        plan.by_hand,
        "aws ssm put-parameter --name /matbakh/active-region --value us-west-2 --overwrite --region us-west-2"
    );
    assert!(plan.changes[0].contains("from us-east-1 to us-west-2: version 6"), "{:?}", plan.changes);
    let same = parameter.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_eq!(plan.hash(), same.hash());
    // Another version is another plan: whoever wrote in between is not overwritten unseen.
    state.lock().unwrap().version = 7;
    let later = parameter.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_ne!(plan.hash(), later.hash());
    let receipt = parameter.perform(&authorised(&plan)).await.unwrap();
    assert!(receipt.answer.contains("somebody wrote in between"), "{receipt:?}");
    assert_eq!(wire.count("\"Value\":\"us-west-2\""), 1);
    assert!(matches!(parameter.settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    state.lock().unwrap().value = Some("elsewhere");
    let settled = parameter.settle(&plan, Some(&receipt), Duration::from_secs(60)).await;
    assert!(matches!(settled, Settlement::Failed(..)), "{settled:?}");
    assert!(matches!(parameter.settle(&plan, None, Duration::from_secs(60)).await, Settlement::NotStarted(_)));
    // In the source's Region it is the target's value that is written, too.
    let source = parameter.plan(&ask(&service, "point-source", &east())).await.unwrap();
    assert_eq!((source.call.control_plane.as_str(), source.call.param("Value")), ("us-east-1", Some("us-west-2")));
    let mut other = source;
    other.call.params[1].1 = "eu-west-1".into();
    assert!(matches!(parameter.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
}

#[tokio::test]
async fn a_new_one_is_made_only_if_nobody_else_did() {
    let service = parameter();
    let (wire, _) = ssm(Has { value: None, no: Some("ParameterAlreadyExists"), ..PLAIN });
    let parameter = component(&service, &wire, None);
    assert_eq!(parameter.observe(&Place::Region(west())).await.unwrap().value("exists"), Some(&Value::Bool(false)));
    assert_eq!(parameter.observe(&Place::Global).await.unwrap().value("agree"), Some(&Value::Bool(false)));
    let plan = parameter.plan(&ask(&service, "point", &west())).await.unwrap();
    assert_eq!((plan.call.param("Type"), plan.call.param("Overwrite")), (Some("String"), Some("false")));
    let error = parameter.perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::Refused { .. }), "{error}");
    let (wire, _) = ssm(Has { no: Some("TooManyUpdates"), ..PLAIN });
    let parameter = component(&service, &wire, None);
    let plan = parameter.plan(&ask(&service, "point", &west())).await.unwrap();
    let error = parameter.perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::NotYet { .. }), "{error}");
}

/// On a Parameter Store that nobody here wrote.
#[tokio::test(flavor = "multi_thread")]
async fn moto_is_pointed_and_pointed_back() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = parameter();
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    let parameter = real_component(&service);
    let place = Place::Region(west());
    assert_eq!(parameter.observe(&place).await.unwrap().value("exists"), Some(&Value::Bool(false)));
    let mut back = ask(&service, "point-source", &west());
    back.direction = service.failback();
    let asks = [ask(&service, "point", &west()), back, ask(&service, "point", &west())];
    for (version, (asked, word)) in (1..).zip(asks.iter().zip(["us-west-2", "us-east-1", "us-west-2"])) {
        let plan = parameter.plan(asked).await.unwrap();
        let receipt = parameter.perform(&authorised(&plan)).await.unwrap();
        assert_eq!(receipt.answer, format!("version {version}"));
        let settled = parameter.settle(&plan, Some(&receipt), Duration::ZERO).await;
        assert!(matches!(settled, Settlement::Done(_)), "{settled:?}");
        assert_eq!(parameter.observe(&place).await.unwrap().summary, format!("{word}, version {version}"));
        assert!(parameter.plan(asked).await.unwrap_err().already);
    }
}
