//! Dialogs, the topmost of the stack over everything else.

mod confirm;
mod gates;
mod help;
mod menu;
mod palette;
mod reason;
pub(super) mod sheet;

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, wrap};
use super::skin::Tone;
use crate::app::modal::Sight;
use crate::app::{Modal, Model};

/// Draws the topmost, and says how much of it there was room for.
pub(super) fn draw(model: &Model, screen: Rect, painter: &mut Painter<'_>) -> Sight {
    match model.modals.last() {
        None => Sight::WHOLE,
        Some(Modal::Confirm(confirm)) => confirm::draw(model, confirm, screen, painter),
        Some(Modal::Gates(gates)) => gates::draw(model, gates, screen, painter),
        Some(Modal::Reason(reason)) => reason::draw(model, reason, screen, painter),
        Some(Modal::Menu(menu)) => menu::draw(menu, screen, painter),
        Some(Modal::Palette(palette)) => palette::draw(model, palette, screen, painter),
        Some(Modal::Help(help)) => {
            help::draw(model, help, screen, painter);
            Sight::WHOLE
        }
    }
}

/// Says that there is no room for a dialog, which is then not answered.
fn too_small(inside: Rect, needs: (u16, u16), painter: &mut Painter<'_>) -> Sight {
    let says = format!("too small to answer here: enlarge it to {}x{}, or press esc", needs.0, needs.1);
    for (y, line) in (0..inside.height).zip(wrap(&says, usize::from(inside.width))) {
        painter.put(&mut Pen::line(inside, y), line, Tone::Warn);
    }
    Sight::TOO_LITTLE
}

/// From these columns and lines on, a dialog has a frame.
const FRAMED: (u16, u16) = (16, 6);

/// A box in the middle of the screen, as wide and high as asked and as there is room, cleared and framed.
fn boxed(screen: Rect, wide: u16, high: usize, title: &str, right: &[(&str, Tone)], painter: &mut Painter<'_>) -> Rect {
    let width = wide.min(screen.width);
    // The banner stays in sight: which run this is, and which Region is active; and so does the footer, for the hint of a begun chord.
    let (above, below) = if screen.height >= TALL { (2, 1) } else { (0, 0) };
    let height = u16::try_from(high).unwrap_or(u16::MAX).saturating_add(2).min(screen.height - above - below);
    let area = Rect {
        x: screen.x.saturating_add((screen.width - width) / 2),
        y: screen.y.saturating_add(((screen.height - height) / 3).max(above).min(screen.height - height - below)),
        width,
        height,
    };
    painter.fill(area, Tone::Dialog);
    if area.height < FRAMED.1 || area.width < FRAMED.0 {
        // Its lines are worth more than a frame.
        let mut inside = area;
        if area.height > 1 {
            painter.put(&mut Pen::line(area, 0), title, Tone::Title);
            inside.y = inside.y.saturating_add(1);
            inside.height -= 1;
        }
        return inside;
    }
    let mut inside = painter.frame(area, &[(title, Tone::Title)], right, true);
    inside.x = inside.x.saturating_add(1);
    inside.width = inside.width.saturating_sub(2);
    inside
}

/// From this many lines on a dialog leaves some to what is around it.
const TALL: u16 = 20;

/// How wide a dialog is on a screen.
fn comfortable(screen: Rect) -> u16 {
    screen.width.saturating_sub(4).clamp(1, 100)
}

/// An input line with its cursor.
pub(super) fn input(text: &str, cursor: usize, mut pen: Pen, active: bool, painter: &mut Painter<'_>) {
    let tone = if active { Tone::Input } else { Tone::Text };
    painter.put(&mut pen, "> ", Tone::Dim);
    let (before, after) = text.split_at_checked(cursor).unwrap_or((text, ""));
    // What is being typed stays in sight: the start gives way.
    let mut start = 0;
    for (at, c) in before.char_indices() {
        if super::paint::width(before.get(at..).unwrap_or_default()) + 2 <= pen.room() {
            start = at;
            break;
        }
        start = at + c.len_utf8();
    }
    painter.put(&mut pen, before.get(start..).unwrap_or_default(), tone);
    if active {
        let here = Rect { x: pen.x, y: pen.y, width: u16::from(pen.room() > 0), height: 1 };
        let mut chars = after.chars();
        match chars.next() {
            Some(c) => {
                let mut utf8 = [0; 4];
                painter.put(&mut pen, c.encode_utf8(&mut utf8), tone);
            }
            None => painter.put(&mut pen, " ", tone),
        }
        painter.tint(here, Tone::Key);
        painter.cursor(here);
        painter.put(&mut pen, chars.as_str(), tone);
    } else {
        painter.put(&mut pen, after, tone);
    }
}
