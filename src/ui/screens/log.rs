//! The journal: every entry, those that a filter lets through, and one of them whole.

use ratatui::layout::Rect;

use crate::app::Model;
use crate::app::spot::Spot;

use crate::ui::doc::Doc;
use crate::ui::filter;
use crate::ui::journal;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;

/// From this width on, the entry stands beside the list; below, under it.
const BESIDE: u16 = 130;

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let log = &model.screens.log;
    let (list, beside) = match (log.whole, area.width >= BESIDE) {
        (false, _) => (area, None),
        (true, true) => {
            let width = area.width / 2;
            let rest = Rect { x: area.x.saturating_add(width), width: area.width - width, ..area };
            (Rect { width, ..area }, Some(rest))
        }
        (true, false) => {
            let height = area.height / 2;
            let rest = Rect { y: area.y.saturating_add(height), height: area.height - height, ..area };
            (Rect { height, ..area }, Some(rest))
        }
    };
    let filter = model.screens.filter();
    let found: Vec<_> = model.found().collect();
    let title = match filter {
        Some(filter) => format!("journal  {}", filter.says(found.len(), model.tail.len())),
        None => format!("journal: {} entries", model.run.entries),
    };
    let here = model.modals.is_empty() && !log.whole;
    let mut inside = painter.frame(list, &[(&title, Tone::Title)], &[("the newest is last", Tone::Dim)], here);
    if let Some(filter) = filter {
        inside = filter::line(filter, inside, painter);
    }
    let last = found.len().saturating_sub(1);
    let at = log.selected.map_or(last, |seq| found.partition_point(|entry| entry.seq < seq).min(last));
    let height = usize::from(inside.height);
    let first = at.saturating_sub(height.saturating_sub(1).min(height * 2 / 3)).min(found.len().saturating_sub(height));
    // The newest stays at the bottom.
    let first = if at == last { found.len().saturating_sub(height) } else { first };
    if found.is_empty() {
        let says = if model.tail.is_empty() {
            " nothing is written yet"
        } else {
            " no entry holds that; esc clears the filter"
        };
        painter.put(&mut Pen::line(inside, 0), says, Tone::Dim);
    }
    for (y, (index, entry)) in (0..inside.height).zip(found.iter().enumerate().skip(first)) {
        let mut pen = Pen::line(inside, y);
        painter.spot(Rect { y: pen.y, height: 1, ..inside }, Spot::Entry(entry.seq));
        if index == at {
            painter.sign(&mut pen, painter.glyphs().selected, Tone::Accent);
        } else {
            pen.skip(1);
        }
        painter.put(&mut pen, &format!("{:>5}", entry.seq), Tone::Dim);
        journal::line(entry, pen, painter);
        if index == at {
            painter.tint(Rect { y: inside.y.saturating_add(y), height: 1, ..inside }, Tone::Selected);
        }
    }
    if let (Some(area), Some(entry)) = (beside, found.get(at)) {
        let mut doc = Doc::default();
        let value = serde_json::to_value(entry.as_ref()).unwrap_or_default();
        put(&value, &mut doc);
        let title = format!("entry {}", entry.seq);
        let mut inside = painter.frame(area, &[(&title, Tone::Title)], &[("esc closes it", Tone::Dim)], true);
        inside.x = inside.x.saturating_add(1);
        inside.width = inside.width.saturating_sub(2);
        let scroll = model.screens.scroll.get(&model.screens.shown).copied().unwrap_or_default();
        let below = doc.draw(inside, scroll, painter);
        if below > 0 {
            let mut pen = Pen { x: inside.x, y: area.bottom().saturating_sub(1), end: inside.right() };
            painter.put_right(&mut pen, &format!(" {below} more lines "), Tone::Dim);
        }
    }
}

/// An entry, line by line as its JSON has it.
fn put(value: &serde_json::Value, doc: &mut Doc) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    for line in text.lines().filter(|line| !matches!(*line, "{" | "}")) {
        doc.line(line);
    }
}
