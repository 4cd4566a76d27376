//! The debrief: what an exercise came to, when its run is closed.

use std::time::Duration;

use super::doc::Doc;
use super::paint::Painter;
use super::skin::Tone;
use crate::app::Model;
use crate::domain::duration::{clock, millis};
use crate::domain::journal::Entry;
use crate::domain::region::Region;
use crate::domain::score::{FULL, Score, Seen, Surprise, score};

/// Writes it down; gives its title.
pub(super) fn put(model: &Model, painter: &Painter<'_>, doc: &mut Doc) -> String {
    let entries: Vec<&Entry> = model.tail.iter().map(AsRef::as_ref).collect();
    let Some(score) = score(&entries, &model.run, model.service.objectives) else {
        doc.put("", "The run is open: it is judged when it is closed.", Tone::Text);
        return "debrief".to_owned();
    };
    truth(&score, doc);
    if let Some(surprise) = &score.surprise {
        told(surprise, painter, doc);
    }
    doc.put("", "points", Tone::Title);
    let glyphs = painter.glyphs();
    if score.deductions.is_empty() {
        doc.put("", "Nothing was taken off: no entry of the journal speaks against the run.", Tone::Text);
    }
    for taken in &score.deductions {
        let says = format!("-{}  entry {}: {}", taken.points, taken.entry, taken.why);
        doc.sign("", (glyphs.warn, Tone::Warn), says, Tone::Text);
        doc.put("better", taken.better.as_str(), Tone::Dim);
    }
    for why in &score.unknown {
        doc.sign("", (glyphs.unknown, Tone::Unknown), format!("not judged: {why}"), Tone::Text);
    }
    format!("debrief: {} of {FULL} points", score.points)
}

fn truth(score: &Score, doc: &mut Doc) {
    let Some(truth) = &score.truth else { return };
    let lost = match (truth.rows_lost, truth.loss_ms) {
        (Some(rows), Some(ms)) => format!("{rows} rows, the writes of {}", millis(ms)),
        (Some(rows), None) => format!("{rows} rows"),
        (None, _) => "nothing: no database was taken over".to_owned(),
    };
    doc.put("lost", lost, Tone::Text);
    let writers: Vec<&str> = truth.writers.iter().map(Region::as_str).collect();
    let (text, tone) = match writers.as_slice() {
        [] => ("nobody takes writes".to_owned(), Tone::Warn),
        [one] => (format!("{one} alone takes writes"), Tone::Text),
        both => (format!("{} both take writes", both.join(" and ")), Tone::Bad),
    };
    doc.put("writers", text, tone);
}

fn told(surprise: &Surprise, painter: &Painter<'_>, doc: &mut Doc) {
    let glyphs = painter.glyphs();
    doc.put("", "the surprise", Tone::Title);
    doc.put("was", surprise.told.title.as_str(), Tone::Accent);
    doc.put("", surprise.told.says.as_str(), Tone::Text);
    let Some(sprung) = surprise.told.sprung else {
        doc.put("came", "never: the run did not get that far", Tone::Dim);
        return;
    };
    doc.put("came", format!("at {}Z", sprung.strftime("%H:%M:%S")), Tone::Text);
    let seen = |seen: &Seen| {
        format!("{} later, by entry {}: {}", clock(Duration::from_millis(seen.after_ms)), seen.entry, seen.says)
    };
    doc.put("shown", surprise.shown.as_ref().map_or_else(|| "by no entry".to_owned(), seen), Tone::Text);
    let noticed = surprise.noticed.as_ref().map(seen);
    let tone = if noticed.is_some() { Tone::Text } else { Tone::Warn };
    doc.put("noticed", noticed.unwrap_or_else(|| "by nobody, as far as the journal tells".to_owned()), tone);
    let (sign, tone, says) = match surprise.handled {
        Some(true) => (glyphs.done, Tone::Ok, "handled"),
        Some(false) => (glyphs.bad, Tone::Bad, "not handled"),
        None => (glyphs.unknown, Tone::Unknown, "not called for"),
    };
    doc.sign("", (sign, tone), says.to_owned(), tone);
    doc.put("right", surprise.told.remedy.as_str(), Tone::Text);
    let (says, tone) = if surprise.sealed {
        ("it was this one from the start: its seal is in the journal", Tone::Dim)
    } else {
        ("its seal is NOT the one that the journal has from the start", Tone::Bad)
    };
    doc.put("sealed", says, tone);
}
