//! The command palette.

use ratatui::layout::Rect;

use super::{boxed, comfortable, input, too_small};
use crate::app::Model;
use crate::app::action::Action;
use crate::app::find::Hit;
use crate::app::modal::{Palette, Sight};
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
    let room = usize::from(inside.height.saturating_sub(top)).max(1);
    let first = (palette.selected + 1).saturating_sub(room);
    if palette.found.is_empty() {
        let find = model.keymap.chord(Action::StepFind);
        let find = find.map_or_else(String::new, |key| format!("; {key} on the checklist finds a step"));
        let says = format!("no command holds these letters or words{find}");
        painter.put(&mut Pen::line(inside, top), &says, Tone::Dim);
    }
    for (y, (index, hit)) in (top..inside.height).zip(palette.found.iter().enumerate().skip(first)) {
        row(model, hit, index == palette.selected, Pen::line(inside, y), painter);
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 20;

/// An action: its id and what it does, with the letters that were typed, and its key; or why it cannot be done.
fn row(model: &Model, hit: &Hit, chosen: bool, mut pen: Pen, painter: &mut Painter<'_>) {
    let info = hit.action.info();
    let (start, y) = (pen.x, pen.y);
    let whole = Rect { x: pen.x, y, width: pen.end.saturating_sub(pen.x), height: 1 };
    if chosen {
        painter.sign(&mut pen, painter.glyphs().selected, Tone::Accent);
    } else {
        pen.skip(1);
    }
    pen.skip(1);
    let tone = match hit.why {
        Some(_) => Tone::Dim,
        None if hit.action.writes() => Tone::Write,
        None => Tone::Text,
    };
    let id = pen.x;
    painter.put(&mut pen, info.id, tone);
    pen.skip(1);
    pen.to(start, 24);
    if let Some(key) = model.keymap.working(hit.action, model.rights()) {
        painter.put_right(&mut pen, &key.to_string(), Tone::Key);
        pen.end = pen.end.saturating_sub(1).max(pen.x);
    }
    let doc = pen.x;
    let mut end = pen.end;
    match hit.why {
        Some(why) => {
            painter.put(&mut pen, "not now: ", Tone::Dim);
            painter.put(&mut pen, why, Tone::Dim);
            end = doc;
        }
        None => painter.put(&mut pen, info.doc, Tone::Dim),
    }
    if chosen {
        painter.tint(whole, Tone::Selected);
    }
    // After the tint, so that they stand out on the selected row, too.
    let room = usize::from(end.saturating_sub(doc));
    painter.mark(id, y, hit.id.iter().copied());
    painter.mark(doc, y, hit.doc.iter().copied().filter(|at| *at < room));
}
