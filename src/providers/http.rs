//! HTTP endpoints, asked by reqwest.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::redirect::Policy;

use super::tls;
use crate::domain::reading::{Unread, Why};
use crate::domain::text;
use crate::ports::{HttpAnswer, HttpProbe};

/// How much of a body is read, in bytes.
const BODY: usize = 64 * 1024;

/// Asks over the network. Every question makes its own connection: a kept one would hide a server that takes no new ones.
pub struct Http {
    client: Result<reqwest::Client, String>,
}

impl Http {
    /// A probe that follows no redirects and checks certificates as the machine does.
    pub fn new() -> Self {
        tls::provider();
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .user_agent(concat!("handover/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|err| chain(&err));
        Self { client }
    }

    async fn ask(client: &reqwest::Client, url: &str) -> Result<HttpAnswer, Unread> {
        let start = Instant::now();
        let mut answer = client.get(url).send().await.map_err(|err| unread(url, &err))?;
        let status = answer.status().as_u16();
        let peer = answer.remote_addr();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|err| unread(url, &err))? {
            let room = BODY.saturating_sub(body.len());
            body.extend(chunk.iter().take(room));
            if body.len() >= BODY {
                break;
            }
        }
        let body = text::bounded(&String::from_utf8_lossy(&body), BODY);
        Ok(HttpAnswer { status, body, took: start.elapsed(), peer })
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl HttpProbe for Http {
    async fn get(&self, url: &str, timeout: Duration) -> Result<HttpAnswer, Unread> {
        let client = self.client.as_ref().map_err(|why| Unread::new(Why::Other, format!("GET {url}: {why}")))?;
        match tokio::time::timeout(timeout, Self::ask(client, url)).await {
            Ok(result) => result,
            Err(_) => {
                Err(Unread::new(Why::TimedOut, format!("GET {url}: no answer in {:.1} s", timeout.as_secs_f64())))
            }
        }
    }
}

fn unread(url: &str, err: &reqwest::Error) -> Unread {
    let why = if err.is_timeout() {
        Why::TimedOut
    } else if err.is_builder() {
        Why::Other
    } else if err.is_connect() {
        Why::Unreachable
    } else if err.is_request() || err.is_body() {
        // The connection was made and ended without a whole answer.
        if chain(err).contains("invalid HTTP") { Why::Malformed } else { Why::Unreachable }
    } else {
        Why::Malformed
    };
    Unread::new(why, format!("GET {url}: {}", chain(err)))
}

/// An error with its causes. The outermost repeats the URL.
fn chain(err: &reqwest::Error) -> String {
    let mut parts = Vec::new();
    let mut next = std::error::Error::source(err);
    while let Some(cause) = next {
        parts.push(cause.to_string());
        next = cause.source();
    }
    if parts.is_empty() { err.to_string() } else { parts.join(": ") }
}
