//! Amazon SNS: one message a notice.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_sns::types::MessageAttributeValue;

use super::{Own, missing};
use crate::domain::hash::sha256;
use crate::domain::notice::{Notice, Severity};
use crate::domain::reading::Why;
use crate::domain::text;
use crate::ports::{Channel, Sent, Unsent};
use crate::providers::aws::errors;

/// A subject has up to 100 characters, ASCII alone (SNS, Publish).
const SUBJECT: usize = 99;

pub(super) struct Sns {
    own: Own,
    topic: String,
    client: Option<aws_sdk_sns::Client>,
}

impl Sns {
    pub(super) fn new(own: Own, topic: &str, client: Option<aws_sdk_sns::Client>) -> Self {
        Self { own, topic: topic.to_owned(), client }
    }
}

#[async_trait]
impl Channel for Sns {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn least(&self) -> Severity {
        self.own.least
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let client = self.client.as_ref().ok_or_else(|| missing("there are no credentials for AWS"))?;
        let mut last = Sent { answer: String::new() };
        for notice in notices {
            let mut publish = client
                .publish()
                .topic_arn(&self.topic)
                .subject(subject(&notice.title))
                .message(message(notice))
                .message_attributes("key", attribute(&notice.key)?)
                .message_attributes("severity", attribute(notice.severity.as_str())?)
                .message_attributes("kind", attribute(notice.kind)?);
            if self.topic.strip_suffix(".fifo").is_some() {
                // A FIFO topic itself leaves out what comes twice within five minutes. Its ids take no space of every kind.
                let group = sha256(notice.run.as_bytes());
                publish = publish.message_group_id(group).message_deduplication_id(sha256(notice.key.as_bytes()));
            }
            match publish.send().await {
                Ok(done) => {
                    let id = text::bounded(done.message_id().unwrap_or("without an id"), 100);
                    last = Sent { answer: format!("message {id}") };
                }
                Err(error) => {
                    let unread = errors::unread("sns:Publish", &error);
                    let why = text::bounded(&unread.to_string(), 300);
                    return Err(match unread.why {
                        Why::Denied | Why::NotFound | Why::Other => Unsent::Never { why },
                        _ => Unsent::Later { why, after: None },
                    });
                }
            }
        }
        Ok(last)
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, Unsent> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|error| missing(&error.to_string()))
}

/// The title in what a subject takes: it begins with a letter or a digit, and has no control characters.
fn subject(title: &str) -> String {
    let plain: String = title
        .replace('→', "->")
        .chars()
        .map(|c| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' })
        .skip_while(|c| !c.is_ascii_alphanumeric())
        .take(SUBJECT)
        .collect();
    if plain.is_empty() { "handover".to_owned() } else { plain }
}

fn message(notice: &Notice) -> String {
    let Notice { title, text, severity, by, at, key, .. } = notice;
    format!("{title}\n\n{text}\n\nseverity: {}\nby: {by}\nat: {at}\nkey: {key}\n", severity.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_what_sns_takes() {
        assert_eq!(subject("shop: failover a → b"), "shop: failover a -> b");
        assert_eq!(subject("→→"), "handover");
        assert_eq!(subject("«é\u{7f}x"), "x");
        assert_eq!(subject(&"é".repeat(300)).len(), 8);
        assert!(subject(&"ab é".repeat(300)).len() < 100);
    }
}
