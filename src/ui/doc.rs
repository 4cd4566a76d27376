//! A document of labelled texts, broken into lines: what the step pane and the confirmations are made of.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, wrap};
use super::skin::Tone;
use crate::app::Model;
use crate::app::action::Action;
use crate::app::filter::Words;
use crate::domain::gate::GateResult;
use crate::domain::plan::Plan;
use crate::domain::reading::{Evidence, Freshness};
use crate::domain::safeguard::is_taken_on_trust;
use crate::domain::text;

use super::words;

/// How wide the column of labels is.
const LABEL: u16 = 9;
/// What stands before a text that has a sign: the label, the sign and a blank.
pub(super) const BEFORE_SIGNED: u16 = LABEL + 2;

/// One part of a document.
struct Part {
    label: &'static str,
    sign: Option<(&'static str, Tone)>,
    text: String,
    tone: Tone,
    /// Where it leads.
    link: Option<String>,
}

/// What is left of a document, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kept {
    /// How many are shown.
    pub(super) shown: usize,
    /// How many there are.
    pub(super) all: usize,
    /// How many of those that are not shown want an eye.
    pub(super) wrong: usize,
}

impl Part {
    fn is_heading(&self) -> bool {
        self.label.is_empty() && self.sign.is_none() && self.tone == Tone::Title
    }

    /// Whether it says more about the row before it.
    fn goes_on(&self) -> bool {
        self.sign.is_none() && matches!(self.label, "do" | "here" | "because" | "such as" | "waived")
    }
}

/// Rows, each with what is said about it.
fn groups(parts: Vec<Part>) -> Vec<Vec<Part>> {
    let mut groups: Vec<Vec<Part>> = Vec::new();
    for part in parts {
        match groups.last_mut() {
            Some(group) if part.goes_on() => group.push(part),
            _ => groups.push(vec![part]),
        }
    }
    groups
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
            self.parts.push(Part { label, sign: None, text, tone, link: None });
        }
    }

    /// Adds a line that keeps its indent: of JSON, say.
    pub(super) fn line(&mut self, text: &str) {
        self.parts.push(Part {
            label: "",
            sign: None,
            text: text.replace("  ", "\u{a0}\u{a0}"),
            tone: Tone::Text,
            link: None,
        });
    }

    /// Adds a text with a sign before it.
    pub(super) fn sign(&mut self, label: &'static str, sign: (&'static str, Tone), text: String, tone: Tone) {
        self.parts.push(Part { label, sign: Some(sign), text, tone, link: None });
    }

    /// The call of a plan, every parameter on a line of its own. It leads to the page of what it changes, or says which key
    /// copies its address where the terminal shows no links.
    pub(super) fn call(&mut self, model: &Model, plan: &Plan, painter: &Painter<'_>) {
        let link = model.page(plan);
        let key = model.keymap.chord(Action::CopyPage).filter(|_| link.is_some() && !painter.shows_links());
        let hint = key.map(|key| format!("  [{key} page]")).unwrap_or_default();
        let text = format!("{}{hint}", plan.call.headline());
        self.parts.push(Part { label: "calls", sign: None, text, tone: Tone::Title, link });
        // A program's words are read as they are typed: quoted where one would be more than one.
        let (words, params): (Vec<_>, Vec<_>) =
            plan.call.params.iter().partition(|(name, _)| name.starts_with("argv["));
        if !words.is_empty() {
            self.put("", text::shell_line(words.iter().map(|(_, word)| word)), Tone::Text);
        }
        for (name, value) in params {
            self.put("", format!("{name}={value}"), Tone::Text);
        }
    }

    /// Gates, with what they were judged by.
    pub(super) fn gates(&mut self, model: &Model, gates: &[GateResult], step: &str, painter: &Painter<'_>) {
        let overrides = model.record(step).map(|record| &record.overrides);
        for (index, gate) in gates.iter().enumerate() {
            let label = if index == 0 { "gates" } else { "" };
            let (sign, word, tone) = if is_taken_on_trust(&model.service, &model.run, gate) {
                (painter.glyphs().warn, "passes", Tone::Warn)
            } else {
                words::verdict(gate.verdict, painter.glyphs())
            };
            let seen = seen(model, &gate.evidence);
            let text = match overrides.and_then(|overrides| overrides.get(&gate.name)) {
                Some(reason) => format!("{} {word}, overridden: {reason}  ({seen})", gate.name),
                None => format!("{} {word}  ({seen})", gate.name),
            };
            self.sign(label, (sign, tone), text, if tone == Tone::Ok { Tone::Text } else { tone });
        }
    }

    /// Leaves out what does not hold the words. A row goes or stays with what is said about it, and a heading stays over
    /// what is left beneath it.
    pub(super) fn keep(&mut self, words: &Words) -> Kept {
        let mut kept = Kept::default();
        let (mut heading, mut label) = (None, "");
        let mut left = Vec::with_capacity(self.parts.len());
        for mut group in groups(std::mem::take(&mut self.parts)) {
            let Some(first) = group.first_mut() else { continue };
            if first.is_heading() {
                (heading, label) = (group.pop(), "");
                continue;
            }
            if first.sign.is_some() {
                label = "";
            } else if !first.label.is_empty() {
                label = first.label;
            }
            kept.all += 1;
            if words.are_in(&group.iter().map(|part| format!("{} {} ", part.label, part.text)).collect::<String>()) {
                kept.shown += 1;
                left.extend(heading.take());
                if let Some(first) = group.first_mut().filter(|first| first.sign.is_none()) {
                    // The first of a list that is left has the list's label.
                    first.label = std::mem::take(&mut label);
                }
                left.append(&mut group);
            } else if group.iter().any(|part| matches!(part.tone, Tone::Bad | Tone::Warn)) {
                kept.wrong += 1;
            }
        }
        self.parts = left;
        kept
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
            let from = pen.x;
            painter.put(&mut pen, line, part.tone);
            if let Some(to) = &part.link {
                painter.link(from, pen, to);
            }
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
            let age = model.ago(at);
            match evidence.freshness {
                Freshness::Fresh => format!("{}, {age}", evidence.value),
                other => format!("{}, {}, {age}", evidence.value, other.as_str()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Filter, Key};

    fn filter(words: &str) -> Words {
        let mut filter = Filter::default();
        words.chars().for_each(|c| filter.key(Key::char(c)));
        filter.words()
    }

    fn doc() -> Doc {
        let mut doc = Doc::default();
        doc.put("", "what is wrong", Tone::Title);
        doc.sign("", ("x", Tone::Bad), "the replica is gone".into(), Tone::Bad);
        doc.put("do", "build a new one in us-west-2", Tone::Text);
        doc.sign("", ("!", Tone::Warn), "the clock is late".into(), Tone::Warn);
        doc.put("", "people", Tone::Title);
        doc.put("call", "anna, by phone", Tone::Text);
        doc.put("", "ben, by mail", Tone::Text);
        doc
    }

    fn texts(doc: &Doc) -> Vec<(&str, &str)> {
        doc.parts.iter().map(|part| (part.label, part.text.as_str())).collect()
    }

    #[test]
    fn a_row_stays_with_what_is_said_about_it_and_under_its_heading() {
        let mut found = doc();
        assert_eq!(found.keep(&filter("west build")), Kept { shown: 1, all: 4, wrong: 1 });
        let left = [("", "what is wrong"), ("", "the replica is gone"), ("do", "build a new one in us-west-2")];
        assert_eq!(texts(&found), left);
    }

    #[test]
    fn the_first_that_is_left_of_a_list_has_its_label_and_what_is_wrong_is_not_hidden_in_silence() {
        let mut found = doc();
        assert_eq!(found.keep(&filter("mail")), Kept { shown: 1, all: 4, wrong: 2 });
        assert_eq!(texts(&found), [("", "people"), ("call", "ben, by mail")]);
        let mut all = doc();
        assert_eq!(all.keep(&filter("")), Kept { shown: 4, all: 4, wrong: 0 });
        assert_eq!(texts(&all), texts(&doc()));
        assert_eq!(doc().keep(&filter("nothing of the kind")).shown, 0);
    }
}
