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
use crate::app::model::Focus;
use crate::app::screen::Screen;
use crate::app::spot::Spot;
pub use glyphs::Glyphs;
pub use layout::{Layout, Tier};
pub use skin::{Depth, Skin, Tone};
pub use track::Track;

use paint::Painter;

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
    /// What was painted on each line.
    pub tracks: Vec<Track>,
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

/// Draws the banner alone, over what stands there: in most seconds nothing else has changed. Gives how many lines it takes.
pub fn banner(model: &Model, skin: &Skin, buffer: &mut Buffer) -> u16 {
    let layout = Layout::of(buffer.area, model);
    let mut painter = Painter::new(buffer, skin);
    painter.fill(layout.banner, Tone::Text);
    banner::draw(model, &layout, &mut painter);
    layout.banner.height
}

/// Draws what shows which step is selected, and that step, over a drawing that has shown `before`: a key that selects another changes
/// nothing else. Gives what is to be seen, and the lines that were drawn over.
pub fn selection(model: &Model, skin: &Skin, buffer: &mut Buffer, before: Seen) -> (Seen, Vec<bool>) {
    let layout = Layout::of(buffer.area, model);
    let overview = model.screens.shown == Screen::Overview;
    let steps = if overview { [layout.checklist, layout.step] } else { [layout.body, Rect::default()] };
    let areas = [steps[0], steps[1], layout.guide, layout.footer];
    let Seen { sight, mut spots, mut links, tracks } = before;
    let within = |at: Rect| areas.iter().any(|area| area.intersects(at));
    spots.retain(|(area, _)| !within(*area));
    links.retain(|link| !within(link.area));
    let mut painter = Painter::new(buffer, skin);
    painter.spots = spots;
    painter.links = links;
    for area in areas {
        painter.fill(area, Tone::Text);
    }
    if overview {
        checklist::draw(model, layout.checklist, &mut painter);
        step::draw(model, layout.step, &mut painter);
    } else {
        screens::draw(model, layout.body, &mut painter);
    }
    guide::draw(model, layout.guide, layout.tier, &mut painter);
    footer::draw(model, layout.footer, &mut painter);
    let (spots, links) = (std::mem::take(&mut painter.spots), std::mem::take(&mut painter.links));
    let painted = painter.into_tracks();
    let drawn: Vec<bool> = painted.iter().map(|track| !track.is_empty()).collect();
    let tracks =
        tracks.into_iter().zip(painted).map(|(before, now)| if now.is_empty() { before } else { now }).collect();
    (Seen { sight, spots, links, tracks }, drawn)
}

/// Whether a buffer shows the model as [`look`] would draw it.
pub fn is_whole(model: &Model, skin: &Skin, buffer: &Buffer) -> bool {
    let mut whole = Buffer::empty(buffer.area);
    look(model, skin, &mut whole);
    whole == *buffer
}

/// Draws the model, and says what of it is to be seen.
pub fn look(model: &Model, skin: &Skin, buffer: &mut Buffer) -> Seen {
    let area = buffer.area;
    let layout = Layout::of(area, model);
    let mut painter = Painter::new(buffer, skin);
    painter.fill(area, Tone::Text);
    banner::draw(model, &layout, &mut painter);
    alarm::draw(model, layout.alarm, &mut painter);
    if model.screens.wall {
        wall::draw(model, layout.body, &mut painter);
    } else if model.screens.shown == Screen::Overview {
        region::draw(model, &layout, &mut painter);
        lag::draw(model, layout.lag, &mut painter);
        checklist::draw(model, layout.checklist, &mut painter);
        step::draw(model, layout.step, &mut painter);
        journal::draw(model, layout.journal, model.focus == Focus::Journal, &mut painter);
    } else {
        screens::draw(model, layout.body, &mut painter);
    }
    guide::draw(model, layout.guide, layout.tier, &mut painter);
    let footer = Rect { width: area.width.saturating_sub(presenter::room(model, area)), ..layout.footer };
    footer::draw(model, footer, &mut painter);
    let sight = dialogs::draw(model, area, &mut painter);
    presenter::draw(model, area, &mut painter);
    let spots = if model.modals.is_empty() { std::mem::take(&mut painter.spots) } else { Vec::new() };
    // A dialog is over what leads somewhere.
    let links = if model.modals.is_empty() { std::mem::take(&mut painter.links) } else { Vec::new() };
    Seen { sight, spots, links, tracks: painter.into_tracks() }
}
