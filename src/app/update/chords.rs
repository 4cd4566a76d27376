//! Keys one after the other: what has been begun waits for its next key, and anything unexpected drops it.

use super::{Effect, actions};
use crate::app::action::Action;
use crate::app::chord::{PATIENCE, Pending, written};
use crate::app::key::{Code, Key};
use crate::app::keymap::Found;
use crate::app::model::{Level, Model};

/// What the keymap says of a key that was pressed.
pub(super) enum Looked {
    /// Nothing: it may be typed.
    Nothing,
    /// It belongs to a chord, and does nothing by itself.
    Taken,
    /// By itself, or as the last of a chord, it does this.
    Action(Action),
}

/// Looks a key up, after those of the chord that has been begun. A key that does not go on with it drops it and is dropped
/// itself: pressed for one thing, it must not do another. A held key neither begins a chord nor goes on with one.
pub(super) fn look(model: &mut Model, key: Key, repeat: bool) -> Looked {
    let Some(context) = model.context() else {
        model.pending = None;
        return Looked::Nothing;
    };
    let rights = model.rights();
    let Some(mut pending) = model.pending.take() else {
        return match model.keymap.find(context, &[key], rights) {
            Found::Action(action) => Looked::Action(action),
            Found::Nothing => Looked::Nothing,
            Found::More => {
                if !repeat {
                    model.pending = Some(Pending { keys: vec![key], context, rights, left: PATIENCE });
                }
                Looked::Taken
            }
        };
    };
    if repeat {
        model.pending = Some(pending);
        return Looked::Taken;
    }
    if key.code == Code::Esc {
        return Looked::Taken;
    }
    pending.keys.push(key);
    match model.keymap.find(context, &pending.keys, rights) {
        Found::Action(action) => Looked::Action(action),
        Found::More => {
            model.pending = Some(Pending { left: PATIENCE, ..pending });
            Looked::Taken
        }
        Found::Nothing => {
            model.say(Level::Info, format!("{} is no key here: nothing was done", written(&pending.keys)));
            Looked::Taken
        }
    }
}

/// Takes Ctrl-C, which always asks to leave; as the last key of a chord it may be the key that quits.
pub(super) fn leave(model: &mut Model, key: Key, effects: &mut Vec<Effect>) {
    let pending = model.pending.take();
    let quits = pending.zip(model.context()).is_some_and(|(mut pending, context)| {
        pending.keys.push(key);
        model.keymap.find(context, &pending.keys, model.rights()) == Found::Action(Action::Quit)
    });
    if quits && model.modals.is_empty() {
        actions::run(model, Action::Quit, effects);
    } else {
        actions::ask_to_leave(model, effects);
    }
}

/// Drops what was begun elsewhere than where keys go now, or by whoever might do other things then. `depth` is how many
/// dialogs were open before the message.
pub(super) fn forget(model: &mut Model, depth: usize) {
    let Some(pending) = &model.pending else { return };
    let same = model.context() == Some(pending.context) && model.rights() == pending.rights;
    if !same || model.modals.len() != depth {
        model.pending = None;
    }
}
