//! The run as OpenTelemetry spans, in OTLP's JSON encoding: a trace a run, a span for the run, for each step and for each request.
//! A collector takes it at `/v1/traces`, or by its `otlpjsonfile` receiver.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Report;
use crate::domain::hash::sha256;
use crate::domain::journal::{Body, Entry};

/// Spans of a kind that is neither client nor server.
const INTERNAL: u32 = 1;
/// Spans of a request that was made to somebody else.
const CLIENT: u32 = 3;
const STATUS_OK: u32 = 1;
const STATUS_ERROR: u32 = 2;

/// The report's run as one OTLP export request.
pub fn otlp(report: &Report, entries: &[Entry]) -> Value {
    let identity = &report.identity;
    let ids = Ids { run: &identity.run };
    let last = entries.last().map_or(identity.opened, |entry| entry.at);
    let whole = Span {
        name: format!("{} {}", identity.runbook, identity.nature),
        id: ids.span("run"),
        parent: None,
        kind: INTERNAL,
        from: identity.opened,
        until: identity.closed.unwrap_or(last),
        ok: identity.closed.map(|_| identity.outcome == "verified"),
        attributes: vec![
            ("handover.run", identity.run.clone()),
            ("handover.service", identity.service.clone()),
            ("handover.source", identity.source.clone()),
            ("handover.target", identity.target.clone()),
            ("handover.outcome", identity.outcome.clone()),
        ],
        events: events(report),
    };
    let mut spans = vec![whole];
    for step in &report.steps {
        let Some(from) = step.started else { continue };
        spans.push(Span {
            name: step.title.clone(),
            id: ids.span(&step.id),
            parent: Some(ids.span("run")),
            kind: INTERNAL,
            from,
            until: step.ended.unwrap_or(last),
            ok: step.ended.map(|_| !matches!(step.state.as_str(), "risk accepted" | "skipped" | "impossible")),
            attributes: vec![
                ("handover.step", step.id.clone()),
                ("handover.phase", step.phase.clone()),
                ("handover.state", step.state.clone()),
                ("enduser.id", step.by.clone()),
            ],
            events: Vec::new(),
        });
    }
    spans.extend(entries.iter().filter_map(|entry| request(&ids, entry)));
    let of = |(key, value): (&str, &str)| json!({"key": key, "value": {"stringValue": value}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            of(("service.name", "handover")), of(("service.version", &identity.tool)), of(("host.name", &identity.host)),
            of(("deployment.environment.name", &identity.environment)),
        ]},
        "scopeSpans": [{
            "scope": {"name": "handover", "version": env!("CARGO_PKG_VERSION")},
            "spans": spans.iter().map(|span| span.json(&ids)).collect::<Vec<_>>(),
        }],
    }]})
}

/// A request that was answered, or was not.
fn request(ids: &Ids<'_>, entry: &Entry) -> Option<Span> {
    let Body::Attempt { step, request_id, took_ms, answer, attempt, request } = &entry.body else { return None };
    let took = jiff::SignedDuration::from_millis(i64::try_from(*took_ms).unwrap_or(i64::MAX));
    let mut attributes = vec![("handover.answer", answer.clone()), ("handover.attempt", attempt.to_string())];
    attributes.extend(request_id.iter().map(|id| ("aws.request_id", id.clone())));
    Some(Span {
        name: format!("{step}: request"),
        id: ids.span(&format!("{step}/{attempt}/{request}/{}", entry.seq)),
        parent: Some(ids.span(step)),
        kind: CLIENT,
        from: entry.at.checked_sub(took).unwrap_or(entry.at),
        until: entry.at,
        ok: None,
        attributes,
        events: Vec::new(),
    })
}

/// T0 to T13 as events of the run.
fn events(report: &Report) -> Vec<(Timestamp, String)> {
    let known = |row: &super::Moment| Some((row.at?, format!("{} {}", row.number, row.milestone)));
    report.timeline.iter().filter_map(known).collect()
}

/// Ids that follow from the run and nothing else: whoever exports it again makes the same ones.
struct Ids<'a> {
    run: &'a str,
}

impl Ids<'_> {
    /// 16 bytes in hex.
    fn trace(&self) -> String {
        sha256(self.run.as_bytes()).chars().take(32).collect()
    }

    /// 8 bytes in hex.
    fn span(&self, of: &str) -> String {
        sha256(format!("{}\n{of}", self.run).as_bytes()).chars().take(16).collect()
    }
}

struct Span {
    name: String,
    id: String,
    parent: Option<String>,
    kind: u32,
    from: Timestamp,
    until: Timestamp,
    /// Whether it went well, where that is known.
    ok: Option<bool>,
    attributes: Vec<(&'static str, String)>,
    events: Vec<(Timestamp, String)>,
}

impl Span {
    fn json(&self, ids: &Ids<'_>) -> Value {
        // 64-bit whole numbers are strings in the JSON of protocol buffers.
        let nanos = |at: Timestamp| at.as_nanosecond().to_string();
        let attribute = |(key, value): &(&str, String)| json!({"key": key, "value": {"stringValue": value}});
        let event = |(at, name): &(Timestamp, String)| json!({"timeUnixNano": nanos(*at), "name": name});
        let status = match self.ok {
            Some(true) => json!({"code": STATUS_OK}),
            Some(false) => json!({"code": STATUS_ERROR}),
            None => json!({}),
        };
        let mut span = json!({
            "traceId": ids.trace(), "spanId": self.id, "name": self.name, "kind": self.kind,
            "startTimeUnixNano": nanos(self.from), "endTimeUnixNano": nanos(self.until.max(self.from)),
            "attributes": self.attributes.iter().map(attribute).collect::<Vec<_>>(),
            "events": self.events.iter().map(event).collect::<Vec<_>>(),
            "status": status,
        });
        if let (Some(parent), Some(span)) = (&self.parent, span.as_object_mut()) {
            span.insert("parentSpanId".to_owned(), json!(parent));
        }
        span
    }
}
