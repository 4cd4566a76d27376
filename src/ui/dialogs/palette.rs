//! The command palette.

use ratatui::layout::Rect;

use super::{boxed, comfortable, input, too_small};
use crate::app::Model;
use crate::app::find::{Hit, Target};
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
        let says = "no command and no step holds these letters or words";
        painter.put(&mut Pen::line(inside, top), says, Tone::Dim);
    }
    for (y, (index, hit)) in (top..inside.height).zip(palette.found.iter().enumerate().skip(first)) {
        row(model, hit, index == palette.selected, Pen::line(inside, y), painter);
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 20;

/// An action: its id and what it does, with the letters that were typed, and its key; or why it cannot be done. A step: its number and
/// its title.
fn row(model: &Model, hit: &Hit, chosen: bool, mut pen: Pen, painter: &mut Painter<'_>) {
    let (name, says, writes, right) = match hit.target {
        Target::Action(action) => {
            let key = model.keymap.working(action, model.rights()).map(|key| (key.to_string(), Tone::Key));
            (action.info().id, action.info().doc, action.writes(), key)
        }
        Target::Step(row) => {
            let row = model.rows.get(row);
            let title = row.and_then(|row| model.step_of(row)).map_or("", |step| step.title.as_str());
            (row.map_or("", |row| row.number.as_str()), title, false, Some(("step".to_owned(), Tone::Dim)))
        }
    };
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
        None if writes => Tone::Write,
        None => Tone::Text,
    };
    let id = pen.x;
    painter.put(&mut pen, name, tone);
    pen.skip(1);
    pen.to(start, 24);
    if let Some((right, tone)) = right {
        painter.put_right(&mut pen, &right, tone);
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
        None => painter.put(&mut pen, says, Tone::Dim),
    }
    if chosen {
        painter.tint(whole, Tone::Selected);
    }
    // After the tint, so that they stand out on the selected row, too.
    let room = usize::from(end.saturating_sub(doc));
    painter.mark(id, y, hit.id.iter().copied());
    painter.mark(doc, y, hit.doc.iter().copied().filter(|at| *at < room));
}
