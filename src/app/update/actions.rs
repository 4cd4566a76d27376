//! What each action does.

use super::{Effect, copying, palette, replay, screens, steps};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::app::modal::{Choice, Guard, Help, Item, Menu, Modal, Page, Palette, Purpose, Reason, Subject, Way};
use crate::app::model::{Focus, Level, Model, Role};
use crate::app::screen::Screen;
use crate::domain::command::Command;
use crate::domain::journal::RunOutcome;
use crate::domain::people;
use crate::domain::review::{Finding, Live, Spot, Subject as Reviewed, review};
use crate::domain::run::{Mode, State};
use crate::domain::runbook::Step;
use crate::domain::timeline::Milestone;

const PAGE: usize = 10;

/// Does what an action says, if whoever sits here may.
pub(super) fn run(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if !model.rights().meet(action.info().need) {
        return;
    }
    let last = model.rows.len().saturating_sub(1);
    match action {
        Action::StepNext => select(model, model.selected.saturating_add(1), effects),
        Action::StepPrev => select(model, model.selected.saturating_sub(1), effects),
        Action::StepFirst => select(model, 0, effects),
        Action::StepLast => select(model, last, effects),
        Action::StepPageDown => select(model, model.selected.saturating_add(PAGE), effects),
        Action::StepPageUp => select(model, model.selected.saturating_sub(PAGE), effects),
        Action::StepReady => match model.next_open(model.selected.saturating_add(1)) {
            Some(index) => select(model, index, effects),
            None => model.say(Level::Info, "no step is ready"),
        },
        Action::StepStart | Action::StepPerform => steps::start(model, effects),
        Action::StepGates => {
            if let Some(step) = model.step().cloned()
                && !steps::gates_open(model, &step)
            {
                model.say(Level::Info, "no gate of this step stands open");
            }
        }
        Action::StepWays => steps::ways(model),
        Action::StepPlan => resolve(model, effects),
        Action::StepCancel => cancel(model, effects),
        Action::FocusStep => model.focus = Focus::Step,
        Action::FocusChecklist => screens::back_to_steps(model),
        Action::FocusNext => screens::focus(model, true),
        Action::FocusPrev => screens::focus(model, false),
        Action::PaneDown => scroll(model, 1),
        Action::PaneUp => scroll(model, -1),
        Action::PanePageDown => scroll(model, 10),
        Action::PanePageUp => scroll(model, -10),
        Action::PaneTop => scroll(model, isize::MIN / 2),
        Action::Zoom if model.screens.shown.has_steps() => model.zoom = !model.zoom,
        Action::Zoom => model.say(Level::Info, "this screen has the whole height already"),
        // Behind another pane or screen nobody would see them.
        Action::Facts if model.zoom || model.screens.shown != Screen::Overview => {
            screens::open(model, Screen::Overview, effects);
            model.facts = true;
        }
        Action::Facts => model.facts = !model.facts,
        Action::Guide => guide(model),
        Action::GuidePage => {
            let over = model.run.closed.is_some() && model.run.mode != Mode::Live;
            let page = if over { Page::Debrief } else { Page::Guide };
            model.modals.push(Modal::Help(Help { page, ..Help::default() }));
        }
        Action::CopyByHand => {
            let what = copying::by_hand(model);
            copying::copy(model, what, effects);
        }
        Action::CopyPage => {
            let what = copying::page(model);
            copying::copy(model, what, effects);
        }
        Action::Arm => steps::push_confirm(model, Subject::Arm, Way::TwoKeys { first: false }),
        Action::Disarm => effects.push(Effect::Engine(Command::Disarm)),
        Action::Refresh => {
            effects.push(Effect::Engine(Command::Refresh));
            resolve_if_planned(model, effects);
            model.say(Level::Info, "reading everything now");
        }
        Action::Note => ask(model, Purpose::Note),
        Action::Mark => mark(model),
        Action::OnCall => {
            let people = &model.run.on_call;
            let input = if people.is_empty() { Input::default() } else { Input::holding(&people::line(people)) };
            ask_with(model, Purpose::OnCall, input);
        }
        Action::HandOver if model.is_running() => {
            model.say(Level::Warn, "a step is running: the lead is handed over when nothing is");
        }
        Action::HandOver => ask(model, Purpose::HandOver),
        Action::TakeLead => steps::push_confirm(model, Subject::TakeLead, Way::TwoKeys { first: false }),
        Action::Pause if model.run.paused.is_some() => effects.push(Effect::Engine(Command::Continue)),
        Action::Pause => ask(model, Purpose::Pause),
        Action::Ungraceful => ungraceful(model),
        Action::CloseRun => close(model),
        Action::Wall => model.screens.wall = !model.screens.wall,
        Action::Presenter => {
            let words = model.presenter.toggle();
            model.say(Level::Info, words);
        }
        Action::Mouse => {
            model.mouse = !model.mouse;
            effects.push(Effect::Mouse(model.mouse));
            let words = if model.mouse {
                "the mouse selects and scrolls; it never starts or confirms anything"
            } else {
                "the mouse is the terminal's again: text can be selected"
            };
            model.say(Level::Info, words);
        }
        Action::Palette => {
            model.modals.push(Modal::Palette(Palette::default()));
            palette::filter(model);
        }
        Action::Help => model.modals.push(Modal::Help(Help::default())),
        Action::ScreenOverview
        | Action::ScreenChecklist
        | Action::ScreenWatch
        | Action::ScreenReadiness
        | Action::ScreenTimeline
        | Action::ScreenJournal
        | Action::ScreenPeople
        | Action::People
        | Action::ScreenHistory
        | Action::History => screens::go(model, action, effects),
        Action::Filter | Action::Detail | Action::WatchLonger | Action::WatchShorter | Action::WatchPause => {
            screens::act(model, action);
        }
        Action::StepFind => screens::find(model),
        Action::WholePlan => model.modals.push(Modal::Help(Help { page: Page::Plan, ..Help::default() })),
        Action::Review => {
            let findings = findings(model);
            model.modals.push(Modal::Help(Help { page: Page::Review, findings, ..Help::default() }));
        }
        Action::Preflight => {
            model.modals.push(Modal::Help(Help { page: Page::Preflight, ..Help::default() }));
            ask_what_it_needs(model, effects);
        }
        Action::ReplayToggle
        | Action::ReplayNext
        | Action::ReplayBack
        | Action::ReplayFaster
        | Action::ReplaySlower
        | Action::ReplayMilestone
        | Action::ReplayMilestoneBack
        | Action::ReplayTenthOn
        | Action::ReplayTenthBack => {
            effects.extend(replay::playback(model, action).map(|how| Effect::Engine(Command::Play(how))));
        }
        Action::BackOut => super::back_out(model),
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Quit => {
            if model.role != Role::Replay && (model.is_running() || model.rights().armed) {
                ask_to_leave(model, effects);
            } else {
                leave(model, effects);
            }
        }
        // These mean something in a dialog only, and are taken there.
        Action::MenuNext
        | Action::MenuPrev
        | Action::MenuChoose
        | Action::PaletteNext
        | Action::PalettePrev
        | Action::PaletteRun
        | Action::HelpDown
        | Action::HelpUp
        | Action::HelpPageDown
        | Action::HelpPageUp
        | Action::HelpFilter
        | Action::HelpClose => {}
    }
}

/// Shows the guide, or hides it. It is beside the steps: from elsewhere it is gone to.
fn guide(model: &mut Model) {
    let shown = model.screens.shown.has_steps() && !model.zoom;
    model.guide = !(model.guide && shown);
    if model.guide && !shown {
        model.zoom = false;
        if !model.screens.shown.has_steps() {
            screens::back_to_steps(model);
        }
    }
}

/// Has the preflight made, unless one was made only now.
pub(super) fn ask_what_it_needs(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.replay.is_none() && !model.preflight.as_ref().is_some_and(|made| made.is_young(model.now)) {
        model.preflight_asked = Some(model.now);
        effects.push(Effect::Engine(Command::Preflight));
    }
}

/// Selects a row, as near to `index` as there is one.
pub(super) fn select(model: &mut Model, index: usize, effects: &mut Vec<Effect>) {
    let index = index.min(model.rows.len().saturating_sub(1));
    if index != model.selected {
        model.selected = index;
        model.step_scroll = 0;
        if model.rights().lead
            && let Some(row) = model.row()
        {
            effects.push(Effect::Engine(Command::Selected(row.id.clone())));
        }
    }
    steps::resolve_selected(model, effects);
}

/// Asks for a line of text.
pub(super) fn ask(model: &mut Model, purpose: Purpose) {
    ask_with(model, purpose, Input::default());
}

/// Asks for a line of text, of which something is there already.
fn ask_with(model: &mut Model, purpose: Purpose, input: Input) {
    let reason = Reason { guard: Guard::default(), purpose, input, error: None };
    model.modals.push(Modal::Reason(reason));
}

/// Asks whether to leave, on top of whatever is open. Asked a second time while it leaves, it leaves at once.
pub(super) fn ask_to_leave(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.leaving || model.role == Role::Replay {
        effects.push(Effect::Quit);
        return;
    }
    let asks = |modal: &Modal| matches!(modal, Modal::Menu(menu) if menu.items.iter().any(|item| item.choice == Choice::Leave));
    if model.modals.iter().any(asks) {
        return;
    }
    let running: Vec<&str> =
        model.rows.iter().filter(|row| model.state(&row.id).is_running()).map(|row| row.number.as_str()).collect();
    let (says, detail) = if let Role::Observer { lead } = &model.role {
        match &model.run.offered {
            Some(offer) => {
                let who =
                    format!("Nobody leads this run: it was handed to {}. Whoever takes it goes on with it.", offer.to);
                (who, "the run stays as it is")
            }
            None => (
                format!("{lead} leads this run, and goes on with it. You can come back at any time."),
                "the run goes on",
            ),
        }
    } else if running.is_empty() {
        ("No step is running. The run stays open, and can be resumed.".to_owned(), "the run can be resumed")
    } else {
        let settling = model.run.steps.values().any(|record| matches!(record.state, State::InFlight | State::Settling));
        let what = if settling {
            "What AWS was asked to do goes on there, and `handover resume` finds it again."
        } else {
            "`handover resume` takes it up again."
        };
        (
            format!("Still running: {}. {what} The journal will say that you left.", running.join(", ")),
            "the journal says so",
        )
    };
    let watches = model.role != Role::Lead;
    let item = |label: &str, detail: &str, choice| Item { label: label.to_owned(), detail: detail.to_owned(), choice };
    let items = vec![
        item("stay", "nothing is changed", Choice::Stay),
        item(if running.is_empty() || watches { "leave" } else { "leave while it runs" }, detail, Choice::Leave),
    ];
    let title = "leave the console?".to_owned();
    model.modals.push(Modal::Menu(Menu::new(title, says, items)));
}

/// Leaves: the engine writes down what it must, and then the console ends.
pub(super) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.role != Role::Lead || model.ended {
        effects.push(Effect::Quit);
        return;
    }
    model.leaving = true;
    model.modals.clear();
    effects.push(Effect::Engine(Command::Leave));
}

fn resolve(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.row() else { return };
    let Some(step) = model.step_of(row) else { return };
    if !Model::has_plan(step) {
        model.say(Level::Info, "this step makes no call");
    } else if row.ready {
        let id = step.id.clone();
        steps::resolve(model, &id, effects);
        model.say(Level::Info, "resolving the exact call again");
    } else {
        model.say(Level::Info, "a step is resolved when it is ready");
    }
}

fn resolve_if_planned(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.row() else { return };
    if row.ready && model.plans.contains_key(&row.id) {
        let id = row.id.clone();
        steps::resolve(model, &id, effects);
    }
}

fn cancel(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(row) = model.row() else { return };
    if can_stop(model) {
        effects.push(Effect::Engine(Command::Cancel(row.id.clone())));
        model.say(Level::Info, "stopping it");
    } else {
        model.say(Level::Info, "nothing to stop here: a call that was made can't be taken back");
    }
}

/// Whether something of the selected step can be stopped.
pub(super) fn can_stop(model: &Model) -> bool {
    model.row().is_some_and(|row| *model.state(&row.id) == State::Looking) || program_runs(model)
}

fn program_runs(model: &Model) -> bool {
    model.step().is_some_and(|step| {
        matches!(step.action, crate::domain::runbook::Action::Exec(_)) && model.state(&step.id).is_running()
    })
}

fn scroll(model: &mut Model, by: isize) {
    if screens::scroll(model, by) {
        return;
    }
    scroll_pane(model, model.focus, by);
}

/// Scrolls a pane of the screens on which steps are selected.
pub(super) fn scroll_pane(model: &mut Model, pane: Focus, by: isize) {
    match pane {
        Focus::Step => model.step_scroll = model.step_scroll.saturating_add_signed(by).min(10_000),
        // The journal is read from its newest entry upwards.
        Focus::Journal => {
            let by = if by <= isize::MIN / 4 { isize::MAX } else { -by };
            model.journal_scroll =
                model.journal_scroll.saturating_add_signed(by).min(model.tail.len().saturating_sub(1));
        }
        Focus::Checklist => {}
    }
}

fn mark(model: &mut Model) {
    let item = |milestone: &Milestone| Item {
        label: milestone.as_str().replace('-', " "),
        detail: match model.run.timeline.at(*milestone) {
            Some(at) => format!("{} UTC", at.strftime("%H:%M:%S")),
            None => "not known".to_owned(),
        },
        choice: Choice::Ask(Purpose::Mark(*milestone)),
    };
    let items = Milestone::ALL.iter().map(item).collect();
    let title = "enter a moment".to_owned();
    let says = "Without the moment the impact began, the recovery time is not measured.".to_owned();
    model.modals.push(Modal::Menu(Menu::new(title, says, items)));
}

/// What the review finds now. Of a run that was taken up its own runbook alone is known: then only what is said of its
/// steps is shown, as the others may have what seems to be missing.
pub(super) fn findings(model: &Model) -> Vec<Finding> {
    let alone = [model.run.runbook.clone()];
    let whole = !model.runbooks.is_empty();
    let subject = Reviewed {
        service: &model.service,
        runbooks: if whole { &model.runbooks[..] } else { alone.as_slice() },
        live: Some(Live { board: &model.board, now: model.now }),
        drills: None,
        today: model.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    };
    let mut findings = review(&subject);
    findings.retain(|finding| whole || matches!(finding.spot, Spot::Step(..)));
    findings
}

fn ungraceful(model: &mut Model) {
    if can_go_on(model) {
        ask(model, Purpose::Ungraceful);
    } else {
        model.say(Level::Info, "no open step of this runbook is done otherwise without the source");
    }
}

/// Whether an open step is done otherwise without the source.
pub(super) fn can_go_on(model: &Model) -> bool {
    let open = |(_, step): (usize, &Step)| step.ungraceful.is_some() && !model.state(&step.id).is_ended();
    model.run.runbook.steps().any(open)
}

fn close(model: &mut Model) {
    let item = |label: &str, detail: &str, outcome| Item {
        label: label.to_owned(),
        detail: detail.to_owned(),
        choice: Choice::Ask(Purpose::Close(outcome)),
    };
    if model.is_running() {
        model.say(Level::Warn, "a step is running: a run is closed when nothing is");
        return;
    }
    let mut items =
        vec![Item { label: "back".to_owned(), detail: "the run stays open".to_owned(), choice: Choice::Stay }];
    let (done, all) = model.run.progress();
    if model.run.is_complete() {
        items.push(item("verified", "every step is over and the target is verified", RunOutcome::Verified));
    } else if !model.run.has_written() {
        items.push(item("stand down", "nothing was written: a false alarm, say", RunOutcome::StoodDown));
    }
    if !model.run.is_complete() {
        items.push(item("abandon", "ends it unfinished", RunOutcome::Abandoned));
    }
    let says = format!("{done} of {all} steps are over.");
    let title = "close the run".to_owned();
    model.modals.push(Modal::Menu(Menu::new(title, says, items)));
}
