//! Slack, PagerDuty and CloudEvents over HTTP.

use std::collections::BTreeSet;
use std::time::Duration;

use handover::domain::notice::About;
use handover::domain::service::NotifyBy;

use super::receiver::{Does, Receiver};
use super::{changes, channel, keys, notice, sent, told, untold};

const SECRET: &str = "T000-hunter2-secret";

fn slack() -> NotifyBy {
    NotifyBy::Slack { url_env: "CHAT".to_owned() }
}

fn webhook(url: String) -> NotifyBy {
    NotifyBy::Webhook { url: Some(url), url_env: None, token_env: None }
}

#[tokio::test]
async fn slack_gets_everything_in_few_messages_a_second_apart_however_it_fails() {
    let receiver = Receiver::start([Does::Throttle(3), Does::Status(500), Does::Cut, Does::Hang]);
    let url = format!("{}/services/{SECRET}", receiver.url());
    let notices = changes(50);
    let said = sent(channel(slack(), &[("CHAT", &url)]), &notices).await;
    assert_eq!(told(&said), keys(&notices));
    let failures = untold(&said);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].0.starts_with("HTTP 429") && !failures[0].1, "{failures:?}");
    assert!(!failures[0].0.contains('\u{1b}'), "what it answers is made safe: {failures:?}");
    let got = receiver.got();
    assert_eq!(
        got.iter().map(|got| got.did).collect::<Vec<_>>()[..4],
        [Does::Throttle(3), Does::Status(500), Does::Cut, Does::Hang]
    );
    assert!(got[1].at - got[0].at >= Duration::from_secs(3), "Retry-After is honoured");
    for pair in got.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(950), "one a second");
    }
    let mut taken = BTreeSet::new();
    for got in receiver.taken() {
        assert_eq!(got.path, format!("/services/{SECRET}"));
        assert_eq!(got.headers["content-type"], "application/json");
        let blocks = got.body["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50 && !got.body["text"].as_str().unwrap().is_empty());
        for block in blocks.iter().filter(|block| block["type"] == "context") {
            let text = block["elements"][0]["text"].as_str().unwrap();
            assert!(taken.insert(text.rsplit(' ').next().unwrap().to_owned()), "{text}");
        }
    }
    assert_eq!(taken, keys(&notices).into_iter().collect());
    assert_eq!(receiver.taken().len(), 3, "fifty are three messages");
}

#[tokio::test]
async fn pagerduty_gets_alerts_by_their_incident_and_changes_as_changes() {
    let receiver = Receiver::start([Does::Status(503), Does::Cut]);
    let by = NotifyBy::PagerDuty { key_env: "PAGER".to_owned(), url: receiver.url() };
    let incident = || "run-1".to_owned();
    let notices = vec![
        notice(1, About::Opened(incident())),
        notice(2, About::Acknowledged(incident())),
        notice(3, About::Change),
        notice(4, About::Resolved(incident())),
    ];
    let said = sent(channel(by, &[("PAGER", SECRET)]), &notices).await;
    assert_eq!(told(&said), keys(&notices));
    let got = receiver.got();
    let actions: Vec<_> = got.iter().map(|got| got.body["event_action"].as_str().unwrap_or("change")).collect();
    assert_eq!(actions, ["trigger", "trigger", "trigger", "acknowledge", "change", "resolve"]);
    for (at, got) in got.iter().enumerate() {
        let change = at == 4;
        assert_eq!(got.path, if change { "/v2/change/enqueue" } else { "/v2/enqueue" });
        assert_eq!(got.body["routing_key"], SECRET);
        assert_eq!(got.body["dedup_key"].as_str(), (!change).then_some("run-1"));
        let payload = &got.body["payload"];
        assert_eq!(payload["source"], "shop-production");
        assert_eq!(payload["severity"].as_str(), (!change).then_some("critical"));
        let key = payload["custom_details"]["key"].as_str().unwrap();
        assert_eq!(key, notices[at.saturating_sub(2)].key, "what comes twice has the same key");
    }
    assert!(said.iter().all(|body| !format!("{body:?}").contains(SECRET)));
}

#[tokio::test]
async fn a_receiver_of_cloudevents_gets_each_at_least_once_with_the_same_id() {
    let script =
        [Does::Hang, Does::Take, Does::Status(500), Does::Throttle(1), Does::Cut, Does::Take, Does::Status(408)];
    let receiver = Receiver::start(script);
    let by = NotifyBy::Webhook { url: Some(receiver.url()), url_env: None, token_env: Some("TOKEN".to_owned()) };
    let notices = changes(6);
    let said = sent(channel(by, &[("TOKEN", SECRET)]), &notices).await;
    assert_eq!(told(&said), keys(&notices));
    let ids: Vec<String> = receiver.got().iter().map(|got| got.body["id"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<String> =
        [1, 1, 2, 2, 2, 2, 3, 3, 4, 5, 6].map(|number| notices[number - 1].key.clone()).to_vec();
    assert_eq!(ids, expected);
    for got in receiver.got() {
        assert_eq!(got.headers["content-type"], "application/cloudevents+json; charset=utf-8");
        assert_eq!(got.headers["authorization"], format!("Bearer {SECRET}"));
        assert_eq!(got.body["specversion"], "1.0");
        assert_eq!(got.body["source"], "/handover/shop-production");
        assert_eq!(got.body["type"], "handover.settled");
        assert_eq!(got.body["time"], "2026-03-03T14:00:00Z");
        assert_eq!(got.body["data"]["severity"], "critical");
    }
    let again: Vec<_> = receiver.got().into_iter().filter(|got| got.body["id"] == expected[2].as_str()).collect();
    assert!(again.windows(2).all(|pair| pair[0].body == pair[1].body), "it is the same event");
}

#[tokio::test]
async fn what_is_refused_for_good_is_given_up_with_the_reason_and_keeps_nothing_back() {
    let receiver = Receiver::start([Does::Status(400), Does::Redirect, Does::Take]);
    let notices = changes(3);
    let said = sent(channel(webhook(receiver.url()), &[]), &notices).await;
    assert_eq!(told(&said), [notices[2].key.clone()]);
    let failures = untold(&said);
    assert_eq!(failures.len(), 2);
    assert!(failures[0].0.starts_with("HTTP 400") && failures[0].1, "{failures:?}");
    assert!(failures[1].0.starts_with("HTTP 307") && failures[1].1, "a redirect is not followed: {failures:?}");
}

#[tokio::test]
async fn slack_that_refuses_a_message_of_many_gets_them_one_by_one() {
    let receiver = Receiver::start([Does::Status(400)]);
    let notices = changes(3);
    let said = sent(channel(slack(), &[("CHAT", &receiver.url())]), &notices).await;
    assert_eq!(told(&said), keys(&notices));
    assert!(untold(&said).is_empty(), "{said:#?}");
    assert_eq!(receiver.got().len(), 4);
}

#[tokio::test]
async fn a_secret_that_is_not_set_and_a_receiver_that_is_not_there_say_so() {
    let said = sent(channel(slack(), &[]), &changes(1)).await;
    assert_eq!(untold(&said), [("the environment variable CHAT is not set".to_owned(), true)]);
    let said = sent(channel(slack(), &[("CHAT", "hunter2: no URL")]), &changes(1)).await;
    let failures = untold(&said);
    assert!(failures.len() == 1 && failures[0].1 && !failures[0].0.contains("hunter2"), "{failures:?}");
    // Nobody listens at first.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let by = webhook(format!("http://{gone}/{SECRET}"));
    let waiting = tokio::time::timeout(Duration::from_secs(5), sent(channel(by.clone(), &[]), &changes(1))).await;
    assert!(waiting.is_err(), "it is not given up");
    let why = channel(by, &[]).send(&changes(1)).await.unwrap_err();
    assert!(!format!("{why:?}").contains(SECRET), "{why:?}");
}
