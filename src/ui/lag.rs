//! Replication lag over the last hour: columns with a gap where data is missing, the newest figure and its age.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::Model;
use crate::domain::duration::{format, seconds};
use crate::domain::lag::{Columns, Level, Thresholds};
use crate::domain::reading::{Freshness, Sample, Value, age};
use crate::domain::service::{LagMetric, Spec};

/// What the columns cover.
const SPAN: Duration = Duration::from_hours(1);
/// How much further than the present a chart reaches.
const BEAT: Duration = Duration::from_secs(crate::app::model::BEAT.unsigned_abs());

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let Some((component, place)) = model.service.lag_series(&model.run.direction.target) else {
        painter.put(&mut Pen::line(area, 0), "  replication lag: the service has no lag metric", Tone::Dim);
        return;
    };
    let metric = model.service.component(component).and_then(|component| match &component.spec {
        Spec::CloudWatch(watch) => watch.lag.as_ref(),
        _ => None,
    });
    let samples: &[Sample] = match model.reading(component, &place, "lag_series").map(|reading| &reading.value) {
        Some(Value::Series(samples)) => samples,
        _ => &[],
    };
    let (figure, tone) = figure(model);
    let thresholds = &model.service.lag;
    if area.height < 3 {
        let mut pen = Pen::line(area, 0);
        pen.skip(2);
        painter.put(&mut pen, "lag ", Tone::Dim);
        painter.put(&mut pen, &figure, tone);
        pen.skip(1);
        let limits = format!("warn {} breach {}", format(thresholds.warn), format(thresholds.breach));
        painter.put_right(&mut pen, &limits, Tone::Dim);
        pen.end = pen.end.saturating_sub(1).max(pen.x);
        let columns = Rect { x: pen.x, y: pen.y, width: pen.end.saturating_sub(pen.x), height: 1 };
        chart(model, samples, metric, columns, painter);
        return;
    }
    let source = metric.map_or_else(String::new, |metric| format!("  {place} {}", metric.metric));
    let limits = format!("  warn {}  breach {}", format(thresholds.warn), format(thresholds.breach));
    let right = [(figure.as_str(), tone), (limits.as_str(), Tone::Dim), (source.as_str(), Tone::Dim)];
    let inside = painter.frame(area, &[("replication lag, last hour", Tone::Title)], &right, false);
    chart(model, samples, metric, inside, painter);
}

/// The newest figure, in words.
fn figure(model: &Model) -> (String, Tone) {
    let Some((lag, reading)) = model.lag() else {
        return (format!("{} unknown", "?"), Tone::Warn);
    };
    let tone = match model.service.lag.level(lag) {
        Level::Ok => Tone::Ok,
        Level::Warn => Tone::Warn,
        Level::Breach => Tone::Bad,
        Level::Unknown => Tone::Unknown,
    };
    let word = match model.service.lag.level(lag) {
        Level::Ok => "ok",
        Level::Warn => "high",
        Level::Breach => "BREACH",
        Level::Unknown => "unknown",
    };
    match reading.freshness(model.now) {
        Freshness::Fresh => (format!("{} {word}, {}", seconds(lag), model.ago(reading.at)), tone),
        // A figure that no longer moves says nothing about the present.
        _ => (
            format!("{} frozen {} ago", seconds(lag), model.age(reading.at)),
            if tone == Tone::Ok { Tone::Warn } else { tone },
        ),
    }
}

fn chart(model: &Model, samples: &[Sample], metric: Option<&LagMetric>, area: Rect, painter: &mut Painter<'_>) {
    let period = metric.map_or(Duration::from_mins(1), |metric| metric.period);
    let columns = laid_out(samples, model.charted(), SPAN, period, area.width);
    bars(&columns, &Scale::of(&columns, &model.service.lag), area, painter);
}

/// The columns of a chart of the present. It moves on by a sixtieth of its width, not by every column: what lies ahead of `now` in the
/// last part is left out, and is filled as it comes.
pub(super) fn laid_out(samples: &[Sample], now: Timestamp, span: Duration, period: Duration, width: u16) -> Columns {
    let step = i64::try_from(span.as_secs() / 60).unwrap_or(i64::MAX).max(1);
    let until = Timestamp::from_second((now.as_second().div_euclid(step) + 1).saturating_mul(step)).unwrap_or(now);
    let mut columns = Columns::lay_out(samples, until, span, period + BEAT, usize::from(width));
    let ahead = age(now, until).as_secs() * u64::from(width) / span.as_secs().max(1);
    columns.values.truncate(usize::from(width).saturating_sub(usize::try_from(ahead).unwrap_or(usize::MAX)));
    columns
}

/// How high a chart reaches, and where its thresholds are.
pub(super) struct Scale {
    /// The lag of the full height, in seconds.
    pub(super) top: f64,
    /// The thresholds.
    pub(super) thresholds: Thresholds,
}

impl Scale {
    /// The full height is at least the warning threshold, so that a lag of a second does not look like a wall.
    pub(super) fn of(columns: &Columns, thresholds: &Thresholds) -> Self {
        let least = thresholds.warn.as_secs_f64().max(1.0);
        let top = columns.values.iter().flatten().fold(least, |top, value| top.max(*value));
        Self { top, thresholds: *thresholds }
    }

    /// The full height is not much more than the greatest lag: a threshold far above it is not in sight.
    pub(super) fn close(columns: &Columns, thresholds: &Thresholds) -> Self {
        let most = columns.values.iter().flatten().fold(0.8, |most: f64, value| most.max(*value));
        Self { top: most * 1.25, thresholds: *thresholds }
    }

    /// The row, from the bottom, in which a lag ends; none above the chart.
    pub(super) fn row(&self, seconds: f64, height: u16) -> Option<u16> {
        (seconds <= self.top).then(|| row_of(seconds / self.top, height))
    }
}

/// Columns with gaps, and lines where the thresholds are.
pub(super) fn bars(columns: &Columns, scale: &Scale, area: Rect, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    let rows = f64::from(area.height);
    let limits = [(scale.thresholds.warn, Tone::Dim), (scale.thresholds.breach, Tone::Bad)];
    let limits = limits.map(|(limit, tone)| (scale.row(limit.as_secs_f64(), area.height), tone));
    for (row, tone) in limits.iter().filter(|_| area.height > 2) {
        if let Some(row) = row {
            let mut pen = Pen::line(area, area.height.saturating_sub(1 + row));
            painter.signs(&mut pen, glyphs.threshold, usize::from(area.width), *tone);
        }
    }
    for (column, x) in (area.x..area.right()).enumerate() {
        let Some(value) = columns.values.get(column) else { continue };
        let Some(value) = *value else {
            let mut pen = Pen { x, y: area.bottom().saturating_sub(1), end: x.saturating_add(1) };
            painter.sign(&mut pen, glyphs.gap, Tone::Dim);
            continue;
        };
        let tone = match scale.thresholds.level(value) {
            Level::Ok => Tone::Accent,
            Level::Warn => Tone::Warn,
            Level::Breach | Level::Unknown => Tone::Bad,
        };
        // In eighths of a line; a value is never nothing.
        let mut eighths = (value / scale.top * rows * 8.0).round().max(1.0);
        for y in (area.top()..area.bottom()).rev() {
            if eighths < 1.0 {
                break;
            }
            let height = glyphs.heights.iter().zip(1u8..).take_while(|(_, n)| f64::from(*n) <= eighths).last();
            if let Some((sign, _)) = height {
                painter.sign(&mut Pen { x, y, end: x.saturating_add(1) }, sign, tone);
            }
            eighths -= 8.0;
        }
    }
}

/// The row, from the bottom, in which a part of the full height ends.
fn row_of(part: f64, height: u16) -> u16 {
    let last = height.saturating_sub(1);
    // Small and positive: nothing is lost that a screen could show.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let row = (part.clamp(0.0, 1.0) * f64::from(height)).ceil() as u16;
    row.saturating_sub(1).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_moves_on_by_a_sixtieth_and_shows_no_gap_where_nothing_can_be_yet() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let samples: Vec<Sample> = (0..100).map(|n| (at(n * 10), Some(f64::from(u8::try_from(n).unwrap())))).collect();
        let (span, period) = (Duration::from_mins(15), Duration::from_secs(10));
        let seen = |now: i64| {
            let known: Vec<Sample> = samples.iter().copied().filter(|(when, _)| *when <= at(now)).collect();
            laid_out(&known, at(now), span, period, 180).values
        };
        let first = seen(900);
        for now in [905, 910] {
            let next = seen(now);
            assert!(next.starts_with(&first), "it stands still and grows: {} {}", next.len(), first.len());
            assert!(next.len() >= first.len() && next.iter().all(Option::is_some), "{next:?}");
        }
        assert!(!seen(915).starts_with(&first), "and moves on");
    }
}
