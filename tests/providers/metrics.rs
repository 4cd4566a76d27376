//! Metrics in CloudWatch: on an AWS that nobody here wrote.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatch::types::{StandardUnit, Statistic};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_types::DateTime;
use handover::domain::metrics::{Dimension, Kind, Metric};
use handover::domain::reading::Why;
use handover::domain::region::HomeRole;
use handover::domain::service::{Metrics as Wanted, Service, Spec};
use handover::ports::MetricStore;
use handover::providers::aws::Clients;
use handover::providers::aws::metrics::store;
use jiff::Timestamp;

use super::peers::{Mode, Options, Peers};
use super::support::{east, service, west};

fn published(region: HomeRole) -> Service {
    let mut service = service("who", Spec::Identity);
    let every = Duration::from_mins(1);
    service.metrics = Some(Wanted { namespace: "MultiRegion".into(), every, region });
    service
}

fn clients(service: &Service) -> Clients {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let sleep = aws_sdk_s3::config::SharedAsyncSleep::new(TokioSleep::new());
    let time = aws_smithy_async::time::SharedTimeSource::new(SystemTimeSource::new());
    Clients::simulated(service, http, sleep, time)
}

fn put(peers: &Peers, region: HomeRole) -> Arc<dyn MetricStore> {
    let mut service = published(region);
    service.aws.endpoints = [east(), west()].map(|region| (region.clone(), peers.endpoint(region.as_str()))).to_vec();
    store(&service, &clients(&service)).unwrap()
}

/// As another client reads it.
fn reader(peers: &Peers, region: &'static str) -> aws_sdk_cloudwatch::Client {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(region))
        .endpoint_url(peers.endpoint(region))
        .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(aws_sdk_s3::config::Credentials::new(
            "test", "test", None, None, "tests",
        )))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_cloudwatch::Client::new(&config)
}

fn metric(kind: Kind, value: f64) -> Metric {
    let dimensions = vec![(Dimension::Service, "shop".to_owned()), (Dimension::Region, "us-west-2".to_owned())];
    Metric { kind, value, dimensions }
}

fn peers() -> Option<Peers> {
    Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|error| panic!("{error}"))
}

/// What is there of a metric: the sum and the unit of each datum.
async fn there(client: &aws_sdk_cloudwatch::Client, name: &str, at: Timestamp) -> Vec<(f64, StandardUnit)> {
    let dimension =
        |(name, value): (&str, &str)| aws_sdk_cloudwatch::types::Dimension::builder().name(name).value(value).build();
    let (start, end) = (at.as_second() - 300, at.as_second() + 300);
    let read = client
        .get_metric_statistics()
        .namespace("MultiRegion")
        .metric_name(name)
        .dimensions(dimension(("Service", "shop")))
        .dimensions(dimension(("Region", "us-west-2")))
        .start_time(DateTime::from_secs(start))
        .end_time(DateTime::from_secs(end))
        .period(60)
        .statistics(Statistic::Sum)
        .send()
        .await
        .unwrap();
    read.datapoints().iter().map(|point| (point.sum().unwrap(), point.unit().unwrap().clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_keeps_what_is_published_with_its_units_in_the_region_that_the_file_names() {
    let Some(peers) = peers() else { return };
    let at = Timestamp::now();
    let all: Vec<Metric> = [97.5, 3_200.0, 48.0, 99.0, 2.0, 20.0, 0.5]
        .into_iter()
        .zip(Kind::ALL)
        .map(|(v, kind)| metric(kind, v))
        .collect();
    put(&peers, HomeRole::Standby).put(&all, at).await.unwrap();
    let (west, east) = (reader(&peers, "us-west-2"), reader(&peers, "us-east-1"));
    let expected = [
        ("HealthCheck/Success", 97.5, StandardUnit::Percent),
        ("ReplicationLag/Milliseconds", 3_200.0, StandardUnit::Milliseconds),
        ("ResponseTime/Milliseconds", 48.0, StandardUnit::Milliseconds),
        ("Availability/Percentage", 99.0, StandardUnit::Percent),
        ("Failover/Count", 2.0, StandardUnit::Count),
        ("RTO/Minutes", 20.0, StandardUnit::None),
        ("RPO/Minutes", 0.5, StandardUnit::None),
    ];
    for (name, value, unit) in expected {
        assert_eq!(there(&west, name, at).await, [(value, unit)], "{name}");
        assert_eq!(there(&east, name, at).await, [], "{name}");
    }
    put(&peers, HomeRole::Primary).put(&all[..1], at).await.unwrap();
    assert_eq!(there(&east, "HealthCheck/Success", at).await, [(97.5, StandardUnit::Percent)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_is_sent_each_datum_once_and_no_more_than_a_thousand_with_a_call() {
    let Some(peers) = peers() else { return };
    let at = Timestamp::now();
    let store = put(&peers, HomeRole::Standby);
    let calls = || {
        let calls = peers.calls().unwrap().into_iter().filter(|call| call.operation == "PutMetricData");
        calls.collect::<Vec<_>>()
    };
    // A datum that may have been taken is not sent again: it would count twice.
    peers.set_region("us-west-2", Mode::Unavailable).unwrap();
    let unread = store.put(&[metric(Kind::Failovers, 1.0)], at).await.unwrap_err();
    assert_eq!(unread.why, Why::ServerError, "{unread}");
    assert!(unread.message.contains("cloudwatch:PutMetricData us-west-2"), "{unread}");
    assert_eq!(calls().len(), 1);
    peers.set_region("us-west-2", Mode::Ok).unwrap();
    let many: Vec<Metric> = (0..1_500).map(|_| metric(Kind::Failovers, 1.0)).collect();
    store.put(&many, at).await.unwrap();
    assert_eq!(calls().len(), 3);
    assert_eq!(there(&reader(&peers, "us-west-2"), "Failover/Count", at).await, [(1_500.0, StandardUnit::Count)]);
    store.put(&[], at).await.unwrap();
    assert_eq!(calls().len(), 3);
}

#[test]
fn a_service_that_does_not_ask_for_it_publishes_nothing() {
    let service = service("who", Spec::Identity);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert!(runtime.block_on(async { store(&service, &clients(&service)) }).is_none());
}
