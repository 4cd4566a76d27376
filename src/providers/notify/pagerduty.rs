//! PagerDuty, by its Events API v2: alerts of incidents, and change events of everything else.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::post::Post;
use super::{Own, missing};
use crate::domain::notice::{About, Notice, Severity};
use crate::ports::{Channel, Sent, Unsent};

pub(super) struct PagerDuty {
    own: Own,
    url: String,
    key: Result<String, String>,
    post: Post,
}

impl PagerDuty {
    pub(super) fn new(own: Own, url: &str, key: Result<String, String>) -> Self {
        Self { own, url: url.to_owned(), key, post: Post::new() }
    }
}

#[async_trait]
impl Channel for PagerDuty {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn least(&self) -> Severity {
        self.own.least
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let key = self.key.as_ref().map_err(|why| missing(why))?;
        let mut last = Sent { answer: String::new() };
        for notice in notices {
            let (path, body) = event(notice, key);
            last = self.post.json(&format!("{}{path}", self.url), "application/json", None, &body).await?;
        }
        Ok(last)
    }
}

/// Where an event goes, and what it is. An alert's key is its incident's, so that one that comes twice is one; a change has none,
/// and bears the notice's own among its details.
fn event(notice: &Notice, routing_key: &str) -> (&'static str, Value) {
    let details = json!({
        "key": notice.key, "run": notice.run, "mode": notice.mode, "by": notice.by, "says": notice.text,
    });
    let at = notice.at.to_string();
    let (action, incident) = match &notice.about {
        About::Opened(incident) => ("trigger", incident),
        About::Acknowledged(incident) => ("acknowledge", incident),
        About::Resolved(incident) => ("resolve", incident),
        About::Change => {
            let payload = json!({
                "summary": notice.title, "timestamp": at, "source": notice.service, "custom_details": details,
            });
            return ("/v2/change/enqueue", json!({ "routing_key": routing_key, "payload": payload }));
        }
    };
    let payload = json!({
        "summary": notice.title,
        "timestamp": at,
        "source": notice.service,
        "severity": notice.severity.as_str(),
        "group": notice.service,
        "class": notice.kind,
        "custom_details": details,
    });
    let body = json!({
        "routing_key": routing_key, "event_action": action, "dedup_key": incident, "client": "handover", "payload": payload,
    });
    ("/v2/enqueue", body)
}
