//! One JSON document to an HTTP receiver, and what its answer means.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use serde_json::Value;

use crate::domain::text;
use crate::ports::{Sent, Unsent};
use crate::providers::tls;

/// How long a connection may take, and how long the whole.
const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes, and how much of it is said, in characters.
const BODY: usize = 4 * 1024;
const SAID: usize = 200;

/// However long a receiver asks to be left alone, it is asked again after so long.
const LONGEST: Duration = Duration::from_hours(1);

/// Sends documents. It follows no redirect: what is sent may hold a secret, and is meant for one receiver.
#[derive(Debug)]
pub(super) struct Post {
    client: Result<reqwest::Client, String>,
}

impl Post {
    pub(super) fn new() -> Self {
        tls::provider();
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .user_agent(concat!("handover/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(without_url);
        Self { client }
    }

    /// Posts a document of this media type. Neither the URL nor the token is ever part of what is said.
    pub(super) async fn json(&self, url: &str, media: &str, token: Option<&str>, body: &Value) -> Result<Sent, Unsent> {
        let client = self.client.as_ref().map_err(|why| Unsent::Never { why: why.clone() })?;
        let mut request = client.post(url).header(CONTENT_TYPE, media).body(body.to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let mut answer = match request.send().await {
            Ok(answer) => answer,
            // A URL that is none, or a header that cannot be written.
            Err(error) if error.is_builder() => return Err(Unsent::Never { why: without_url(error) }),
            Err(error) => return Err(Unsent::Later { why: without_url(error), after: None }),
        };
        let status = answer.status();
        let after = answer.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?));
        let mut read = Vec::new();
        // What was answered decides; what it says besides is only shown.
        while let Ok(Some(chunk)) = answer.chunk().await {
            read.extend(chunk.iter().take(BODY.saturating_sub(read.len())));
            if read.len() >= BODY {
                break;
            }
        }
        let said = text::bounded(String::from_utf8_lossy(&read).trim(), SAID);
        let said = format!("HTTP {} {said}", status.as_u16()).trim_end().to_owned();
        match status.as_u16() {
            200..=299 => Ok(Sent { answer: said }),
            // Too early, too late, too much, or the receiver's own trouble.
            408 | 425 | 429 | 500..=599 => Err(Unsent::Later { why: said, after }),
            _ => Err(Unsent::Never { why: said }),
        }
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(text: &str) -> Option<Duration> {
    let text = text.trim();
    let after = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default()
    };
    Some(after.min(LONGEST))
}

/// An error with its causes, and without the URL, which may be a secret.
fn without_url(error: reqwest::Error) -> String {
    let timed_out = error.is_timeout();
    let error = error.without_url();
    if timed_out {
        return "no answer in time".to_owned();
    }
    let mut said = error.to_string();
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        said = format!("{said}: {cause}");
        next = cause.source();
    }
    text::bounded(&said, SAID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_may_say_when_in_seconds_or_by_a_date() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(" 999999 "), Some(LONGEST));
        assert_eq!(retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_after("-1"), None);
        let soon = Timestamp::now() + Duration::from_secs(90);
        let soon = soon.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let after = retry_after(&soon).unwrap();
        assert!((80..=90).contains(&after.as_secs()), "{after:?}");
    }
}
