//! The gates of a step that stand open.

use ratatui::layout::Rect;

use super::{boxed, comfortable, too_small};
use crate::app::Model;
use crate::app::modal::{Gates, Sight};
use crate::app::update::open_gates;
use crate::ui::doc::seen;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;
use crate::ui::words;

pub(super) fn draw(model: &Model, gates: &Gates, screen: Rect, painter: &mut Painter<'_>) -> Sight {
    let Some(step) = model.run.runbook.step(&gates.step) else { return Sight::TOO_LITTLE };
    let open = open_gates(model, step);
    let title = format!("gates of {} {}", model.run.runbook.number(&step.id), step.title);
    let high = open.len() + 6;
    let inside = boxed(screen, comfortable(screen), high, &title, &[], painter);
    let glyphs = painter.glyphs();
    if inside.height == 0 || inside.width < LEAST {
        return too_small(inside, (LEAST.saturating_add(8), 4), painter);
    }
    let rows = usize::from(inside.height);
    let whole = rows >= high;
    let top: u16 = if whole { 2 } else { u16::from(rows > 3) };
    let shown = usize::from(whole || rows > 4);
    if top > 0 {
        let says = "These do not hold. Wait for them, or override one by name.";
        painter.put(&mut Pen::line(inside, 0), says, Tone::Text);
    }
    let room = rows.saturating_sub(usize::from(top) + shown).max(1);
    // The selection stays in sight.
    let first = (gates.selected + 1).saturating_sub(room);
    for (y, (index, gate)) in (top..inside.height).zip(open.iter().enumerate().skip(first).take(room)) {
        let mut pen = Pen::line(inside, y);
        let chosen = index == gates.selected;
        let whole = Rect { x: pen.x, y: pen.y, width: pen.end.saturating_sub(pen.x), height: 1 };
        if chosen {
            painter.sign(&mut pen, glyphs.selected, Tone::Accent);
        } else {
            pen.skip(1);
        }
        pen.skip(1);
        let (sign, word, tone) = words::verdict(gate.verdict, glyphs);
        painter.sign(&mut pen, sign, tone);
        pen.skip(1);
        painter.put(&mut pen, &gate.name, Tone::Text);
        painter.put(&mut pen, " ", Tone::Text);
        painter.put(&mut pen, word, tone);
        painter.put(&mut pen, "  ", Tone::Dim);
        painter.put(&mut pen, &gate.evidence.reading, Tone::Dim);
        painter.put(&mut pen, " = ", Tone::Dim);
        painter.put(&mut pen, &seen(model, &gate.evidence), Tone::Dim);
        if chosen {
            painter.tint(whole, Tone::Selected);
        }
    }
    let last = inside.height.saturating_sub(1);
    let hint = "enter overrides the selected gate (a reason is asked for); esc goes back";
    if shown > 0 {
        painter.put(&mut Pen::line(inside, last), hint, Tone::Dim);
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 20;
