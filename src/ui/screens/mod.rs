//! The screens besides the overview, each in its own file, under a line of tabs.

mod checklist;
mod history;
mod log;
mod people;
mod readiness;
mod timeline;
mod watch;

use ratatui::layout::Rect;

use super::doc::Doc;
use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::Model;
use crate::app::screen::Screen;
use crate::app::spot::Spot;

/// From how many lines on the tabs are shown.
const TABS: u16 = 12;

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut body = area;
    if area.height >= TABS {
        tabs(model, area, painter);
        body.y = body.y.saturating_add(1);
        body.height -= 1;
    }
    let shown = model.screens.shown;
    match shown {
        Screen::Overview => {}
        Screen::Checklist => checklist::draw(model, body, painter),
        Screen::Watch => watch::draw(model, body, painter),
        Screen::Journal => log::draw(model, body, painter),
        Screen::Timeline => timeline::draw(model, body, painter),
        Screen::Readiness => page(model, body, "would a run get through now?", painter, readiness::put),
        Screen::People => page(model, body, "who takes part, and whom to call", painter, people::put),
        Screen::History => page(model, body, "handover runs says the same", painter, history::put),
    }
}

/// The names of the screens with their keys, the one that is shown set apart.
fn tabs(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let mut pen = Pen::line(area, 0);
    pen.skip(1);
    for screen in Screen::ALL {
        let here = screen == model.screens.shown;
        let name = if here || area.width >= 100 { screen.as_str() } else { short(screen) };
        let start = pen.x;
        painter.put(&mut pen, " ", Tone::Dim);
        painter.put(&mut pen, &screen.number().to_string(), Tone::Key);
        painter.put(&mut pen, " ", Tone::Dim);
        painter.put(&mut pen, name, if here { Tone::Title } else { Tone::Dim });
        painter.put(&mut pen, " ", Tone::Dim);
        let whole = Rect { x: start, y: pen.y, width: pen.x.saturating_sub(start), height: 1 };
        painter.spot(whole, Spot::Screen(screen));
        if here {
            painter.tint(whole, Tone::Selected);
        }
    }
}

/// A name where there is room for less.
fn short(screen: Screen) -> &'static str {
    match screen {
        Screen::Overview => "over",
        Screen::Checklist => "steps",
        Screen::Readiness => "ready",
        Screen::Timeline => "times",
        Screen::Watch | Screen::Journal | Screen::People | Screen::History => screen.as_str(),
    }
}

/// A document that fills the screen.
fn page(
    model: &Model,
    area: Rect,
    right: &str,
    painter: &mut Painter<'_>,
    put: impl Fn(&Model, &Painter<'_>, &mut Doc),
) {
    let mut doc = Doc::default();
    put(model, painter, &mut doc);
    framed(model, area, right, doc, painter);
}

/// Draws a document in a frame with the screen's name, scrolled as the screen is.
fn framed(model: &Model, area: Rect, right: &str, mut doc: Doc, painter: &mut Painter<'_>) {
    let shown = model.screens.shown;
    let focused = model.modals.is_empty();
    let filter = model.screens.filter();
    let kept = filter.map(|filter| (filter, doc.keep(&filter.words())));
    let says = kept.map_or_else(String::new, |(filter, kept)| format!("  {}", filter.says(kept.shown, kept.all)));
    let wrong = kept.map_or(0, |(_, kept)| kept.wrong);
    let hidden = if wrong > 0 { format!("  hides {wrong} that want an eye") } else { String::new() };
    let title = [(shown.as_str(), Tone::Title), (says.as_str(), Tone::Text), (hidden.as_str(), Tone::Warn)];
    let right = if filter.is_some() { "esc clears the filter" } else { right };
    let mut inside = painter.frame(area, &title, &[(right, Tone::Dim)], focused);
    if let Some((filter, kept)) = kept {
        inside = crate::ui::filter::line(filter, inside, painter);
        if kept.shown == 0 {
            painter.put(&mut Pen::line(inside, 0), " nothing here holds that; esc clears the filter", Tone::Dim);
        }
    }
    inside.x = inside.x.saturating_add(1);
    inside.width = inside.width.saturating_sub(2);
    let scroll = model.screens.scroll.get(&shown).copied().unwrap_or_default();
    let below = doc.draw(inside, scroll, painter);
    painter.scrolls = below + scroll > 0;
    painter.more(below, &mut Pen::foot(area));
}
