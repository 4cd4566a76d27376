//! The keys that were pressed last, in the corner of the screen, over everything else.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, width};
use super::skin::Tone;
use crate::app::Model;
use crate::app::presenter::Pressed;

/// The least screen on which they are shown.
const LEAST: (u16, u16) = (40, 6);

fn says(pressed: &Pressed) -> (String, String) {
    let times = if pressed.times > 1 { format!(" x{}", pressed.times) } else { String::new() };
    (format!(" {} ", pressed.key), format!("{}{times} ", pressed.does))
}

/// How many columns it takes of the last line, the latest keys first, up to half of it.
pub(super) fn room(model: &Model, screen: Rect) -> u16 {
    shown(model, screen).iter().map(|(key, does)| wide(key, does)).fold(0, u16::saturating_add)
}

fn wide(key: &str, does: &str) -> u16 {
    u16::try_from(width(key) + width(does) + 1).unwrap_or(u16::MAX)
}

/// What there is room for.
fn shown(model: &Model, screen: Rect) -> Vec<(String, String)> {
    if !model.presenter.on || screen.width < LEAST.0 || screen.height < LEAST.1 {
        return Vec::new();
    }
    let mut left = screen.width / 2;
    let mut shown = Vec::new();
    for (key, does) in model.presenter.pressed.iter().rev().map(says) {
        let Some(rest) = left.checked_sub(wide(&key, &does)) else { break };
        left = rest;
        shown.push((key, does));
    }
    shown.reverse();
    shown
}

pub(super) fn draw(model: &Model, screen: Rect, painter: &mut Painter<'_>) {
    let shown = shown(model, screen);
    if shown.is_empty() {
        return;
    }
    let start = screen.right().saturating_sub(room(model, screen));
    let area = Rect { x: start, y: screen.bottom().saturating_sub(1), width: screen.right() - start, height: 1 };
    painter.fill(area, Tone::Text);
    let mut pen = Pen::line(area, 0);
    for (key, does) in shown {
        painter.put(&mut pen, &key, Tone::Key);
        painter.put(&mut pen, " ", Tone::Text);
        painter.put(&mut pen, &does, Tone::Title);
    }
}
