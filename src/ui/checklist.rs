//! The checklist: phases with their progress, steps with their state. The selection is always in sight.

use ratatui::layout::Rect;

use super::filter;
use super::paint::{Painter, Pen};
use super::skin::Tone;
use super::words;
use crate::app::Model;
use crate::app::model::{Focus, Row};
use crate::app::spot::Spot;
use crate::domain::duration::clock;
use crate::domain::runbook::Hazard;

/// A line of the checklist.
#[derive(Clone, Copy)]
enum Line<'a> {
    Phase(usize),
    Step(usize, &'a Row),
}

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let focused = model.focus == Focus::Checklist && model.modals.is_empty();
    let (done, all) = model
        .rows
        .iter()
        .fold((0usize, 0usize), |(done, all), row| (done + usize::from(model.state(&row.id).is_ended()), all + 1));
    let glyphs = painter.glyphs();
    let full = done * 10 / all.max(1);
    let bar = format!("{}{}", glyphs.full.repeat(full), glyphs.empty.repeat(10 - full));
    let (left, until) = model.left;
    let left = format!("about {} to {until}", clock(left));
    let right = [(left.as_str(), Tone::Dim)];
    let fits = |count: &str| usize::from(area.width) >= left.len() + count.len() + 10 + 10;
    let mut count = format!("checklist {done}/{all} ");
    // What can be done side by side is easily missed: the selection stands on one of them.
    let ready = model.rows.iter().filter(|row| row.ready).count();
    let longer = format!("checklist {done}/{all}, {ready} ready ");
    if ready > 1 && fits(&longer) {
        count = longer;
    }
    let fits = fits(&count);
    let title = [(count.as_str(), Tone::Title), (bar.as_str(), Tone::Accent)];
    let inside = painter.frame(area, &title, if fits && done < all { &right } else { &[] }, focused);
    painter.spot(area, Spot::Pane(Focus::Checklist));
    let lines = lines(model, usize::from(inside.height));
    let selected =
        lines.iter().position(|line| matches!(line, Line::Step(index, _) if *index == model.selected)).unwrap_or(0);
    let height = usize::from(inside.height);
    // The selection stands a third down, so that what comes next is in sight.
    let first = selected.saturating_sub(height / 3).min(lines.len().saturating_sub(height));
    for (y, line) in (0..inside.height).zip(lines.iter().skip(first)) {
        match line {
            Line::Phase(index) => phase(model, *index, Pen::line(inside, y), painter),
            Line::Step(index, row) => {
                painter.spot(line_of(inside, y), Spot::Step(*index));
                step(model, row, *index == model.selected, Pen::line(inside, y), painter);
            }
        }
    }
    filter::find(model, area, painter);
    if lines.len() > first + height {
        let mut pen = Pen { x: area.right().saturating_sub(10), y: area.bottom().saturating_sub(1), end: area.right() };
        painter.sign(&mut pen, glyphs.more, Tone::Dim);
        painter.put(&mut pen, " more", Tone::Dim);
    }
}

/// A line of an area.
pub(super) fn line_of(area: Rect, line: u16) -> Rect {
    Rect { y: area.y.saturating_add(line), height: 1, ..area }
}

/// The lines: where they are more than fit, phases that are over are closed, but for the selected one.
fn lines(model: &Model, height: usize) -> Vec<Line<'_>> {
    let phases = model.run.runbook.phases.len();
    let collapse = model.rows.len() + phases > height;
    let here = model.row().map(|row| row.phase);
    let mut lines = Vec::with_capacity(model.rows.len() + phases);
    let mut rows = model.rows.iter().enumerate().peekable();
    for phase in 0..phases {
        lines.push(Line::Phase(phase));
        let over = collapse
            && here != Some(phase)
            && model.rows.iter().filter(|row| row.phase == phase).all(|row| model.state(&row.id).is_ended());
        while let Some((index, row)) = rows.next_if(|(_, row)| row.phase == phase) {
            if !over {
                lines.push(Line::Step(index, row));
            }
        }
    }
    lines
}

pub(super) fn phase(model: &Model, index: usize, mut pen: Pen, painter: &mut Painter<'_>) {
    let Some(phase) = model.run.runbook.phases.get(index) else { return };
    let all = phase.steps.len();
    let done = phase.steps.iter().filter(|step| model.state(&step.id).is_ended()).count();
    let glyphs = painter.glyphs();
    let (sign, tone) = if done == all { (glyphs.done, Tone::Ok) } else { (glyphs.open, Tone::Title) };
    pen.skip(1);
    painter.sign(&mut pen, sign, tone);
    pen.end = pen.end.saturating_sub(1).max(pen.x);
    painter.put_right(&mut pen, &format!(" {done}/{all}"), Tone::Dim);
    pen.skip(1);
    painter.put(&mut pen, &phase.title, tone);
}

fn step(model: &Model, row: &Row, selected: bool, mut pen: Pen, painter: &mut Painter<'_>) {
    let Some(step) = model.step_of(row) else { return };
    let glyphs = painter.glyphs();
    let whole = Rect { x: pen.x, y: pen.y, width: pen.end.saturating_sub(pen.x), height: 1 };
    let (sign, word, tone) = words::step(model, row, glyphs);
    if selected {
        painter.sign(&mut pen, glyphs.selected, Tone::Accent);
    } else {
        pen.skip(1);
    }
    pen.skip(2);
    painter.sign(&mut pen, sign, tone);
    pen.skip(1);
    pen.end = pen.end.saturating_sub(1).max(pen.x);
    if let Some(elapsed) = words::elapsed(model, row) {
        painter.put_right(&mut pen, &format!(" {word} {elapsed}"), tone);
    } else {
        painter.put_right(&mut pen, word, tone);
        pen.end = pen.end.saturating_sub(1).max(pen.x);
    }
    if step.hazard == Hazard::Irreversible && !model.state(&row.id).is_ended() {
        painter.put_right(&mut pen, " !", Tone::Irreversible);
    }
    painter.put(&mut pen, &row.number, Tone::Dim);
    painter.put(&mut pen, " ", Tone::Dim);
    painter.put(&mut pen, &step.title, if row.ready || selected { Tone::Text } else { Tone::Dim });
    if selected {
        painter.tint(whole, Tone::Selected);
    }
}
