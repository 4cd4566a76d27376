//! Starting steps, and the ways out of one that did not go well.

use jiff::Timestamp;

use super::Effect;
use crate::app::action::Action as Key;
use crate::app::input::Input;
use crate::app::modal::{Attest, Call, Choice, Confirm, Field, Gates, Guard, Item, Menu, Modal, Purpose, Subject, Way};
use crate::app::model::{Level, Model, PLAN_PACE};
use crate::domain::command::Command;
use crate::domain::fencing::next;
use crate::domain::gate::{GateResult, Sight};
use crate::domain::plan::Plan;
use crate::domain::reading::age;
use crate::domain::run::State;
use crate::domain::runbook::{Action, Hazard, Step};
use crate::domain::safeguard::is_done;
use crate::domain::timeline::Milestone;
use crate::domain::undo::undo;

/// Why a plan that cannot be undone and has no phrase can't be confirmed.
pub(super) const UNPHRASED: &str = "this cannot be undone and its plan has no phrase to type: do it by hand";

/// How long an answer to a request for a plan is waited for before it is asked for again, in multiples of its pace.
const PATIENCE: u32 = 3;

/// Asks for the selected step's exact call, where it has none that is young enough. This is a read.
pub(super) fn resolve_selected(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.row() else { return };
    let Some(step) = model.step_of(row) else { return };
    if !row.ready || !Model::has_plan(step) || !model.rights().lead {
        return;
    }
    let id = step.id.clone();
    let due = |since: Timestamp, times: u32| age(since, model.now) >= PLAN_PACE.saturating_mul(times);
    let asked = model.asked.get(&id);
    let answered = model.plans.get(&id).map(|planned| planned.at);
    let wanted = match (asked, answered) {
        (None, _) => true,
        (Some(asked), Some(answered)) if answered >= *asked => due(answered, 1),
        (Some(asked), _) => due(*asked, PATIENCE),
    };
    if wanted {
        resolve(model, &id, effects);
    }
}

/// Asks for a step's exact call.
pub(super) fn resolve(model: &mut Model, step: &str, effects: &mut Vec<Effect>) {
    model.asked.insert(step.to_owned(), model.now);
    effects.push(Effect::Engine(Command::Plan(step.to_owned())));
}

/// The gates of a step: those that came with its plan, or its own, looked at now.
pub(super) fn gates(model: &Model, step: &Step) -> Vec<GateResult> {
    if Model::has_plan(step) {
        return match model.plans.get(&step.id) {
            Some(planned) => planned.result.as_ref().map(|(_, gates)| gates.clone()).unwrap_or_default(),
            None => Vec::new(),
        };
    }
    let sight =
        Sight { board: &model.board, direction: &model.run.direction, home: &model.service.regions, now: model.now };
    let look = |gate: &crate::domain::runbook::Gate| {
        let (verdict, evidence) = sight.look(&gate.predicate);
        GateResult { name: gate.name.clone(), verdict, evidence }
    };
    step.gates.iter().map(look).collect()
}

/// The gates of a step that neither hold nor are overridden.
pub fn open_gates(model: &Model, step: &Step) -> Vec<GateResult> {
    let gates = gates(model, step);
    model.run.open_questions(&step.id, &gates).into_iter().cloned().collect()
}

/// Starts the selected step: whatever that means for its kind and where it stands.
pub(super) fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.row().cloned() else { return };
    let Some(step) = model.step_of(&row).cloned() else { return };
    match model.state(&step.id).clone() {
        State::Ended(ending) => model.say(Level::Info, format!("{} is over: {}", row.number, ending.as_str())),
        State::Looking => {
            let cancel = key(model, Key::StepCancel);
            model.say(Level::Info, format!("{} is running; {cancel} stops it", row.number));
        }
        State::InFlight | State::Settling => {
            model.say(
                Level::Info,
                format!("{} was called and is followed until it is done; nothing to press", row.number),
            );
        }
        State::Unsure(_) => ways(model),
        _ if !row.ready => {
            let waits = row.waits_for.join(", ");
            model.say(Level::Warn, format!("{} waits for {waits}", row.number));
        }
        State::Failed(_) => ways(model),
        _ => go(model, &step, effects),
    }
}

/// Starts a step that is ready.
pub(super) fn go(model: &mut Model, step: &Step, effects: &mut Vec<Effect>) {
    match &step.action {
        Action::Act { .. } => perform(model, step, effects),
        Action::Exec(_) if step.hazard != Hazard::None => perform(model, step, effects),
        Action::Attest { statement } => {
            if gates_open(model, step) {
                return;
            }
            let attest = Attest {
                step: step.id.clone(),
                statement: statement.clone(),
                note: Input::default(),
                when: Input::default(),
                guess: step.marks.filter(|marks| *marks == Milestone::ImpactBegan).and_then(|_| model.began()),
                marks: step.marks,
                field: Field::Answer,
                error: None,
            };
            push_confirm(model, Subject::Attest(attest), Way::TwoKeys { first: false });
        }
        Action::Check { .. } | Action::Wait { .. } | Action::Exec(_) => {
            if gates_open(model, step) {
                return;
            }
            effects.push(Effect::Engine(Command::Start(step.id.clone())));
            model.say(Level::Info, format!("{} started", step.title));
        }
    }
}

fn perform(model: &mut Model, step: &Step, effects: &mut Vec<Effect>) {
    if !model.rights().armed {
        let arm = key(model, Key::Arm);
        model.say(Level::Warn, format!("read-only: press {arm} to arm"));
        return;
    }
    let Some(planned) = model.plans.get(&step.id).cloned() else {
        resolve(model, &step.id, effects);
        model.say(Level::Info, "the exact call is being resolved; look at it, then press again");
        return;
    };
    let (plan, gates) = match planned.result {
        Ok(found) => found,
        // There is nothing to confirm: the engine looks once more, and records what it finds.
        Err(refusal) if refusal.already => {
            effects.push(Effect::Engine(Command::Start(step.id.clone())));
            model.say(Level::Info, refusal.reason);
            return;
        }
        Err(refusal) => {
            resolve(model, &step.id, effects);
            ways_saying(model, refusal.reason);
            return;
        }
    };
    if gates_open(model, step) {
        return;
    }
    let hazard = step.hazard.max(plan.hazard);
    let way = way_of(&plan);
    let unphrased = hazard == Hazard::Irreversible && plan.phrase.is_none();
    let call = Call { step: step.id.clone(), plan, hash: planned.hash, at: planned.at, gates };
    push_confirm(model, Subject::Perform(call), way);
    if unphrased && let Some(Modal::Confirm(confirm)) = model.modals.last_mut() {
        confirm.blocked = Some(UNPHRASED.to_owned());
    }
    // What is confirmed should be as young as can be; a plan that differs voids the dialog.
    resolve(model, &step.id, effects);
}

/// How a plan is confirmed.
pub(super) fn way_of(plan: &Plan) -> Way {
    match &plan.phrase {
        Some(phrase) => Way::Phrase { phrase: phrase.clone(), input: Input::default() },
        None => Way::TwoKeys { first: false },
    }
}

/// Opens the gates of a step if any stands open.
pub(super) fn gates_open(model: &mut Model, step: &Step) -> bool {
    if open_gates(model, step).is_empty() {
        return false;
    }
    answered(model);
    model.modals.push(Modal::Gates(Gates { guard: Guard::default(), step: step.id.clone(), selected: 0 }));
    true
}

pub(super) fn push_confirm(model: &mut Model, subject: Subject, way: Way) {
    let blocked = (subject == Subject::Arm).then(|| model.wrong_account()).flatten();
    let confirm = Confirm { guard: Guard::default(), subject, way, notice: None, blocked, scroll: 0 };
    answered(model);
    model.modals.push(Modal::Confirm(Box::new(confirm)));
}

/// A dialog that asks about a step is not stood under by what was said of another.
fn answered(model: &mut Model) {
    model.toast.take_if(|toast| toast.level == Level::Info);
}

/// Opens the ways out of the selected step.
pub(super) fn ways(model: &mut Model) {
    let says = match model.step().map(|step| model.state(&step.id)) {
        Some(State::Failed(why)) => format!("It failed: {why}"),
        Some(State::Unsure(why)) => format!("Nobody knows whether it was done: {why}"),
        _ => String::new(),
    };
    ways_saying(model, says);
}

fn ways_saying(model: &mut Model, mut says: String) {
    let Some(row) = model.row().cloned() else { return };
    let Some(step) = model.step_of(&row).cloned() else { return };
    let id = || step.id.clone();
    let item = |label: &str, detail: &str, choice| Item { label: label.to_owned(), detail: detail.to_owned(), choice };
    let state = model.state(&step.id);
    let mut items = Vec::new();
    match state {
        State::Ended(ending) => {
            if ending.is_undone() {
                items.push(item("do it after all", "it is open again", Choice::Ask(Purpose::Reopen(id()))));
            }
            if is_done(*ending) && undo(&model.service, &model.run.runbook, &step).is_some() {
                let detail = "a step that does so is added, to be confirmed like any";
                items.push(item("take it back", detail, Choice::Ask(Purpose::RollBack(id()))));
            }
        }
        State::Looking => items.push(item("stop it", "it can be started again", Choice::Cancel(id()))),
        State::InFlight | State::Settling | State::Unsure(_) => {
            if matches!(state, State::Unsure(_)) {
                items.push(item("look again", "asks the cloud how far it has come", Choice::Again(id())));
            }
            items.push(item(
                "it was done by hand",
                "the cloud is asked where it can be",
                Choice::Ask(Purpose::ByHand(id())),
            ));
            if matches!(state, State::Unsure(_)) {
                items.push(item("it was not done", "it can then be tried again", Choice::Ask(Purpose::NotDone(id()))));
                items.extend(next_way(model, &step));
                items.push(item("accept the risk", "goes on without knowing", Choice::Ask(Purpose::AcceptRisk(id()))));
            }
        }
        State::Pending | State::Planned | State::Failed(_) => {
            let failed = matches!(state, State::Failed(_));
            let tried = model.record(&step.id).is_some_and(|record| record.tries > 0);
            if !failed && !tried && step.hazard != Hazard::None && says.is_empty() {
                says.push_str("Its risk can be accepted once it was tried and has failed.");
            }
            if row.ready && failed {
                items.push(item(
                    "try it again",
                    "from the start: resolved, shown and confirmed anew",
                    Choice::Again(id()),
                ));
            }
            if row.ready {
                items.extend(next_way(model, &step));
            }
            if row.ready && !open_gates(model, &step).is_empty() {
                items.push(item("look at its gates", "each can be overridden, by name", Choice::Gates(id())));
            }
            items.push(item(
                "it was done by hand",
                "the cloud is asked where it can be",
                Choice::Ask(Purpose::ByHand(id())),
            ));
            if failed || tried {
                items.push(item(
                    "accept the risk",
                    "what it guards against stays possible, and the run goes on",
                    Choice::Ask(Purpose::AcceptRisk(id())),
                ));
            }
            items.push(item("skip it", "it is not called for this time", Choice::Ask(Purpose::Skip(id()))));
            let detail = "nobody can do it now, and what needs it goes on without";
            items.push(item("it is impossible", detail, Choice::Ask(Purpose::Impossible(id()))));
        }
    }
    if items.is_empty() {
        model.say(Level::Info, format!("{} is over", row.number));
        return;
    }
    items.insert(0, item("back", "nothing is changed", Choice::Stay));
    let title = format!("{} {}", row.number, step.title);
    model.modals.push(Modal::Menu(Menu { step: Some(step.id), ..Menu::new(title, says, items) }));
}

/// Another way to fence, if the service file has one.
fn next_way(model: &Model, step: &Step) -> Option<Item> {
    let way = next(&model.service, &model.run, step)?;
    Some(Item {
        label: format!("fence by {} {}", way.component, way.action),
        detail: "the service's next way, to be confirmed like any".to_owned(),
        choice: Choice::Ask(Purpose::NextWay(step.id.clone())),
    })
}

/// The key of an action, for a sentence.
pub(super) fn key(model: &Model, action: Key) -> String {
    model.keymap.chord(action).map_or_else(|| format!(": {}", action.id()), ToString::to_string)
}
