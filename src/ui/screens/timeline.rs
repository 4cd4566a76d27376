//! The timeline: T0 to T13 with who recorded each and how it is known, what the run has come to against what was promised,
//! and the steps over time.

use ratatui::layout::Rect;

use super::framed;
use crate::app::Model;
use crate::domain::duration::clock;
use crate::domain::figures::{Figures, Kept};
use crate::domain::reading::age;
use crate::domain::run::Ending;
use crate::domain::timeline::Milestone;
use crate::ui::doc::Doc;
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;
use crate::ui::words;

/// How many lines of bars are worth showing.
const BARS: u16 = 6;
/// How wide the names before the bars are.
const NAMES: u16 = 34;

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut doc = Doc::default();
    moments(model, painter, &mut doc);
    figures(model, &mut doc);
    let needed = u16::try_from(doc.height(area.width.saturating_sub(4)) + 2).unwrap_or(u16::MAX);
    let begun = model.rows.iter().filter(|row| model.record(&row.id).is_some_and(|record| record.started.is_some()));
    let rows = u16::try_from(begun.count()).unwrap_or(u16::MAX).saturating_add(2);
    let left = area.height.saturating_sub(needed);
    let bars = if rows > 2 && left >= BARS && area.width >= 80 { left.min(rows.max(BARS)) } else { 0 };
    let above = Rect { height: area.height - bars, ..area };
    framed(model, above, "t enters a moment, with its evidence", doc, painter);
    if bars > 0 {
        course(model, Rect { y: above.bottom(), height: bars, ..area }, painter);
    }
}

fn moments(model: &Model, painter: &Painter<'_>, doc: &mut Doc) {
    let begin = model.run.timeline.at(Milestone::ImpactBegan).or(model.run.opened);
    for milestone in Milestone::ALL {
        let name = milestone.as_str().replace('-', " ");
        let number = milestone.number();
        let Some(moment) = model.run.timeline.get(milestone) else {
            let tone = Tone::Dim;
            doc.sign("", (painter.glyphs().waits, tone), format!("{number:<4}{name:<20}not known"), tone);
            continue;
        };
        let since = begin.map_or_else(String::new, |begin| {
            let sign = if moment.at < begin { "-" } else { "+" };
            format!("{sign}{}", clock(age(begin, moment.at).max(age(moment.at, begin))))
        });
        let corrects = moment.corrects.map_or_else(String::new, |before| format!(", corrects entry {before}"));
        let clock = if moment.steady.is_some() { "" } else { ", by the wall clock" };
        let text = format!(
            "{number:<4}{name:<20}{}Z {since:>9}  {} (entry {}, {}{clock}{corrects})",
            moment.at.strftime("%H:%M:%S"),
            moment.source,
            moment.entry,
            moment.by
        );
        // A fence that was given up is a moment of the run, but nothing was fenced then.
        let given_up = moment.source.ends_with(Ending::RiskAccepted.as_str());
        let (sign, tone) =
            if given_up { (painter.glyphs().warn, Tone::Warn) } else { (painter.glyphs().done, Tone::Ok) };
        doc.sign("", (sign, tone), text, if given_up { Tone::Warn } else { Tone::Text });
    }
}

fn figures(model: &Model, doc: &mut Doc) {
    let objectives = model.service.objectives;
    let figures = Figures::of(&model.run, model.now);
    let tone = |kept: Kept| match kept {
        Kept::Met => Tone::Ok,
        Kept::Missed => Tone::Bad,
        Kept::Unknown => Tone::Warn,
    };
    let rto = figures.rto(objectives);
    let rpo = figures.rpo(objectives);
    let loss = figures.loss.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    doc.put("", "what it has come to", Tone::Title);
    let judged = |kept: Kept| if kept == Kept::Unknown { String::new() } else { format!(": {}", kept.as_str()) };
    let text = format!("{} of {}{}", figures.total, clock(objectives.rto), judged(rto));
    doc.put("recovery", text, tone(rto));
    doc.put("run", figures.execution.to_string(), Tone::Text);
    doc.put("detect", figures.detection.to_string(), Tone::Text);
    doc.put("decide", figures.decision.to_string(), Tone::Text);
    doc.put("waited", format!("for people: {}", figures.waiting), Tone::Text);
    doc.put("exposed", format!("without a standby: {}", figures.exposure), Tone::Text);
    doc.put("lost", format!("{loss}, of {}{}", clock(objectives.rpo), judged(rpo)), tone(rpo));
}

/// The steps that have begun, each as a bar from its beginning to its end.
fn course(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let Some(opened) = model.run.opened else { return };
    let until = model.run.closed.as_ref().map_or(model.now, |(_, at)| *at);
    let whole = age(opened, until).as_secs_f64().max(1.0);
    let right = format!("+0:00 to +{}", clock(age(opened, until)));
    let inside = painter.frame(area, &[("steps over time", Tone::Title)], &[(&right, Tone::Dim)], false);
    let begun = model.rows.iter().filter_map(|row| {
        let record = model.record(&row.id)?;
        Some((row, record.started?, record.ended))
    });
    let begun: Vec<_> = begun.collect();
    let skip = begun.len().saturating_sub(usize::from(inside.height));
    let wide = inside.width.saturating_sub(NAMES + 1);
    for (y, (row, started, ended)) in (0..inside.height).zip(begun.into_iter().skip(skip)) {
        let mut pen = Pen::line(inside, y);
        let start = pen.x;
        pen.skip(1);
        let (sign, _, tone) = words::step(model, row, painter.glyphs());
        painter.sign(&mut pen, sign, tone);
        pen.skip(1);
        let mut name = Pen { end: start.saturating_add(NAMES - 1).min(pen.end), ..pen };
        let title = model.step_of(row).map_or("", |step| step.title.as_str());
        painter.put(&mut name, &format!("{} {title}", row.number), Tone::Text);
        let column = |at| {
            let share = (age(opened, at).as_secs_f64() / whole).clamp(0.0, 1.0);
            // Within the width of the screen.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let column = (share * f64::from(wide)) as u16;
            column.min(wide.saturating_sub(1))
        };
        let (from, to) = (column(started), column(ended.unwrap_or(until)));
        pen.to(start, NAMES + from);
        painter.signs(&mut pen, painter.glyphs().full, usize::from(to - from.min(to)) + 1, tone);
    }
}
