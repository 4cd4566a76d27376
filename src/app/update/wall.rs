//! Keys before the wall: those that look and leave. Nothing is started, armed or confirmed where it is not shown.

use super::{Effect, actions};
use crate::app::action::{Action, Context};
use crate::app::key::{Code, Key};
use crate::app::model::{Level, Model};

/// Takes a key.
pub(super) fn press(model: &mut Model, key: Key, repeat: bool, effects: &mut Vec<Effect>) {
    if key.code == Code::Esc {
        model.presenter.press(key, "back");
        model.toast = None;
        model.screens.wall = false;
        return;
    }
    // A replay is moved by its own keys, which stand before the checklist's.
    let context = if model.replay.is_some() { Context::Checklist } else { Context::Global };
    match model.keymap.lookup(context, key, model.rights()) {
        Some(action) if works(action) => {
            if !repeat || super::moves(action) {
                model.presenter.press(key, action.id());
                actions::run(model, action, effects);
            }
        }
        _ if repeat => {}
        _ => model.say(Level::Info, "this is the wall: esc goes back to the console, and other keys work there"),
    }
}

/// Whether an action is there before the wall.
fn works(action: Action) -> bool {
    matches!(
        action,
        Action::Wall
            | Action::Presenter
            | Action::Mouse
            | Action::ScreenOverview
            | Action::ScreenChecklist
            | Action::ScreenWatch
            | Action::ScreenReadiness
            | Action::ScreenTimeline
            | Action::ScreenJournal
            | Action::ScreenPeople
            | Action::ScreenHistory
            | Action::Help
            | Action::Redraw
            | Action::Quit
            | Action::ReplayToggle
            | Action::ReplayNext
            | Action::ReplayBack
            | Action::ReplayFaster
            | Action::ReplaySlower
            | Action::ReplayTenthOn
            | Action::ReplayTenthBack
            | Action::ReplayMilestone
            | Action::ReplayMilestoneBack
    )
}
