//! The health-check component, on a scripted wire.

use std::time::Duration;

use handover::domain::plan::{PerformError, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{HealthCheck, Service, SimulatedCheck, Spec};

use super::peers::{Options, Peers};
use super::support::{Reply, Request, Wire, ask, authorised, component, east, real_component, service, west};

fn checks() -> Service {
    let spec = HealthCheck {
        id: Pair { primary: "check-east".into(), standby: "check-west".into() },
        inverted: Pair { primary: true, standby: false },
        parent: None,
        simulated: Pair { primary: SimulatedCheck::Https, standby: SimulatedCheck::Https },
    };
    service("checks", Spec::HealthCheck(spec))
}

const NAMESPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

fn described(root: &str, id: &str, config: &str, version: i64) -> Reply {
    Reply::Xml(
        200,
        format!(
            "<{root} xmlns=\"{NAMESPACE}\"><HealthCheck><Id>{id}</Id><CallerReference>r</CallerReference>\
             <HealthCheckConfig>{config}</HealthCheckConfig><HealthCheckVersion>{version}</HealthCheckVersion>\
             </HealthCheck></{root}>"
        ),
    )
}

fn observed(statuses: &[&str]) -> Reply {
    let one = |status: &&str| {
        format!(
            "<HealthCheckObservation><Region>us-east-1</Region><StatusReport><Status>{status}</Status></StatusReport>\
             </HealthCheckObservation>"
        )
    };
    let all: String = statuses.iter().map(one).collect();
    Reply::Xml(
        200,
        format!(
            "<GetHealthCheckStatusResponse xmlns=\"{NAMESPACE}\"><HealthCheckObservations>{all}\
             </HealthCheckObservations></GetHealthCheckStatusResponse>"
        ),
    )
}

fn error(status: u16, code: &str) -> Reply {
    Reply::Xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message>\
             </Error><RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

const HTTPS: &str = "<Type>HTTPS</Type><FullyQualifiedDomainName>east.example.com</FullyQualifiedDomainName>\
                     <RequestInterval>10</RequestInterval><FailureThreshold>3</FailureThreshold>";

/// Route 53 with `config` for every check, and what it says to an update.
fn route53(config: &'static str, update: impl Fn() -> Reply + Send + 'static) -> Wire {
    Wire::new(move |request: &Request| {
        if request.method == "POST" {
            return update();
        }
        if request.uri.ends_with("/status") {
            return observed(&["Success: HTTP 200", "Failure: timeout", "Failure: timeout"]);
        }
        let id = request.uri.rsplit('/').next().unwrap().to_owned();
        described("GetHealthCheckResponse", &id, config, 7)
    })
}

#[tokio::test]
async fn a_third_of_the_checkers_is_enough_and_an_inverted_check_is_read_as_it_counts() {
    let service = checks();
    let wire = route53(HTTPS, || Reply::Refused);
    let seen = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "healthy, 1/3 checkers (HTTPS)"));
    assert_eq!(seen.value("detection"), Some(&Value::Seconds(30.0)));
    let inverted = "<Type>TCP</Type><IPAddress>10.0.3.7</IPAddress><Inverted>true</Inverted>";
    let wire = route53(inverted, || Reply::Refused);
    let seen = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("counts_as"), Some(&Value::Text("unhealthy".into())));
    assert_eq!(seen.value("sound"), Some(&Value::Bool(false)));
    let wire = Wire::new(|_| error(404, "NoSuchHealthCheck"));
    let unread = component(&service, &wire, None).observe(&Place::Region(west())).await.unwrap_err();
    assert_eq!(unread.why, Why::NotFound);
    assert!(component(&service, &wire, None).observe(&Place::Global).await.is_err());
}

#[tokio::test]
async fn a_status_that_is_not_told_is_unknown() {
    let wire = Wire::new(|request: &Request| {
        if request.uri.ends_with("/status") {
            return error(400, "Throttling");
        }
        described("GetHealthCheckResponse", "check-west", HTTPS, 7)
    });
    let seen = component(&checks(), &wire, None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.value("status")), (Health::Unknown, Some(&Value::Text("unknown".into()))));
    assert_eq!((seen.value("counts_as"), seen.value("checkers_ok")), (None, None));
    assert_eq!(seen.unread[0].1.why, Why::Throttled);
    let calculated = "<Type>CALCULATED</Type><HealthThreshold>1</HealthThreshold><ChildHealthChecks>\
                      <ChildHealthCheck>gone</ChildHealthCheck></ChildHealthChecks>";
    let wire = Wire::new(move |request: &Request| {
        if request.uri.ends_with("/gone") {
            return error(404, "NoSuchHealthCheck");
        }
        assert!(!request.uri.ends_with("/status"), "never asked of a calculated one");
        described("GetHealthCheckResponse", "check-west", calculated, 1)
    });
    let seen = component(&checks(), &wire, None).observe(&Place::Region(west())).await.unwrap();
    assert_eq!(seen.value("sound"), Some(&Value::Bool(false)), "{seen:?}");
    assert!(seen.summary.contains("gone is not there"), "{}", seen.summary);
}

#[tokio::test]
async fn a_change_is_made_once_against_the_version_that_was_read() {
    let service = checks();
    let wire = route53(HTTPS, || described("UpdateHealthCheckResponse", "check-east", HTTPS, 8));
    let checks = component(&service, &wire, None);
    let plan = checks.plan(&ask(&service, "force-unhealthy", &east())).await.unwrap();
    assert_eq!(
        plan.by_hand,
        "aws route53 update-health-check --health-check-id check-east --health-check-version 7 --disabled --inverted"
    );
    assert!(plan.changes.last().unwrap().contains("the Region that is being left"), "{:?}", plan.changes);
    let receipt = checks.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.answer, "version 8");
    let sent: Vec<Request> = wire.requests().into_iter().filter(|request| request.method == "POST").collect();
    assert_eq!(sent.len(), 1);
    for part in ["<HealthCheckVersion>7<", "<Disabled>true<", "<Inverted>true<"] {
        assert!(sent[0].body.contains(part), "{}", sent[0].body);
    }
    // The file says that the primary's is inverted on an ordinary day.
    let plan = checks.plan(&ask(&service, "release", &east())).await.unwrap();
    assert!(plan.by_hand.ends_with("--no-disabled --inverted"), "{}", plan.by_hand);
    let mut other = plan.clone();
    other.call.params[2].1 = "true".into();
    assert!(matches!(checks.perform(&authorised(&other)).await, Err(PerformError::Refused { .. })));
    assert!(checks.plan(&ask(&service, "release", &west())).await.unwrap_err().already);

    for (reply, kind) in [
        ((409, "HealthCheckVersionMismatch"), "refused"),
        ((400, "Throttling"), "not yet"),
        ((500, "InternalFailure"), "unknown"),
    ] {
        let wire = route53(HTTPS, move || error(reply.0, reply.1));
        let checks = component(&service, &wire, None);
        let plan = checks.plan(&ask(&service, "force-unhealthy", &east())).await.unwrap();
        let found = match checks.perform(&authorised(&plan)).await.unwrap_err() {
            PerformError::Unknown { .. } => "unknown",
            PerformError::NotYet { .. } => "not yet",
            PerformError::Refused { .. } => "refused",
        };
        assert_eq!(
            (found, wire.requests().iter().filter(|sent| sent.method == "POST").count()),
            (kind, 1),
            "{reply:?}"
        );
        let settled = checks.settle(&plan, None, Duration::from_secs(90)).await;
        assert!(matches!(settled, Settlement::NotStarted(_)), "{settled:?}");
    }
    let control = "<Type>RECOVERY_CONTROL</Type><RoutingControlArn>arn</RoutingControlArn>";
    let wire = route53(control, || Reply::Refused);
    let refusal = component(&service, &wire, None).plan(&ask(&service, "force-unhealthy", &east())).await.unwrap_err();
    assert!(refusal.reason.contains("arc-routing"), "{refusal}");
}

/// On a Route 53 that nobody here wrote.
#[tokio::test(flavor = "multi_thread")]
async fn moto_is_read_and_changed() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let mut service = checks();
    let ids = peers.ready.health_checks.clone();
    if let Spec::HealthCheck(spec) = &mut service.components[0].spec {
        spec.id = Pair { primary: ids["us-east-1"].clone(), standby: ids["us-west-2"].clone() };
        spec.inverted = Pair { primary: false, standby: false };
    }
    service.aws.global_endpoint = Some(peers.endpoint("global"));
    let checks = real_component(&service);
    let seen = checks.observe(&Place::Region(east())).await.unwrap();
    assert!(seen.value("type").is_some() && seen.value("detection").is_some(), "{seen:?}");
    let plan = checks.plan(&ask(&service, "force-unhealthy", &east())).await.unwrap();
    checks.perform(&authorised(&plan)).await.unwrap();
    let seen = checks.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((seen.value("disabled"), seen.value("inverted")), (Some(&Value::Bool(true)), Some(&Value::Bool(true))));
    assert_eq!(seen.value("counts_as"), Some(&Value::Text("unhealthy".into())));
}
