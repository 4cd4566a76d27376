//! The lambda component.

use std::time::Duration;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::FunctionCode;
use handover::domain::gate::Verdict;
use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{Lambda, Service, Spec};
use serde_json::json;

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

fn monitor() -> Service {
    let function = Pair { primary: "primary-monitor".to_owned(), standby: "secondary-monitor".to_owned() };
    service("monitor", Spec::Lambda(Lambda { function, alias: None, payload: "{\"check\":true}".into() }))
}

/// What Lambda has and says.
#[derive(Clone, Copy)]
struct Has {
    state: &'static str,
    reserved: Option<i32>,
    /// The status and the body with which a call is answered.
    answer: (u16, &'static str),
}

const ACTIVE: Has = Has { state: "Active", reserved: Some(5), answer: (200, "{\"lag\":1}") };

fn lambda(has: Has) -> Wire {
    Wire::new(move |request: &Request| {
        if request.uri.contains("/invocations") {
            return match has.answer {
                (0, _) => Reply::Reset,
                (status, body) => Reply::Json(status, body.to_owned()),
            };
        }
        if request.uri.contains("/concurrency") {
            return Reply::Json(200, json!({ "ReservedConcurrentExecutions": has.reserved }).to_string());
        }
        if request.uri.contains("/event-source-mappings") {
            return if request.uri.contains("Marker=more") {
                Reply::Json(200, json!({ "EventSourceMappings": [{ "State": "Enabled" }] }).to_string())
            } else {
                let mappings = json!([{ "State": "Enabled" }, { "State": "Disabled" }, { "State": "Disabling" }]);
                Reply::Json(200, json!({ "EventSourceMappings": mappings, "NextMarker": "more" }).to_string())
            };
        }
        let told = json!({ "FunctionName": "f", "Runtime": "python3.11", "Version": "$LATEST", "CodeSha256": "abc=",
                           "State": has.state, "StateReason": "said \u{1b}[31m", "LastUpdateStatus": "Successful",
                           "Timeout": 60, "Environment": { "Variables": { "DB_PASSWORD": "hunter2hunter2" } } });
        Reply::Json(200, told.to_string())
    })
}

#[tokio::test]
async fn every_fact_is_read_and_the_environment_is_not() {
    let service = monitor();
    let seen = component(&service, &lambda(ACTIVE), None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "active, version $LATEST"));
    assert_eq!(seen.value("enabled_triggers"), Some(&Value::Number(2.0)), "on both pages");
    assert_eq!(seen.value("reserved_concurrency"), Some(&Value::Number(5.0)));
    assert!(!format!("{seen:?}").contains("hunter2"), "{seen:?}");
    let none = Has { reserved: Some(0), ..ACTIVE };
    let seen = component(&service, &lambda(none), None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Down, "every call would be refused");
    let failed = Has { state: "Failed", reserved: None, ..ACTIVE };
    let seen = component(&service, &lambda(failed), None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.health, Health::Down);
    assert!(seen.value("reserved_concurrency").is_none() && !seen.summary.contains('\u{1b}'), "{seen:?}");
    let wire = Wire::new(|_| Reply::Json(404, json!({ "Type": "User", "Message": "Function not found" }).to_string()));
    let unread = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound);
}

#[tokio::test]
async fn the_plan_is_the_exact_call_and_it_is_made_once() {
    let (service, wire) = (monitor(), lambda(ACTIVE));
    let monitor = component(&service, &wire, None);
    let plan = monitor.plan(&ask(&service, "invoke", &west())).await.unwrap();
    assert_eq!(plan.call.headline(), "lambda:Invoke in us-west-2");
    assert_eq!(
        plan.by_hand,
        "aws lambda invoke --function-name secondary-monitor --cli-binary-format raw-in-base64-out --payload \
         '{\"check\":true}' /dev/stdout --region us-west-2"
    );
    assert!(plan.changes.iter().any(|change| change.contains("60 s")), "{:?}", plan.changes);
    assert!(plan.gates.iter().all(|gate| gate.verdict == Verdict::Pass));
    let receipt = monitor.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.answer, "ran, version ?: {\"lag\":1}");
    assert!(matches!(monitor.settle(&plan, Some(&receipt), Duration::ZERO).await, Settlement::Done(_)));
    let calls: Vec<Request> = wire.requests().into_iter().filter(|sent| sent.uri.contains("/invocations")).collect();
    assert_eq!((calls.len(), calls[0].body.as_str(), calls[0].method.as_str()), (1, "{\"check\":true}", "POST"));
    let mut other = plan;
    other.call.params[2].1 = "{}".into();
    assert!(matches!(monitor.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert_eq!(wire.count("/invocations"), 1);
}

#[tokio::test]
async fn an_answer_is_shown_without_its_secrets_and_a_silence_is_not_guessed_about() {
    let service = monitor();
    let wire = lambda(Has { answer: (200, "{\"password\":\"hunter2hunter2\",\"said\":\"\u{202e}\"}"), ..ACTIVE });
    let monitor = component(&service, &wire, None);
    let plan = monitor.plan(&ask(&service, "invoke", &west())).await.unwrap();
    let receipt = monitor.perform(&authorised(&plan)).await.unwrap();
    assert!(receipt.answer.contains("[redacted]"), "{receipt:?}");
    assert!(!receipt.answer.contains("hunter2") && !receipt.answer.contains('\u{202e}'), "{receipt:?}");
    for (answer, kind) in [
        ((0, ""), "unknown"),
        ((500, "{\"Message\":\"out of order\"}"), "unknown"),
        ((429, "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\"}"), "not yet"),
        ((502, "{\"__type\":\"ResourceNotReadyException\",\"Message\":\"inactive\"}"), "not yet"),
        ((404, "{\"Message\":\"gone\"}"), "refused"),
    ] {
        let wire = lambda(Has { answer, ..ACTIVE });
        let monitor = component(&service, &wire, None);
        let plan = monitor.plan(&ask(&service, "invoke", &west())).await.unwrap();
        let error = monitor.perform(&authorised(&plan)).await.unwrap_err();
        let found = match &error {
            PerformError::Unknown { .. } => "unknown",
            PerformError::NotYet { .. } => "not yet",
            PerformError::Refused { .. } => "refused",
        };
        assert_eq!(found, kind, "{answer:?}: {error}");
        assert_eq!(wire.count("/invocations"), 1, "a write is sent once");
        let Settlement::CannotTell(said) = monitor.settle(&plan, None, Duration::from_secs(600)).await else {
            panic!()
        };
        assert!(said.contains("/aws/lambda/secondary-monitor in us-west-2"), "{said}");
    }
}

/// On a Lambda that nobody here wrote. It has no containers to run code in, so its functions are only read.
#[tokio::test(flavor = "multi_thread")]
async fn moto_is_read() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = monitor();
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    // A function wants a role that there is.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let trust: String = trust.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let role = reqwest::Client::new()
        .post(peers.endpoint("us-east-1"))
        .header("authorization", scope)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("Action=CreateRole&Version=2010-05-08&RoleName=monitor&AssumeRolePolicyDocument={trust}"))
        .send();
    let made = role.await.unwrap();
    assert!(made.status().is_success(), "{}", made.text().await.unwrap());
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
        .region(aws_sdk_lambda::config::Region::new("us-west-2"))
        .endpoint_url(peers.endpoint("us-west-2"))
        .credentials_provider(aws_sdk_lambda::config::Credentials::new("test", "test", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let lambda = aws_sdk_lambda::Client::from_conf(config);
    // The shortest ZIP archive: an end without a beginning.
    let archive = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    let create = lambda.create_function().function_name("secondary-monitor").runtime("python3.11".into());
    let create = create.role("arn:aws:iam::123456789012:role/monitor").handler("monitor.handler");
    create.code(FunctionCode::builder().zip_file(Blob::new(archive)).build()).send().await.unwrap();
    let put = lambda.put_function_concurrency().function_name("secondary-monitor");
    put.reserved_concurrent_executions(5).send().await.unwrap();

    let monitor = real_component(&service);
    let seen = monitor.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.value("runtime")), (Health::Healthy, Some(&Value::Text("python3.11".into()))));
    assert_eq!(seen.value("reserved_concurrency"), Some(&Value::Number(5.0)));
    assert_eq!(seen.value("enabled_triggers"), Some(&Value::Number(0.0)));
    let plan = monitor.plan(&ask(&service, "invoke", &west())).await.unwrap();
    assert_eq!(plan.closed_gates().count(), 0, "{plan:?}");
    let unread = monitor.observe(&Place::Region(east())).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound, "{unread}");
}
