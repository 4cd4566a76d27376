//! Components that are only looked at: endpoints, secrets, metrics.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_cbor::Encoder;
use handover::domain::reading::{Health, Unread, Value, Why};
use handover::domain::region::{HomeRole, Pair, Place};
use handover::domain::service::{CloudWatch, Endpoint, LagMetric, LagUnit, SecretReplica, Service, Spec};
use handover::ports::HttpAnswer;
use jiff::Timestamp;

use super::support::{Fake, Reply, Wire, component, east, service, west};

fn endpoint() -> Service {
    service(
        "api",
        Spec::Endpoint(Endpoint {
            urls: Pair { primary: "https://east/health".into(), standby: "https://west/health".into() },
            public: None,
            expect_status: 200,
            expect_text: Some("UP".into()),
            timeout: Duration::from_secs(5),
        }),
    )
}

#[tokio::test]
async fn an_endpoint_that_does_not_answer_is_down_and_not_unknown() {
    let answer =
        |status, body: &str| Ok(HttpAnswer { status, body: body.into(), took: Duration::from_millis(48), peer: None });
    for (given, health, summary) in [
        (answer(200, "{status: UP}"), Health::Healthy, "200 in 48 ms"),
        (answer(503, "UP"), Health::Down, "503 instead of 200, in 48 ms"),
        (answer(200, "DOWN"), Health::Down, "200 without \"UP\" in the body, in 48 ms"),
        (Err(Unread::new(Why::TimedOut, "x")), Health::Down, "timeout after 5.0 s"),
        (Err(Unread::new(Why::Unreachable, "refused")), Health::Down, "unreachable: refused"),
    ] {
        let fake = Arc::new(Fake::default());
        fake.http.lock().unwrap().push_back(given);
        let wire = Wire::new(|_| Reply::Hang);
        let api = component(&endpoint(), &wire, Some(fake));
        assert_eq!(api.places().len(), 2);
        let seen = api.observe(&Place::Region(east())).await.unwrap();
        assert_eq!((seen.health, seen.summary.as_str()), (health, summary));
    }
}

fn secret(version: &'static str) -> impl Fn(&str) -> Reply {
    move |region| {
        let version = if region == "us-west-2" { version } else { "aaaaaaaa-1" };
        Reply::Json(
            200,
            format!(
                "{{\"Name\":\"db\",\"VersionIdsToStages\":{{\"old\":[\"AWSPREVIOUS\"],\"{version}\":[\"AWSCURRENT\"]}},\
                 \"PrimaryRegion\":\"us-east-1\",\"LastChangedDate\":1.7E9,\
                 \"ReplicationStatus\":[{{\"Region\":\"us-west-2\",\"Status\":\"InSync\"}}]}}"
            ),
        )
    }
}

#[tokio::test]
async fn secrets_are_compared_by_version_and_never_read() {
    let service = service("secrets", Spec::SecretReplica(SecretReplica { secret: "db".into(), host: None }));
    for (version, equal) in [("aaaaaaaa-1", true), ("bbbbbbbb-2", false)] {
        let reply = secret(version);
        let wire = Wire::new(move |request| reply(&request.region));
        let secrets = component(&service, &wire, None);
        let seen = secrets.observe(&Place::Global).await.unwrap();
        assert_eq!(seen.value("equal"), Some(&Value::Bool(equal)));
        let seen = secrets.observe(&Place::Region(west())).await.unwrap();
        assert_eq!(seen.value("replica_status"), Some(&Value::Text("InSync".into())));
        assert_eq!(seen.value("version"), Some(&Value::Text(version.into())));
        assert_eq!(seen.health, Health::Healthy);
        assert!(wire.requests().iter().all(|request| request.body == "{\"SecretId\":\"db\"}"));
    }
    let missing = Wire::new(|_| {
        Reply::Json(400, "{\"__type\":\"ResourceNotFoundException\",\"Message\":\"can't find the secret\"}".into())
    });
    let secrets = component(&service, &missing, None);
    let seen = secrets.observe(&Place::Region(west())).await.unwrap();
    assert_eq!((seen.health, seen.value("exists")), (Health::Down, Some(&Value::Bool(false))));
    assert_eq!(secrets.observe(&Place::Global).await.unwrap_err().why, Why::NotFound);
}

fn metrics() -> Service {
    service(
        "metrics",
        Spec::CloudWatch(CloudWatch {
            lag: Some(LagMetric {
                namespace: "AWS/RDS".into(),
                metric: "ReplicaLag".into(),
                unit: LagUnit::Seconds,
                dimension: ("DBInstanceIdentifier".into(), "fineract-replica".into()),
                region: HomeRole::Standby,
                back: None,
                period: Duration::from_mins(1),
            }),
            alarms: Pair { primary: vec![], standby: vec!["lag-high".into(), "gone".into()] },
        }),
    )
}

fn series(samples: &[(i64, f64)]) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("MetricDataResults").array(1).begin_map();
    out.str("Id").str("lag").str("StatusCode").str("Complete");
    out.str("Timestamps").array(samples.len());
    for (at, _) in samples {
        out.timestamp(&aws_smithy_types::DateTime::from_secs(*at));
    }
    out.str("Values").array(samples.len());
    for (_, value) in samples {
        out.double(*value);
    }
    out.end().end();
    out.into_writer()
}

fn alarms() -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    out.begin_map().str("MetricAlarms").array(1).begin_map();
    out.str("AlarmName").str("lag-high").str("StateValue").str("ALARM").end().end();
    out.into_writer()
}

#[tokio::test]
async fn the_lag_has_the_time_of_its_sample_and_minus_one_is_a_gap() {
    let now = Timestamp::now().as_second();
    let samples = [(now - 60, -1.0), (now - 180, 3.2), (now - 120, 4.5)];
    let wire = Wire::new(move |request| {
        if request.uri.ends_with("GetMetricData") { Reply::Cbor(series(&samples)) } else { Reply::Cbor(alarms()) }
    });
    let metrics = component(&metrics(), &wire, None);
    assert_eq!(metrics.places(), vec![Place::Region(west())]);
    assert_eq!(metrics.pace(), Duration::from_mins(1));
    let seen = metrics.observe(&Place::Region(west())).await.unwrap();
    let lag = seen.facts.iter().find(|fact| fact.name == "lag").unwrap();
    assert_eq!(lag.value, Value::Seconds(4.5));
    assert_eq!(lag.at.unwrap().as_second(), now - 120);
    let Some(Value::Series(series)) = seen.value("lag_series") else { panic!() };
    let values: Vec<Option<f64>> = series.iter().map(|(_, value)| *value).collect();
    assert_eq!(values, [Some(3.2), Some(4.5), None]);
    assert_eq!(seen.value("alarm.lag-high"), Some(&Value::Text("ALARM".into())));
    assert_eq!(seen.unread[0].0, "alarm.gone");
    assert_eq!(seen.health, Health::Degraded);
    assert!(
        seen.summary.contains("not replicating") && seen.summary.contains("1 in alarm: lag-high"),
        "{}",
        seen.summary
    );
    let request = wire.requests().into_iter().find(|request| request.uri.ends_with("GetMetricData")).unwrap();
    for word in ["ReplicaLag", "Seconds", "Maximum", "DBInstanceIdentifier", "fineract-replica"] {
        assert!(request.body.contains(word), "{word}: {}", request.body);
    }
}
