//! Keys in a dialog: Esc backs out of every one of them.

use jiff::Timestamp;

use super::{Effect, actions, confirm, palette, steps};
use crate::app::action::Action;
use crate::app::key::{Code, Key};
use crate::app::modal::{Choice, Modal, Purpose};
use crate::app::model::{Level, Model};
use crate::app::when;
use crate::domain::command::Command;
use crate::domain::people;
use crate::domain::runbook::Action as StepAction;

/// Takes a key; `looked_up` is what the keymap says of it in the topmost dialog.
pub(super) fn press(
    model: &mut Model,
    key: Key,
    looked_up: Option<Action>,
    repeat: bool,
    at: Timestamp,
    effects: &mut Vec<Effect>,
) {
    let backs_out = key.code == Code::Esc || looked_up == Some(Action::BackOut);
    present(model, key, looked_up);
    // What cannot be seen is not answered.
    let asks = model.sight.asks || matches!(model.modals.last(), Some(Modal::Help(_)));
    if !asks && !backs_out {
        model.say(Level::Warn, "the screen is too small for this dialog: enlarge it, or press esc");
        return;
    }
    match model.modals.last_mut() {
        None => {}
        Some(Modal::Confirm(_)) => confirm::press(model, key, repeat, at, effects),
        Some(Modal::Help(help)) if backs_out && help.filter.is_on() => help.filter.clear(),
        Some(_) if backs_out => {
            model.modals.pop();
        }
        Some(Modal::Reason(reason)) => {
            if key.code == Code::Enter {
                if !repeat && reason.guard.lets(at) {
                    answer(model, effects);
                }
            } else {
                reason.error = None;
                reason.input.key(key);
            }
        }
        Some(Modal::Menu(menu)) => {
            let guarded = !menu.guard.lets(at);
            match looked_up {
                Some(Action::MenuNext) => menu.selected = (menu.selected + 1).min(menu.items.len().saturating_sub(1)),
                Some(Action::MenuPrev) => menu.selected = menu.selected.saturating_sub(1),
                Some(Action::MenuChoose) if !repeat && !guarded => choose(model, effects),
                _ => {}
            }
        }
        Some(Modal::Gates(gates)) => {
            let guarded = !gates.guard.lets(at);
            let (step, selected) = (gates.step.clone(), gates.selected);
            let Some(step) = model.run.runbook.step(&step).cloned() else { return };
            let open = steps::open_gates(model, &step);
            let last = open.len().saturating_sub(1);
            let selected = match looked_up {
                Some(Action::MenuNext) => (selected + 1).min(last),
                Some(Action::MenuPrev) => selected.saturating_sub(1),
                Some(Action::MenuChoose) if !repeat && !guarded => {
                    if let Some(gate) = open.get(selected) {
                        actions::ask(model, Purpose::Override { step: step.id, gate: gate.name.clone() });
                    }
                    return;
                }
                _ => selected,
            };
            if let Some(Modal::Gates(gates)) = model.modals.last_mut() {
                gates.selected = selected.min(last);
            }
        }
        Some(Modal::Palette(palette)) => match looked_up {
            Some(Action::PaletteNext) => {
                palette.selected = (palette.selected + 1).min(palette.found.len().saturating_sub(1));
            }
            Some(Action::PalettePrev) => palette.selected = palette.selected.saturating_sub(1),
            Some(Action::PaletteRun) if !repeat => palette::run(model, effects),
            _ => {
                if palette.input.key(key) {
                    palette::filter(model);
                }
            }
        },
        Some(Modal::Help(help)) => match looked_up {
            Some(Action::HelpDown) => help.scroll = help.scroll.saturating_add(1).min(500),
            Some(Action::HelpUp) => help.scroll = help.scroll.saturating_sub(1),
            Some(Action::HelpPageDown) => help.scroll = help.scroll.saturating_add(10).min(500),
            Some(Action::HelpPageUp) => help.scroll = help.scroll.saturating_sub(10),
            Some(Action::HelpFilter) => {
                help.filter.typing = true;
                help.scroll = 0;
            }
            Some(Action::HelpClose) => {
                model.modals.pop();
            }
            _ => {}
        },
    }
}

/// Shows a key to who watches: never one that may be part of what is typed.
fn present(model: &mut Model, key: Key, looked_up: Option<Action>) {
    let typing = matches!(model.modals.last(), Some(Modal::Confirm(_) | Modal::Reason(_)));
    match (key.code, looked_up) {
        (Code::Esc, _) => model.presenter.press(key, "back"),
        (Code::Enter, _) if typing => model.presenter.press(key, "answer"),
        (_, Some(action)) if !typing => model.presenter.press(key, action.id()),
        _ => {}
    }
}

/// Chooses the selected line of a menu.
fn choose(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Modal::Menu(menu)) = model.modals.last() else { return };
    let Some(choice) = menu.items.get(menu.selected).map(|item| item.choice.clone()) else { return };
    if !matches!(choice, Choice::Stay | Choice::Leave) && !model.rights().lead {
        return;
    }
    model.modals.pop();
    match choice {
        Choice::Stay => {}
        Choice::Leave => actions::leave(model, effects),
        Choice::Again(step) => {
            let Some(step) = model.run.runbook.step(&step).cloned() else { return };
            if model.run.is_ready(&step.id) {
                steps::go(model, &step, effects);
            } else if matches!(step.action, StepAction::Act { .. } | StepAction::Exec(_)) {
                effects.push(Effect::Engine(Command::Start(step.id)));
                model.say(Level::Info, "looking how far it has come");
            }
        }
        Choice::Cancel(step) => effects.push(Effect::Engine(Command::Cancel(step))),
        Choice::Gates(step) => {
            if let Some(step) = model.run.runbook.step(&step).cloned() {
                steps::gates_open(model, &step);
            }
        }
        Choice::Ask(purpose) => actions::ask(model, purpose),
    }
}

/// Takes the typed line as what it was asked for.
fn answer(model: &mut Model, effects: &mut Vec<Effect>) {
    let now = model.now;
    if !model.rights().lead {
        return;
    }
    let operator = model.operator.clone();
    let Some(Modal::Reason(reason)) = model.modals.last_mut() else { return };
    let text = reason.input.text().trim().to_owned();
    if reason.purpose != Purpose::OnCall && text.chars().count() < 3 {
        reason.error = Some("write it down: it goes into the journal".to_owned());
        return;
    }
    let command = match reason.purpose.clone() {
        Purpose::Override { step, gate } => Command::Override { step, gate, reason: text },
        Purpose::Skip(step) => Command::Skip { step, reason: text },
        Purpose::AcceptRisk(step) => Command::AcceptRisk { step, reason: text },
        Purpose::ByHand(step) => Command::ByHand { step, reason: text },
        Purpose::NotDone(step) => Command::NotDone { step, reason: text },
        Purpose::Impossible(step) => Command::Impossible { step, reason: text },
        Purpose::NextWay(step) => Command::NextWay { step, reason: text },
        Purpose::Reopen(step) => Command::Reopen { step, reason: text },
        Purpose::RollBack(step) => Command::RollBack { step, reason: text },
        Purpose::Pause => Command::Pause { reason: text },
        Purpose::Ungraceful => Command::Ungraceful { reason: text },
        Purpose::Note => Command::Note(text),
        Purpose::OnCall => match people::parse(&text) {
            Ok(people) => Command::OnCall(people),
            Err(why) => {
                reason.error = Some(why);
                return;
            }
        },
        Purpose::HandOver => match people::offer(&text) {
            Ok((to, why)) => Command::HandOver { to, reason: why },
            Err(why) => {
                reason.error = Some(why);
                return;
            }
        },
        Purpose::Mark(milestone) => match when::parse(&text, now) {
            Ok((when, how)) => {
                let source = if how.is_empty() { format!("entered by {operator}") } else { how };
                Command::Mark { milestone, when, source }
            }
            Err(why) => {
                reason.error = Some(why);
                return;
            }
        },
        Purpose::Close(outcome) => Command::Close { outcome, says: text },
    };
    model.modals.pop();
    effects.push(Effect::Engine(command));
}
