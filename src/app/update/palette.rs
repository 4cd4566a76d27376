//! The command palette: what is in it for whoever sits here, why some of it cannot be done now, and the way to a step.

use super::{Effect, actions, copying, screens};
use crate::app::action::{ACTIONS, Action, Context, Info, Need};
use crate::app::find::{Item, Target, find};
use crate::app::modal::Modal;
use crate::app::model::{Level, Model, Role};
use crate::domain::run::State;

/// How many of the commands that were run last are remembered.
const RECENT: usize = 5;

/// Finds the palette's commands anew; and once something is typed, the steps.
pub(super) fn filter(model: &mut Model) {
    let Some(Modal::Palette(palette)) = model.modals.last() else { return };
    let typed = palette.input.text();
    let listed = ACTIONS.iter().filter_map(|info| Some(Item::of(info, now(model, info)?.err())));
    let steps = model.rows.iter().enumerate().filter(|_| !typed.trim().is_empty()).filter_map(|(index, row)| {
        let doc = model.step_of(row)?.title.as_str();
        Some(Item { target: Target::Step(index), id: &row.number, doc, why: None })
    });
    let found = find(typed, listed.chain(steps), &model.recent);
    if let Some(Modal::Palette(palette)) = model.modals.last_mut() {
        palette.found = found;
        palette.selected = 0;
    }
}

/// Runs the selected command, if it can be done: else it says why not, and the palette stays. Goes to the selected step.
pub(super) fn run(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Modal::Palette(palette)) = model.modals.last() else { return };
    let action = match palette.found.get(palette.selected).map(|hit| hit.target) {
        None => return,
        Some(Target::Action(action)) => action,
        Some(Target::Step(row)) => {
            model.modals.pop();
            screens::back_to_steps(model);
            return actions::select(model, row, effects);
        }
    };
    // As it is now, not as it was when it was listed.
    match now(model, action.info()) {
        Some(Ok(())) => {
            model.modals.pop();
            model.recent.retain(|done| *done != action);
            model.recent.insert(0, action);
            model.recent.truncate(RECENT);
            actions::run(model, action, effects);
        }
        Some(Err(why)) => model.say(Level::Info, format!("{action} cannot be done now: {why}")),
        None => filter(model),
    }
}

/// Whether an action is in the palette, and why it cannot be done now. What writes is not there until the console is armed,
/// nor is what somebody in another role does.
fn now(model: &Model, info: &Info) -> Option<Result<(), &'static str>> {
    let listed = matches!(info.context, Context::Global | Context::Checklist | Context::Replay);
    if !listed || matches!(info.action, Action::Palette | Action::BackOut) {
        return None;
    }
    let rights = model.rights();
    if rights.meet(info.need) {
        return Some(hindrance(model, info.action).map_or(Ok(()), Err));
    }
    match info.need {
        Need::Lead => Some(Err(no_lead(model))),
        Need::ReadOnly if !rights.armed => Some(Err(no_lead(model))),
        _ => None,
    }
}

/// Why nothing that the lead does can be done.
fn no_lead(model: &Model) -> &'static str {
    if model.replay.is_some() {
        "a replay changes nothing"
    } else if model.leaving || model.ended {
        "the console is being left"
    } else if model.latched.is_some() {
        "the journal can't be written"
    } else if model.run.closed.is_some() {
        "the run is closed"
    } else if model.run.offered.is_some() {
        "the lead is being handed over"
    } else if matches!(model.role, Role::Observer { .. }) {
        "whoever leads does that; this console watches"
    } else {
        "this console does not lead"
    }
}

/// What stands in the way of an action that one has the right to.
fn hindrance(model: &Model, action: Action) -> Option<&'static str> {
    let unless = |possible: bool, why| (!possible).then_some(why);
    match action {
        Action::StepReady => unless(model.next_open(0).is_some(), "no step is ready"),
        Action::StepCancel => unless(actions::can_stop(model), "nothing of the selected step can be stopped"),
        Action::StepPlan => unless(
            model.row().is_some_and(|row| row.ready) && model.step().is_some_and(Model::has_plan),
            "the selected step is not ready, or makes no call",
        ),
        Action::StepStart | Action::StepPerform => {
            let ended = model.row().is_none_or(|row| matches!(model.state(&row.id), State::Ended(_)));
            unless(!ended, "the selected step is over")
        }
        Action::CopyByHand => copying::by_hand(model).err(),
        Action::CopyPage => copying::page(model).err(),
        Action::HandOver | Action::CloseRun => unless(!model.is_running(), "a step is running"),
        Action::Ungraceful => unless(actions::can_go_on(model), "no open step is done otherwise without the source"),
        _ => None,
    }
}
