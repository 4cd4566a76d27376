//! A panel a Region: each component's health and what it says of itself; and a line for what no Region owns. How old a line is
//! stands beside it where that matters, which is when it is no longer fresh; how old all others are, the frame says.

use ratatui::layout::Rect;

use super::layout::{ABREAST, Layout, Tier};
use super::paint::{Painter, Pen, width};
use super::skin::Tone;
use super::words;
use crate::app::Model;
use crate::domain::board::Glance;
use crate::domain::reading::{Freshness, Health};
use crate::domain::region::{Place, Region};

/// How wide the column of ages is.
const AGE: u16 = 6; // `never` and a space

pub(super) fn draw(model: &Model, layout: &Layout, painter: &mut Painter<'_>) {
    if layout.tier == Tier::Small {
        return super::wall::regions(model, layout.world, painter);
    }
    let direction = &model.run.direction;
    panel(model, &direction.source, "SOURCE", Tone::Source, layout.source, painter);
    panel(model, &direction.target, "TARGET", Tone::Target, layout.target, painter);
    world(model, layout.world, painter);
}

fn panel(model: &Model, region: &Region, side: &str, tone: Tone, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let glyphs = painter.glyphs();
    let role = model.service.regions.role_of(region).map_or("", |role| role.as_str());
    let traffic = if model.active() == Some(region) { ", active" } else { "" };
    let title = [
        (region.as_str(), Tone::Title),
        (" ", Tone::Dim),
        (side, tone),
        (" ", Tone::Dim),
        (role, Tone::Dim),
        (traffic, Tone::Accent),
    ];
    let (health, since) = model.worst.get(region).copied().unwrap_or((Health::Unknown, model.now));
    let (sign, word, word_tone) = words::region(model, region, glyphs);
    let since = match health {
        Health::Healthy => String::new(),
        _ => format!(" {}", model.age(since)),
    };
    let right = [(sign, word_tone), (" ", word_tone), (word, word_tone), (since.as_str(), word_tone)];
    let inside = painter.frame(area, &title, &right, false);
    // In a narrow panel the state matters more than the end of a name.
    let most = if inside.width < 45 { 8 } else { 14 };
    let place = Place::Region(region.clone());
    let name = u16::try_from(model.regional().map(|component| width(&component.title)).max().unwrap_or(0))
        .unwrap_or(0)
        .clamp(8, most);
    let count = model.regional().count();
    let room = usize::from(inside.height);
    // What has no line of its own is told in the last one.
    let shown = if count > room { room.saturating_sub(1) } else { count };
    let mut line = 0;
    for component in model.regional().take(shown) {
        let mut pen = Pen::line(inside, line);
        let start = pen.x;
        pen.skip(1);
        let mut named = Pen { end: pen.x.saturating_add(name).min(pen.end), ..pen };
        painter.put(&mut named, &component.title, Tone::Text);
        pen.to(start, name.saturating_add(2));
        glance(model, model.board.glance(&component.id, &place), false, &mut pen, painter);
        line += 1;
    }
    within(model, &place, area, painter);
    if shown < count && line < inside.height {
        others(model, &place, shown, Pen::line(inside, line), painter);
        line += 1;
    }
    facts(model, &place, inside, line.saturating_add(1), painter);
}

/// How many components are not shown, and how the worst of them is.
fn others(model: &Model, place: &Place, shown: usize, mut pen: Pen, painter: &mut Painter<'_>) {
    let health = |id| model.board.glance(id, place).map_or(Health::Unknown, |glance| glance.shown(model.now));
    let rest: Vec<_> = model.regional().skip(shown).collect();
    let Some(worst) = rest.iter().max_by_key(|component| health(&component.id)) else { return };
    let (sign, word, tone) = words::health(health(&worst.id), painter.glyphs());
    pen.skip(1);
    painter.put(&mut pen, &format!("{} more: ", rest.len()), Tone::Dim);
    painter.sign(&mut pen, sign, tone);
    painter.put(&mut pen, " ", tone);
    painter.put(&mut pen, word, tone);
    if health(&worst.id) != Health::Healthy {
        painter.put(&mut pen, ", ", tone);
        painter.put(&mut pen, &worst.title, tone);
    }
}

/// In the frame's bottom line: within which time all was read that has no age beside it.
fn within(model: &Model, place: &Place, area: Rect, painter: &mut Painter<'_>) {
    let glances = model.regional().map(|component| model.board.glance(&component.id, place));
    let (fresh, rest): (Vec<_>, Vec<_>) =
        glances.partition(|glance| glance.is_some_and(|glance| glance.freshness(model.now) == Freshness::Fresh));
    let Some(oldest) = fresh.into_iter().flatten().filter_map(|glance| glance.read_at).min() else { return };
    let which = if rest.is_empty() { "" } else { "the others " };
    let says = format!(" {which}read within {} ", model.at_most(oldest));
    let mut pen = Pen::foot(area);
    if area.height > 1 && width(&says) <= pen.room() {
        painter.put_right(&mut pen, &says, Tone::Dim);
    }
}

/// The state of one component on what is left of a line, with its age at the end: always, or only where it is not fresh.
fn glance(model: &Model, glance: Option<&Glance>, always: bool, pen: &mut Pen, painter: &mut Painter<'_>) {
    let glyphs = painter.glyphs();
    let Some(glance) = glance else {
        painter.sign(pen, glyphs.unknown, Tone::Unknown);
        let missing = model.replay.as_ref().is_some_and(|replay| replay.missing.is_some());
        let why = if missing { " unknown, readings were not kept" } else { " unknown, not read yet" };
        painter.put(pen, why, Tone::Unknown);
        return;
    };
    let age = glance.read_at.map_or_else(|| "never".to_owned(), |at| model.age(at));
    let fresh = glance.freshness(model.now);
    pen.end = pen.end.saturating_sub(1).max(pen.x);
    if always || fresh != Freshness::Fresh {
        aged(&age, fresh, pen, painter);
    }
    let (sign, word, tone) = words::health(glance.shown(model.now), glyphs);
    painter.sign(pen, sign, tone);
    pen.skip(1);
    if fresh == Freshness::Fresh {
        // A healthy summary speaks for itself; what is not healthy is named in a word as well. Where there is no room for both,
        // the sign says that it is degraded, and the line why.
        let unwell = match glance.health {
            Health::Down => true,
            Health::Degraded => width(word) + 1 + width(&glance.summary) <= pen.room(),
            Health::Healthy | Health::Unknown => false,
        };
        if unwell || glance.summary.is_empty() {
            painter.put(pen, word, tone);
            pen.skip(1);
        }
        painter.put(pen, &glance.summary, if glance.health == Health::Healthy { Tone::Text } else { tone });
        return;
    }
    painter.put(pen, word, tone);
    if let Some((unread, _)) = &glance.failure {
        painter.put(pen, ": ", tone);
        painter.put(pen, unread.why.as_str(), tone);
    }
    if !glance.summary.is_empty() {
        painter.put(pen, ", last ", Tone::Dim);
        painter.put(pen, &glance.summary, Tone::Dim);
    }
}

/// Writes an age at the end of a line.
fn aged(age: &str, fresh: Freshness, pen: &mut Pen, painter: &mut Painter<'_>) {
    let mut at_end = Pen { x: pen.end.saturating_sub(AGE).max(pen.x), ..*pen };
    painter.put_right(&mut at_end, age, if fresh == Freshness::Fresh { Tone::Dim } else { Tone::Warn });
    pen.end = pen.end.saturating_sub(AGE).max(pen.x);
}

/// Every reading of a place, as far as there is room.
fn facts(model: &Model, place: &Place, inside: Rect, from: u16, painter: &mut Painter<'_>) {
    if from >= inside.height {
        return;
    }
    let shown = model.board.iter().filter(|(key, reading)| {
        key.place == *place && !matches!(reading.value, crate::domain::reading::Value::Series(_))
    });
    for (line, (key, reading)) in (from..inside.height).zip(shown) {
        let mut pen = Pen::line(inside, line);
        pen.skip(1);
        pen.end = pen.end.saturating_sub(1).max(pen.x);
        let start = pen.x;
        let fresh = reading.freshness(model.now);
        let tone = if fresh == Freshness::Fresh { Tone::Text } else { Tone::Warn };
        // What is of an earlier time than the look that brought it is older than the frame says.
        let looked = model.board.glance(&key.component, place).and_then(|glance| glance.read_at);
        if fresh != Freshness::Fresh || looked.is_some_and(|looked| reading.at < looked) {
            aged(&model.age(reading.at), fresh, &mut pen, painter);
        }
        painter.put(&mut pen, &key.component, Tone::Dim);
        painter.put(&mut pen, " ", Tone::Dim);
        painter.put(&mut pen, &key.fact, Tone::Dim);
        pen.to(start, 30);
        pen.skip(1);
        if fresh != Freshness::Fresh {
            painter.put(&mut pen, fresh.as_str(), tone);
            painter.put(&mut pen, ", was ", tone);
        }
        match &reading.value {
            crate::domain::reading::Value::Text(text) => painter.put(&mut pen, text, tone),
            value => painter.put(&mut pen, &value.to_string(), tone),
        }
    }
}

/// What no Region owns, side by side, in as many lines as it takes.
fn world(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let count = u16::try_from(model.global().count()).unwrap_or(u16::MAX).max(1);
    // Lines of the same length, as far as they go.
    let abreast = count.div_ceil(count.div_ceil(ABREAST).min(area.height).max(1)).max(1);
    let wide = area.width / abreast;
    for (index, component) in (0..count).zip(model.global()) {
        let x = area.x.saturating_add(wide.saturating_mul(index % abreast));
        let y = area.y.saturating_add(index / abreast);
        let mut pen = Pen { x, y, end: x.saturating_add(wide).min(area.right()) };
        pen.skip(2);
        painter.put(&mut pen, &component.title, Tone::Dim);
        painter.put(&mut pen, " ", Tone::Dim);
        glance(model, model.board.glance(&component.id, &Place::Global), true, &mut pen, painter);
    }
}
