//! One of several is to be chosen.

use ratatui::layout::Rect;

use super::{boxed, comfortable, too_small};
use crate::app::modal::{Menu, Sight};
use crate::ui::paint::{Painter, Pen, width, wrap};
use crate::ui::skin::Tone;

pub(super) fn draw(menu: &Menu, screen: Rect, painter: &mut Painter<'_>) -> Sight {
    let wide = comfortable(screen);
    let says = wrap(&menu.says, usize::from(wide.saturating_sub(4)));
    let head = if says.is_empty() { 0 } else { says.len() + 1 };
    let high = head + menu.items.len() + 2;
    let inside = boxed(screen, wide, high, &menu.title, &[], painter);
    let glyphs = painter.glyphs();
    let rows = usize::from(inside.height);
    if rows == 0 || inside.width < LEAST {
        return too_small(inside, (LEAST.saturating_add(8), 4), painter);
    }
    // Where there is not room for all, what is chosen from comes before what is said of it, and that before the hint.
    let tail = if rows >= high { 2 } else { usize::from(rows > 3) };
    let choice = menu.items.len().clamp(1, 3);
    let head = head.min(rows.saturating_sub(tail + choice));
    let says = says.into_iter().take(if rows >= high { head.saturating_sub(1) } else { head });
    for (y, line) in (0..inside.height).zip(says) {
        painter.put(&mut Pen::line(inside, y), line, Tone::Text);
    }
    let label = menu.items.iter().map(|item| width(&item.label)).max().unwrap_or(0);
    let label = u16::try_from(label).unwrap_or(u16::MAX).saturating_add(4);
    let head = u16::try_from(head).unwrap_or(u16::MAX);
    let room = rows.saturating_sub(usize::from(head) + tail).max(1);
    // The selection stays in sight.
    let first = (menu.selected + 1).saturating_sub(room);
    for (y, (index, item)) in (head..inside.height).zip(menu.items.iter().enumerate().skip(first).take(room)) {
        let mut pen = Pen::line(inside, y);
        let start = pen.x;
        let chosen = index == menu.selected;
        let whole = Rect { x: pen.x, y: pen.y, width: pen.end.saturating_sub(pen.x), height: 1 };
        if chosen {
            painter.sign(&mut pen, glyphs.selected, Tone::Accent);
        } else {
            pen.skip(1);
        }
        pen.skip(1);
        painter.put(&mut pen, &item.label, Tone::Text);
        pen.to(start, label);
        painter.put(&mut pen, &item.detail, Tone::Dim);
        if chosen {
            painter.tint(whole, Tone::Selected);
        }
    }
    if tail > 0 {
        let last = inside.height.saturating_sub(1);
        painter.put(&mut Pen::line(inside, last), "enter chooses; esc goes back", Tone::Dim);
    }
    Sight::WHOLE
}

/// How many columns it takes at least.
const LEAST: u16 = 16;
