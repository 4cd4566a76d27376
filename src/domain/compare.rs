//! Two runs side by side.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::figures::{Figures, Span};
use super::history::{Past, PastStep};
use super::text;

/// A row of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// What is compared.
    pub what: String,
    /// The first run's.
    pub a: String,
    /// The second run's.
    pub b: String,
    /// By how much they differ, in milliseconds, the second less the first; where both were measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_ms: Option<i64>,
    /// Whether they are not the same.
    pub differs: bool,
}

impl Compared {
    fn words(what: &str, a: &str, b: &str) -> Self {
        let (a, b) = (text::visible(a), text::visible(b));
        Self { what: text::visible(what), differs: a != b, a, b, difference_ms: None }
    }

    fn spans(what: &str, a: Span, b: Span) -> Self {
        let difference_ms = match (a, b) {
            (Span::Took(a), Span::Took(b)) => difference(a, b),
            _ => None,
        };
        Self { difference_ms, ..Self::words(what, &a.to_string(), &b.to_string()) }
    }
}

fn difference(a: Duration, b: Duration) -> Option<i64> {
    i64::try_from(b.as_millis()).ok()?.checked_sub(i64::try_from(a.as_millis()).ok()?)
}

/// Takes one span out of the figures.
type Of = fn(&Figures) -> Span;

/// Two runs side by side: what they were, their figures, and their steps.
pub fn compare(a: &Past, b: &Past) -> Vec<Compared> {
    let day = |past: &Past| {
        past.opened.map_or_else(|| "unknown".to_owned(), |at| at.to_zoned(TimeZone::UTC).date().to_string())
    };
    let loss = |past: &Past| past.figures.loss.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    let spans: [(&str, Of); 6] = [
        ("recovery time", |figures| figures.total),
        ("execution", |figures| figures.execution),
        ("detection", |figures| figures.detection),
        ("decision", |figures| figures.decision),
        ("waiting for people", |figures| figures.waiting),
        ("without a standby", |figures| figures.exposure),
    ];
    let mut rows = vec![
        Compared::words("service", &a.service, &b.service),
        Compared::words("runbook", &a.runbook, &b.runbook),
        Compared::words("mode", a.mode.as_str(), b.mode.as_str()),
        Compared::words("day", &day(a), &day(b)),
        Compared::words("lead", &a.lead, &b.lead),
        Compared::words("ended", a.state(), b.state()),
    ];
    rows.extend(spans.iter().map(|(what, of)| Compared::spans(what, of(&a.figures), of(&b.figures))));
    rows.push(Compared::words("RTO", a.rto().as_str(), b.rto().as_str()));
    rows.push(Compared::words("data loss", &loss(a), &loss(b)));
    rows.push(Compared::words("RPO", a.rpo().as_str(), b.rpo().as_str()));
    let others = b.steps.iter().filter(|step| a.steps.iter().all(|other| other.id != step.id));
    for id in a.steps.iter().chain(others).map(|step| &step.id) {
        let find = |past: &Past| past.steps.iter().find(|step| step.id == *id).cloned();
        let (one, other) = (find(a), find(b));
        let took = |step: &Option<PastStep>| step.as_ref().and_then(|step| step.took);
        let difference_ms = took(&one).zip(took(&other)).and_then(|(a, b)| difference(a, b));
        let says = |step: &Option<PastStep>| step.as_ref().map_or_else(|| "not in it".to_owned(), PastStep::says);
        rows.push(Compared { difference_ms, ..Compared::words(&format!("step {id}"), &says(&one), &says(&other)) });
    }
    rows
}

impl PastStep {
    fn says(&self) -> String {
        let mut says = self.state.clone();
        if let Some(took) = self.took {
            says += &format!(", {}", super::duration::clock(took));
        }
        if self.tries > 1 {
            says += &format!(", {} tries", self.tries);
        }
        if self.overridden > 0 {
            says += &format!(", {} gates overridden", self.overridden);
        }
        says
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::tests::history;

    #[test]
    fn two_runs_stand_side_by_side_with_what_differs() {
        let history = history(None, None);
        let runs: Vec<&Past> = history.readable().collect();
        let mut other = runs[1].clone();
        let step = |state: &str, seconds| PastStep {
            id: "promote".into(),
            state: state.into(),
            took: Some(Duration::from_secs(seconds)),
            tries: 1,
            overridden: 0,
        };
        other.steps = vec![step("done", 90), PastStep { id: "more".into(), ..step("done", 1) }];
        let first = Past { steps: vec![step("done", 60)], ..runs[0].clone() };
        let rows = compare(&first, &other);
        let row = |what: &str| rows.iter().find(|row| row.what == what).unwrap();
        assert_eq!(row("recovery time").difference_ms, Some(-1_200_000));
        assert_eq!((row("RTO").a.as_str(), row("RTO").b.as_str()), ("missed", "met"));
        assert_eq!((row("execution").difference_ms, row("execution").differs), (None, false));
        assert_eq!(row("step promote").difference_ms, Some(30_000));
        assert_eq!((row("step more").a.as_str(), row("step more").b.as_str()), ("not in it", "done, 0:01"));
    }
}
