//! The line in which a filter is typed, and how much it leaves.

use ratatui::layout::Rect;

use super::dialogs;
use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::{Filter, Model};

/// Draws the line at the end of an area, and gives the area without it.
pub(super) fn line(filter: &Filter, area: Rect, painter: &mut Painter<'_>) -> Rect {
    if area.height < 2 {
        return area;
    }
    let rest = Rect { height: area.height - 1, ..area };
    typed(filter, "", Pen::line(Rect { y: rest.bottom(), height: 1, ..area }, 0), painter);
    rest
}

/// Draws what a step is looked for by over the lower edge of the checklist's frame.
pub(super) fn find(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let Some(filter) = model.screens.filter() else { return };
    let found = model.found_steps();
    let says = if filter.words().is_empty() {
        String::new()
    } else if found.is_empty() {
        "no step holds that".to_owned()
    } else {
        match found.iter().position(|index| *index == model.selected) {
            Some(at) => format!("{} of {} found", at + 1, found.len()),
            None => format!("{} found", found.len()),
        }
    };
    // Room is left for how many lines are below.
    let width = area.width.saturating_sub(12);
    let edge = Rect { x: area.x.saturating_add(1), y: area.bottom().saturating_sub(1), width, height: 1 };
    if area.height < 3 || width < 10 {
        return;
    }
    painter.fill(edge, Tone::Text);
    typed(filter, &says, Pen::line(edge, 0), painter);
}

fn typed(filter: &Filter, says: &str, mut pen: Pen, painter: &mut Painter<'_>) {
    pen.skip(1);
    painter.put(&mut pen, "/", Tone::Key);
    if !says.is_empty() {
        painter.put_right(&mut pen, &format!(" {says} "), Tone::Dim);
    }
    dialogs::input(filter.input.text(), filter.input.cursor(), pen, filter.typing, painter);
}
