use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::journal::{Chain, Files};
use crate::domain::plan;
use crate::domain::redact::Redactor;
use crate::domain::region::Direction;
use crate::domain::run::Mode;

const RUN: &str = "20260303T140020Z-shop-failover-ab12";
const AT: &str = "2026-03-03T14:05:00Z";

/// A journal with a promotion: its requests' ids, and what became of it.
fn journal(requests: &[Option<&str>], outcome: OutcomeOf) -> Vec<Entry> {
    let direction = Direction { source: "us-east-1".parse().unwrap(), target: "us-west-2".parse().unwrap() };
    let plan = plan::tests::plan();
    let mut bodies = vec![
        Body::RunOpened {
            run: RUN.into(),
            service: "shop".into(),
            runbook: "failover".into(),
            mode: Mode::Live,
            direction,
            files: Files { service: String::new(), runbook: String::new() },
            tool: "test".into(),
            host: "here".into(),
            shared_terminal: None,
            scenario: None,
        },
        Body::Plan { step: "promote".into(), plan_hash: plan.hash(), plan: Box::new(plan), gates: Vec::new() },
    ];
    bodies.extend(requests.iter().zip(1..).map(|(id, request)| Body::Attempt {
        step: "promote".into(),
        attempt: 1,
        request,
        request_id: id.map(str::to_owned),
        took_ms: 120,
        answer: String::new(),
    }));
    bodies.push(Body::Outcome { step: "promote".into(), attempt: 1, outcome });
    let mut chain = Chain::new(Redactor::new([]));
    let seal = |body| {
        let sealed = chain.seal(AT.parse().unwrap(), Duration::ZERO, "anna", body).unwrap();
        chain.advance(&sealed);
        sealed.entry
    };
    bodies.into_iter().map(seal).collect()
}

fn accepted() -> OutcomeOf {
    OutcomeOf::Accepted { answer: "ok".into(), handle: None }
}

/// An event as CloudTrail writes it, of the run's session.
fn record(request: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::123456789012:assumed-role/dr-operations/anna@20260303T140020Z-ab12"
        },
        "eventTime": "2026-03-03T14:04:59Z",
        "eventSource": "rds.amazonaws.com",
        "eventName": "PromoteReadReplica",
        "awsRegion": "us-west-2",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": format!("aws-sdk-rust/1.3 app/handover md/handover-run#{RUN} md/handover-step#promote"),
        "requestID": request,
        "eventID": "1",
        "readOnly": false,
        "eventType": "AwsApiCall"
    })
}

fn with(request: &str, changes: &[(&str, Value)]) -> Value {
    let mut record = record(request);
    for (key, value) in changes {
        record[*key] = value.clone();
    }
    record
}

fn events(records: &[Value]) -> Vec<Event> {
    read(json!({ "Records": records }).to_string().as_bytes()).unwrap()
}

fn found(entries: &[Entry], records: &[Value]) -> (Vec<Found>, Vec<String>) {
    let told = compare(entries, &events(records));
    (told.matched.into_iter().map(|one| one.found).collect(), told.unknown)
}

#[test]
fn what_both_say_is_corroborated() {
    let entries = journal(&[Some("req-1")], accepted());
    let told = compare(&entries, &events(&[record("req-1")]));
    assert!(told.is_whole() && !told.contradicts(), "{told:?}");
    assert_eq!((told.matched.len(), told.matched[0].seq), (1, 3));
    // As `lookup-events` prints it, among what others did and what was only read.
    let other =
        with("x", &[("userAgent", "console".into()), ("userIdentity", json!({ "arn": "arn:aws:iam::1:user/bert" }))]);
    let looked = with("y", &[("eventName", "DescribeDBInstances".into()), ("readOnly", "true".into())]);
    let wrapped: Vec<Value> =
        [record("req-1"), other, looked].iter().map(|event| json!({ "CloudTrailEvent": event.to_string() })).collect();
    let events = read(json!({ "Events": wrapped }).to_string().as_bytes()).unwrap();
    assert!(compare(&entries, &events).is_whole());
}

#[test]
fn what_is_not_in_the_export_is_missing_and_no_contradiction() {
    let entries = journal(&[Some("req-1")], accepted());
    let told = compare(&entries, &[]);
    assert_eq!(told.matched[0].found, Found::Missing);
    assert!(!told.is_whole() && !told.contradicts());
}

#[test]
fn what_cloudtrail_says_otherwise_is_a_contradiction() {
    let entries = journal(&[Some("req-1")], accepted());
    for (key, value, what) in [
        ("eventName", json!("DeleteDBInstance"), "the call"),
        ("eventName", json!("PromoteReadReplicaDBCluster"), "the call"),
        ("awsRegion", json!("us-east-1"), "the Region"),
        ("eventTime", json!("2026-03-03T15:05:00Z"), "the time"),
        ("errorCode", json!("AccessDenied"), "the answer"),
    ] {
        let (found, _) = found(&entries, &[with("req-1", &[(key, value)])]);
        assert!(matches!(&found[..], [Found::Contradicted(why)] if why.starts_with(what)), "{key}: {found:?}");
    }
    let refused = journal(&[Some("req-1")], OutcomeOf::Refused { message: "no".into() });
    assert!(matches!(&found(&refused, &[record("req-1")]).0[..], [Found::Contradicted(_)]));
    let denied = with("req-1", &[("errorCode", "AccessDenied".into())]);
    assert_eq!(found(&refused, &[denied]).0, [Found::Corroborated]);
    // A version behind the name is none.
    let versioned = with("req-1", &[("eventName", "PromoteReadReplica2014_10_31".into())]);
    assert_eq!(found(&entries, &[versioned]).0, [Found::Corroborated]);
}

#[test]
fn what_was_written_in_the_runs_name_and_is_not_in_the_journal_is_named() {
    let entries = journal(&[Some("req-1")], accepted());
    let more = with("req-2", &[("eventName", "DeleteDBInstance".into())]);
    let told = compare(&entries, &events(&[record("req-1"), more.clone()]));
    assert!(told.contradicts() && told.unknown[0].contains("DeleteDBInstance in us-west-2"), "{:?}", told.unknown);
    // By the session alone, and by the user agent alone.
    for other in [
        with("req-2", &[("userAgent", "aws-cli/2".into())]),
        with("req-2", &[("userIdentity", json!({ "arn": "arn:aws:iam::1:user/anna" }))]),
    ] {
        assert_eq!(found(&entries, &[record("req-1"), other]).1.len(), 1);
    }
    // Nothing of another run; and the shipping of the journal is not a step.
    let elsewhere =
        with("req-2", &[("userAgent", "x".into()), ("userIdentity", json!({ "arn": "a/anna@20260303T150000Z-ab12" }))]);
    let agent = format!("x md/handover-run#{RUN} md/handover-step#+trail");
    let shipped = with("req-3", &[("eventName", "PutLogEvents".into()), ("userAgent", agent.as_str().into())]);
    let posing = with("req-4", &[("userAgent", agent.as_str().into())]);
    assert_eq!(found(&entries, &[record("req-1"), elsewhere, shipped]).1, Vec::<String>::new());
    assert_eq!(found(&entries, &[record("req-1"), posing]).1.len(), 1);
    // The same request twice in the export is one too many.
    assert_eq!(found(&entries, &[record("req-1"), record("req-1")]).1.len(), 1);
}

#[test]
fn an_answer_that_never_came_is_found_by_its_step() {
    let unknown = || OutcomeOf::Unknown { message: "no answer".into() };
    let entries = journal(&[None], unknown());
    assert_eq!(found(&entries, &[record("req-9")]), (vec![Found::Corroborated], Vec::new()));
    // It may as well never have been sent.
    assert_eq!(found(&entries, &[]), (Vec::new(), Vec::new()));
    let other = with("req-9", &[("userAgent", format!("md/handover-run#{RUN} md/handover-step#other").into())]);
    assert_eq!(found(&entries, &[other]).1.len(), 1);
    // A throttled request first, then one that was accepted.
    let entries = journal(&[Some("req-1"), Some("req-2")], accepted());
    let throttled = with("req-1", &[("errorCode", "Throttling".into())]);
    assert_eq!(found(&entries, &[throttled, record("req-2")]).0, [Found::Corroborated, Found::Corroborated]);
}

#[test]
fn what_is_no_export_is_refused_with_its_place() {
    for (bytes, what) in [
        (&b"{"[..], "no JSON"),
        (b"[]", "neither"),
        (b"{\"Records\":[{}]}", "event 1"),
        (b"{\"Events\":[{\"CloudTrailEvent\":\"{\"}]}", "event 1"),
        (
            b"{\"Records\":[{\"eventName\":\"x\",\"eventSource\":\"y\",\"awsRegion\":\"z\",\"eventTime\":\"now\"}]}",
            "event 1",
        ),
    ] {
        assert!(read(bytes).unwrap_err().to_string().contains(what), "{what}");
    }
}
