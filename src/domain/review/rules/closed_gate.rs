//! a gate that can never pass.

use super::super::deeds::Deed;
use super::super::order::{before, doing};
use super::super::{Found, Rule, Severity, Subject};
use crate::domain::gate::{Predicate, Test};
use crate::domain::region::Side;
use crate::domain::runbook::{Action, Runbook, Step};
use crate::domain::service::Service;

pub(super) const RULE: Rule = Rule {
    id: "HO028",
    title: "a gate that can never pass",
    severity: Severity::Danger,
    why: "It is met on the way, at three in the morning, and overridden: from then on every gate is.",
    practice: "A gate asks for what the steps before it have brought about.",
    source: "https://sre.google/sre-book/emergency-response/",
    look,
};

fn look(subject: &Subject<'_>, found: &mut Found) {
    for runbook in subject.runbooks {
        for (_, step) in runbook.steps() {
            let wanted: Vec<&Predicate> = match &step.action {
                Action::Check { expect } => expect.iter().collect(),
                Action::Wait { until, .. } => until.iter().collect(),
                _ => Vec::new(),
            };
            let wanted: Vec<&Predicate> = step.gates.iter().map(|gate| &gate.predicate).chain(wanted).collect();
            for (at, one) in wanted.iter().enumerate() {
                if let Some(other) = wanted.iter().skip(at + 1).find(|other| apart(one, other)) {
                    found.at_step(runbook, step, format!("it asks that {one} and that {other}"));
                }
                if negative(one) {
                    found.at_step(runbook, step, format!("it asks that {one}, and there is nothing below 0"));
                }
                if let Some(ended) = gone(subject.service, runbook, step, one) {
                    found.at_step(
                        runbook,
                        step,
                        format!("it asks that {one}, which the step {} before it has ended", ended.id),
                    );
                }
            }
        }
    }
}

/// Whether two cannot hold together.
fn apart(one: &Predicate, other: &Predicate) -> bool {
    one.reading == other.reading
        && match (&one.test, &other.test) {
            (Test::Is(one), Test::Is(other)) => one != other,
            (Test::Is(one), Test::IsNot(other)) | (Test::IsNot(one), Test::Is(other)) => one == other,
            (Test::Is(word), Test::OneOf(words)) | (Test::OneOf(words), Test::Is(word)) => !words.contains(word),
            (Test::OneOf(one), Test::OneOf(other)) => !one.iter().any(|word| other.contains(word)),
            (Test::IsBool(one), Test::IsBool(other)) => one != other,
            (Test::AtMost(most), Test::AtLeast(least)) | (Test::AtLeast(least), Test::AtMost(most)) => most < least,
            _ => false,
        }
}

/// Ages, counts and bytes have nothing below zero.
fn negative(predicate: &Predicate) -> bool {
    matches!(predicate.test, Test::AtMost(limit) if limit < 0.0)
}

/// The step that has made an end of what is asked for: a promoted database follows nobody any more.
fn gone<'a>(service: &'a Service, runbook: &'a Runbook, step: &'a Step, wanted: &Predicate) -> Option<&'a Step> {
    let follows = match (wanted.reading.fact.as_str(), &wanted.test) {
        ("role", Test::Is(word)) => word == "replica" || word == "reader",
        ("in_recovery", Test::IsBool(yes)) => *yes,
        ("replication", Test::Is(word)) => word == "replicating",
        _ => false,
    };
    if !follows || wanted.reading.side != Side::Target {
        return None;
    }
    let over = before(runbook, &step.id);
    doing(service, runbook, Deed::Promote).find(|step| {
        let same = matches!(&step.action, Action::Act { component, .. } if *component == wanted.reading.component);
        same && over.contains(step.id.as_str())
    })
}
