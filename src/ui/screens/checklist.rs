//! The checklist in full: what is ready, what waits for what, the way that decides how long it takes, and planned against
//! actual times.

use ratatui::layout::Rect;

use crate::app::Model;
use crate::app::model::{Focus, Row};
use crate::app::spot::Spot;
use crate::domain::duration::clock;
use crate::domain::reading::age;
use crate::domain::runbook::Hazard;
use crate::ui::filter;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;
use crate::ui::words;
use crate::ui::{checklist, step};

/// From this width on, the step stands beside the list; below, under it.
const BESIDE: u16 = 120;
/// How wide the columns of times are, where there is room for them.
const TIMES: u16 = 34;
/// From this width of the list on, there is.
const ROOM: u16 = 74;

/// A line of the list.
enum Line<'a> {
    Phase(usize),
    Step(usize, &'a Row),
}

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let (list, beside) = if area.width >= BESIDE {
        let width = area.width / 5 * 3;
        let rest = area.width - width;
        (Rect { width, ..area }, Rect { x: area.x.saturating_add(width), width: rest, ..area })
    } else {
        let height = area.height / 5 * 3;
        let rest = area.height - height;
        (Rect { height, ..area }, Rect { y: area.y.saturating_add(height), height: rest, ..area })
    };
    steps(model, list, painter);
    step::draw(model, beside, painter);
}

fn steps(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let focused = model.focus == Focus::Checklist && model.modals.is_empty();
    let ready = model.rows.iter().filter(|row| row.ready).count();
    let done = model.rows.iter().filter(|row| model.state(&row.id).is_ended()).count();
    let title = format!("checklist {done}/{}, {ready} ready", model.rows.len());
    let (left, until) = model.left;
    let left = format!("about {} to {until}", clock(left));
    let right = [(left.as_str(), Tone::Dim)];
    let fits = usize::from(area.width) > title.len() + left.len() + 10 && done < model.rows.len();
    let inside = painter.frame(area, &[(&title, Tone::Title)], if fits { &right } else { &[] }, focused);
    painter.spot(area, Spot::Pane(Focus::Checklist));
    let mut rows = inside;
    let times = inside.width >= ROOM;
    if times && inside.height > 3 {
        let mut pen = Pen::line(inside, 0);
        painter.put_right(&mut pen, " planned at   for   began at   took ", Tone::Dim);
        pen.skip(4);
        legend(pen, painter);
        rows.y = rows.y.saturating_add(1);
        rows.height -= 1;
    }
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(model.rows.len() + 8);
    let mut phase = None;
    for (index, row) in model.rows.iter().enumerate() {
        if phase != Some(row.phase) {
            phase = Some(row.phase);
            lines.push(Line::Phase(row.phase));
        }
        lines.push(Line::Step(index, row));
    }
    let at = lines.iter().position(|line| matches!(line, Line::Step(index, _) if *index == model.selected));
    let height = usize::from(rows.height);
    let first = at.unwrap_or(0).saturating_sub(height / 3).min(lines.len().saturating_sub(height));
    for (y, line) in (0..rows.height).zip(lines.iter().skip(first)) {
        let pen = Pen::line(rows, y);
        match line {
            Line::Phase(index) => checklist::phase(model, *index, pen, painter),
            Line::Step(index, row) => {
                painter.spot(checklist::line_of(rows, y), Spot::Step(*index));
                one(model, row, *index == model.selected, times, pen, painter);
            }
        }
    }
    let mut pen = Pen::foot(area);
    painter.more(lines.len().saturating_sub(first + height), &mut pen);
    if !times && pen.room() > LEGEND.len() + 4 {
        painter.put(&mut pen, " ", Tone::Dim);
        pen = legend(pen, painter);
        painter.put(&mut pen, " ", Tone::Dim);
    }
    filter::find(model, area, painter);
}

/// What the bar beside some steps says.
const LEGEND: &str = " decides how long it takes";

fn legend(mut pen: Pen, painter: &mut Painter<'_>) -> Pen {
    painter.sign(&mut pen, painter.glyphs().full, Tone::Accent);
    painter.put(&mut pen, LEGEND, Tone::Dim);
    pen
}

fn one(model: &Model, row: &Row, selected: bool, times: bool, mut pen: Pen, painter: &mut Painter<'_>) {
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
    let planned = model.outline.steps.iter().find(|planned| planned.id == row.id);
    if planned.is_some_and(|planned| planned.critical) {
        painter.sign(&mut pen, glyphs.full, Tone::Accent);
    } else {
        pen.skip(1);
    }
    painter.sign(&mut pen, sign, tone);
    pen.skip(1);
    if times {
        let mut columns = Pen { x: pen.end.saturating_sub(TIMES).max(pen.x), ..pen };
        pen.end = columns.x;
        let planned = planned.map(|planned| (clock(planned.begins), clock(planned.expected)));
        let (begins, takes) = planned.unwrap_or_default();
        painter.put(&mut columns, &format!("{:>9} {takes:>7}", format!("+{begins}")), Tone::Dim);
        let (began, took, late) = actual(model, row);
        painter.put(&mut columns, &format!("{began:>9} "), Tone::Text);
        painter.put(&mut columns, &format!("{took:>7}"), if late { Tone::Warn } else { Tone::Text });
    }
    pen.end = pen.end.saturating_sub(1).max(pen.x);
    let waits = !row.ready && word == "waits" && !row.waits_for.is_empty();
    if waits {
        painter.put_right(&mut pen, &format!(" waits for {}", row.waits_for.join(", ")), tone);
    } else {
        painter.put_right(&mut pen, &format!(" {word}"), tone);
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

/// When a step began after the run was opened, how long it took or has been running, and whether that is twice what was expected.
fn actual(model: &Model, row: &Row) -> (String, String, bool) {
    let Some(record) = model.record(&row.id) else { return Default::default() };
    let (Some(opened), Some(started)) = (model.run.opened, record.started.or(record.ended)) else {
        return Default::default();
    };
    let running = record.state.is_running();
    let until = record.ended.or_else(|| running.then_some(model.now));
    let took = until.map(|until| age(started, until));
    let expected = model.step_of(row).and_then(|step| step.expected);
    let late = took.zip(expected).is_some_and(|(took, expected)| took > expected * 2);
    (format!("+{}", clock(age(opened, started))), took.map(clock).unwrap_or_default(), late)
}
