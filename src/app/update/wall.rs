//! Keys before the wall: those that look and leave. Nothing is started, armed or confirmed where it is not shown.

use super::{Effect, actions};
use crate::app::action::Action;
use crate::app::key::{Code, Key};
use crate::app::model::{Level, Model};

/// Takes a key; `looked_up` is what the keymap says of it.
pub(super) fn press(model: &mut Model, key: Key, looked_up: Option<Action>, repeat: bool, effects: &mut Vec<Effect>) {
    if key.code == Code::Esc || looked_up == Some(Action::BackOut) {
        model.presenter.press(key, "back");
        model.toast = None;
        model.screens.wall = false;
        return;
    }
    match looked_up {
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
