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
pub(super) fn playback(model: &Model, action: Action) -> Option<Playback> {
    let position = &model.replay.as_ref()?.position;
    let tenth = position.entry.saturating_mul(10) / position.entries.max(1);
    let tenth = u8::try_from(tenth).unwrap_or(9).min(9);
    Some(match action {
        Action::ReplayToggle => Playback::Toggle,
        Action::ReplayNext => Playback::Next,
        Action::ReplayBack => Playback::Back,
        Action::ReplayFaster => Playback::Faster,
        Action::ReplaySlower => Playback::Slower,
        Action::ReplayTenthOn => Playback::Tenth(tenth.saturating_add(1).min(9)),
        Action::ReplayTenthBack => Playback::Tenth(tenth.saturating_sub(1)),
        Action::ReplayMilestone => Playback::NextMilestone,
        Action::ReplayMilestoneBack => Playback::LastMilestone,
        _ => return None,
    })
}
