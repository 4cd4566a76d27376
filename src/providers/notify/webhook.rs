//! A receiver of one's own, by CloudEvents 1.0 in structured mode: one event a request.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::post::Post;
use super::{Own, missing};
use crate::domain::notice::{Notice, Severity};
use crate::ports::{Channel, Sent, Unsent};

const MEDIA: &str = "application/cloudevents+json; charset=utf-8";

pub(super) struct Webhook {
    own: Own,
    url: Result<String, String>,
    token: Option<Result<String, String>>,
    post: Post,
}

impl Webhook {
    pub(super) fn new(own: Own, url: Result<String, String>, token: Option<Result<String, String>>) -> Self {
        Self { own, url, token, post: Post::new() }
    }
}

#[async_trait]
impl Channel for Webhook {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn least(&self) -> Severity {
        self.own.least
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let url = self.url.as_ref().map_err(|why| missing(why))?;
        let token = self.token.as_ref().map(Result::as_ref).transpose().map_err(|why| missing(why))?;
        let mut last = Sent { answer: String::new() };
        for notice in notices {
            last = self.post.json(url, MEDIA, token.map(String::as_str), &event(notice)).await?;
        }
        Ok(last)
    }
}

/// An event. Source and id together are its identity, the same however often it is sent.
fn event(notice: &Notice) -> Value {
    json!({
        "specversion": "1.0",
        "id": notice.key,
        "source": format!("/handover/{}", notice.service),
        "type": format!("handover.{}", notice.kind),
        "subject": notice.run,
        "time": notice.at.to_string(),
        "datacontenttype": "application/json",
        "data": notice,
    })
}
