//! The command palette.

use ratatui::layout::Rect;

use super::{boxed, comfortable, input, too_small};
use crate::app::action::Context;
use crate::app::modal::{Palette, Sight};
use crate::app::{Key, Model};
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;

pub(super) fn draw(model: &Model, palette: &Palette, screen: Rect, painter: &mut Painter<'_>) -> Sight {
    let high = usize::from(screen.height.saturating_sub(6)).clamp(4, 22);
    let right = [("enter runs, esc closes", Tone::Dim)];
    let inside = boxed(screen, comfortable(screen), high, "commands", &right, painter);
    if inside.height < 2 || inside.width < LEAST {
        return too_small(inside, (LEAST.saturating_add(8), 4), painter);
    }
    let top: u16 = if inside.height > 3 { 2 } else { 1 };
    input(palette.input.text(), palette.input.cursor(), Pen::line(inside, 0), true, painter);
    let glyphs = painter.glyphs();
    let room = usize::from(inside.height.saturating_sub(top)).max(1);
    let first = (palette.selected + 1).saturating_sub(room);
    if palette.found.is_empty() {
        painter.put(&mut Pen::line(inside, top), "no command that can be run now holds these words", Tone::Dim);
    }
    for (y, (index, action)) in (top..inside.height).zip(palette.found.iter().enumerate().skip(first)) {
        let info = action.info();
        let mut pen = Pen::line(inside, y);
        let start = pen.x;
        let chosen = index == palette.selected;
        let whole = Rect { x: pen.x, y: pen.y, width: pen.end.saturating_sub(pen.x), height: 1 };
        if chosen {
            painter.sign(&mut pen, glyphs.selected, Tone::Accent);
        } else {
            pen.skip(1);
        }
        pen.skip(1);
        painter.put(&mut pen, info.id, if action.writes() { Tone::Write } else { Tone::Text });
        pen.to(start, 20);
        // A key that a stronger action has taken is not listed for the weaker one.
        let works = |key: &Key| model.keymap.lookup(Context::Checklist, *key, model.rights()) == Some(*action);
        if let Some(key) = model.keymap.chord(*action).filter(works) {
            painter.put_right(&mut pen, &key.to_string(), Tone::Key);
            pen.end = pen.end.saturating_sub(1).max(pen.x);
        }
        painter.put(&mut pen, info.doc, Tone::Dim);
        if chosen {
            painter.tint(whole, Tone::Selected);
        }
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 20;
