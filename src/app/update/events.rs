//! What the engine tells.

use std::sync::Arc;

use super::{Effect, actions, replay, steps};
use crate::app::action::Action;
use crate::app::modal::{Guard, Help, Modal, Page, Subject};
use crate::app::model::{Due, Level, Model, OUTPUT, Planned, Progress, Role, TAIL};
use crate::domain::command::Event;
use crate::domain::gate::GateResult;
use crate::domain::journal::{Body, Entry};
use crate::domain::plan::{Plan, Refusal};
use crate::domain::run::Mode;
use crate::domain::runbook::Hazard;

pub(super) fn take(model: &mut Model, event: Event, effects: &mut Vec<Effect>) {
    match event {
        Event::Entry(entry) => take_entry(model, &entry, effects),
        Event::Looked { component, place, at, fresh_for, result } => {
            let known = |model: &Model| {
                let glance = model.board.glance(&component, &place)?;
                Some((glance.health, glance.failure.is_some()))
            };
            let (before, active) = (known(model), model.active().cloned());
            model.news |= model.board.record(&component, &place, at, fresh_for, &result);
            model.lags.record(&component, &place, at, &result);
            model.refresh_worst();
            // Another figure is seen with the next second; what says the same again, only newer, when the ages move on.
            if before != known(model) {
                model.due = Due::Everything;
            }
            if let (Some(before), Some(now)) = (active, model.active().cloned())
                && before != now
            {
                model.say(Level::Warn, format!("{now} has the traffic now, {before} no longer"));
                model.due = Due::Everything;
            }
        }
        Event::Metered(tallies) => model.disruption = tallies,
        Event::Account(account) => {
            model.account = Some(account);
            let wrong = model.wrong_account();
            for modal in &mut model.modals {
                if let Modal::Confirm(confirm) = modal
                    && confirm.subject == Subject::Arm
                {
                    confirm.blocked.clone_from(&wrong);
                }
            }
        }
        Event::Preflight(made) => {
            model.preflight = Some(made);
            model.preflight_asked = None;
        }
        Event::Planned { step, result } => take_plan(model, step, result),
        Event::Output { step, line } => {
            let lines = model.output.entry(step).or_default();
            if lines.len() >= OUTPUT {
                lines.pop_front();
            }
            lines.push_back(line);
        }
        Event::Progress { step, text, next } => {
            let at = model.now;
            model.progress.insert(step, Progress { text, next, at });
        }
        Event::History(read) => model.history = Some(read),
        Event::Asked(step) => {
            let at = model.now;
            model.asked.entry(step).or_insert(at);
        }
        Event::Selected(step) => replay::follow(model, &step),
        Event::Began => model.forget_readings(),
        Event::Stood { worst } => model.worst = worst,
        Event::Replayed(replayed) => replay::take(model, &replayed, effects),
        Event::Refused { why } => model.say(Level::Bad, why),
        Event::Latched { why } => {
            model.say(Level::Bad, format!("the journal can't be written: {why}"));
            model.latched = Some(why);
            close_what_may_not_stay(model);
        }
        Event::Ended => {
            model.ended = true;
            if model.leaving {
                effects.push(Effect::Quit);
            } else if model.role == Role::Lead && model.run.offered.is_some() {
                effects.push(Effect::Watch);
            } else {
                close_what_may_not_stay(model);
            }
        }
    }
}

fn take_entry(model: &mut Model, entry: &Arc<Entry>, effects: &mut Vec<Effect>) {
    if entry.at > model.now {
        model.now = entry.at;
    }
    model.run.apply(entry);
    if let (Body::LeadChange { lead, host }, Role::Observer { .. }) = (&entry.body, &model.role) {
        model.role = Role::Observer { lead: format!("{lead} on {host}") };
    }
    if model.tail.len() >= TAIL {
        model.tail.pop_front();
    }
    model.tail.push_back(Arc::clone(entry));
    if model.journal_scroll > 0 {
        // What is being read stays where it is.
        model.journal_scroll = (model.journal_scroll + 1).min(model.tail.len().saturating_sub(1));
    }
    let opened = matches!(
        entry.body,
        Body::RunOpened { .. }
            | Body::RunClosed { .. }
            | Body::Paused { .. }
            | Body::Continued
            | Body::Ungraceful { .. }
            | Body::RollBack { .. }
    );
    if entry.body.step().is_some() || opened {
        model.refresh_rows();
    }
    if let Some(step) = entry.body.step() {
        if !model.state(step).is_running() {
            model.progress.remove(step);
        }
        close_stale(model, step, entry);
    }
    close_what_may_not_stay(model);
    match &entry.body {
        Body::Settled { step, .. } => {
            model.plans.remove(step);
            model.asked.remove(step);
            let selected = model.row().is_some_and(|row| row.id == *step);
            if selected {
                model.goes_on = Some(step.clone());
                go_on(model, effects);
            }
        }
        Body::Override { step, .. } => {
            let answered =
                model.run.runbook.step(step).cloned().is_some_and(|step| steps::open_gates(model, &step).is_empty());
            if answered {
                model.modals.retain(|modal| !matches!(modal, Modal::Gates(gates) if gates.step == *step));
                model.say(Level::Info, "every gate is answered: the step can be confirmed");
            }
        }
        // Some steps are others now: what was resolved of them is not what they are.
        Body::Ungraceful { .. } => {
            model.plans.clear();
            model.asked.clear();
        }
        Body::LeadOffered { to, .. } => offered(model, &entry.by, to),
        // Whoever was to be followed is another now.
        Body::LeadChange { .. } => model.modals.retain(|modal| !takes_lead(modal)),
        Body::RunClosed { outcome, .. } => {
            let says = format!("the run is closed: {}", outcome.as_str());
            let key = model.keymap.chord(Action::GuidePage).filter(|_| model.run.mode != Mode::Live);
            let hint = key.map(|key| format!("; {key} shows what it came to")).unwrap_or_default();
            model.say(Level::Info, says + &hint);
            debrief(model);
        }
        _ => {}
    }
    steps::resolve_selected(model, effects);
}

/// Goes on to what comes next, unless somebody is answering something, or has selected something else since.
pub(super) fn go_on(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.modals.is_empty() {
        return;
    }
    let Some(step) = model.goes_on.take() else { return };
    if model.row().is_some_and(|row| row.id == step)
        && let Some(next) = model.next_open(model.selected)
    {
        actions::select(model, next, effects);
    }
}

/// Who is guided, or was surprised, is told what the exercise came to.
fn debrief(model: &mut Model) {
    let surprised = model.tail.iter().any(|entry| matches!(entry.body, Body::SurpriseSealed { .. }));
    if model.run.mode != Mode::Live && model.replay.is_none() && (model.guide || surprised) {
        model.modals.push(Modal::Help(Help { page: Page::Debrief, ..Help::default() }));
    }
}

/// The lead is handed to somebody.
fn offered(model: &mut Model, by: &str, to: &str) {
    let text = match &model.role {
        Role::Lead => format!("the lead is handed to {to}: this console watches from here on"),
        Role::Observer { .. } => {
            let you = model.run.offered.as_ref().is_some_and(|offer| offer.is_to(&model.operator));
            let to = if you { "you" } else { to };
            if model.only_watches {
                return model.say(Level::Warn, format!("{by} hands the lead to {to}"));
            }
            format!("{by} hands the lead to {to}: {} takes it", steps::key(model, Action::TakeLead))
        }
        Role::Replay => return,
    };
    model.say(Level::Warn, text);
}

fn takes_lead(modal: &Modal) -> bool {
    matches!(modal, Modal::Confirm(confirm) if confirm.subject == Subject::TakeLead)
}

/// Closes the dialogs about a step that has moved on without them.
fn close_stale(model: &mut Model, step: &str, entry: &Entry) {
    let moved = matches!(
        entry.body,
        Body::Started { .. } | Body::Intent { .. } | Body::Settled { .. } | Body::Failed { .. } | Body::Unsure { .. }
    );
    if !moved {
        return;
    }
    let before = model.modals.len();
    model.modals.retain(|modal| match modal {
        Modal::Confirm(confirm) => match &confirm.subject {
            Subject::Perform(call) => call.step != step,
            Subject::Attest(attest) => attest.step != step,
            Subject::Arm | Subject::TakeLead => true,
        },
        Modal::Gates(gates) => gates.step != step,
        Modal::Reason(_) | Modal::Menu(_) | Modal::Palette(_) | Modal::Help(_) => true,
    });
    if model.modals.len() < before {
        model.say(Level::Warn, "the dialog was closed: the step has moved on");
    }
    // What can be done of it now is offered anew, on top of nothing else.
    let offered = |modal: &mut Modal| matches!(modal, Modal::Menu(menu) if menu.step.as_deref() == Some(step));
    if model.modals.pop_if(offered).is_some() && model.row().is_some_and(|row| row.id == step) {
        steps::ways(model);
        model.say(Level::Warn, "the step has moved on: these are its ways out now");
    }
}

/// Closes the dialogs that whoever sits here may no longer answer.
fn close_what_may_not_stay(model: &mut Model) {
    let rights = model.rights();
    let before = model.modals.len();
    model.modals.retain(|modal| match modal {
        Modal::Confirm(confirm) => match confirm.subject {
            Subject::Perform(_) => rights.armed,
            Subject::Attest(_) => rights.lead,
            Subject::Arm => rights.lead && !rights.armed,
            Subject::TakeLead => rights.observer,
        },
        Modal::Gates(_) | Modal::Reason(_) => rights.lead,
        // Leaving is always possible; what else a menu offers is looked at when it is chosen.
        Modal::Menu(_) | Modal::Palette(_) | Modal::Help(_) => true,
    });
    if model.modals.len() < before && model.toast.is_none() {
        model.say(Level::Warn, "the dialog was closed: it can no longer be answered here");
    }
}

fn take_plan(model: &mut Model, step: String, result: Result<(Arc<Plan>, Vec<GateResult>), Refusal>) {
    let hash = result.as_ref().map(|(plan, _)| plan.hash()).unwrap_or_default();
    let planned = Planned { result, hash, at: model.now };
    let open: Vec<String> = match (&planned.result, model.run.runbook.step(&step)) {
        (Ok((_, gates)), Some(_)) => {
            model.run.open_questions(&step, gates).into_iter().map(|gate| gate.name.clone()).collect()
        }
        _ => Vec::new(),
    };
    let declared = model.run.runbook.step(&step).map_or(Hazard::Irreversible, |step| step.hazard);
    for modal in &mut model.modals {
        let Modal::Confirm(confirm) = modal else { continue };
        let Subject::Perform(call) = &mut confirm.subject else { continue };
        if call.step != step {
            continue;
        }
        match &planned.result {
            Ok((plan, gates)) => {
                if planned.hash == call.hash {
                    // A gate that closed under the hand voids what was given so far, too.
                    if confirm.blocked.is_none() && !open.is_empty() {
                        confirm.way.reset();
                    }
                } else {
                    confirm.way = steps::way_of(plan);
                    confirm.guard = Guard::default();
                    confirm.scroll = 0;
                    confirm.notice = Some("the plan changed: look at the new one and confirm it anew".to_owned());
                }
                let hazard = declared.max(plan.hazard);
                confirm.blocked = if hazard == Hazard::Irreversible && plan.phrase.is_none() {
                    Some(steps::UNPHRASED.to_owned())
                } else if open.is_empty() {
                    None
                } else {
                    Some(format!("gates no longer hold: {}; press Esc and answer them", open.join(", ")))
                };
                call.plan = Arc::clone(plan);
                call.gates.clone_from(gates);
                call.hash.clone_from(&planned.hash);
                call.at = planned.at;
            }
            Err(refusal) => {
                confirm.way.reset();
                confirm.blocked = Some(format!("it can't be done any more: {}", refusal.reason));
            }
        }
    }
    // What held it back has passed by itself, while somebody was looking at it.
    if planned.result.is_ok()
        && open.is_empty()
        && model.modals.pop_if(|modal| matches!(modal, Modal::Gates(gates) if gates.step == step)).is_some()
    {
        model.say(Level::Info, "every gate holds now: the step can be confirmed");
    }
    model.plans.insert(step, planned);
}
