//! The replication, live: every source of a lag in a line, and a large chart of each with its axis, unit and thresholds.

use std::collections::VecDeque;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::app::Model;
use crate::domain::duration::{clock, format, seconds};
use crate::domain::lag::Level;
use crate::domain::lags::{Course, Source, course};
use crate::domain::reading::{Freshness, Sample};
use crate::domain::service::Spec;
use crate::ui::lag::{self, Scale};
use crate::ui::paint::{Painter, Pen};
use crate::ui::skin::Tone;

/// How many lines a chart takes at least, with its frame and its axis.
const LEAST: u16 = 7;
/// How wide the figures beside a chart are.
const AXIS: u16 = 10;
/// For how long a reading of our own stands for what came after it.
const STANDS: Duration = Duration::from_secs(45);

type Series<'a> = (&'a Source, &'a VecDeque<Sample>);

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut all: Vec<Series<'_>> = model.lags.iter().collect();
    // The one that the objective is judged by comes first.
    let judged = model.service.lag_series(&model.run.direction.target);
    all.sort_by_key(|(source, _)| {
        judged.as_ref().is_none_or(|(component, place)| {
            source.fact != "lag" || source.component != **component || source.place != *place
        })
    });
    // What no longer moves is not live: after a promotion there is nothing left that replicates.
    let moves = all.iter().any(|(source, samples)| now(model, source, samples).2);
    let (title, tone) = match model.screens.watch.held {
        Some(at) => (format!("replication, held at {}Z", at.strftime("%H:%M:%S")), Tone::Warn),
        None if moves || all.is_empty() => ("replication, live".to_owned(), Tone::Title),
        None => ("replication, no figure moves now".to_owned(), Tone::Warn),
    };
    let limits = format!(
        "last {}  warn {}  breach {}",
        format(model.screens.watch.span()),
        format(model.service.lag.warn),
        format(model.service.lag.breach)
    );
    let rows = u16::try_from(all.len().max(1)).unwrap_or(u16::MAX);
    let table = rows.saturating_add(2).min(area.height);
    let above = Rect { height: table, ..area };
    let inside = painter.frame(above, &[(&title, tone)], &[(&limits, Tone::Dim)], model.modals.is_empty());
    if all.is_empty() {
        let says = if model.service.lag_series(&model.run.direction.target).is_some() {
            " nothing has been read yet"
        } else {
            " no component of this service tells a lag: a cloudwatch component's [lag], or a database's sql, does"
        };
        painter.put(&mut Pen::line(inside, 0), says, Tone::Dim);
        return;
    }
    for (y, series) in (0..inside.height).zip(&all) {
        line(model, *series, Pen::line(inside, y), painter);
    }
    let below = Rect { y: area.y.saturating_add(table), height: area.height - table, ..area };
    let fit = usize::from(below.height / LEAST).clamp(1, all.len());
    let scroll = model.screens.scroll.get(&model.screens.shown).copied().unwrap_or_default();
    let first = scroll.min(all.len() - fit);
    let each = below.height / u16::try_from(fit).unwrap_or(1);
    let mut y = below.y;
    for (index, series) in all.iter().skip(first).take(fit).enumerate() {
        let height = if index + 1 == fit { below.bottom().saturating_sub(y) } else { each };
        large(model, *series, Rect { y, height, ..below }, painter);
        y = y.saturating_add(height);
    }
}

/// A source's name.
fn name(model: &Model, source: &Source) -> String {
    let title = model.service.component(&source.component).map_or(source.component.as_str(), |of| of.title.as_str());
    format!("{title} {} {}", source.place, source.fact)
}

/// What a source says now, and where that is going.
fn line(model: &Model, (source, samples): Series<'_>, mut pen: Pen, painter: &mut Painter<'_>) {
    let start = pen.x;
    pen.skip(1);
    let mut first = Pen { end: pen.x.saturating_add(33).min(pen.end), ..pen };
    painter.put(&mut first, &name(model, source), Tone::Text);
    pen.to(start, 35);
    let (says, tone, fresh) = now(model, source, samples);
    painter.put(&mut pen, &says, tone);
    if !fresh {
        return;
    }
    let (says, tone) = match course(samples, model.now) {
        None => return,
        Some(Course::Steady) => ("steady".to_owned(), Tone::Dim),
        Some(Course::CatchesUp(after)) => (format!("caught up in {}", clock(after)), Tone::Ok),
        Some(Course::FallsBehind(rate)) => (format!("grows {} a minute", seconds(rate * 60.0)), Tone::Warn),
    };
    pen.to(start, 58);
    pen.skip(1);
    painter.put(&mut pen, &says, tone);
}

/// The newest figure in words, with its age where it is not of now, and whether it is fresh.
fn now(model: &Model, source: &Source, samples: &VecDeque<Sample>) -> (String, Tone, bool) {
    let Some((at, value)) = samples.iter().rev().find_map(|(at, value)| Some((*at, (*value)?))) else {
        return ("? never a figure".to_owned(), Tone::Unknown, false);
    };
    let level = model.service.lag.level(value);
    let reading = model.reading(&source.component, &source.place, source.fact);
    let fresh = reading.is_some_and(|reading| reading.freshness(model.now) == Freshness::Fresh);
    let age = model.age(at);
    if !fresh {
        return (format!("{} {} frozen {age} ago", was(level), seconds(value)), Tone::Warn, false);
    }
    let (word, tone) = match level {
        Level::Ok => ("ok", Tone::Ok),
        Level::Warn => ("high", Tone::Warn),
        Level::Breach => ("BREACH", Tone::Bad),
        Level::Unknown => ("unknown", Tone::Unknown),
    };
    let ago = if age == "now" { String::new() } else { format!(", {age} ago") };
    (format!("{} {word}{ago}", seconds(value)), tone, true)
}

/// A frozen figure may have been a breach: it says so still.
fn was(level: Level) -> &'static str {
    match level {
        Level::Breach => "BREACH",
        Level::Warn => "high",
        Level::Ok | Level::Unknown => "was",
    }
}

/// The chart of a source with its axes.
fn large(model: &Model, (source, samples): Series<'_>, area: Rect, painter: &mut Painter<'_>) {
    let span = model.screens.watch.span();
    let until = model.screens.watch.held.unwrap_or_else(|| model.charted());
    let title = name(model, source);
    let inside = painter.frame(area, &[(&title, Tone::Title)], &[("seconds behind", Tone::Dim)], false);
    if inside.height < 3 || inside.width <= AXIS * 2 {
        return;
    }
    let chart =
        Rect { x: inside.x.saturating_add(AXIS), width: inside.width - AXIS - 1, height: inside.height - 1, ..inside };
    let period = match model.service.component(&source.component).map(|component| &component.spec) {
        Some(Spec::CloudWatch(watch)) => watch.lag.as_ref().map_or(STANDS, |lag| lag.period.max(STANDS)),
        _ => STANDS,
    };
    let held: Vec<Sample> = samples.iter().copied().collect();
    let columns = lag::laid_out(&held, until, span, period, chart.width);
    let scale = Scale::close(&columns, &model.service.lag);
    lag::bars(&columns, &scale, chart, painter);
    axis(inside, chart, &scale, span, painter);
}

/// The figures at the left and the times below.
fn axis(inside: Rect, chart: Rect, scale: &Scale, span: Duration, painter: &mut Painter<'_>) {
    let mut figures = vec![(chart.y, seconds(scale.top), Tone::Dim), (chart.bottom() - 1, "0".to_owned(), Tone::Dim)];
    for (limit, tone) in [(scale.thresholds.warn, Tone::Warn), (scale.thresholds.breach, Tone::Bad)] {
        if let Some(row) = scale.row(limit.as_secs_f64(), chart.height) {
            let y = chart.bottom().saturating_sub(1 + row);
            figures.retain(|(known, ..)| *known != y);
            figures.push((y, format(limit), tone));
        }
    }
    for (y, says, tone) in figures {
        let mut pen = Pen { x: inside.x, y, end: chart.x.saturating_sub(1) };
        painter.put_right(&mut pen, &says, tone);
    }
    let y = inside.bottom().saturating_sub(1);
    let quarters = if chart.width >= 60 { 4 } else { 2 };
    for part in 0..=quarters {
        let ago = span * (quarters - part) / quarters;
        let says = if part == quarters { "now".to_owned() } else { format!("-{}", format(ago)) };
        let x = u32::from(chart.x) + u32::from(chart.width.saturating_sub(1)) * part / quarters;
        let wide = u32::try_from(says.len()).unwrap_or(0);
        let x = match part {
            0 => x,
            part if part == quarters => x.saturating_sub(wide.saturating_sub(1)),
            _ => x.saturating_sub(wide / 2),
        };
        let x = u16::try_from(x).unwrap_or(u16::MAX);
        painter.put(&mut Pen { x, y, end: inside.right() }, &says, Tone::Dim);
    }
}
