//! The selected step: what it does, by what exact call, how to do it by hand, and what speaks for and against it.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::doc::{Doc, seen};
use super::paint::{Painter, Pen};
use super::skin::Tone;
use super::words;
use crate::app::Model;
use crate::app::action::Action as KeyAction;
use crate::app::model::{Focus, Row};
use crate::app::spot::Spot;
use crate::domain::duration::{age as short, clock, format as span};
use crate::domain::gate::{Predicate, Sight};
use crate::domain::outline::plane;
use crate::domain::plan::Plan;
use crate::domain::run::State;
use crate::domain::runbook::{Action, Step};
use crate::domain::text::counted;

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    painter.spot(area, Spot::Pane(Focus::Step));
    let Some(row) = model.row() else { return };
    let Some(step) = model.step_of(row) else { return };
    let focused = model.focus == Focus::Step && model.modals.is_empty();
    let number = format!("{} ", row.number);
    let title = [(number.as_str(), Tone::Dim), (step.title.as_str(), Tone::Title)];
    let badge = words::hazard(step.hazard);
    let content = content(model, row, step, painter);
    if area.height < 4 || area.width < 12 {
        let mut pen = Pen::line(area, 0);
        for (text, tone) in title {
            painter.put(&mut pen, text, tone);
        }
        let below = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
        content.draw(below, model.step_scroll, painter);
        return;
    }
    let mut inside = painter.frame(area, &title, badge.as_slice(), focused);
    inside.x = inside.x.saturating_add(1);
    inside.width = inside.width.saturating_sub(2);
    let below = content.draw(inside, model.step_scroll, painter);
    painter.scrolls = below + model.step_scroll > 0;
    painter.more(below, &mut Pen::foot(area));
}

/// That a step needs what is in the Region being left, and what to do without.
pub(super) fn needs(model: &Model, step: &Step, doc: &mut Doc) {
    if let Some(plane) = plane(&model.service, &model.run.direction, step).filter(|plane| plane.left) {
        let source = &model.run.direction.source;
        doc.put("needs", format!("{} in {source}, the Region being left: {}", plane.name, plane.otherwise), Tone::Warn);
    }
}

/// In the order in which somebody needs it: where it stands, what it printed, what holds it back, what to look at, what it
/// changes and by what exact call; why it is so at the end.
fn content(model: &Model, row: &Row, step: &Step, painter: &Painter<'_>) -> Doc {
    let mut doc = Doc::default();
    standing(model, row, step, painter, &mut doc);
    let output = model.output.get(&step.id).map(|lines| lines.iter().rev().take(12).rev().collect::<Vec<_>>());
    let recorded = || model.record(&step.id).map(|record| record.output.iter().collect::<Vec<_>>());
    for (index, line) in output.or_else(recorded).unwrap_or_default().into_iter().enumerate() {
        doc.put(if index == 0 { "output" } else { "" }, line.as_str(), Tone::Text);
    }
    asks(model, step, painter, &mut doc);
    if !model.state(&step.id).is_ended() {
        needs(model, step, &mut doc);
    }
    doc.put("guidance", step.guidance.as_str(), Tone::Text);
    if let Some(plan) = plan(model, step) {
        for (index, change) in plan.changes.iter().enumerate() {
            doc.put(if index == 0 { "changes" } else { "" }, change.as_str(), Tone::Text);
        }
        doc.put("accepts", plan.accepting.clone().unwrap_or_default(), Tone::Warn);
    }
    if matches!(step.action, Action::Act { .. } | Action::Exec(_)) {
        resolved(model, step, painter, &mut doc);
    }
    if model.guide
        && let Some(learn) = &step.learn
    {
        for (label, text) in learn.texts() {
            doc.put(label, text, Tone::Text);
        }
    }
    doc.put("differs", step.differs.as_str(), Tone::Text);
    doc.put("carries", step.carries.as_str(), Tone::Dim);
    if let Some(expected) = step.expected {
        doc.put("expected", format!("about {}", span(expected)), Tone::Dim);
    }
    if let Some(usual) = model.run.usual.get(&step.id) {
        doc.put("usually", format!("{} (in {})", clock(usual.time()), counted(usual.runs, "run")), Tone::Dim);
    }
    doc
}

/// The plan to show: the one resolved last, or the one that the journal has.
fn plan<'a>(model: &'a Model, step: &Step) -> Option<&'a Plan> {
    let resolved = model.plans.get(&step.id).and_then(|planned| planned.result.as_ref().ok()).map(|(plan, _)| &**plan);
    resolved.or_else(|| model.record(&step.id).and_then(|record| record.plan.as_ref()))
}

/// Where it stands.
fn standing(model: &Model, row: &Row, step: &Step, painter: &Painter<'_>, doc: &mut Doc) {
    let (sign, word, tone) = words::step(model, row, painter.glyphs());
    let record = model.record(&step.id);
    let state = model.state(&step.id);
    let mut text = word.to_owned();
    if let Some(elapsed) = words::elapsed(model, row) {
        let _ = write!(text, " for {elapsed}");
    }
    match state {
        State::Failed(why) | State::Unsure(why) => {
            let _ = write!(text, ": {why}");
        }
        State::Ended(_) => {
            if let Some(record) = record {
                if let Some(ended) = record.ended {
                    let _ = write!(text, " at {}Z by {}", ended.strftime("%H:%M:%S"), record.by);
                }
                if !record.says.is_empty() {
                    let _ = write!(text, ": {}", record.says);
                }
            }
        }
        State::Pending | State::Planned if !row.ready && !row.waits_for.is_empty() => {
            let _ = write!(text, " for {}", row.waits_for.join(", "));
        }
        _ => {}
    }
    doc.sign("state", (sign, tone), text, tone);
    if let Some(progress) = model.progress.get(&step.id).filter(|_| state.is_running()) {
        let next = match progress.next {
            Some(next) if next > model.now => {
                let left = crate::domain::reading::age(model.now, next);
                format!(", looks again in {}", clock(left))
            }
            _ => String::new(),
        };
        let age = short(model.since(progress.at));
        let age = if age == "now" { "just now".to_owned() } else { format!("{age} ago") };
        let text = format!("{} ({age}{next})", progress.text);
        doc.put("progress", text, Tone::Accent);
    }
    let Some(record) = record else { return };
    if record.tries > 1 {
        doc.put("tries", record.tries.to_string(), Tone::Text);
    }
    doc.put("requests", record.request_ids.join(", "), Tone::Dim);
    if let Some(receipt) = &record.receipt {
        doc.put("answer", receipt.answer.as_str(), Tone::Text);
    }
    for (index, evidence) in record.evidence.iter().enumerate() {
        let label = if index == 0 { "evidence" } else { "" };
        doc.put(label, format!("{} = {}", evidence.reading, seen(model, evidence)), Tone::Text);
    }
}

/// What it asks of a person or of the readings, and its gates.
fn asks(model: &Model, step: &Step, painter: &Painter<'_>, doc: &mut Doc) {
    let sight =
        Sight { board: &model.board, direction: &model.run.direction, home: &model.service.regions, now: model.now };
    match &step.action {
        Action::Attest { statement } => doc.put("attests", sight.fill(statement), Tone::Title),
        Action::Check { expect } => predicates("expects", expect, &sight, model, painter, doc),
        Action::Wait { until, hold, timeout } => {
            predicates("until", until, &sight, model, painter, doc);
            let hold = if hold.is_zero() { String::new() } else { format!("for {} without a break, ", span(*hold)) };
            doc.put("", format!("{hold}at most {}", span(*timeout)), Tone::Dim);
        }
        Action::Act { .. } | Action::Exec(_) => {
            let planned = model.plans.get(&step.id).and_then(|planned| planned.result.as_ref().ok());
            let judged = planned.map(|(_, gates)| gates.as_slice());
            let recorded = || model.record(&step.id).map(|record| record.gates.as_slice());
            doc.gates(model, judged.or_else(recorded).unwrap_or_default(), &step.id, painter);
            return;
        }
    }
    let gates: Vec<_> = step
        .gates
        .iter()
        .map(|gate| {
            let (verdict, evidence) = sight.look(&gate.predicate);
            crate::domain::gate::GateResult { name: gate.name.clone(), verdict, evidence }
        })
        .collect();
    doc.gates(model, &gates, &step.id, painter);
}

fn predicates(
    label: &'static str,
    list: &[Predicate],
    sight: &Sight<'_>,
    model: &Model,
    painter: &Painter<'_>,
    doc: &mut Doc,
) {
    for (index, predicate) in list.iter().enumerate() {
        let (verdict, evidence) = sight.look(predicate);
        let (sign, word, tone) = words::verdict(verdict, painter.glyphs());
        let text = format!("{} {word} ({})", sight.fill(&predicate.to_string()), seen(model, &evidence));
        doc.sign(
            if index == 0 { label } else { "" },
            (sign, tone),
            text,
            if tone == Tone::Ok { Tone::Text } else { tone },
        );
    }
}

/// The exact call.
fn resolved(model: &Model, step: &Step, painter: &Painter<'_>, doc: &mut Doc) {
    let planned = model.plans.get(&step.id);
    if let Some(plan) = plan(model, step) {
        // Of a program, the line to run it by hand is the exact call.
        if matches!(step.action, Action::Act { .. }) {
            doc.call(model, plan, painter);
        }
        let copy = model.keymap.chord(KeyAction::CopyByHand).map(|key| format!("  [{key} copies]")).unwrap_or_default();
        doc.put("by hand", format!("{}{copy}", plan.by_hand), Tone::Accent);
    }
    match planned {
        Some(planned) => {
            if let Err(refusal) = &planned.result {
                let word = if refusal.already { "already" } else { "refused" };
                doc.put(word, refusal.reason.as_str(), Tone::Warn);
            }
            if !model.state(&step.id).is_ended() {
                doc.put("resolved", model.ago(planned.at), Tone::Dim);
            }
        }
        None if plan(model, step).is_none() => {
            let text = match &step.action {
                Action::Act { component, action, on } => format!("{action} {component} on {on}"),
                Action::Exec(exec) => exec.shell.clone().unwrap_or_else(|| crate::domain::text::shell_line(&exec.run)),
                _ => String::new(),
            };
            doc.put("does", text, Tone::Title);
            let why = if model.asked.contains_key(&step.id) {
                "the exact call is being resolved"
            } else {
                "the exact call is resolved when the step is ready"
            };
            doc.put("", why, Tone::Dim);
        }
        None => {}
    }
}
