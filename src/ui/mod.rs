//! Views of the model: what is on the screen, and nothing else. A view reads; it decides nothing and keeps nothing.
//!
//! ```text
//!  banner    mode, service, direction, active Region, clock, who is armed; recovery time, loss, journal
//!  alarm     both sides take writes: only then
//!  regions   the Region being left            the Region taking over
//!  world     what no Region owns: traffic, the public endpoint
//!  lag       replication lag over the last hour
//!  checklist the steps                        the selected step
//!  journal   the latest entries
//!  guide     what the selected step is for, and what to do now: where it is wanted
//!  footer    a message, or the keys
//! ```

mod alarm;
mod banner;
mod big;
mod checklist;
mod debrief;
mod dialogs;
mod doc;
mod filter;
mod footer;
mod guide;
mod journal;
mod lag;
mod paint;
mod presenter;
pub mod preview;
mod region;
mod screens;
mod step;
mod track;
mod wall;
mod words;

pub mod glyphs;
pub mod keys;
pub mod layout;
pub mod skin;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::app::Model;
use crate::app::modal::Sight;
use crate::app::model::{Due, Focus};
use crate::app::screen::Screen;
use crate::app::spot::Spot;
pub use glyphs::Glyphs;
pub use layout::{Layout, Tier};
pub use skin::{Depth, Skin, Tone};

use paint::Painter;
use track::Tracks;

/// Cells of a drawing that lead to a page of the AWS console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The cells: part of a line.
    pub area: Rect,
    /// The address.
    pub to: String,
}

/// What a drawing has shown.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How much of the topmost dialog.
    pub sight: Sight,
    /// What the mouse can point at, and where it stands; the topmost last.
    pub spots: Vec<(Rect, Spot)>,
    /// Cells that lead to a page of the AWS console: none, unless the skin says that the terminal shows links.
    pub links: Vec<Link>,
    /// What is painted on each line.
    tracks: Tracks,
    /// What was before: its room is used again.
    spare: Tracks,
}

impl Seen {
    /// What stands at a column and a line.
    pub fn spot(&self, column: u16, line: u16) -> Option<Spot> {
        let at = Position { x: column, y: line };
        self.spots.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, spot)| *spot)
    }
}

/// Draws the model.
pub fn view(model: &Model, skin: &Skin, buffer: &mut Buffer) {
    look(model, skin, buffer);
}

/// Draws the model, and says what of it is to be seen.
pub fn look(model: &Model, skin: &Skin, buffer: &mut Buffer) -> Seen {
    draw(model, skin, buffer, Due::Everything, None).0
}

/// Whether a buffer shows the model as [`look`] would draw it.
pub fn is_whole(model: &Model, skin: &Skin, buffer: &Buffer) -> bool {
    let mut whole = Buffer::empty(buffer.area);
    look(model, skin, &mut whole);
    whole == *buffer
}

/// Draws what is due over the drawing that has shown `before` in the same looks, or all of it where there is none. Gives what is to be
/// seen, and for each line whether it is as it was.
pub fn draw(model: &Model, skin: &Skin, buffer: &mut Buffer, due: Due, before: Option<Seen>) -> (Seen, Vec<bool>) {
    let area = buffer.area;
    let layout = Layout::of(area, model);
    let only = before.as_ref().and_then(|_| lines(model, &layout, due, area));
    let (mut before, spare) = before
        .map(|mut seen| (std::mem::take(&mut seen.spare), seen))
        .map_or_else(|| (None, Tracks::default()), |(spare, seen)| (Some(seen), spare));
    let mut painter = Painter::new(area, skin, spare.renewed(area.bottom(), only.clone()));
    painter.fill(area, Tone::Text);
    if painter.wants(layout.banner) {
        banner::draw(model, &layout, &mut painter);
    }
    alarm::draw(model, layout.alarm, &mut painter);
    if model.screens.wall {
        wall::draw(model, layout.body, &mut painter);
    } else if model.screens.shown == Screen::Overview {
        if painter.wants(layout.source) || painter.wants(layout.target) || painter.wants(layout.world) {
            region::draw(model, &layout, &mut painter);
        }
        if painter.wants(layout.lag) {
            lag::draw(model, layout.lag, &mut painter);
        }
        if painter.wants(layout.checklist) || painter.wants(layout.step) {
            checklist::draw(model, layout.checklist, &mut painter);
            step::draw(model, layout.step, &mut painter);
        }
        if painter.wants(layout.journal) {
            journal::draw(model, layout.journal, model.focus == Focus::Journal, &mut painter);
        }
    } else if painter.wants(layout.body) {
        screens::draw(model, layout.body, &mut painter);
    }
    if painter.wants(layout.guide) {
        guide::draw(model, layout.guide, layout.tier, &mut painter);
    }
    if painter.wants(layout.footer) {
        let footer = Rect { width: area.width.saturating_sub(presenter::room(model, area)), ..layout.footer };
        footer::draw(model, footer, &mut painter);
    }
    let sight = dialogs::draw(model, area, &mut painter);
    presenter::draw(model, area, &mut painter);
    // A dialog is over what can be pointed at, and over what leads somewhere.
    let open = !model.modals.is_empty();
    let mut spots = if open { Vec::new() } else { std::mem::take(&mut painter.spots) };
    let mut links = if open { Vec::new() } else { std::mem::take(&mut painter.links) };
    if let (Some(before), Some(_)) = (&mut before, &only) {
        // What stands on other lines stands there still.
        let stays = |at: Rect| !painter.wants(at);
        let (kept, linked) = (std::mem::take(&mut before.spots), std::mem::take(&mut before.links));
        spots.retain(|(area, _)| !stays(*area));
        links.retain(|link| !stays(link.area));
        spots = kept.into_iter().filter(|(area, _)| stays(*area)).chain(spots).collect();
        links = linked.into_iter().filter(|link| stays(link.area)).chain(links).collect();
    }
    let mut tracks = painter.into_tracks();
    let kept = tracks.paint(before.as_mut().map(|before| &mut before.tracks), skin, buffer);
    let spare = before.map(|before| before.tracks).unwrap_or_default();
    (Seen { sight, spots, links, tracks, spare }, kept)
}

/// The lines on which there is something to be drawn; `None` if that may be any.
fn lines(model: &Model, layout: &Layout, due: Due, area: Rect) -> Option<Vec<bool>> {
    let overview = model.screens.shown == Screen::Overview;
    let areas = match due {
        Due::Nothing => vec![],
        Due::Banner => vec![layout.banner],
        Due::Selection if overview => vec![layout.checklist, layout.step, layout.guide, layout.footer],
        Due::Selection => vec![layout.body, layout.guide, layout.footer],
        Due::Everything => return None,
    };
    let within = |line| areas.iter().any(|area| !area.is_empty() && (area.top()..area.bottom()).contains(&line));
    Some((0..area.bottom()).map(within).collect())
}
