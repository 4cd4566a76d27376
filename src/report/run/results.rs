//! What was achieved, against what was promised.

use std::time::Duration;

use serde::Serialize;

use super::Material;
use crate::domain::criteria::Promise;
use crate::domain::disruption::{Gap, MOVED, Tally, dns_time, for_users};
use crate::domain::duration;
use crate::domain::figures::{Figures, Kept, Span};
use crate::domain::reading::age;
use crate::domain::run::{Ending, Run, State};
use crate::domain::runbook::{Action, Step};
use crate::domain::service::Objectives;
use crate::domain::timeline::{Loss, Milestone};

/// One figure against what was promised.
#[derive(Debug, Clone, Serialize)]
pub struct Result {
    /// Which, such as `Recovery time`.
    pub figure: &'static str,
    /// From which moment to which.
    pub from: &'static str,
    /// What was achieved, in words.
    pub achieved: String,
    /// The same as a span of time, where it is one.
    pub span: Option<Span>,
    /// What was promised, where anything was.
    pub objective: Option<String>,
    /// `met`, `missed` or `unknown`, where anything was promised.
    pub kept: Option<&'static str>,
    /// How it was come by.
    pub method: String,
}

pub(super) fn results(material: &Material<'_>, run: &Run, figures: &Figures) -> Vec<Result> {
    let objectives = material.service.objectives;
    let clock = duration::format;
    let span = |figure, from, span: Span, method: &str| Result {
        figure,
        from,
        achieved: span.to_string(),
        span: Some(span),
        objective: None,
        kept: None,
        method: method.to_owned(),
    };
    let t0 = run.timeline.get(Milestone::ImpactBegan);
    let began = t0.map_or_else(
        || "nobody entered when the impact began (T0)".to_owned(),
        |began| format!("T0 entered by {}: {}", began.by, began.source),
    );
    let loss = figures.loss.as_ref();
    let mut rows = vec![
        Result {
            objective: Some(format!("RTO {}", clock(objectives.rto))),
            kept: Some(figures.rto(objectives).as_str()),
            ..span("Recovery time", "T12 − T0", figures.total, &began)
        },
        span(
            "Execution",
            "T12 − T4",
            figures.execution,
            "from the run's opening to the start of the sustained healthy window",
        ),
        span("Detection", "T1 − T0", figures.detection, "to the first alarm that the journal has"),
        span("Decision", "T3 − T1", figures.decision, "from there to the recorded decision"),
        span(
            "Waiting for people",
            "within T4 to T12",
            figures.waiting,
            "nothing was under way, and a step could have been",
        ),
        span("Without a standby", "T13 − T7", figures.exposure, "from the promotion until redundancy was restored"),
        Result {
            figure: "Data loss",
            from: "at the promotion",
            achieved: loss.map_or_else(|| "not measured".to_owned(), ToString::to_string),
            span: None,
            objective: Some(format!("RPO {}", clock(objectives.rpo))),
            kept: Some(figures.rpo(objectives).as_str()),
            method: method(loss),
        },
    ];
    for promise in [Promise::Disruption, Promise::Dns, Promise::Replication] {
        let measured = measured(material, run, promise);
        if let Some((objective, kept)) = measured.promised(objectives) {
            rows.push(Result {
                figure: measured.figure,
                from: measured.from,
                achieved: measured.gap.map_or_else(|| "not measured".to_owned(), |gap| gap.to_string()),
                span: None,
                objective: Some(format!("at most {}", clock(objective))),
                kept: Some(kept.as_str()),
                method: measured.method,
            });
        }
    }
    rows
}

/// Whether an objective was kept, and by what that is known.
pub(super) fn kept(material: &Material<'_>, run: &Run, figures: &Figures, promise: Promise) -> (Kept, String) {
    let objectives = material.service.objectives;
    match promise {
        Promise::Rto => (figures.rto(objectives), format!("recovery time {}", figures.total)),
        Promise::Rpo => {
            let loss = figures.loss.as_ref().map_or_else(|| "not measured".to_owned(), ToString::to_string);
            (figures.rpo(objectives), format!("data loss {loss}"))
        }
        Promise::Disruption | Promise::Dns | Promise::Replication => {
            let measured = measured(material, run, promise);
            let kept = measured.promised(objectives).map_or(Kept::Unknown, |(_, kept)| kept);
            let says = measured.gap.map_or_else(|| "not measured".to_owned(), |gap| gap.to_string());
            (kept, format!("{}: {says}", measured.figure.to_lowercase()))
        }
    }
}

/// A figure that has a limit of its own.
struct Measured {
    promise: Promise,
    figure: &'static str,
    from: &'static str,
    gap: Option<Gap>,
    method: String,
}

impl Measured {
    fn promised(&self, objectives: Objectives) -> Option<(Duration, Kept)> {
        let limit = match self.promise {
            Promise::Disruption => objectives.disruption?,
            Promise::Dns => objectives.dns?,
            Promise::Replication => objectives.replication?,
            Promise::Rto | Promise::Rpo => return None,
        };
        Some((limit, self.gap.map_or(Kept::Unknown, |gap| gap.within(limit))))
    }
}

fn measured(material: &Material<'_>, run: &Run, promise: Promise) -> Measured {
    let target = run.direction.target.as_str();
    match promise {
        Promise::Dns => Measured {
            promise,
            figure: "Resolvers",
            from: "from T9 on",
            gap: dns_time(&run.disruption, target, run.timeline.at(MOVED)),
            method: "until the last of the resolvers that are asked led to the target".to_owned(),
        },
        Promise::Replication => Measured {
            promise,
            figure: "Object replication",
            from: "of the slowest canary",
            gap: canary(material, run),
            method: "from the step's beginning until a canary's copy was seen in the other Region, so at most"
                .to_owned(),
        },
        _ => {
            let tally = for_users(&run.disruption, target);
            let (gap, method) = match tally {
                Some(tally) if tally.asked > 0 => {
                    let none = Gap { from: tally.first, at_least_ms: 0, at_most_ms: Some(0) };
                    let Tally { vantage, asked, failed, .. } = tally;
                    let seen = format!("{failed} of {asked} questions failed, asked from {}", vantage.from);
                    (Some(tally.longest().unwrap_or(none)), format!("{seen} since the console was armed"))
                }
                _ => (None, "nobody asked as a user does".to_owned()),
            };
            Measured { promise, figure: "Disruption", from: "longest gap", gap, method }
        }
    }
}

/// The slowest canary of the run: its copy was there when the step ended, at the latest.
fn canary(material: &Material<'_>, run: &Run) -> Option<Gap> {
    let sent = |step: &&Step| matches!(&step.action, Action::Act { action, .. } if action == "canary");
    let latency = |step: &Step| {
        let record = run.record(&step.id);
        record.ended.filter(|_| matches!(record.state, State::Ended(Ending::Done)))?;
        let (from, until) = (record.started?, record.ended?);
        Some(Gap { from, at_least_ms: 0, at_most_ms: u64::try_from(age(from, until).as_millis()).ok() })
    };
    let steps = material.runbook.steps().map(|(_, step)| step);
    steps.filter(sent).filter_map(latency).max_by_key(|gap| gap.at_most_ms)
}

fn method(loss: Option<&Loss>) -> String {
    match loss {
        Some(Loss::Exact { source_mark, target_mark, at_most_ms, .. }) => {
            let most = at_most_ms.map(|ms| {
                let most = std::time::Duration::from_millis(ms).as_secs_f64();
                format!("; committed in the last {} before the promotion", duration::seconds(most))
            });
            let most = most.unwrap_or_default();
            format!("counted on both sides, the source being fenced: {source_mark} there, {target_mark} here{most}")
        }
        Some(Loss::Nothing { why } | Loss::Unknown { why } | Loss::Unbounded { why }) => why.clone(),
        Some(Loss::Estimate { method, .. }) => format!("estimated from {method}"),
        None => "no database was taken over".to_owned(),
    }
}
