//! The timeline as a picture: a bar a step, planned above actual, and the moments as lines across. SVG by hand: it is some
//! rectangles, and has to be in the file itself.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::Report;
use super::html::escape;
use super::steps::StepRow;
use crate::domain::duration::clock;
use crate::domain::reading::age;

pub(super) const WIDTH: f64 = 960.0;
pub(super) const LEFT: f64 = 250.0;
const ROW: f64 = 18.0;
/// Rows for the numbers of the moments.
const ROWS: usize = 5;
const TOP: f64 = 64.0;

/// The picture; nothing of a run in which no step has begun.
pub(super) fn picture(report: &Report) -> Option<String> {
    let scale = Scale::of(report)?;
    let begun: Vec<(&StepRow, Timestamp)> =
        report.steps.iter().filter_map(|step| Some((step, step.started?))).collect();
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write(&mut out, report, &begun, &scale);
    Some(out)
}

/// The time of the run across the page.
pub(super) struct Scale {
    first: Timestamp,
    /// What the page shows.
    seconds: f64,
    /// How long it went on.
    whole: f64,
}

impl Scale {
    /// From the first known moment to the last; nothing of a run in which no step has begun.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let begun = report.steps.iter().filter_map(|step| Some((step.started?, step.ended)));
        let ends = begun.clone().map(|(started, ended)| ended.unwrap_or(started));
        let moments = report.timeline.iter().filter_map(|moment| moment.at);
        let first = moments.clone().chain([report.identity.opened]).min()?;
        let last = moments.chain(ends).chain(report.identity.closed).max()?;
        begun.clone().next().filter(|_| last > first)?;
        let whole = age(first, last).as_secs_f64().max(1.0);
        // An hour's watch afterwards would leave no room for the minutes that matter.
        let turn = report.timeline.iter().filter(|row| row.number != "T13").filter_map(|row| row.at).max();
        let until = turn.map_or(0.0, |turn| age(first, turn).as_secs_f64() * 1.5);
        let seconds = if until > 0.0 && until * 2.0 < whole { until } else { whole };
        Some(Self { first, seconds, whole })
    }

    pub(super) fn x(&self, at: Timestamp) -> f64 {
        let share = age(self.first, at).as_secs_f64() / self.seconds;
        LEFT + share.min(1.0) * (WIDTH - LEFT - 10.0)
    }

    pub(super) fn width(&self, ms: u64) -> f64 {
        (std::time::Duration::from_millis(ms).as_secs_f64() / self.seconds * (WIDTH - LEFT - 10.0)).max(1.5)
    }
}

fn write(out: &mut String, report: &Report, begun: &[(&StepRow, Timestamp)], scale: &Scale) -> fmt::Result {
    let rows = u32::try_from(begun.len()).unwrap_or(u32::MAX);
    let height = TOP + f64::from(rows) * ROW + 24.0;
    writeln!(
        out,
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-labelledby=\"picture-title picture-text\">\n\
         <title id=\"picture-title\">Timeline of the run</title>\n<desc id=\"picture-text\">A bar for each of {rows} \
         steps, as long as it took, above a thin one as long as it was expected to take; the moments T0 to T13 are \
         lines. The tables below say the same.</desc>"
    )?;
    // Moments: their numbers above, in as many rows as keeps them apart.
    let mut before = [f64::NEG_INFINITY; ROWS];
    let mut known: Vec<_> = report.timeline.iter().filter_map(|moment| Some((moment, moment.at?))).collect();
    known.sort_by_key(|(_, at)| *at);
    for (moment, at) in known {
        let x = scale.x(at);
        let free = before.iter().position(|taken| x - taken >= 26.0).unwrap_or(0);
        if let Some(taken) = before.get_mut(free) {
            *taken = x;
        }
        let y = 10.0 + 11.0 * f64::from(u8::try_from(free).unwrap_or(0));
        writeln!(
            out,
            "<line class=\"moment\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.0}\" y2=\"{:.0}\"/>",
            y + 2.0,
            height - 20.0
        )?;
        writeln!(
            out,
            "<text class=\"small\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{y:.0}\">{}</text>",
            moment.number
        )?;
    }
    let mut y = TOP;
    for (step, started) in begun {
        let x = scale.x(*started);
        let kind = match step.state.as_str() {
            "done" | "attested" | "checked" | "holds" | "ran" | "already done" => "good",
            "under way" => "open",
            _ => "odd",
        };
        let title: String = step.title.chars().take(34).collect();
        writeln!(out, "<text x=\"0\" y=\"{:.0}\">{} {}</text>", y + 12.0, escape(&step.number), escape(&title))?;
        let took = scale.width(step.took_ms.unwrap_or(0)).min(WIDTH - 10.0 - x).max(1.5);
        writeln!(out, "<rect class=\"{kind}\" x=\"{x:.1}\" y=\"{:.0}\" width=\"{took:.1}\" height=\"9\"/>", y + 3.0)?;
        if let Some(expected) = step.expected_ms {
            let wide = scale.width(expected).min(WIDTH - 10.0 - x).max(1.5);
            writeln!(
                out,
                "<rect class=\"plan\" x=\"{x:.1}\" y=\"{:.0}\" width=\"{wide:.1}\" height=\"2\"/>",
                y + 13.0
            )?;
        }
        y += ROW;
    }
    ticks(out, scale, height - 6.0)?;
    writeln!(out, "</svg>")
}

/// The time since the beginning, below a picture.
pub(super) fn ticks(out: &mut String, scale: &Scale, y: f64) -> fmt::Result {
    for part in 0..=4u32 {
        let share = f64::from(part) / 4.0;
        let x = LEFT + share * (WIDTH - LEFT - 10.0);
        let at = clock(std::time::Duration::from_secs_f64(scale.seconds * share));
        let anchor = if part == 4 { "end" } else { "start" };
        writeln!(out, "<text class=\"small\" text-anchor=\"{anchor}\" x=\"{x:.0}\" y=\"{y:.0}\">+{at}</text>")?;
    }
    if scale.whole > scale.seconds {
        let whole = clock(std::time::Duration::from_secs_f64(scale.whole));
        writeln!(out, "<text class=\"small\" x=\"0\" y=\"{y:.0}\">The run went on until +{whole}</text>")?;
    }
    Ok(())
}
