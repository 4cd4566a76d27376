//! Slack, by an incoming webhook.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::post::Post;
use super::{Own, missing};
use crate::domain::notice::{Notice, Severity};
use crate::ports::{Channel, Sent, Unsent};

/// A webhook takes about one message a second (Slack, "Rate limits").
const GAP: Duration = Duration::from_secs(1);

/// Two blocks are made of each notice, and a message takes 50 (Slack, "Blocks").
const MOST: usize = 20;

/// A section takes 3000 characters, and the text for notifications is kept as short.
const SECTION: usize = 3_000;

pub(super) struct Slack {
    own: Own,
    url: Result<String, String>,
    post: Post,
}

impl Slack {
    pub(super) fn new(own: Own, url: Result<String, String>) -> Self {
        Self { own, url, post: Post::new() }
    }
}

#[async_trait]
impl Channel for Slack {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn least(&self) -> Severity {
        self.own.least
    }

    fn most(&self) -> usize {
        MOST
    }

    fn gap(&self) -> Duration {
        GAP
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let url = self.url.as_ref().map_err(|why| missing(why))?;
        self.post.json(url, "application/json", None, &message(notices)).await
    }
}

/// A message of blocks. They hold plain text, in which Slack finds neither links nor mentions, whoever wrote it.
fn message(notices: &[Arc<Notice>]) -> Value {
    let blocks: Vec<Value> = notices.iter().take(MOST).flat_map(|notice| blocks(notice)).collect();
    let mut first = notices.first().map(|notice| escaped(&notice.title)).unwrap_or_default();
    if notices.len() > 1 {
        first = format!("{first} (and {} more)", notices.len() - 1);
    }
    json!({ "text": cut(&first), "blocks": blocks })
}

fn blocks(notice: &Notice) -> [Value; 2] {
    let mark = match notice.severity {
        Severity::Critical => "🔴",
        Severity::Warning => "🟠",
        Severity::Info => "🔵",
    };
    let text = if notice.text.is_empty() { String::new() } else { format!("\n{}", notice.text) };
    let section = cut(&format!("{mark} {}{text}", notice.title));
    let at = notice.at.strftime("%Y-%m-%d %H:%M:%SZ");
    let context = cut(&format!("{} · {} · {at} · {}", notice.severity.as_str(), notice.by, notice.key));
    [
        json!({ "type": "section", "text": { "type": "plain_text", "emoji": false, "text": section } }),
        json!({ "type": "context", "elements": [{ "type": "plain_text", "emoji": false, "text": context }] }),
    ]
}

/// In the text for notifications `&`, `<` and `>` are what Slack's own markup begins with.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// No more characters than a section takes, counted in the larger of the two ways in which they can be.
fn cut(text: &str) -> String {
    let mut left = SECTION;
    text.chars()
        .take_while(|c| {
            let fits = left >= c.len_utf16();
            left = left.saturating_sub(c.len_utf16());
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(seq: u64, text: &str) -> Arc<Notice> {
        let mut notice = Notice::clone(&Notice::test("shop", "anna", "2026-03-03T14:00:00Z".parse().unwrap()));
        notice.key = format!("run/{seq}");
        notice.text = text.to_owned();
        Arc::new(notice)
    }

    #[test]
    fn what_is_queued_is_one_message_within_the_limits() {
        let long = "𝄞".repeat(4_000);
        let notices: Vec<_> = (1..=30).map(|seq| notice(seq, &long)).collect();
        let made = message(&notices[..MOST]);
        let blocks = made["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), 2 * MOST);
        assert!(blocks.len() <= 50);
        for block in blocks {
            let text = block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()).unwrap();
            assert!(text.encode_utf16().count() <= 3_000 && !text.is_empty());
        }
        for (at, notice) in notices[..MOST].iter().enumerate() {
            let context = blocks[2 * at + 1]["elements"][0]["text"].as_str().unwrap();
            assert!(context.ends_with(&notice.key), "{context}");
        }
    }

    #[test]
    fn nobody_is_mentioned_by_what_a_program_wrote() {
        let mut evil = Notice::clone(&notice(1, "<!channel> <https://evil.example|click> &amp;"));
        evil.title = "<!here> & all".to_owned();
        let made = message(&[Arc::new(evil)]);
        assert_eq!(made["text"], "&lt;!here&gt; &amp; all");
        let shown = made["blocks"].to_string();
        assert!(!shown.contains("mrkdwn") && shown.contains("<!channel>"), "{shown}");
    }
}
