//! The route53-failover component.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::domain::plan::{PerformError, Plan, Settlement};
use handover::domain::reading::{Health, Value, Why};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{RecordType, Route53Failover, Service, Spec};
use handover::ports::{Component, DnsAnswer};

use super::support::{Fake, Reply, Request, Wire, ask, authorised, component, east, service, west};

const EAST: &str = "east.example.com";
const WEST: &str = "west.example.com";

fn traffic() -> Service {
    service(
        "traffic",
        Spec::Route53Failover(Route53Failover {
            zone: "Z123".into(),
            record: "api.example.com".into(),
            record_type: RecordType::Cname,
            target: Pair { primary: EAST.into(), standby: WEST.into() },
            alias_zone: None,
            private: false,
            nameservers: vec!["ns1:53".into(), "ns2:53".into()],
            resolvers: vec!["r1:53".into(), "r2:53".into()],
            health_check: Pair::default(),
        }),
    )
}

/// What Route 53 has.
#[derive(Clone)]
struct Zone {
    primary: (&'static str, Option<&'static str>),
    secondary: (&'static str, Option<&'static str>),
    sick: Vec<&'static str>,
    insync: bool,
    down: bool,
}

fn zone() -> Arc<Mutex<Zone>> {
    Arc::new(Mutex::new(Zone {
        primary: (EAST, Some("hc-east")),
        secondary: (WEST, Some("hc-west")),
        sick: vec![],
        insync: false,
        down: false,
    }))
}

fn record(failover: &str, (value, check): (&str, Option<&str>)) -> String {
    let check = check.map_or(String::new(), |id| format!("<HealthCheckId>{id}</HealthCheckId>"));
    format!(
        "<ResourceRecordSet><Name>api.example.com.</Name><Type>CNAME</Type><SetIdentifier>{failover}</SetIdentifier>\
         <Failover>{failover}</Failover><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>{value}</Value>\
         </ResourceRecord></ResourceRecords>{check}</ResourceRecordSet>"
    )
}

fn route53(zone: &Zone, request: &Request) -> Reply {
    const XMLNS: &str = "xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"";
    let check = |id: &str, fqdn: &str| {
        format!(
            "<HealthCheck><Id>{id}</Id><CallerReference>x</CallerReference><HealthCheckConfig><Type>HTTPS</Type>\
             <FullyQualifiedDomainName>{fqdn}</FullyQualifiedDomainName></HealthCheckConfig>\
             <HealthCheckVersion>1</HealthCheckVersion></HealthCheck>"
        )
    };
    let info = |status: &str| {
        format!(
            "<ChangeInfo><Id>/change/C1</Id><Status>{status}</Status><SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt>\
             </ChangeInfo>"
        )
    };
    let path = request.uri.as_str();
    let body = if zone.down {
        return Reply::Hang;
    } else if request.method == "POST" && path.contains("/rrset") {
        format!("<ChangeResourceRecordSetsResponse {XMLNS}>{}</ChangeResourceRecordSetsResponse>", info("PENDING"))
    } else if path.contains("/rrset") {
        format!(
            "<ListResourceRecordSetsResponse {XMLNS}><ResourceRecordSets>{}{}</ResourceRecordSets>\
             <IsTruncated>false</IsTruncated><MaxItems>20</MaxItems></ListResourceRecordSetsResponse>",
            record("PRIMARY", zone.primary),
            record("SECONDARY", zone.secondary)
        )
    } else if path.contains("/change/") {
        let status = if zone.insync { "INSYNC" } else { "PENDING" };
        format!("<GetChangeResponse {XMLNS}>{}</GetChangeResponse>", info(status))
    } else if path.ends_with("/status") {
        let said =
            if zone.sick.iter().any(|id| path.contains(id)) { "Failure: timed out" } else { "Success: HTTP 200" };
        let seen = format!(
            "<HealthCheckObservation><StatusReport><Status>{said}</Status></StatusReport></HealthCheckObservation>"
        );
        format!(
            "<GetHealthCheckStatusResponse {XMLNS}><HealthCheckObservations>{seen}{seen}</HealthCheckObservations>\
             </GetHealthCheckStatusResponse>"
        )
    } else if path.contains("/healthcheck/") {
        let id = path.rsplit('/').next().unwrap();
        format!("<GetHealthCheckResponse {XMLNS}>{}</GetHealthCheckResponse>", check(id, "x"))
    } else if path.contains("/healthcheck") {
        format!(
            "<ListHealthChecksResponse {XMLNS}><HealthChecks>{}{}</HealthChecks><Marker></Marker>\
             <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHealthChecksResponse>",
            check("hc-east", EAST),
            check("hc-west", WEST)
        )
    } else {
        return Reply::Xml(404, String::new());
    };
    Reply::Xml(200, body)
}

fn wire(zone: &Arc<Mutex<Zone>>) -> Wire {
    let zone = zone.clone();
    Wire::new(move |request| {
        let now = zone.lock().unwrap().clone();
        route53(&now, request)
    })
}

fn dns(answers: &[(&str, &str, u32)]) -> Arc<Fake> {
    let fake = Fake::default();
    *fake.dns.lock().unwrap() = answers
        .iter()
        .map(|(server, value, ttl)| {
            let authoritative = server.starts_with("ns");
            let answer = DnsAnswer { values: vec![format!("{value}.")], ttl: *ttl, authoritative };
            ((*server).to_owned(), answer)
        })
        .collect();
    Arc::new(fake)
}

fn everywhere(value: &str) -> Arc<Fake> {
    dns(&[("ns1:53", value, 60), ("ns2:53", value, 60), ("r1:53", value, 41), ("r2:53", value, 7)])
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

#[tokio::test]
async fn it_shows_where_the_records_point_and_what_the_world_gets() {
    let zone = zone();
    let service = traffic();
    let seen = component(&service, &wire(&zone), Some(everywhere(EAST))).observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "us-east-1, 2/2 authoritative, 2/2 resolvers"));
    assert_eq!(seen.value("points_at"), Some(&text("us-east-1")));
    assert_eq!(seen.value("primary_check"), Some(&text("healthy")));
    assert_eq!(seen.value("latched"), Some(&Value::Bool(false)));

    zone.lock().unwrap().sick = vec!["hc-east"];
    let behind = dns(&[("ns1:53", WEST, 60), ("ns2:53", WEST, 60), ("r1:53", EAST, 41), ("r2:53", WEST, 7)]);
    let seen = component(&service, &wire(&zone), Some(behind)).observe(&Place::Global).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Degraded, "us-west-2, 2/2 authoritative, 1/2 resolvers"));
    assert_eq!(seen.value("points_at"), Some(&text("us-east-1")));
    assert_eq!(seen.value("answers"), Some(&text("us-west-2")));
    assert_eq!(seen.value("primary_check"), Some(&text("unhealthy")));
    assert_eq!(seen.value("resolvers"), Some(&text("mixed")));
    assert_eq!(seen.value("ttl_left"), Some(&Value::Seconds(41.0)));
}

#[tokio::test(start_paused = true)]
async fn without_its_control_plane_dns_still_tells() {
    let zone = zone();
    zone.lock().unwrap().down = true;
    let service = traffic();
    let seen = component(&service, &wire(&zone), Some(everywhere(WEST))).observe(&Place::Global).await.unwrap();
    assert_eq!(seen.value("points_at"), None);
    assert_eq!(seen.value("authoritative"), Some(&text("us-west-2")));
    assert!(seen.unread.iter().any(|(part, unread)| part == "api" && unread.why == Why::TimedOut));
    let nothing = component(&service, &wire(&zone), Some(dns(&[]))).observe(&Place::Global).await;
    assert_eq!(nothing.unwrap_err().why, Why::TimedOut);
}

async fn planned(
    zone: &Arc<Mutex<Zone>>,
    fake: Arc<Fake>,
    on: &handover::domain::region::Region,
) -> (Plan, Wire, Arc<dyn Component>) {
    let service = traffic();
    let wire = wire(zone);
    let traffic = component(&service, &wire, Some(fake));
    let plan = traffic.plan(&ask(&service, "point", on)).await.unwrap();
    (plan, wire, traffic)
}

#[tokio::test]
async fn pointing_is_one_compare_and_set_and_what_is_shown_is_sent() {
    let zone = zone();
    let (plan, wire, traffic) = planned(&zone, everywhere(EAST), &west()).await;
    let batch = "{\"Changes\":[{\"Action\":\"DELETE\",\"ResourceRecordSet\":{\"Name\":\"api.example.com.\",\"Type\":\"CNAME\",\
                 \"SetIdentifier\":\"PRIMARY\",\"Failover\":\"PRIMARY\",\"TTL\":60,\"ResourceRecords\":[{\"Value\":\"east.example.com\"}],\
                 \"HealthCheckId\":\"hc-east\"}},{\"Action\":\"CREATE\",\"ResourceRecordSet\":{\"Name\":\"api.example.com.\",\
                 \"Type\":\"CNAME\",\"SetIdentifier\":\"PRIMARY\",\"Failover\":\"PRIMARY\",\"TTL\":60,\
                 \"ResourceRecords\":[{\"Value\":\"west.example.com\"}],\"HealthCheckId\":\"hc-west\"}}]}";
    assert_eq!(plan.call.param("ChangeBatch"), Some(batch));
    assert_eq!(
        plan.by_hand,
        format!("aws route53 change-resource-record-sets --hosted-zone-id Z123 --change-batch '{batch}'")
    );
    assert_eq!(plan.call.control_plane, "us-east-1");
    assert!(plan.changes.iter().any(|change| change.contains("hc-east is then on no record")), "{:?}", plan.changes);
    assert_eq!(wire.requests().iter().filter(|request| request.method == "POST").count(), 0);
    let receipt = traffic.perform(&authorised(&plan)).await.unwrap();
    assert_eq!(receipt.handle.as_deref(), Some("C1"));
    let posts: Vec<Request> = wire.requests().into_iter().filter(|request| request.method == "POST").collect();
    assert_eq!(posts.len(), 1);
    let (delete, create) = posts[0].body.split_once("CREATE").unwrap();
    assert!(delete.contains("DELETE") && delete.contains(EAST) && delete.contains("hc-east"), "{delete}");
    assert!(create.contains(WEST) && create.contains("hc-west") && create.contains("<TTL>60</TTL>"), "{create}");
    assert_eq!(wire.count("ListHealthChecks") + wire.count("/healthcheck?"), 0);
}

#[tokio::test]
async fn pointing_is_done_when_every_authoritative_server_says_so() {
    let zone = zone();
    let fake = everywhere(EAST);
    let (plan, _, traffic) = planned(&zone, fake.clone(), &west()).await;
    let receipt = traffic.perform(&authorised(&plan)).await.unwrap();
    let settle = async |since: u64| traffic.settle(&plan, Some(&receipt), Duration::from_secs(since)).await;
    assert!(matches!(settle(1).await, Settlement::InProgress(..)));
    assert!(matches!(settle(31).await, Settlement::NotStarted(_)));
    zone.lock().unwrap().primary = (WEST, Some("hc-west"));
    assert!(matches!(settle(31).await, Settlement::InProgress(..)), "PENDING");
    zone.lock().unwrap().insync = true;
    assert!(matches!(settle(31).await, Settlement::InProgress(..)), "servers still say east");
    *fake.dns.lock().unwrap() = dns(&[("ns1:53", WEST, 60)]).dns.lock().unwrap().clone();
    assert!(matches!(settle(31).await, Settlement::InProgress(..)), "one server is silent");
    *fake.dns.lock().unwrap() = everywhere(WEST).dns.lock().unwrap().clone();
    assert!(matches!(settle(31).await, Settlement::Done(_)));
    // After a crash the handle is lost: the records and the servers tell by themselves.
    assert!(matches!(traffic.settle(&plan, None, Duration::from_secs(31)).await, Settlement::Done(_)));
    zone.lock().unwrap().primary = ("elsewhere.example.com", None);
    assert!(matches!(settle(31).await, Settlement::Failed(..)));
}

#[tokio::test]
async fn what_points_there_already_is_refused_as_such() {
    let service = traffic();
    let refusal = component(&service, &wire(&zone()), None).plan(&ask(&service, "point", &east())).await.unwrap_err();
    assert!(refusal.already);
}

#[tokio::test]
async fn pointing_back_finds_the_health_check_that_no_record_has_any_more() {
    let zone = zone();
    zone.lock().unwrap().primary = (WEST, Some("hc-west"));
    let (plan, _, _) = planned(&zone, everywhere(WEST), &east()).await;
    let batch = plan.call.param("ChangeBatch").unwrap();
    assert!(batch.ends_with("[{\"Value\":\"east.example.com\"}],\"HealthCheckId\":\"hc-east\"}}]}"), "{batch}");
    assert_eq!(plan.closed_gates().count(), 0);
}

#[tokio::test]
async fn a_record_that_somebody_changed_in_between_is_not_overwritten_and_route_53_says_which() {
    let zone = zone();
    let (plan, _, _) = planned(&zone, everywhere(EAST), &west()).await;
    let service = traffic();
    let refusing = Wire::new(|_| {
        let said = "Tried to delete resource record set but the values provided do not match";
        Reply::Xml(
            400,
            format!(
                "<InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Messages>\
                 <Message>{said}</Message></Messages><RequestId>req-2</RequestId></InvalidChangeBatch>"
            ),
        )
    });
    let error = component(&service, &refusing, None).perform(&authorised(&plan)).await.unwrap_err();
    let PerformError::Refused { message, .. } = error else { panic!("{error:?}") };
    assert!(message.contains("InvalidChangeBatch") && message.contains("do not match"), "{message}");
    assert_eq!(refusing.requests().len(), 1);
}
