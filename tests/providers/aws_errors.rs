//! What AWS's errors mean: for a look, and for a mutation that must never be made twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use handover::domain::plan::PerformError;
use handover::domain::reading::Why;
use handover::domain::region::{Pair, Place};
use handover::domain::service::{RdsReplica, Service, Spec};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::support::{
    Reply, Wire, ask, authorised, component, described, instance, rds_error, real_component, service, west,
};

fn database() -> Service {
    let instance = Pair { primary: "fineract".into(), standby: "fineract-replica".into() };
    service("database", Spec::RdsReplica(RdsReplica { instance, sql: None, rebuild: None, cut_off: None }))
}

/// A wire on which the replica can be described and its promotion gets this reply.
fn promoting(reply: Reply) -> Wire {
    Wire::new(move |request| {
        if request.body.contains("Action=PromoteReadReplica") {
            reply.clone()
        } else {
            described(&instance("fineract-replica", "available", Some("arn:source"), Some("replicating")))
        }
    })
}

async fn promote(reply: Reply) -> (PerformError, Wire) {
    let service = database();
    let wire = promoting(reply);
    let database = component(&service, &wire, None);
    let plan = database.plan(&ask(&service, "promote", &west())).await.unwrap();
    let error = database.perform(&authorised(&plan)).await.unwrap_err();
    (error, wire)
}

#[tokio::test(start_paused = true)]
async fn a_promotion_is_sent_once_whatever_becomes_of_it() {
    for reply in [
        Reply::Hang,
        Reply::Reset,
        Reply::Refused,
        Reply::Xml(500, "<html>oh</html>".into()),
        Reply::Xml(200, "not xml".into()),
        rds_error(500, "InternalFailure", "try again"),
        rds_error(503, "ServiceUnavailable", "later"),
        rds_error(400, "Throttling", "Rate exceeded"),
        rds_error(400, "InvalidDBInstanceState", "is not a read replica"),
    ] {
        let (_, wire) = promote(reply.clone()).await;
        assert_eq!(wire.count("Action=PromoteReadReplica"), 1, "{reply:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_done_is_unknown() {
    for reply in [
        Reply::Hang,
        Reply::Reset,
        Reply::Xml(500, String::new()),
        Reply::Xml(200, "not xml".into()),
        rds_error(500, "InternalFailure", "try again"),
        rds_error(503, "ServiceUnavailable", "later"),
    ] {
        let (error, _) = promote(reply.clone()).await;
        assert!(matches!(error, PerformError::Unknown { .. }), "{reply:?}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_never_begun_may_be_tried_again() {
    for reply in [
        Reply::Refused,
        rds_error(400, "Throttling", "Rate exceeded"),
        rds_error(400, "ThrottlingException", "Rate exceeded"),
        rds_error(503, "RequestLimitExceeded", "Rate exceeded"),
        rds_error(429, "Whatever", "Rate exceeded"),
        rds_error(400, "PriorRequestNotComplete", "wait"),
    ] {
        let (error, _) = promote(reply.clone()).await;
        assert!(matches!(error, PerformError::NotYet { .. }), "{reply:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_no_is_a_no_with_its_code_and_request_id() {
    let (error, _) = promote(rds_error(400, "InvalidDBInstanceState", "DB Instance is not a read replica")).await;
    let PerformError::Refused { message, request_id } = error else { panic!("{error:?}") };
    assert_eq!(request_id.as_deref(), Some("req-1"));
    assert!(message.contains("InvalidDBInstanceState: DB Instance is not a read replica"), "{message}");
    assert!(message.contains("rds:PromoteReadReplica us-west-2"), "{message}");
}

#[tokio::test]
async fn hostile_messages_arrive_harmless() {
    let hostile = format!("\u{9b}31m\u{202e}evil &#x9; {}", "x".repeat(1 << 20));
    let (error, _) = promote(rds_error(400, "Bad\u{202e}Code", &hostile)).await;
    let PerformError::Refused { message, .. } = &error else { panic!("{error:?}") };
    assert!(message.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{message:?}");
    assert!(message.len() < 1000, "{}", message.len());
    assert!(message.contains("\\u{9b}31m"), "{message}");

    let service = database();
    let evil = "avail\u{9b}able\u{202e}";
    let wire = Wire::new(move |_| described(&instance("fineract-replica", evil, Some("src\u{200b}"), None)));
    let seen = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap();
    let shown = format!("{} {:?}", seen.summary, seen.value("status"));
    assert!(!shown.contains(['\u{9b}', '\u{202e}', '\u{200b}']), "{shown:?}");
}

#[tokio::test(start_paused = true)]
async fn a_look_says_why_it_failed() {
    for (reply, why) in [
        (Reply::Hang, Why::TimedOut),
        (Reply::Refused, Why::Unreachable),
        (Reply::Reset, Why::Unreachable),
        (Reply::Xml(200, "not xml".into()), Why::Malformed),
        (rds_error(400, "Throttling", "Rate exceeded"), Why::Throttled),
        (rds_error(403, "AccessDenied", "not authorized to perform"), Why::Denied),
        (rds_error(403, "ExpiredToken", "the token has expired"), Why::Auth),
        (rds_error(403, "InvalidClientTokenId", "no such token"), Why::Auth),
        (rds_error(404, "DBInstanceNotFound", "no such instance"), Why::NotFound),
        (rds_error(500, "InternalFailure", "oh"), Why::ServerError),
    ] {
        let wire = Wire::new({
            let reply = reply.clone();
            move |_| reply.clone()
        });
        let unread = component(&database(), &wire, None).observe(&Place::Region(west())).await.unwrap_err();
        assert_eq!(unread.why, why, "{reply:?}: {unread}");
        assert!(wire.requests().len() <= 2, "{reply:?}: {} attempts", wire.requests().len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_region_costs_a_look_five_seconds_and_a_call_fifteen() {
    let start = tokio::time::Instant::now();
    let wire = Wire::new(|_| Reply::Hang);
    let _ = component(&database(), &wire, None).observe(&Place::Region(west())).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 5);
    let start = tokio::time::Instant::now();
    let _ = promote(Reply::Hang).await;
    assert!(start.elapsed() >= Duration::from_secs(15) && start.elapsed() < Duration::from_secs(16));
}

#[tokio::test]
async fn each_region_is_asked_at_its_own_endpoint() {
    let wire = Wire::new(|_| rds_error(500, "InternalFailure", "oh"));
    let database = component(&database(), &wire, None);
    for place in database.places() {
        let _ = database.observe(&place).await;
    }
    for request in wire.requests() {
        assert!(request.uri.contains(&request.region), "{request:?}");
    }
    assert!(wire.count("rds.us-east-1.amazonaws.com") > 0 && wire.count("rds.us-west-2.amazonaws.com") > 0);
}

/// The real connector, not a scripted one, against a socket on loopback.
async fn over_a_real_socket(endpoint: String) -> (PerformError, Why) {
    let service = database();
    let planning = promoting(Reply::Hang);
    let plan = component(&service, &planning, None).plan(&ask(&service, "promote", &west())).await.unwrap();
    let mut there = service;
    there.aws.endpoints = vec![(west(), endpoint)];
    let database = real_component(&there);
    let error = database.perform(&authorised(&plan)).await.unwrap_err();
    let unread = database.observe(&Place::Region(west())).await.unwrap_err();
    (error, unread.why)
}

#[tokio::test]
async fn a_refused_connection_was_never_sent_and_a_reset_one_may_have_been() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (error, why) = over_a_real_socket(format!("http://{closed}")).await;
    assert!(matches!(error, PerformError::NotYet { .. }), "{error:?}");
    assert_eq!(why, Why::Unreachable);

    let (error, why) = over_a_real_socket("http://no-such-host.invalid".to_owned()).await;
    assert!(matches!(error, PerformError::NotYet { .. }), "{error:?}");
    assert_eq!(why, Why::Unreachable);

    // Not TLS at all: the handshake fails, and nothing was sent.
    let babbling = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = babbling.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = babbling.accept().await.unwrap();
            let _ = stream.write_all(b"SSH-2.0-nonsense\r\n").await;
        }
    });
    let (error, _) = over_a_real_socket(format!("https://{address}")).await;
    assert!(matches!(error, PerformError::NotYet { .. }), "{error:?}");

    let resetting = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = resetting.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = resetting.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 64];
            let _ = stream.read(&mut request).await;
        }
    });
    let service = database();
    let plan =
        component(&service, &promoting(Reply::Hang), None).plan(&ask(&service, "promote", &west())).await.unwrap();
    let mut there = service;
    there.aws.endpoints = vec![(west(), format!("http://{address}"))];
    let error = real_component(&there).perform(&authorised(&plan)).await.unwrap_err();
    assert!(matches!(error, PerformError::Unknown { .. }), "{error:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
