//! A log group of CloudWatch Logs: a stream for the lines of each run, and one for its anchors.
//!
//! The API's limits (API reference, PutLogEvents, and "CloudWatch Logs quotas"): 1 MiB and 10,000 events a call, where each event
//! counts 26 bytes more than it has; in the order of time, none more than 24 hours from another, none older than 14 days.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::OWN;
use crate::domain::reading::{Unread, Why};
use crate::domain::trail::{Anchor, Line, Terms, Whose};
use crate::ports::{Clock, Trail, during};
use crate::providers::aws::{Clients, errors};

/// The longest text of an event; a longer line goes in parts. The quota was 256 KiB for years, and a part grows by being quoted.
const EVENT: usize = 200 * 1024;
/// How much of a line a part holds.
const PART: usize = 90 * 1024;
/// How much goes with one call.
const CALL: usize = 900 * 1024;
/// What an event counts besides its text.
const OVERHEAD: usize = 26;
/// An entry that is older than this bears the time of being shipped: what is older than the group's retention is not taken.
const OLD: i64 = 12 * 3_600_000;
/// How many pages are looked through for the last event: the API may answer with empty ones.
const PAGES: usize = 20;

/// A log group, of the same name in both Regions.
pub(super) struct Logs {
    pub(super) aws: Clients,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) group: String,
}

impl Logs {
    fn client(&self, whose: &Whose) -> Result<&aws_sdk_cloudwatchlogs::Client, Unread> {
        Ok(&self.aws.region(&whose.target)?.logs)
    }

    fn anchors_of(whose: &Whose) -> String {
        format!("{}/anchors", whose.run)
    }

    async fn put(&self, whose: &Whose, stream: &str, texts: Vec<(Timestamp, String)>) -> Result<(), Unread> {
        let mut calls: Vec<Vec<InputLogEvent>> = Vec::new();
        let (mut bytes, mut last) = (usize::MAX, i64::MIN);
        let now = self.clock.now().as_millisecond();
        for (at, text) in texts {
            // In the order of time, whatever became of the clock meanwhile.
            last = at.as_millisecond().clamp(now - OLD, now).max(last);
            let size = text.len() + OVERHEAD;
            let event = InputLogEvent::builder().timestamp(last).message(text).build();
            let event = event.map_err(|error| Unread::new(Why::Other, error.to_string()))?;
            if bytes.saturating_add(size) > CALL {
                calls.push(Vec::new());
                bytes = 0;
            }
            bytes += size;
            if let Some(call) = calls.last_mut() {
                call.push(event);
            }
        }
        for events in calls {
            self.put_once(whose, stream, events).await?;
        }
        Ok(())
    }

    /// One call; makes the stream where it is missing.
    async fn put_once(&self, whose: &Whose, stream: &str, events: Vec<InputLogEvent>) -> Result<(), Unread> {
        let (client, what) = (self.client(whose)?, format!("logs:PutLogEvents {}", whose.target));
        let put = || {
            let call = client.put_log_events().log_group_name(&self.group).log_stream_name(stream);
            call.set_log_events(Some(events.clone())).send()
        };
        let mut sent = put().await;
        if sent.as_ref().err().and_then(errors::code) == Some("ResourceNotFoundException") {
            let made = client.create_log_stream().log_group_name(&self.group).log_stream_name(stream).send().await;
            match made {
                Err(error) if errors::code(&error) != Some("ResourceAlreadyExistsException") => {
                    return Err(errors::unread(&format!("logs:CreateLogStream {}", whose.target), &error));
                }
                _ => sent = put().await,
            }
        }
        let output = sent.map_err(|error| errors::unread(&what, &error))?;
        // An answer of 200, and yet some of it was thrown away.
        match output.rejected_log_events_info() {
            Some(rejected) => Err(Unread::new(Why::Other, format!("{what}: events were not taken: {rejected:?}"))),
            None => Ok(()),
        }
    }

    /// The texts of a stream's events, the oldest first, and whether there may be more of them; `last` looks from the end.
    async fn page(&self, whose: &Whose, stream: &str, last: bool, token: Option<String>) -> Result<Page, Unread> {
        let call = self.client(whose)?.get_log_events().log_group_name(&self.group).log_stream_name(stream);
        let sent = call.start_from_head(!last).limit(100).set_next_token(token).send().await;
        let output = match sent {
            Err(error) if errors::code(&error) == Some("ResourceNotFoundException") => return Ok(Page::default()),
            sent => sent.map_err(|error| errors::unread(&format!("logs:GetLogEvents {}", whose.target), &error))?,
        };
        let texts = output.events().iter().filter_map(|event| event.message().map(str::to_owned)).collect();
        let next = if last { output.next_backward_token } else { output.next_forward_token };
        Ok(Page { texts, next })
    }

    async fn last(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        let mut token = None;
        for _ in 0..PAGES {
            let page = self.page(whose, &whose.run, true, token.clone()).await?;
            // Events of the same millisecond may come in any order.
            if let Some(last) = page.texts.iter().filter_map(|text| whole(text)).max() {
                return Ok(Some(last));
            }
            // The same token again is the end.
            if page.next.is_none() || page.next == token {
                break;
            }
            token = page.next;
        }
        Ok(None)
    }

    async fn every_anchor(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread> {
        let (stream, mut token, mut all) = (Self::anchors_of(whose), None, Vec::new());
        loop {
            let page = self.page(whose, &stream, false, token.clone()).await?;
            all.extend(page.texts.iter().filter_map(|text| Anchor::read(text)));
            if page.next.is_none() || page.next == token {
                all.sort();
                all.dedup();
                return Ok(all);
            }
            token = page.next;
        }
    }
}

/// Some events of a stream.
#[derive(Debug, Default)]
struct Page {
    texts: Vec<String>,
    next: Option<String>,
}

/// The entry that an event ends: a whole line, or the last part of one.
fn whole(text: &str) -> Option<Anchor> {
    let value: Value = serde_json::from_str(text).ok()?;
    let ends = value.get("part").is_none() || value.get("part") == value.get("of");
    Some(Anchor {
        seq: value.get("seq").and_then(Value::as_u64).filter(|_| ends)?,
        hash: value.get("hash").and_then(Value::as_str)?.to_owned(),
    })
}

/// The events of a line: itself, or, if it is too long for one, its parts in order.
fn events(line: &Line) -> Vec<String> {
    if line.text.len() <= EVENT {
        return vec![line.text.clone()];
    }
    let mut parts = vec![String::new()];
    for letter in line.text.chars() {
        if parts.last().is_none_or(|part| part.len() + letter.len_utf8() > PART) {
            parts.push(String::new());
        }
        parts.last_mut().into_iter().for_each(|part| part.push(letter));
    }
    let of = parts.len();
    let told = |(at, text): (usize, String)| json!({ "seq": line.seq, "hash": line.hash, "part": at + 1, "of": of, "text": text });
    parts.into_iter().enumerate().map(|part| told(part).to_string()).collect()
}

#[async_trait]
impl Trail for Logs {
    fn name(&self, whose: &Whose) -> String {
        format!("log group {} in {}", self.group, whose.target)
    }

    async fn terms(&self, whose: &Whose) -> Result<Terms, Unread> {
        let what = format!("logs:DescribeLogGroups {}", whose.target);
        let call = self.client(whose)?.describe_log_groups().log_group_name_prefix(&self.group);
        let output = during(OWN, call.send()).await.map_err(|error| errors::unread(&what, &error))?;
        let group = output.log_groups().iter().find(|group| group.log_group_name() == Some(self.group.as_str()));
        let group =
            group.ok_or_else(|| Unread::new(Why::NotFound, format!("{what}: there is no log group {}", self.group)))?;
        Ok(Terms { days: group.retention_in_days().and_then(|days| u64::try_from(days).ok()), lock: None })
    }

    async fn has(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        during(OWN, self.last(whose)).await
    }

    async fn ship(&self, whose: &Whose, lines: &[Line]) -> Result<(), Unread> {
        let texts = lines.iter().flat_map(|line| events(line).into_iter().map(|text| (line.at, text))).collect();
        during(OWN, self.put(whose, &whose.run, texts)).await
    }

    async fn anchor(&self, whose: &Whose, anchor: &Anchor) -> Result<(), Unread> {
        let texts = vec![(self.clock.now(), anchor.to_string())];
        during(OWN, self.put(whose, &Self::anchors_of(whose), texts)).await
    }

    async fn anchors(&self, whose: &Whose) -> Result<Vec<Anchor>, Unread> {
        during(OWN, self.every_anchor(whose)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_goes_in_parts_and_nothing_of_it_is_lost() {
        let text = format!("{{\"text\":\"{}\"}}", "é\\\"".repeat(70_000));
        let line = Line { seq: 7, at: Timestamp::UNIX_EPOCH, hash: "ab".to_owned(), text: text.clone() };
        let parts = events(&line);
        assert!(parts.len() > 2 && parts.iter().all(|part| part.len() < 256 * 1024 - OVERHEAD), "{}", parts.len());
        let read = |part: &String| serde_json::from_str::<Value>(part).unwrap();
        let again: String = parts.iter().map(|part| read(part)["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(again, text);
        // Only the last part says that the line is there.
        let ends: Vec<bool> = parts.iter().map(|part| whole(part).is_some()).collect();
        assert_eq!(ends.iter().filter(|ends| **ends).count(), 1);
        assert!(ends[parts.len() - 1]);
        let short = Line { text: "{\"hash\":\"cd\",\"seq\":8}".to_owned(), ..line };
        assert_eq!(events(&short), std::slice::from_ref(&short.text));
        assert_eq!(whole(&short.text), Some(Anchor { seq: 8, hash: "cd".to_owned() }));
    }
}
