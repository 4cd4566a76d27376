//! The channels against real protocol peers on loopback: an HTTP receiver that throttles, hangs, fails and cuts the connection, a
//! mail server, and SNS as moto has it. Nothing is lost, nothing blocks, and what comes twice has the same key.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod http;
mod mail;
mod notices;
#[path = "../common/peers.rs"]
#[allow(dead_code, unreachable_pub)]
mod peers;
mod program;
mod receiver;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use handover::domain::journal::Body;
use handover::domain::notice::{About, Notice, Severity, Telling};
use handover::domain::service::{Notify, NotifyBy};
use handover::engine::outbox::Outbox;
use handover::ports::{Channel, Clock};
use handover::providers::clock::SystemClock;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(100);

fn notify(by: NotifyBy) -> Notify {
    Notify { name: "it".to_owned(), from: Severity::Info, by }
}

/// A channel whose secrets are these.
fn channel(by: NotifyBy, secrets: &[(&str, &str)]) -> Arc<dyn Channel> {
    let secrets: Vec<(String, String)> =
        secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let variable = |name: &str| secrets.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    handover::providers::notify::channels(&[notify(by)], None, &variable).remove(0)
}

fn notice(number: u64, about: About) -> Arc<Notice> {
    let mut notice = Notice::clone(&Notice::test("shop-production", "anna", "2026-03-03T14:00:00Z".parse().unwrap()));
    "20260303T140000Z-shop-failover-0a0b".clone_into(&mut notice.run);
    notice.key = format!("{}/{number}", notice.run);
    notice.title = format!("shop-production: number {number}, us-east-1 → us-west-2");
    notice.severity = Severity::Critical;
    notice.about = about;
    notice.kind = "settled";
    Arc::new(notice)
}

fn changes(count: u64) -> Vec<Arc<Notice>> {
    (1..=count).map(|number| notice(number, About::Change)).collect()
}

fn keys(notices: &[Arc<Notice>]) -> Vec<String> {
    notices.iter().map(|notice| notice.key.clone()).collect()
}

/// Puts notices into an outbox at once, and says what came of it when every one of them was taken or given up.
async fn sent(channel: Arc<dyn Channel>, notices: &[Arc<Notice>]) -> Vec<Body> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut outbox = Outbox::start(&clock, &[channel], &Telling::default()).unwrap();
    let before = clock.mono();
    for notice in notices {
        outbox.push(notice);
    }
    assert!(clock.mono().saturating_sub(before) < Duration::from_millis(100), "giving it something waits for nothing");
    let mut said = Vec::new();
    let all = async {
        while outbox.pending() > 0 {
            said.push(Outbox::next(Some(&mut outbox)).await);
        }
    };
    tokio::time::timeout(LIMIT, all).await.expect("it comes to an end");
    said
}

/// The keys that were taken, in order.
fn told(said: &[Body]) -> Vec<String> {
    let keys = said.iter().filter_map(|body| match body {
        Body::Told { keys, .. } => Some(keys.clone()),
        _ => None,
    });
    keys.flatten().collect()
}

/// What was not taken: why, and whether it was given up.
fn untold(said: &[Body]) -> Vec<(String, bool)> {
    said.iter()
        .filter_map(|body| match body {
            Body::Untold { why, given_up, .. } => Some((why.clone(), *given_up)),
            _ => None,
        })
        .collect()
}
