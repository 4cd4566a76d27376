//! A replay: what was told is told again, and the model takes it in as it did then.

use super::{Effect, events};
use crate::app::action::Action;
use crate::app::model::Model;
use crate::domain::replay::{Beat, Playback, Replayed};

/// Takes in how a replay has moved.
pub(super) fn take(model: &mut Model, replayed: &Replayed, effects: &mut Vec<Effect>) {
    if model.replay.is_none() {
        return;
    }
    if replayed.anew {
        model.begin_again();
    }
    for beat in &replayed.beats {
        match beat {
            Beat::Tick(at) => model.tick(*at),
            Beat::Event(event) => events::take(model, event.clone(), effects),
        }
    }
    model.now = replayed.at;
    if let Some(replay) = &mut model.replay {
        replay.position = replayed.position.clone();
    }
}

/// Goes where the operator went, in a replay. (At their own console they are there already.)
pub(super) fn follow(model: &mut Model, step: &str) {
    if model.replay.is_none() {
        return;
    }
    if let Some(index) = model.rows.iter().position(|row| row.id == step)
        && index != model.selected
    {
        model.selected = index;
        model.step_scroll = 0;
    }
}

/// How an action moves a replay.
pub(super) fn playback(action: Action) -> Option<Playback> {
    Some(match action {
        Action::ReplayToggle => Playback::Toggle,
        Action::ReplayNext => Playback::Next,
        Action::ReplayBack => Playback::Back,
        Action::ReplayFaster => Playback::Faster,
        Action::ReplaySlower => Playback::Slower,
        Action::ReplayMilestone => Playback::NextMilestone,
        Action::ReplayMilestoneBack => Playback::LastMilestone,
        Action::Replay0 => Playback::Tenth(0),
        Action::Replay1 => Playback::Tenth(1),
        Action::Replay2 => Playback::Tenth(2),
        Action::Replay3 => Playback::Tenth(3),
        Action::Replay4 => Playback::Tenth(4),
        Action::Replay5 => Playback::Tenth(5),
        Action::Replay6 => Playback::Tenth(6),
        Action::Replay7 => Playback::Tenth(7),
        Action::Replay8 => Playback::Tenth(8),
        Action::Replay9 => Playback::Tenth(9),
        _ => return None,
    })
}
