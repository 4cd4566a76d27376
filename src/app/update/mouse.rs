//! The mouse selects and scrolls. It never starts, opens or answers anything: a click is too easily made.

use super::{Effect, actions, confirm, screens};
use crate::app::modal::Modal;
use crate::app::model::{Focus, Model};
use crate::app::spot::Spot;

/// How many lines a turn of the wheel scrolls.
const TURN: isize = 3;

/// Something was clicked at.
pub(super) fn click(model: &mut Model, spot: Spot, effects: &mut Vec<Effect>) {
    if !model.modals.is_empty() || model.screens.wall {
        return;
    }
    match spot {
        Spot::Screen(screen) => screens::open(model, screen, effects),
        Spot::Pane(pane) => model.focus = pane,
        Spot::Step(index) => {
            model.focus = Focus::Checklist;
            actions::select(model, index, effects);
        }
        Spot::Entry(seq) => screens::select_entry(model, seq),
    }
}

/// The wheel was turned.
pub(super) fn wheel(model: &mut Model, spot: Option<Spot>, down: bool, effects: &mut Vec<Effect>) {
    let by = if down { TURN } else { -TURN };
    match model.modals.last_mut() {
        Some(Modal::Help(help)) => help.scroll = help.scroll.saturating_add_signed(by).min(500),
        Some(Modal::Confirm(_)) => confirm::scroll(model, by),
        Some(_) => {}
        None if model.screens.wall => {}
        None => turn(model, spot, by, effects),
    }
}

/// Scrolls the screen, or the pane that the wheel is over.
fn turn(model: &mut Model, spot: Option<Spot>, by: isize, effects: &mut Vec<Effect>) {
    if screens::scroll(model, by) {
        return;
    }
    match spot {
        Some(Spot::Step(_) | Spot::Pane(Focus::Checklist)) => {
            let to = model.selected.saturating_add_signed(by.signum());
            actions::select(model, to, effects);
        }
        Some(Spot::Pane(pane)) => actions::scroll_pane(model, pane, by),
        _ => {}
    }
}
