//! The journal's tail: what was recorded last.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::Model;
use crate::app::model::Focus;
use crate::app::spot::Spot;
use crate::domain::journal::{Body, Entry};

pub(super) fn draw(model: &Model, area: Rect, focused: bool, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    painter.spot(area, Spot::Pane(Focus::Journal));
    let inside = if area.height < 3 {
        area
    } else {
        let title = format!("journal {}", model.run.entries);
        let last = model.tail.back().map(|last| format!("last entry {}", model.ago(last.at)));
        let last: Vec<_> = last.iter().map(|last| (last.as_str(), Tone::Dim)).collect();
        painter.frame(area, &[(title.as_str(), Tone::Title)], &last, focused && model.modals.is_empty())
    };
    if model.tail.is_empty() {
        painter.put(&mut Pen::line(inside, 0), " nothing is written yet", Tone::Dim);
    }
    let height = usize::from(inside.height);
    let shown = model.tail.len().saturating_sub(model.journal_scroll);
    let first = shown.saturating_sub(height);
    for (y, entry) in (0..inside.height).zip(model.tail.iter().take(shown).skip(first)) {
        line(entry, Pen::line(inside, y), painter);
    }
}

pub(super) fn line(entry: &Entry, mut pen: Pen, painter: &mut Painter<'_>) {
    let start = pen.x;
    let tone = match &entry.body {
        Body::Failed { .. } | Body::Void { .. } => Tone::Bad,
        Body::Unsure { .. }
        | Body::Override { .. }
        | Body::Left { .. }
        | Body::RecoveredTail { .. }
        | Body::TrailBehind { .. } => Tone::Warn,
        Body::Settled { .. } | Body::RunClosed { .. } => Tone::Ok,
        Body::Intent { .. } | Body::Consent { .. } | Body::Armed => Tone::Accent,
        _ => Tone::Text,
    };
    pen.skip(1);
    painter.put(&mut pen, &format!("{}Z ", entry.at.strftime("%H:%M:%S")), Tone::Dim);
    let mut by = Pen { end: pen.x.saturating_add(9).min(pen.end), ..pen };
    painter.put(&mut by, &entry.by, Tone::Dim);
    pen.to(start, 20);
    painter.put(&mut pen, entry.body.kind(), tone);
    pen.to(start, 33);
    pen.skip(1);
    painter.put(&mut pen, &entry.body.says(), Tone::Text);
}
