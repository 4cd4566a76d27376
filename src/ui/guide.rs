//! The guide: what it says of the selected step, in a pane of its own below the steps.

use ratatui::layout::Rect;

use super::doc::Doc;
use super::layout::Tier;
use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::Model;
use crate::app::action::Action;
use crate::app::guide::{self, Part};
use crate::domain::run::Mode;

/// How many lines it takes. It does not depend on the step: a screen that jumps with each of them is read by nobody.
pub(super) fn rows(model: &Model, tier: Tier) -> u16 {
    let beside_steps = model.guide && model.screens.shown.has_steps() && !model.zoom;
    match tier {
        _ if !beside_steps => 0,
        Tier::Tiny | Tier::Small => 0,
        Tier::Compact => 4,
        Tier::Standard => 9,
        Tier::Wide => 8,
    }
}

pub(super) fn draw(model: &Model, area: Rect, tier: Tier, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let mut doc = Doc::default();
    put(model, &mut doc);
    if tier == Tier::Compact {
        // What is to its right stays free for saying that there is more.
        let inside = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(10), ..area };
        let below = doc.draw(inside, 0, painter);
        more(below, area.bottom().saturating_sub(1), area.right(), painter);
        return;
    }
    let number = model.row().map(|row| format!("guide {} ", row.number)).unwrap_or_default();
    let title = model.step().map(|step| step.title.as_str()).unwrap_or_default();
    let hides = model.keymap.chord(Action::Guide).map(|key| format!("{key} hides it")).unwrap_or_default();
    let mut inside =
        painter.frame(area, &[(number.as_str(), Tone::Title), (title, Tone::Dim)], &[(&hides, Tone::Dim)], false);
    inside.x = inside.x.saturating_add(1);
    inside.width = inside.width.saturating_sub(2);
    let below = doc.draw(inside, 0, painter);
    more(below, area.bottom().saturating_sub(1), area.right().saturating_sub(1), painter);
}

/// Says how many lines more there are: all of it stands in the step's pane.
fn more(below: usize, y: u16, end: u16, painter: &mut Painter<'_>) {
    if below > 0 {
        let mut pen = Pen { x: end.saturating_sub(9), y, end };
        painter.sign(&mut pen, painter.glyphs().more, Tone::Dim);
        painter.put(&mut pen, &format!(" {below} more"), Tone::Dim);
    }
}

/// What it says, as a document.
pub(super) fn put(model: &Model, doc: &mut Doc) {
    for (part, text) in guide::says(model) {
        let tone = match part {
            Part::Now => Tone::Accent,
            Part::Was => Tone::Title,
            // A warning that always stands there is one that nobody sees.
            Part::Why | Part::Look | Part::Wrong => Tone::Text,
        };
        doc.put(part.label(), text, tone);
    }
}

/// The first page of a guided run.
pub(super) fn first_page(model: &Model, doc: &mut Doc) {
    for (label, text) in guide::first_page(model) {
        let real = label == "touches" && model.run.mode != Mode::Simulation;
        doc.put(label, text, if real { Tone::Warn } else { Tone::Text });
    }
}
