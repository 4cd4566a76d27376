//! The last line: a message, or the keys that work here.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen, width};
use super::skin::Tone;
use crate::app::action::{Action, Context};
use crate::app::chord::written;
use crate::app::keymap::Next;
use crate::app::model::{Focus, Level};
use crate::app::screen::Screen;
use crate::app::update::open_gates;
use crate::app::{Model, Pending};
use crate::domain::run::{Mode, State};
use crate::domain::runbook::{Action as StepAction, Hazard};

pub(super) fn draw(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    if area.is_empty() {
        return;
    }
    let mut pen = Pen::line(area, 0);
    pen.skip(1);
    let glyphs = painter.glyphs();
    if model.leaving {
        painter.put(&mut pen, "leaving: the engine ends what it has begun; ctrl-c leaves at once", Tone::Warn);
        return;
    }
    if let Some(pending) = &model.pending {
        begun(model, pending, &mut pen, painter);
        return;
    }
    if let Some(toast) = &model.toast {
        let (sign, tone) = match toast.level {
            Level::Info => (glyphs.dot, Tone::Text),
            Level::Warn => (glyphs.warn, Tone::Warn),
            Level::Bad => (glyphs.bad, Tone::Bad),
        };
        painter.sign(&mut pen, sign, tone);
        pen.skip(1);
        painter.put(&mut pen, &toast.text, tone);
        return;
    }
    if let Some(why) = &model.latched {
        painter.sign(&mut pen, glyphs.bad, Tone::Bad);
        painter.put(&mut pen, " read-only, the journal can't be written: ", Tone::Bad);
        painter.put(&mut pen, why, Tone::Bad);
        return;
    }
    if model.modals.is_empty()
        && let Some(filter) = model.screens.filter().filter(|filter| filter.typing)
    {
        let says = if !model.screens.shown.has_steps() {
            "every key is a letter now: enter keeps the filter, esc clears it"
        } else if filter.words().is_empty() {
            "every key is a letter now: words of the step that is looked for; esc ends it"
        } else {
            "every key is a letter now: down and up go to the next and the one before; enter ends typing, esc the search"
        };
        painter.put(&mut pen, says, Tone::Warn);
        return;
    }
    if !model.modals.is_empty() {
        painter.put(&mut pen, "a dialog is open: keys go there; esc backs out", Tone::Dim);
        return;
    }
    let rights = model.rights();
    // What stands at the end is what helps when nothing else is known.
    for (action, word) in [(Action::Quit, "quit"), (Action::Palette, "commands"), (Action::Help, "help")] {
        if model.screens.wall && action == Action::Palette {
            continue;
        }
        hint_right(model, action, word, &mut pen, painter);
    }
    if model.screens.wall {
        painter.put(&mut pen, "esc", Tone::Key);
        painter.put(&mut pen, " back to the console", Tone::Dim);
        return;
    }
    let mut hints: Vec<(Action, &str)> = Vec::with_capacity(16);
    if let Some(replay) = &model.replay {
        hints.extend([
            (Action::ReplayToggle, if replay.position.playing { "pause" } else { "go on" }),
            (Action::ReplayNext, "next entry"),
            (Action::ReplayBack, "back"),
            (Action::ReplayMilestone, "next moment"),
            (Action::ReplayFaster, "faster"),
            (Action::ReplaySlower, "slower"),
            (Action::ReplayTenthOn, "a tenth on"),
        ]);
    }
    if model.run.offered.is_some() {
        hints.push((Action::TakeLead, "take the lead"));
    }
    if model.run.closed.is_none() && model.run.is_complete() {
        hints.push((Action::CloseRun, "close the run"));
    }
    match model.screens.shown {
        Screen::Watch => hints.extend([
            (Action::WatchLonger, "longer"),
            (Action::WatchShorter, "shorter"),
            (Action::WatchPause, if model.screens.watch.held.is_some() { "go on" } else { "hold" }),
        ]),
        Screen::Journal => {
            hints.extend([(Action::Filter, "filter"), (Action::Detail, "whole"), (Action::CopyByHand, "copy it")]);
        }
        Screen::Timeline => hints.extend([(Action::Mark, "enter time"), (Action::Filter, "filter")]),
        Screen::Readiness | Screen::People | Screen::History => hints.push((Action::Filter, "filter")),
        _ => {}
    }
    // What fits goes nowhere.
    let goes_down = painter.scrolls || matches!(model.screens.shown, Screen::Watch | Screen::Journal);
    let down = goes_down.then_some((Action::PaneDown, "down"));
    if !model.screens.shown.has_steps() {
        hints.extend(down);
        hints.push((Action::ScreenOverview, "overview"));
    } else if model.focus.context() == Context::Checklist {
        if let Some(word) = start_word(model) {
            let action = if rights.armed { Action::StepPerform } else { Action::StepStart };
            hints.push((action, word));
        }
        hints.extend([(Action::StepWays, "ways out"), (Action::StepFind, "find")]);
    } else {
        hints.extend(down.or((model.focus == Focus::Journal).then_some((Action::PaneDown, "down"))));
        hints.push((Action::FocusChecklist, "checklist"));
    }
    hints.push(if rights.armed { (Action::Disarm, "disarm") } else { (Action::Arm, "arm") });
    if model.screens.shown.has_steps() && model.step().is_some_and(Model::has_plan) {
        hints.push((Action::CopyByHand, "copy by hand"));
    }
    hints.push((Action::Note, "note"));
    if model.screens.shown != Screen::Timeline {
        hints.push((Action::Mark, "enter time"));
    }
    let over = model.run.closed.is_some();
    if over && model.run.mode != Mode::Live && model.replay.is_none() {
        hints.push((Action::GuidePage, "what it came to"));
    }
    if model.replay.is_none() && !over && model.next_open(0).is_some() {
        hints.push((Action::StepReady, "next ready"));
    }
    if model.screens.shown.has_steps() {
        hints.push((Action::Zoom, "zoom"));
    }
    if model.screens.shown == Screen::Overview {
        hints.push((Action::Facts, "readings"));
    }
    let mut said: Vec<String> = Vec::with_capacity(hints.len());
    for (action, word) in hints {
        if rights.meet(action.info().need)
            && let Some(key) = model.keymap.chord(action)
        {
            let key = key.to_string();
            // A screen's own key is before one that works everywhere else.
            if said.contains(&key) {
                continue;
            }
            if key.len() + word.len() + 3 > pen.room() {
                break;
            }
            painter.put(&mut pen, &key, Tone::Key);
            painter.put(&mut pen, " ", Tone::Dim);
            painter.put(&mut pen, word, Tone::Dim);
            pen.skip(2);
            said.push(key);
        }
    }
}

/// The keys of a chord so far, and what can follow.
fn begun(model: &Model, pending: &Pending, pen: &mut Pen, painter: &mut Painter<'_>) {
    painter.put_right(pen, " esc drops it ", Tone::Dim);
    painter.put(pen, &written(&pending.keys), Tone::Key);
    painter.put(pen, " then  ", Tone::Text);
    let next = model.keymap.follows(pending.context, &pending.keys, model.rights());
    for (index, Next { key, binding }) in next.iter().enumerate() {
        let key = key.to_string();
        let (word, tone) = match binding {
            Some(binding) if binding.action.writes() => (binding.action.id().replace('-', " "), Tone::Write),
            Some(binding) => (binding.action.id().replace('-', " "), Tone::Text),
            None => (painter.glyphs().ellipsis.to_owned(), Tone::Dim),
        };
        let left = next.len() - index;
        let more = format!("{left} more");
        // Nothing that could follow is left out without a word.
        let reserve = if left > 1 { more.len() + 1 } else { 0 };
        if width(&key) + width(&word) + 1 + reserve > pen.room() {
            painter.put(pen, &more, Tone::Warn);
            break;
        }
        painter.put(pen, &key, Tone::Key);
        painter.put(pen, " ", Tone::Dim);
        painter.put(pen, &word, tone);
        pen.skip(2);
    }
}

/// What Enter means for the selected step.
fn start_word(model: &Model) -> Option<&'static str> {
    let row = model.row()?;
    let step = model.step_of(row)?;
    match model.state(&step.id) {
        State::Failed(_) | State::Unsure(_) => Some("decide"),
        State::Pending | State::Planned if row.ready => Some(match &step.action {
            StepAction::Attest { .. } => "attest",
            StepAction::Check { .. } => "check",
            StepAction::Wait { .. } => "wait",
            StepAction::Exec(_) if step.hazard == Hazard::None => "run",
            StepAction::Act { .. } | StepAction::Exec(_) if model.rights().armed => {
                match model.plans.get(&step.id).map(|planned| &planned.result) {
                    Some(Err(refusal)) if refusal.already => "record that it is so",
                    Some(Err(_)) => "ways out",
                    _ if open_gates(model, step).is_empty() => "confirm",
                    _ => "its gates",
                }
            }
            StepAction::Act { .. } | StepAction::Exec(_) => return None,
        }),
        _ => None,
    }
}

fn hint_right(model: &Model, action: Action, word: &str, pen: &mut Pen, painter: &mut Painter<'_>) {
    let Some(key) = model.keymap.chord(action) else { return };
    let key = key.to_string();
    if pen.room() < key.len() + word.len() + 4 {
        return;
    }
    painter.put_right(pen, " ", Tone::Dim);
    painter.put_right(pen, word, Tone::Dim);
    painter.put_right(pen, " ", Tone::Dim);
    painter.put_right(pen, &key, Tone::Key);
    pen.end = pen.end.saturating_sub(1).max(pen.x);
}
