//! The aurora-global component: what it shows.

mod plans;
mod settled;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_cbor::Encoder;
use handover::domain::reading::{Health, Value};
use handover::domain::region::{Pair, Place};
use handover::domain::service::{AuroraGlobal, Service, Spec, Sql, Tls};

use crate::support::{Reply, Request, Wire, ask, component, east, rds_error, service, west};

const EAST: &str = "arn:aws:rds:us-east-1:111122223333:cluster:shop-east";
const WEST: &str = "arn:aws:rds:us-west-2:111122223333:cluster:shop-west";
const NAMESPACE: &str = "http://rds.amazonaws.com/doc/2014-10-31/";

fn shop(sql: bool) -> Service {
    let sql = sql.then(|| Sql {
        host: Pair { primary: "db.east".into(), standby: "db.west".into() },
        port: Pair { primary: 5432, standby: 5432 },
        database: "shop".into(),
        user: "handover".into(),
        password_env: None,
        tls: Tls::Verify,
        app_user: Some("shop_app".into()),
        mark: Some("SELECT max(id) FROM ledger".into()),
        timeout: Duration::from_secs(3),
    });
    let cluster = Pair { primary: "shop-east".into(), standby: "shop-west".into() };
    service("database", Spec::AuroraGlobal(AuroraGlobal { global: "shop".into(), cluster, sql }))
}

/// What RDS has.
#[derive(Clone)]
struct Has {
    /// The members' ARNs, and whether each writes.
    members: Vec<(&'static str, bool)>,
    global: &'static str,
    failover: Option<(&'static str, &'static str, bool)>,
    status: &'static str,
    version: &'static str,
    instances: &'static str,
    synchronization: &'static str,
    /// Whether the mutations are answered.
    answers: bool,
    /// What the primary Region does.
    east: Option<Reply>,
}

fn calm() -> Has {
    Has {
        members: vec![(EAST, true), (WEST, false)],
        global: "available",
        failover: None,
        status: "available",
        version: "15.4",
        instances: "available",
        synchronization: "connected",
        answers: true,
        east: None,
    }
}

fn global(has: &Has) -> String {
    let member = |(arn, writer): &(&str, bool)| {
        format!(
            "<GlobalClusterMember><DBClusterArn>{arn}</DBClusterArn><IsWriter>{writer}</IsWriter>\
             <SynchronizationStatus>{}</SynchronizationStatus></GlobalClusterMember>",
            has.synchronization
        )
    };
    let state = has.failover.map_or(String::new(), |(status, to, loss)| {
        format!(
            "<FailoverState><Status>{status}</Status><ToDbClusterArn>{to}</ToDbClusterArn>\
             <IsDataLossAllowed>{loss}</IsDataLossAllowed></FailoverState>"
        )
    });
    format!(
        "<GlobalClusterIdentifier>shop</GlobalClusterIdentifier><Status>{}</Status><EngineVersion>15.4</EngineVersion>\
         <GlobalClusterMembers>{}</GlobalClusterMembers>{state}",
        has.global,
        has.members.iter().map(member).collect::<String>()
    )
}

fn wrapped(operation: &str, result: &str) -> Reply {
    Reply::Xml(
        200,
        format!(
            "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

fn described(has: &Has, region: &str) -> String {
    let (name, arn) = if region == "us-east-1" { ("shop-east", EAST) } else { ("shop-west", WEST) };
    let writer = has.members.iter().any(|(of, writer)| of == &arn && *writer);
    let version = if region == "us-east-1" { "15.4" } else { has.version };
    format!(
        "<DBClusterIdentifier>{name}</DBClusterIdentifier><DBClusterArn>{arn}</DBClusterArn><Status>{}</Status>\
         <EngineVersion>{version}</EngineVersion><Endpoint>{name}.cluster-x.rds\u{202e}</Endpoint>\
         <ReaderEndpoint>{name}.cluster-ro-x.rds</ReaderEndpoint><DBClusterMembers><DBClusterMember>\
         <DBInstanceIdentifier>{name}-1</DBInstanceIdentifier><IsClusterWriter>{writer}</IsClusterWriter>\
         </DBClusterMember></DBClusterMembers>",
        if region == "us-east-1" { "available" } else { has.status }
    )
}

/// The last samples of the three metrics, in milliseconds, a minute old.
fn lag() -> Reply {
    let at = aws_smithy_types::DateTime::from_secs(jiff::Timestamp::now().as_second() - 60);
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("MetricDataResults").array(3);
    for (id, value) in [("replication", 400.0), ("rpo", 1_300.0), ("progress", 900.0)] {
        out.begin_map().str("Id").str(id).str("StatusCode").str("Complete");
        out.str("Timestamps").array(2).timestamp(&at).timestamp(&at);
        out.str("Values").array(2).double(-1.0).double(value).end();
    }
    out.end();
    Reply::Cbor(out.into_writer())
}

fn rds(has: Has) -> (Wire, Arc<Mutex<Has>>) {
    let state = Arc::new(Mutex::new(has));
    let shared = state.clone();
    let wire = Wire::new(move |request: &Request| {
        let has = shared.lock().unwrap();
        if let Some(reply) = has.east.clone().filter(|_| request.region == "us-east-1") {
            return reply;
        }
        if request.uri.ends_with("GetMetricData") {
            return lag();
        }
        let operation = request.body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap();
        let cluster = described(&has, &request.region);
        match operation {
            "DescribeGlobalClusters" => wrapped(
                operation,
                &format!(
                    "<GlobalClusters><GlobalClusterMember>{}</GlobalClusterMember></GlobalClusters>",
                    global(&has)
                ),
            ),
            "DescribeDBClusters" => {
                wrapped(operation, &format!("<DBClusters><DBCluster>{cluster}</DBCluster></DBClusters>"))
            }
            "DescribeDBInstances" => wrapped(
                operation,
                &format!(
                    "<DBInstances><DBInstance><DBInstanceIdentifier>i</DBInstanceIdentifier><DBInstanceStatus>{}\
                     </DBInstanceStatus><DBClusterIdentifier>{}</DBClusterIdentifier></DBInstance></DBInstances>",
                    has.instances,
                    if request.region == "us-east-1" { "shop-east" } else { "shop-west" }
                ),
            ),
            _ if has.answers => wrapped(operation, &format!("<GlobalCluster>{}</GlobalCluster>", global(&has))),
            _ => Reply::Reset,
        }
    });
    (wire, state)
}

#[tokio::test]
async fn a_reader_shows_its_lag_in_seconds_and_a_writer_has_none() {
    let service = shop(false);
    let (wire, state) = rds(calm());
    let database = component(&service, &wire, None);
    assert_eq!(database.places().len(), 3);
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.summary.as_str()), (Health::Healthy, "reader available, 1 instance, 1.3 s behind"));
    assert_eq!((seen.value("lag"), seen.value("rpo_lag")), (Some(&Value::Seconds(0.4)), Some(&Value::Seconds(1.3))));
    assert_eq!(seen.value("progress_lag"), Some(&Value::Seconds(0.9)));
    assert!(seen.facts.iter().all(|fact| !fact.value.to_string().contains('\u{202e}')));
    let request = wire.requests().into_iter().find(|request| request.uri.ends_with("GetMetricData")).unwrap();
    let metrics = ["AuroraGlobalDBReplicationLag", "AuroraGlobalDBRPOLag", "AuroraGlobalDBProgressLag"];
    for word in metrics.into_iter().chain(["Milliseconds", "DBClusterIdentifier"]) {
        assert!(request.body.contains(word), "{word}");
    }
    let seen = database.observe(&Place::Region(east())).await.unwrap();
    assert_eq!((seen.summary.as_str(), seen.value("lag")), ("writer available, 1 instance", None));

    for (change, health, says) in [
        ((|has| has.instances = "rebooting") as fn(&mut Has), Health::Degraded, "no instance available"),
        (|has| has.synchronization = "pending-resync", Health::Degraded, "pending-resync"),
        (|has| has.status = "stopped", Health::Down, "reader stopped"),
        (|has| has.members.truncate(1), Health::Degraded, "detached available"),
    ] {
        *state.lock().unwrap() = calm();
        change(&mut state.lock().unwrap());
        let seen = database.observe(&Place::Region(west())).await.unwrap();
        assert_eq!(seen.health, health, "{}", seen.summary);
        assert!(seen.summary.contains(says), "{}", seen.summary);
    }
}

#[tokio::test]
async fn who_writes_is_said_of_the_whole_and_not_guessed() {
    let service = shop(false);
    let other = "arn:aws:rds:eu-west-1:111122223333:cluster:shop-eu";
    let hang = Some(rds_error(403, "AccessDenied", "no"));
    for (members, east, writer, health) in [
        (vec![(EAST, true), (WEST, false)], None, Some("us-east-1"), Health::Healthy),
        (vec![(EAST, false), (WEST, true)], None, Some("us-west-2"), Health::Healthy),
        (vec![(EAST, false), (WEST, false), (other, true)], None, Some("other"), Health::Degraded),
        (vec![(EAST, false), (WEST, false)], None, Some("none"), Health::Down),
        (vec![(EAST, true)], None, Some("both"), Health::Down),
        // The other Region does not say whether the cluster that left is there.
        (vec![(WEST, true)], hang, None, Health::Degraded),
    ] {
        let (wire, _) = rds(Has { members: members.clone(), east, ..calm() });
        let seen = component(&service, &wire, None).observe(&Place::Global).await.unwrap();
        let found = seen.value("writer").map(ToString::to_string);
        assert_eq!((found.as_deref(), seen.health), (writer, health), "{members:?}: {}", seen.summary);
    }
    let (wire, _) = rds(Has { failover: Some(("switching-over", WEST, false)), global: "switching-over", ..calm() });
    let seen = component(&service, &wire, None).observe(&Place::Global).await.unwrap();
    assert_eq!(seen.value("failover"), Some(&Value::Text("switching-over".into())));
    assert_eq!(seen.summary, "us-east-1 writes, switching-over, switching-over");
}

#[tokio::test]
async fn a_missing_cluster_is_absent_and_one_that_cannot_be_read_is_nothing() {
    let service = shop(false);
    let wire = Wire::new(|request: &Request| match () {
        () if request.uri.ends_with("GetMetricData") => lag(),
        () if request.body.contains("DescribeDBClusters") => rds_error(404, "DBClusterNotFoundFault", "not found"),
        () if request.body.contains("GlobalClusters") => rds_error(404, "GlobalClusterNotFoundFault", "not found"),
        () => wrapped("DescribeDBInstances", "<DBInstances></DBInstances>"),
    });
    let database = component(&service, &wire, None);
    let seen = database.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.value("role")), (Health::Down, Some(&Value::Text("absent".into()))));
    assert_eq!(seen.value("status"), None);
    assert_eq!(database.observe(&Place::Global).await.unwrap().value("writer"), Some(&Value::Text("none".into())));
    for action in ["switchover", "failover", "detach"] {
        assert!(!database.plan(&ask(&service, action, &west())).await.unwrap_err().already, "{action}");
    }
    let denied = Wire::new(|_| rds_error(403, "AccessDenied", "no"));
    assert!(component(&service, &denied, None).observe(&Place::Region(west())).await.is_err());
    assert!(component(&service, &denied, None).observe(&Place::Global).await.is_err());
}
