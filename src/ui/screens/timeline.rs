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
use crate::ui::doc::{BEFORE_SIGNED, Doc};
use crate::ui::paint::{Painter, width, wrap};
use crate::ui::skin::Tone;
use crate::ui::words;

/// How wide the names before the bars are.
const NAMES: usize = 34;
/// The least room in which a bar says something.
const BAR: usize = 10;

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut doc = Doc::default();
    moments(model, painter, &mut doc);
    figures(model, &mut doc);
    course(model, usize::from(area.width.saturating_sub(4 + BEFORE_SIGNED)), painter, &mut doc);
    framed(model, area, "t enters a moment, with its evidence", doc, painter);
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
    let expected = || format!("not known yet, expected {}", words::expected_loss(model).0);
    let loss = figures.loss.as_ref().map_or_else(expected, ToString::to_string);
    doc.put("", "what it has come to", Tone::Title);
    let judged = |kept: Kept| if kept == Kept::Unknown { String::new() } else { format!(": {}", kept.as_str()) };
    let serving = figures.serving.map_or_else(String::new, |serving| format!(", {}", words::serving(serving)));
    let text = format!("{} of {}{}{serving}", figures.total, clock(objectives.rto), judged(rto));
    doc.put("recovery", text, tone(rto));
    doc.put("run", figures.execution.to_string(), Tone::Text);
    doc.put("detect", figures.detection.to_string(), Tone::Text);
    doc.put("decide", figures.decision.to_string(), Tone::Text);
    doc.put("waited", format!("for people: {}", figures.waiting), Tone::Text);
    doc.put("exposed", format!("without a standby: {}", figures.exposure), Tone::Text);
    doc.put("lost", format!("{loss}, of {}{}", clock(objectives.rpo), judged(rpo)), tone(rpo));
}

/// The steps that have begun, the latest first, each as a bar from its beginning to its end.
fn course(model: &Model, room: usize, painter: &Painter<'_>, doc: &mut Doc) {
    let begun = model.rows.iter().filter_map(|row| {
        let record = model.record(&row.id)?;
        Some((row, record.started?, record.ended))
    });
    let mut begun: Vec<_> = begun.collect();
    let (Some(opened), false) = (model.run.opened, begun.is_empty()) else { return };
    begun.reverse();
    begun.sort_by_key(|(_, started, _)| std::cmp::Reverse(*started));
    let until = model.run.closed.as_ref().map_or(model.now, |(_, at)| *at);
    let whole = age(opened, until).as_secs_f64().max(1.0);
    let wide = room.saturating_sub(NAMES).max(BAR);
    let column = |at| {
        let share = (age(opened, at).as_secs_f64() / whole).clamp(0.0, 1.0);
        // Within the width of the screen.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let column = (share * wide as f64) as usize;
        column.min(wide.saturating_sub(1))
    };
    doc.put("", format!("steps over time, the latest first, to +{}", clock(age(opened, until))), Tone::Title);
    for (row, started, ended) in begun {
        let (sign, _, tone) = words::step(model, row, painter.glyphs());
        let title = model.step_of(row).map_or("", |step| step.title.as_str());
        let mut name = format!("{} {title}", row.number);
        if width(&name) >= NAMES {
            let cut = wrap(&name, NAMES - 2).first().copied().unwrap_or_default();
            name = format!("{cut}{}", painter.glyphs().ellipsis);
        }
        let (from, to) = (column(started), column(ended.unwrap_or(until)));
        let before = " ".repeat(NAMES.saturating_sub(width(&name)) + from);
        let bar = painter.glyphs().full.repeat(to.saturating_sub(from) + 1);
        doc.sign("", (sign, tone), format!("{name}{before}{bar}"), if tone == Tone::Ok { Tone::Text } else { tone });
    }
}
