//! What CloudTrail says of a run: each request that the journal names is looked for in an export, and what the run's session wrote
//! that the journal lacks is named.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::domain::journal::{Body, Entry, OutcomeOf};
use crate::domain::plan::Call;
use crate::domain::text;

/// How far CloudTrail's time of an event may be from the journal's of its answer: requests take seconds, clocks differ by more.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// The services of AWS that steps call; the others are no business of CloudTrail's.
const AWS: [&str; 9] =
    ["cloudfront", "ecs", "elasticache", "lambda", "rds", "route53", "route53-recovery-cluster", "s3", "ssm"];

/// One event of an export, as far as it matters here. Nothing of it has been made safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The request's id.
    pub request: String,
    /// Its name, such as `PromoteReadReplica`.
    pub name: String,
    /// The service, such as `rds.amazonaws.com`.
    pub source: String,
    /// The Region.
    pub region: String,
    /// When.
    pub at: Timestamp,
    /// Whether it only read; of what does not say, nobody knows.
    pub read_only: bool,
    /// The error, if it was refused.
    pub error: Option<String>,
    /// The user agent.
    pub agent: String,
    /// As whom.
    pub arn: String,
}

/// An export that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoExport(String);

/// What became of one request of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// CloudTrail has it, and says the same.
    Corroborated,
    /// It is not in the export.
    Missing,
    /// CloudTrail says otherwise.
    Contradicted(String),
}

/// One request of the journal, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The entry.
    pub seq: u64,
    /// The step.
    pub step: String,
    /// The call, as it was planned.
    pub call: String,
    /// The request's id; of a request that was never answered there is none, and what fits it is looked for.
    pub request: Option<String>,
    /// What became of it.
    pub found: Found,
}

/// What an export says of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Corroboration {
    /// Each request of the journal, in its order.
    pub matched: Vec<Matched>,
    /// What was written in the run's name and is not in the journal, in a sentence each.
    pub unknown: Vec<String>,
}

impl Corroboration {
    /// Whether CloudTrail says otherwise than the journal somewhere.
    pub fn contradicts(&self) -> bool {
        let contradicted = |one: &Matched| matches!(one.found, Found::Contradicted(_));
        !self.unknown.is_empty() || self.matched.iter().any(contradicted)
    }

    /// Whether CloudTrail has everything that the journal has, and nothing else.
    pub fn is_whole(&self) -> bool {
        self.unknown.is_empty() && self.matched.iter().all(|one| one.found == Found::Corroborated)
    }
}

/// Reads an export: a log file of CloudTrail (`{"Records": […]}`), or what `aws cloudtrail lookup-events` prints
/// (`{"Events": [{"CloudTrailEvent": "…"}]}`).
///
/// # Errors
/// If it is neither, naming the first event that cannot be read.
pub fn read(bytes: &[u8]) -> Result<Vec<Event>, NoExport> {
    let no = |what: String| NoExport(what);
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| no(format!("no JSON: {}", text::bounded(&error.to_string(), 200))))?;
    let list = |key: &str| value.get(key).and_then(Value::as_array);
    let (records, looked_up) = match (list("Records"), list("Events")) {
        (Some(records), _) => (records, false),
        (None, Some(events)) => (events, true),
        (None, None) => {
            return Err(no(
                "neither a log file of CloudTrail (\"Records\") nor an answer of lookup-events (\"Events\")".into(),
            ));
        }
    };
    let read_one = |(at, record): (usize, &Value)| {
        let inner = if looked_up {
            let text = record.get("CloudTrailEvent").and_then(Value::as_str);
            text.and_then(|text| serde_json::from_str(text).ok())
        } else {
            Some(record.clone())
        };
        inner.as_ref().and_then(event).ok_or_else(|| no(format!("event {} cannot be read", at + 1)))
    };
    records.iter().enumerate().map(read_one).collect()
}

fn event(record: &Value) -> Option<Event> {
    let string = |key: &str| record.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = string("eventName")?;
    Some(Event {
        // Events that no request made have none.
        request: string("requestID").unwrap_or_default(),
        source: string("eventSource")?,
        region: string("awsRegion")?,
        at: string("eventTime")?.parse().ok()?,
        read_only: match record.get("readOnly") {
            Some(Value::Bool(read_only)) => *read_only,
            Some(Value::String(word)) => word == "true",
            _ => ["Get", "List", "Describe", "Head", "Lookup"].iter().any(|verb| name.starts_with(verb)),
        },
        error: string("errorCode"),
        agent: string("userAgent").unwrap_or_default(),
        arn: record.pointer("/userIdentity/arn").and_then(Value::as_str).unwrap_or_default().to_owned(),
        name,
    })
}

/// A request that the journal says was made of AWS.
struct Asked<'a> {
    entry: &'a Entry,
    step: &'a str,
    call: &'a Call,
    request: Option<&'a str>,
    /// Whether AWS accepted it, where the journal says.
    accepted: Option<bool>,
}

/// Compares a run's entries with an export.
pub fn compare(entries: &[Entry], events: &[Event]) -> Corroboration {
    let run = entries.iter().find_map(|entry| match &entry.body {
        Body::RunOpened { run, .. } => Some(run.as_str()),
        _ => None,
    });
    let asked = asked(entries);
    let mut told: Vec<bool> = vec![false; events.len()];
    let mut matched = Vec::new();
    for one in &asked {
        let fits = |event: &Event| match one.request {
            Some(id) => event.request == id,
            // The answer never came, and its id with it: what was called for this step, about then, is what was asked.
            None => same_call(one, event).is_none() && run.is_some_and(|run| is_for(event, run, Some(one.step))),
        };
        let at = events.iter().zip(&told).position(|(event, told)| !told && fits(event));
        let event = at.and_then(|at| events.get(at));
        if let Some(told) = at.and_then(|at| told.get_mut(at)) {
            *told = true;
        }
        let found = match event {
            // Of a request that was never answered, nobody knows that it was made.
            None if one.request.is_none() => continue,
            None => Found::Missing,
            Some(event) => same_call(one, event).map_or(Found::Corroborated, Found::Contradicted),
        };
        matched.push(Matched {
            seq: one.entry.seq,
            step: one.step.to_owned(),
            call: one.call.headline(),
            request: one.request.map(str::to_owned),
            found,
        });
    }
    let rest = events.iter().zip(&told).filter(|(_, told)| !**told).map(|(event, _)| event);
    let ours =
        |event: &&Event| run.is_some_and(|run| is_for(event, run, None)) && !event.read_only && !is_of_no_step(event);
    let unknown = rest.filter(ours).map(|event| {
        text::bounded(
            &format!(
                "{} {} in {} at {}, request {}{}",
                event.source,
                event.name,
                event.region,
                event.at,
                event.request,
                event.error.as_ref().map(|error| format!(", refused: {error}")).unwrap_or_default()
            ),
            400,
        )
    });
    Corroboration { matched, unknown: unknown.collect() }
}

/// Every request of the journal that CloudTrail can know: what has a request id, and what was asked of AWS and never answered.
fn asked(entries: &[Entry]) -> Vec<Asked<'_>> {
    let mut calls: BTreeMap<&str, &Call> = BTreeMap::new();
    let mut all: Vec<Asked<'_>> = Vec::new();
    for entry in entries {
        match &entry.body {
            Body::Plan { step, plan, .. } => {
                calls.insert(step, &plan.call);
            }
            Body::Attempt { step, request_id, .. } => {
                let Some(call) = calls.get(step.as_str()) else { continue };
                if request_id.is_some() || AWS.contains(&call.service.as_str()) {
                    all.push(Asked { entry, step, call, request: request_id.as_deref(), accepted: None });
                }
            }
            Body::Outcome { step, outcome, .. } => {
                let last = all.iter_mut().rev().find(|asked| asked.step == step);
                if let Some(asked) = last {
                    asked.accepted = match outcome {
                        OutcomeOf::Accepted { .. } => Some(true),
                        OutcomeOf::Refused { .. } => Some(false),
                        OutcomeOf::Unknown { .. } => None,
                    };
                }
            }
            _ => {}
        }
    }
    all
}

/// Where an event is not what was asked.
fn same_call(asked: &Asked<'_>, event: &Event) -> Option<String> {
    let said = |what: &str, journal: &str, trail: &str| {
        Some(text::bounded(&format!("{what}: the journal says {journal}, CloudTrail {trail}"), 300))
    };
    let call = asked.call;
    // Some services add a version to the name: `CreateInvalidation2020_05_31`, `UpdateFunctionConfiguration20150331v2`. `Invoke` is
    // Lambda's own word.
    let version = |rest: &str| {
        rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains(|c: char| c.is_ascii_uppercase())
    };
    if !event.name.strip_prefix(call.operation.as_str()).is_some_and(version) {
        return said("the call", &call.operation, &event.name);
    }
    if event.region != call.control_plane {
        return said("the Region", &call.control_plane, &event.region);
    }
    let apart = asked.entry.at.duration_since(event.at).abs();
    if apart > APART {
        return said("the time", &asked.entry.at.to_string(), &event.at.to_string());
    }
    match (asked.accepted, &event.error) {
        (Some(true), Some(error)) => said("the answer", "accepted", &format!("refused ({error})")),
        (Some(false), None) if asked.request.is_some() => said("the answer", "refused", "accepted"),
        _ => None,
    }
}

/// Whether an event was called in a run's name (for a step of it): so says its user agent, or its session's name.
fn is_for(event: &Event, run: &str, step: Option<&str>) -> bool {
    let mut words = event.agent.split_whitespace();
    let marked = |key: &str, value: &str, mut words: std::str::SplitWhitespace<'_>| {
        words.any(|word| word.strip_prefix("md/handover-").and_then(|rest| rest.split_once('#')) == Some((key, value)))
    };
    if let Some(step) = step {
        return marked("run", run, words.clone()) && marked("step", step, words);
    }
    let time_and_id = run.split_once('-').zip(run.rsplit_once('-')).map(|((time, _), (_, id))| format!("@{time}-{id}"));
    let session = event.arn.rsplit('/').next().unwrap_or_default();
    let named = session.ends_with(&format!("@{run}"))
        || time_and_id.is_some_and(|short| short.len() > 2 && session.ends_with(&short));
    named || words.any(|word| word.strip_prefix("md/handover-run#") == Some(run))
}

/// Whether an event is the shipping of the journal itself, or the publishing of metrics.
fn is_of_no_step(event: &Event) -> bool {
    let marked = |own: &str| event.agent.split_whitespace().any(|word| word == own);
    let ships = ["CreateLogStream", "PutLogEvents", "PutObject"].contains(&event.name.as_str());
    ships && marked("md/handover-step#+trail") || event.name == "PutMetricData" && marked("md/handover-step#+metrics")
}

#[cfg(test)]
mod tests;
