//! The last line: a message, or the keys that work here.

use ratatui::layout::Rect;

use super::paint::{Painter, Pen};
use super::skin::Tone;
use crate::app::Model;
use crate::app::action::{Action, Context};
use crate::app::model::Level;
use crate::app::screen::Screen;
use crate::domain::run::State;
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
    match model.screens.shown {
        Screen::Watch => hints.extend([
            (Action::WatchLonger, "longer"),
            (Action::WatchShorter, "shorter"),
            (Action::WatchPause, if model.screens.watch.held.is_some() { "go on" } else { "hold" }),
        ]),
        Screen::Journal => hints.extend([(Action::Filter, "filter"), (Action::Detail, "whole")]),
        Screen::Timeline => hints.push((Action::Mark, "enter time")),
        _ => {}
    }
    if !model.screens.shown.has_steps() {
        hints.extend([(Action::PaneDown, "down"), (Action::ScreenOverview, "overview")]);
    } else if model.focus.context() == Context::Checklist {
        if let Some(word) = start_word(model) {
            let action = if rights.armed { Action::StepPerform } else { Action::StepStart };
            hints.push((action, word));
        }
        hints.push((Action::StepWays, "ways out"));
    } else {
        hints.push((Action::PaneDown, "down"));
        hints.push((Action::FocusChecklist, "checklist"));
    }
    hints.push(if rights.armed { (Action::Disarm, "disarm") } else { (Action::Arm, "arm") });
    if model.step().is_some_and(Model::has_plan) {
        hints.push((Action::CopyByHand, "copy by hand"));
    }
    hints.push((Action::Note, "note"));
    if model.screens.shown != Screen::Timeline {
        hints.push((Action::Mark, "enter time"));
    }
    if model.replay.is_none() {
        hints.push((Action::StepReady, "next ready"));
    }
    hints.push((Action::Zoom, "zoom"));
    hints.push((Action::Facts, "readings"));
    for (action, word) in hints {
        if rights.meet(action.info().need)
            && let Some(key) = model.keymap.chord(action)
        {
            let key = key.to_string();
            if key.len() + word.len() + 3 > pen.room() {
                break;
            }
            painter.put(&mut pen, &key, Tone::Key);
            painter.put(&mut pen, " ", Tone::Dim);
            painter.put(&mut pen, word, Tone::Dim);
            pen.skip(2);
        }
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
            StepAction::Act { .. } | StepAction::Exec(_) if model.rights().armed => "confirm",
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
