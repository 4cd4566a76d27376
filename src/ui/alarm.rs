//! The alarm: across the whole screen, as long as both sides of a database take writes.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, wrap};
use super::skin::Tone;
use crate::app::Model;

/// How many lines it takes on a screen of a height.
pub(super) fn rows(model: &Model, height: u16) -> u16 {
    if model.run.splits.is_empty() {
        return 0;
    }
    match height {
        24.. => 3,
        6.. => 1,
        _ => 0,
    }
}

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.height == 0 {
        return;
    }
    painter.fill(area, Tone::Irreversible);
    let each: Vec<String> = model.run.splits.iter().map(ToString::to_string).collect();
    let mut pen = Pen::line(area, 0);
    painter.put(&mut pen, &format!(" {} SPLIT BRAIN  {}", painter.glyphs().bad, each.join("; ")), Tone::Irreversible);
    let room = usize::from(area.width.saturating_sub(2));
    let way = way_out(model);
    for (line, text) in wrap(&way, room).into_iter().take(usize::from(area.height.saturating_sub(1))).enumerate() {
        let mut pen = Pen::line(area, u16::try_from(line + 1).unwrap_or(u16::MAX));
        pen.skip(1);
        painter.put(&mut pen, text, Tone::Irreversible);
    }
}

/// What to do about it: the runbook's own words, or the usual.
fn way_out(model: &Model) -> String {
    let own = &model.run.runbook.split_brain;
    if !own.is_empty() {
        return own.clone();
    }
    let source = &model.run.direction.source;
    format!(
        "Fence {source}: open its fence step again (o), or do it by hand. Send no traffic there. Delete nothing: what it \
         has taken must be told apart first."
    )
}
