//! The replication lag and what users met with, over the same time as the timeline.

use std::fmt::{self, Write as _};

use super::Report;
use super::html::escape;
use super::picture::{LEFT, Scale, WIDTH, ticks};
use crate::domain::duration::seconds as in_seconds;
use crate::report::record::second;

const ROW: f64 = 18.0;
const HIGH: f64 = 90.0;

/// The charts of what was watched; empty where nothing was.
pub(super) fn charts(report: &Report) -> String {
    let mut out = String::new();
    if let Some(scale) = Scale::of(report) {
        // Writing to a string does not fail.
        let _ = disruption(&mut out, report, &scale);
        let _ = lag(&mut out, report, &scale);
    }
    out
}

fn disruption(out: &mut String, report: &Report, scale: &Scale) -> fmt::Result {
    if report.disruption.is_empty() {
        return Ok(());
    }
    let rows = u32::try_from(report.disruption.len()).unwrap_or(u32::MAX);
    let height = f64::from(rows) * ROW + 26.0;
    writeln!(
        out,
        "<h2>What users met with, over time</h2>\n<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
         aria-labelledby=\"gaps-title gaps-text\">\n<title id=\"gaps-title\">Gaps in the answers</title>\n\
         <desc id=\"gaps-text\">A line for each of {rows} vantages over the time in which it was asked; dark where \
         questions failed. The table below says the same.</desc>"
    )?;
    let mut y = 0.0;
    for row in &report.disruption {
        let name: String = format!("{} from {}", row.component, row.from).chars().take(38).collect();
        writeln!(out, "<text x=\"0\" y=\"{:.0}\">{}</text>", y + 12.0, escape(&name))?;
        let (from, until) = (scale.x(row.since), scale.x(row.until));
        let wide = (until - from).max(1.5);
        writeln!(out, "<rect class=\"up\" x=\"{from:.1}\" y=\"{:.0}\" width=\"{wide:.1}\" height=\"9\"/>", y + 3.0)?;
        for gap in &row.each {
            let x = scale.x(gap.from);
            let wide = scale.width(gap.at_least_ms).min(WIDTH - 10.0 - x).max(1.5);
            writeln!(out, "<rect class=\"odd\" x=\"{x:.1}\" y=\"{:.0}\" width=\"{wide:.1}\" height=\"13\"/>", y + 1.0)?;
        }
        y += ROW;
    }
    ticks(out, scale, height - 6.0)?;
    writeln!(out, "</svg>")
}

fn lag(out: &mut String, report: &Report, scale: &Scale) -> fmt::Result {
    let known: Vec<(f64, u64)> =
        report.lag.iter().filter_map(|sample| Some((scale.x(sample.at), sample.ms?))).collect();
    let Some(most) = known.iter().map(|(_, ms)| *ms).max() else { return Ok(()) };
    let height = HIGH + 40.0;
    let seconds = |ms: u64| std::time::Duration::from_millis(ms).as_secs_f64();
    let top = seconds(most).max(1.0);
    let y = |ms: u64| 10.0 + HIGH * (1.0 - seconds(ms) / top);
    writeln!(
        out,
        "<h2>Replication lag</h2>\n<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" \
         aria-labelledby=\"lag-title lag-text\">\n<title id=\"lag-title\">Replication lag</title>\n\
         <desc id=\"lag-text\">{} samples, at most {}. Where there is no dot, nothing was read.</desc>",
        known.len(),
        in_seconds(seconds(most))
    )?;
    let (floor, most) = (10.0 + HIGH, in_seconds(top));
    writeln!(out, "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{floor}\" y2=\"{floor}\"/>", WIDTH - 10.0)?;
    writeln!(out, "<text class=\"small\" text-anchor=\"end\" x=\"{:.0}\" y=\"14\">{most}</text>", LEFT - 6.0)?;
    writeln!(out, "<text class=\"small\" text-anchor=\"end\" x=\"{:.0}\" y=\"{floor}\">0 s</text>", LEFT - 6.0)?;
    let within: Vec<&(f64, u64)> = known.iter().filter(|(x, _)| *x > LEFT && *x < WIDTH - 10.0).collect();
    for (x, ms) in &within {
        writeln!(out, "<circle class=\"lag\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3\"/>", y(*ms))?;
    }
    if within.is_empty() {
        let mut before = report.lag.iter().rev().filter(|sample| scale.x(sample.at) <= LEFT);
        let before = before.find_map(|sample| Some((second(sample.at), sample.ms?)));
        let before = before.map_or_else(String::new, |(at, ms)| format!("; {} at {at}", in_seconds(seconds(ms))));
        let (x, y) = (LEFT + 8.0, 10.0 + HIGH / 2.0);
        writeln!(out, "<text class=\"small\" x=\"{x:.0}\" y=\"{y:.0}\">nothing was read in this span{before}</text>")?;
    }
    ticks(out, scale, height - 8.0)?;
    writeln!(out, "</svg>")
}
