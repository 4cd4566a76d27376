//! The past runs: when the next drill is due, how recovery times go, and each run with its figures.

use crate::app::Model;
use crate::domain::duration::clock;
use crate::domain::figures::{Kept, Span};
use crate::domain::history::{Past, Trend, sparkline};
use crate::domain::run::Mode;
use crate::ui::doc::Doc;
use crate::ui::paint::Painter;
use crate::ui::skin::Tone;

pub(super) fn put(model: &Model, painter: &Painter<'_>, doc: &mut Doc) {
    let Some(history) = &model.history else {
        doc.put("", "The past runs are being read.", Tone::Dim);
        return;
    };
    let today = model.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    match history.due(today) {
        Some((says, over)) => doc.put("drill", says, if over { Tone::Warn } else { Tone::Text }),
        None => {
            doc.put("drill", "the service file does not say how often: every = \"quarterly\" in [drills]", Tone::Dim);
        }
    }
    let trends = history.trends();
    if !trends.is_empty() {
        doc.put("", "recovery times, oldest first", Tone::Title);
    }
    for trend in &trends {
        let missed = trend.met.0 < trend.met.1;
        doc.put(mode(trend.mode), says(trend, painter), if missed { Tone::Warn } else { Tone::Text });
    }
    doc.put("", "runs, the latest first", Tone::Title);
    if history.lines.is_empty() {
        doc.put("", "There is none yet.", Tone::Text);
    }
    let glyphs = painter.glyphs();
    for line in &history.lines {
        match &line.past {
            Err(why) => doc.sign("", (glyphs.bad, Tone::Bad), format!("{}: {why}", line.run), Tone::Bad),
            Ok(past) => {
                let (sign, tone) = match (past.rto(), past.rpo()) {
                    (Kept::Missed, _) | (_, Kept::Missed) => (glyphs.warn, Tone::Warn),
                    (Kept::Met, Kept::Met) => (glyphs.ok, Tone::Ok),
                    _ => (glyphs.dot, Tone::Dim),
                };
                doc.sign(mode(past.mode), (sign, tone), run(past), Tone::Text);
            }
        }
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "live",
        Mode::Drill => "drill",
        Mode::Simulation => "sim",
    }
}

fn says(trend: &Trend, painter: &Painter<'_>) -> String {
    let blocks: &[&'static str] = if painter.glyphs().arrow.is_ascii() {
        &["_", ".", ":", "-", "=", "+", "*", "#"]
    } else {
        &["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    };
    let line = sparkline(&trend.times, trend.rto, blocks);
    let last = trend.times.last().copied().flatten().map_or_else(|| "not measured".to_owned(), clock);
    let rto = trend.rto.map_or_else(|| "an unknown RTO".to_owned(), clock);
    let (met, known) = trend.met;
    let kept = match (known, trend.times.len() - known) {
        (0, _) => "whether the RTO was kept is unknown".to_owned(),
        (_, 0) => format!("RTO met in {met} of {known}"),
        (_, unknown) => format!("RTO met in {met} of {known}, unknown in {unknown}"),
    };
    format!("{}  {line}  last {last} of {rto}; {kept}", trend.runbook)
}

fn run(past: &Past) -> String {
    let rta = match past.figures.total {
        Span::NotMeasured => format!("run {}", past.figures.execution),
        total => format!("RTA {total}"),
    };
    let loss = past.figures.loss.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
    let (rto, rpo) = (past.rto().as_str(), past.rpo().as_str());
    format!("{}  {}: {rta}, RTO {rto}; loss {loss}, RPO {rpo}; {}", past.run, past.state(), past.lead)
}
