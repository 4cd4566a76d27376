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
pub mod preview;
mod region;
mod screens;
mod step;
mod words;

pub mod glyphs;
pub mod keys;
pub mod layout;
pub mod skin;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::Model;
use crate::app::model::Focus;
use crate::app::screen::Screen;
pub use glyphs::Glyphs;
pub use layout::{Layout, Tier};
pub use skin::{Depth, Skin, Tone};

use paint::Painter;

/// Cells of a drawing that lead to a page of the AWS console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The cells: part of a line.
    pub area: Rect,
    /// The address.
    pub to: String,
}

/// Draws the model.
pub fn view(model: &Model, skin: &Skin, buffer: &mut Buffer) {
    view_linked(model, skin, buffer);
}

/// Draws the model, and tells which cells lead somewhere: none, unless the skin says that the terminal shows links.
pub fn view_linked(model: &Model, skin: &Skin, buffer: &mut Buffer) -> Vec<Link> {
    let area = buffer.area;
    let layout = Layout::of(area, model);
    let mut painter = Painter::new(buffer, skin);
    painter.fill(area, Tone::Text);
    banner::draw(model, &layout, &mut painter);
    alarm::draw(model, layout.alarm, &mut painter);
    if model.screens.shown == Screen::Overview {
        region::draw(model, &layout, &mut painter);
        lag::draw(model, layout.lag, &mut painter);
        checklist::draw(model, layout.checklist, &mut painter);
        step::draw(model, layout.step, &mut painter);
        journal::draw(model, layout.journal, model.focus == Focus::Journal, &mut painter);
    } else {
        screens::draw(model, layout.body, &mut painter);
    }
    guide::draw(model, layout.guide, layout.tier, &mut painter);
    footer::draw(model, layout.footer, &mut painter);
    if !model.modals.is_empty() {
        // A dialog is over them.
        painter.links.clear();
    }
    dialogs::draw(model, area, &mut painter);
    painter.links
}
