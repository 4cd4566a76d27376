//! SNS, as moto has it, read by a queue that is subscribed to the topic.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use handover::config::{Source, service};
use handover::domain::service::{NotifyBy, Service};
use handover::ports::{Channel, Unsent};
use handover::providers::aws::Clients;
use serde_json::Value;

use super::peers::{Mode, Options, Peers, programs};
use super::{changes, keys, notify, sent, told, untold};

const REGION: &str = "us-west-2";

/// Makes topics with queues that read them, or prints what a queue holds.
const BOTO: &str = r#"
import json, sys, boto3
endpoint, what = sys.argv[1:3]
def client(name):
    return boto3.client(name, region_name="us-west-2", endpoint_url=endpoint, aws_access_key_id="any",
                        aws_secret_access_key="any")
sns, sqs = client("sns"), client("sqs")
if what == "make":
    made = {}
    for name, more in [("failovers", {}), ("failovers.fifo", {"FifoTopic": "true"})]:
        topic = sns.create_topic(Name=name, Attributes=more)["TopicArn"]
        queue = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true"} if more else {})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        made[name] = topic
    print(json.dumps(made))
else:
    url, messages = sqs.get_queue_url(QueueName=what)["QueueUrl"], []
    while True:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not got:
            break
        for message in got:
            messages.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    print(json.dumps(messages))
"#;

fn boto(python: &Path, endpoint: &str, what: &str) -> Value {
    let output = Command::new(python).args(["-B", "-c", BOTO, endpoint, what]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A service whose calls go to moto, with a topic.
fn on(peers: &Peers, topic: &str) -> Service {
    let text = include_str!("../fixtures/good/service.toml");
    let mut service = service::read(&Source::new("service.toml", text.as_bytes())).sound().unwrap();
    service.aws.endpoints = vec![(REGION.parse().unwrap(), peers.endpoint(REGION))];
    service.notify = vec![notify(NotifyBy::Sns { topic: topic.to_owned(), region: REGION.parse().unwrap() })];
    service
}

fn channel(service: &Service) -> Arc<dyn Channel> {
    use aws_smithy_http_client::Builder;
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let time = SharedTimeSource::new(SystemTimeSource::new());
    let clients = Clients::simulated(service, http, SharedAsyncSleep::new(TokioSleep::new()), time);
    handover::providers::notify::channels(&service.notify, Some(&clients), &|_| None).remove(0)
}

#[tokio::test]
async fn a_topic_gets_each_at_least_once_with_the_same_key_whatever_its_region_does() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let python = programs().unwrap().unwrap().join("python");
    let endpoint = peers.endpoint(REGION);
    let topics = boto(&python, &endpoint, "make");
    let service = on(&peers, topics["failovers"].as_str().unwrap());
    let notices = changes(5);
    // At first the Region takes what it is told and never says so, then it throttles, and then it is well.
    peers.set_region(REGION, Mode::Mute).unwrap();
    let sending = tokio::spawn({
        let (channel, notices) = (channel(&service), notices.clone());
        async move { sent(channel, &notices).await }
    });
    let publishes = || peers.calls().unwrap().iter().filter(|call| call.operation == "Publish").count();
    let until = |count: usize| async move {
        for _ in 0..600 {
            if publishes() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} calls, and not {count}", publishes());
    };
    until(1).await;
    peers.set_region(REGION, Mode::Throttle).unwrap();
    until(2).await;
    peers.set_region(REGION, Mode::Ok).unwrap();
    let said = sending.await.unwrap();
    assert_eq!(told(&said), keys(&notices));
    assert_eq!(untold(&said).len(), 1, "{said:#?}");
    let got = boto(&python, &endpoint, "failovers");
    let mut read: Vec<String> = got
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["MessageAttributes"]["key"]["Value"].as_str().unwrap().to_owned())
        .collect();
    read.sort();
    let mut expected = keys(&notices);
    expected.push(expected[0].clone());
    expected.sort();
    assert_eq!(read, expected, "the first came twice, with the same key: {got:#}");
    let first = &got[0];
    assert!(first["Subject"].as_str().unwrap().starts_with("shop-production: number 1, us-east-1 -> us-west-2"));
    assert!(first["Message"].as_str().unwrap().contains(&notices[0].key));
}

#[tokio::test]
async fn a_fifo_topic_leaves_out_what_comes_twice_and_one_that_is_not_there_is_given_up() {
    let Some(peers) = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))
    else {
        return;
    };
    let python = programs().unwrap().unwrap().join("python");
    let endpoint = peers.endpoint(REGION);
    let topics = boto(&python, &endpoint, "make");
    let service = on(&peers, topics["failovers.fifo"].as_str().unwrap());
    let notices = changes(2);
    for _ in 0..2 {
        let said = sent(channel(&service), &notices).await;
        assert_eq!(told(&said), keys(&notices), "{said:#?}");
    }
    let calls = peers.calls().unwrap();
    let ids: Vec<&Value> = calls
        .iter()
        .filter(|call| call.operation == "Publish")
        .map(|call| &call.params["MessageDeduplicationId"])
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(ids[0] == ids[2] && ids[1] == ids[3] && ids[0] != ids[1], "{ids:?}");
    let gone = on(&peers, "arn:aws:sns:us-west-2:123456789012:nowhere");
    let said = sent(channel(&gone), &changes(1)).await;
    let failures = untold(&said);
    assert!(failures.len() == 1 && failures[0].1, "{failures:?}");
    let nobody = handover::providers::notify::channels(&service.notify, None, &|_| None).remove(0);
    assert!(matches!(nobody.send(&changes(1)).await, Err(Unsent::Never { .. })));
}
