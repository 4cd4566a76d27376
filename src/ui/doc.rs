//! A document of labelled texts, broken into lines: what the step pane and the confirmations are made of.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, wrap};
use super::skin::Tone;
use crate::app::Model;
use crate::domain::duration::age as short;
use crate::domain::gate::GateResult;
use crate::domain::plan::Plan;
use crate::domain::reading::{Evidence, Freshness};

use super::words;

/// How wide the column of labels is.
const LABEL: u16 = 9;

/// One part of a document.
struct Part {
    label: &'static str,
    sign: Option<(&'static str, Tone)>,
    text: String,
    tone: Tone,
}

/// A document.
#[derive(Default)]
pub(super) struct Doc {
    parts: Vec<Part>,
}

impl Doc {
    /// Adds a text under a label; nothing, if the text is empty.
    pub(super) fn put(&mut self, label: &'static str, text: impl Into<String>, tone: Tone) {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part { label, sign: None, text, tone });
        }
    }

    /// Adds a line that keeps its indent: of JSON, say.
    pub(super) fn line(&mut self, text: &str) {
        self.parts.push(Part { label: "", sign: None, text: text.replace("  ", "\u{a0}\u{a0}"), tone: Tone::Text });
    }

    /// Adds a text with a sign before it.
    pub(super) fn sign(&mut self, label: &'static str, sign: (&'static str, Tone), text: String, tone: Tone) {
        self.parts.push(Part { label, sign: Some(sign), text, tone });
    }

    /// The call of a plan, every parameter on a line of its own.
    pub(super) fn call(&mut self, plan: &Plan) {
        self.put("calls", plan.call.headline(), Tone::Title);
        for (name, value) in &plan.call.params {
            self.put("", format!("{name}={value}"), Tone::Text);
        }
    }

    /// Gates, with what they were judged by.
    pub(super) fn gates(&mut self, model: &Model, gates: &[GateResult], step: &str, painter: &Painter<'_>) {
        let overrides = model.record(step).map(|record| &record.overrides);
        for (index, gate) in gates.iter().enumerate() {
            let label = if index == 0 { "gates" } else { "" };
            let (sign, word, tone) = words::verdict(gate.verdict, painter.glyphs());
            let seen = seen(model, &gate.evidence);
            let text = match overrides.and_then(|overrides| overrides.get(&gate.name)) {
                Some(reason) => format!("{} {word}, overridden: {reason}  ({seen})", gate.name),
                None => format!("{} {word}  ({seen})", gate.name),
            };
            self.sign(label, (sign, tone), text, if tone == Tone::Ok { Tone::Text } else { tone });
        }
    }

    /// How many lines it has at a width.
    fn lines(&self, width: u16) -> Vec<(usize, &Part, &str)> {
        let room = usize::from(width.saturating_sub(LABEL));
        let mut lines = Vec::with_capacity(self.parts.len() * 2);
        for part in &self.parts {
            let room = room.saturating_sub(if part.sign.is_some() { 2 } else { 0 });
            for (index, line) in wrap(&part.text, room).into_iter().enumerate() {
                lines.push((index, part, line));
            }
        }
        lines
    }

    /// Draws it, scrolled by some lines, and says how many lines are left below.
    pub(super) fn draw(&self, area: Rect, scroll: usize, painter: &mut Painter<'_>) -> usize {
        let lines = self.lines(area.width);
        let height = usize::from(area.height);
        let scroll = scroll.min(lines.len().saturating_sub(height));
        for (y, (index, part, line)) in (0..area.height).zip(lines.iter().skip(scroll)) {
            let mut pen = Pen::line(area, y);
            let start = pen.x;
            if *index == 0 {
                let mut label = Pen { end: pen.x.saturating_add(LABEL - 1).min(pen.end), ..pen };
                painter.put(&mut label, part.label, Tone::Dim);
            }
            pen.to(start, LABEL);
            if let Some((sign, tone)) = part.sign {
                if *index == 0 {
                    painter.sign(&mut pen, sign, tone);
                } else {
                    pen.skip(1);
                }
                pen.skip(1);
            }
            painter.put(&mut pen, line, part.tone);
        }
        lines.len().saturating_sub(scroll + height)
    }

    /// How many lines it takes at a width.
    pub(super) fn height(&self, width: u16) -> usize {
        self.lines(width).len()
    }
}

/// A piece of evidence in a few words: value, freshness, age.
pub(super) fn seen(model: &Model, evidence: &Evidence) -> String {
    match evidence.at {
        None => "never read".to_owned(),
        Some(at) => {
            let age = short(model.since(at));
            let age = if age == "now" { age } else { format!("{age} ago") };
            match evidence.freshness {
                Freshness::Fresh => format!("{}, {age}", evidence.value),
                other => format!("{}, {}, {age}", evidence.value, other.as_str()),
            }
        }
    }
}
