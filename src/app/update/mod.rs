//! What follows from a message: the one door through which the model changes.

mod actions;
mod chords;
mod confirm;
mod copying;
mod dialogs;
mod events;
mod mouse;
mod palette;
mod replay;
mod screens;
mod steps;
mod wall;

#[cfg(test)]
mod tests;

pub use steps::open_gates;

use jiff::Timestamp;

use super::action::Action;
use super::key::{Code, Key};
use super::modal::{Field, Modal, Sight, Subject};
use super::model::{Due, Level, Model};
use super::screen::Screen;
use super::spot::Spot;
use crate::domain::command::{Command, Event};
use chords::Looked;

/// What comes in.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key {
        /// Which.
        key: Key,
        /// Whether the terminal says that it is held.
        repeat: bool,
        /// When it was read from the terminal, by the wall clock.
        at: Timestamp,
    },
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// The engine says something.
    Engine(Event),
    /// A second has passed; the run's clock says this.
    Tick(Timestamp),
    /// Something was clicked at.
    Click(Spot),
    /// The wheel was turned over something, down or up.
    Wheel {
        /// Over what.
        spot: Option<Spot>,
        /// Whether down.
        down: bool,
    },
    /// How much of the topmost dialog is drawn; comes before [`Msg::Drawn`].
    Sight(Sight),
    /// The model has been drawn, at this moment of the wall clock: what is open now is in sight from here on.
    Drawn(Timestamp),
    /// The console opens on a screen.
    Open(Screen),
    /// Something outside the model wants to be said, such as that a copy failed.
    Say(Level, String),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The engine is asked for something.
    Engine(Command),
    /// Text goes to the clipboard.
    Copy(String),
    /// The past runs are read.
    History,
    /// The terminal is to tell of the mouse, or no longer.
    Mouse(bool),
    /// The run is to be led from here, if nobody leads it.
    TakeLead,
    /// The lead is given up: the run is to be watched from here.
    Watch,
    /// The screen is cleared and drawn anew.
    Redraw,
    /// The console ends.
    Quit,
}

/// Takes a message in, and says what is to be done.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    let depth = model.modals.len();
    let plain = is_plain(model);
    let mut due = match msg {
        // These say themselves whether they are worth more.
        Msg::Engine(Event::Looked { .. }) => Due::Nothing,
        // Only who watches a replay follows a selection.
        Msg::Engine(Event::Selected(_)) if model.replay.is_none() => Due::Nothing,
        Msg::Tick(_) if model.replay.is_none() => Due::Banner,
        _ => Due::Everything,
    };
    match msg {
        Msg::Sight(sight) => {
            model.sight = sight;
            if let Some(modal) = model.modals.last_mut().filter(|_| !sight.asks) {
                modal.resurface();
            }
            return effects;
        }
        // What was not to be seen has not come into sight.
        Msg::Drawn(_) if !model.sight.asks => return effects,
        Msg::Drawn(at) => {
            if let Some(guard) = model.modals.last_mut().and_then(Modal::guard_mut) {
                guard.drawn(at);
            }
            return effects;
        }
        Msg::Tick(now) => {
            // The run's clock is the replay's, and comes with what it shows.
            if model.replay.is_none() {
                model.tick(now);
                steps::resolve_selected(model, &mut effects);
            }
            model.lose_patience();
            model.presenter.tick();
        }
        Msg::Resize => model.pending = None,
        Msg::Click(spot) => mouse::click(model, spot, &mut effects),
        Msg::Wheel { spot, down } => mouse::wheel(model, spot, down, &mut effects),
        Msg::Open(screen) => screens::open(model, screen, &mut effects),
        Msg::Say(level, text) => model.say(level, text),
        Msg::Engine(event) => events::take(model, event, &mut effects),
        Msg::Paste(text) => paste(model, &text),
        Msg::Key { key, repeat, at } => {
            let ran = press(model, key.normal(), repeat, at, &mut effects);
            if ran.is_some_and(selects) && plain && is_plain(model) {
                due = Due::Selection;
            }
        }
    }
    chords::forget(model, depth);
    if model.modals.len() < depth {
        // What comes to light again has not been in sight: it has to be drawn, and answered, anew.
        if let Some(modal) = model.modals.last_mut() {
            modal.resurface();
        }
    }
    if depth > 0 {
        events::go_on(model, &mut effects);
    }
    let quiet = effects.is_empty() || due == Due::Selection;
    // The banner and the selection are different parts of the screen.
    let both = due != Due::Nothing && model.due != Due::Nothing && due != model.due;
    model.due = if quiet && !both { model.due.max(due) } else { Due::Everything };
    effects
}

/// Whether there is nothing on the screen of steps that a key to select one could take away.
fn is_plain(model: &Model) -> bool {
    let overlaid = !model.modals.is_empty() || model.pending.is_some() || model.presenter.on || model.toast.is_some();
    let overlaid = overlaid || !model.presenter.pressed.is_empty();
    model.screens.shown.has_steps() && !model.screens.wall && !overlaid
}

/// Whether all that an action does is to select a step, and to ask the engine what it comes to.
fn selects(action: Action) -> bool {
    matches!(
        action,
        Action::StepNext
            | Action::StepPrev
            | Action::StepPageDown
            | Action::StepPageUp
            | Action::StepFirst
            | Action::StepLast
    )
}

/// Does what a key does; gives the action that it ran, outside any dialog.
fn press(model: &mut Model, key: Key, repeat: bool, at: Timestamp, effects: &mut Vec<Effect>) -> Option<Action> {
    if key == Key::ctrl('c') {
        model.presenter.press(key, "leave?");
        if !repeat {
            chords::leave(model, key, effects);
        }
        return None;
    }
    if !model.screens.wall && screens::types(model, key, effects) {
        return None;
    }
    let action = match chords::look(model, key, repeat) {
        Looked::Taken => return None,
        Looked::Action(action) => Some(action),
        Looked::Nothing => None,
    };
    if !model.modals.is_empty() {
        dialogs::press(model, key, action, repeat, at, effects);
    } else if model.screens.wall {
        wall::press(model, key, action, repeat, effects);
    } else if key.code == Code::Esc {
        model.presenter.press(key, "back");
        back_out(model);
    } else if let Some(action) = action.filter(|action| !repeat || moves(*action)) {
        // A held key moves; it never starts anything.
        model.presenter.press(key, action.id());
        actions::run(model, action, effects);
        return Some(action);
    }
    None
}

/// Backs out of whatever is not the plain checklist, one thing at a time.
fn back_out(model: &mut Model) {
    let said = model.toast.take().is_some();
    if !screens::back_out(model) && !said {
        if model.zoom {
            model.zoom = false;
        } else {
            model.focus = super::model::Focus::Checklist;
        }
    }
}

/// Whether a held key does it again and again.
fn moves(action: Action) -> bool {
    let scrolls = matches!(
        action,
        Action::PaneDown
            | Action::PaneUp
            | Action::PanePageDown
            | Action::PanePageUp
            | Action::MenuNext
            | Action::MenuPrev
            | Action::PaletteNext
            | Action::PalettePrev
            | Action::HelpDown
            | Action::HelpUp
            | Action::HelpPageDown
            | Action::HelpPageUp
            | Action::ReplayNext
            | Action::ReplayBack
    );
    scrolls || selects(action)
}

fn paste(model: &mut Model, text: &str) {
    model.pending = None;
    match model.modals.last_mut() {
        None if !model.screens.wall && model.screens.filter().is_some_and(|filter| filter.typing) => {
            model.screens.filter_mut().input.paste(text);
        }
        Some(Modal::Help(help)) if help.filter.typing => help.filter.input.paste(text),
        Some(Modal::Reason(reason)) => {
            reason.input.paste(text);
            reason.error = None;
        }
        Some(Modal::Palette(_)) => {
            if let Some(Modal::Palette(palette)) = model.modals.last_mut() {
                palette.input.paste(text);
            }
            palette::filter(model);
        }
        Some(Modal::Confirm(confirm)) => match &mut confirm.subject {
            Subject::Attest(attest) if attest.field == Field::Note => attest.note.paste(text),
            Subject::Attest(attest) if attest.field == Field::When => attest.when.paste(text),
            _ => confirm.notice = Some("a paste never confirms: type it".to_owned()),
        },
        _ => {}
    }
}
