//! Going from screen to screen, and what each of them does with keys. Moving between them keeps place.

use std::sync::Arc;

use super::{Effect, actions};
use crate::app::action::Action;
use crate::app::key::{Code, Key};
use crate::app::model::{Focus, Level, Model};
use crate::app::screen::{SPANS, Screen};
use crate::domain::journal::Entry;

/// Goes to the screen that an action names.
pub(super) fn go(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let screen = match action {
        Action::ScreenChecklist => Screen::Checklist,
        Action::ScreenWatch => Screen::Watch,
        Action::ScreenReadiness => Screen::Readiness,
        Action::ScreenTimeline => Screen::Timeline,
        Action::ScreenJournal => Screen::Journal,
        Action::ScreenPeople | Action::People => Screen::People,
        Action::ScreenHistory | Action::History => Screen::History,
        _ => Screen::Overview,
    };
    open(model, screen, effects);
}

/// Goes to a screen, and has read what it shows.
pub(super) fn open(model: &mut Model, screen: Screen, effects: &mut Vec<Effect>) {
    model.screens.shown = screen;
    model.screens.wall = false;
    model.zoom = false;
    match screen {
        Screen::History => effects.push(Effect::History),
        Screen::Readiness => {
            model.screens.findings = actions::findings(model);
            actions::ask_what_it_needs(model, effects);
            effects.push(Effect::History);
        }
        Screen::Checklist if model.focus == Focus::Journal => model.focus = Focus::Checklist,
        _ => {}
    }
}

/// Goes back to where steps are selected.
pub(super) fn back_to_steps(model: &mut Model) {
    if !model.screens.shown.has_steps() {
        model.screens.shown = Screen::Overview;
    }
    model.focus = Focus::Checklist;
}

/// Goes to the next pane of a screen, or the one before.
pub(super) fn focus(model: &mut Model, on: bool) {
    model.focus = match (model.screens.shown, model.focus) {
        (Screen::Checklist, Focus::Checklist) => Focus::Step,
        (Screen::Checklist, _) => Focus::Checklist,
        (_, Focus::Checklist) if on => Focus::Step,
        (_, Focus::Step) if on => Focus::Journal,
        (_, Focus::Journal) if !on => Focus::Step,
        (_, Focus::Checklist) => Focus::Journal,
        _ => Focus::Checklist,
    };
}

/// Backs out of the screen by one thing; whether there was one.
pub(super) fn back_out(model: &mut Model) -> bool {
    let screens = &mut model.screens;
    if screens.shown == Screen::Journal && screens.log.whole {
        screens.log.whole = false;
    } else if screens.shown == Screen::Journal && !screens.log.filter.text().is_empty() {
        screens.log.filter.clear();
    } else if screens.shown == Screen::Watch && screens.watch.held.is_some() {
        screens.watch.held = None;
    } else if screens.shown != Screen::Overview {
        screens.shown = Screen::Overview;
    } else {
        return false;
    }
    true
}

/// Does what a key of a screen does.
pub(super) fn act(model: &mut Model, action: Action) {
    match (model.screens.shown, action) {
        (Screen::Journal, Action::Filter) => {
            model.screens.log.typing = true;
            model.screens.log.whole = false;
        }
        (Screen::Journal, Action::Detail) => model.screens.log.whole = !model.screens.log.whole,
        (Screen::Overview, Action::Detail | Action::Filter) if model.focus == Focus::Journal => {
            model.screens.shown = Screen::Journal;
            act(model, action);
        }
        (Screen::Watch, Action::WatchLonger) => {
            model.screens.watch.span = (model.screens.watch.span + 1).min(SPANS.len() - 1);
        }
        (Screen::Watch, Action::WatchShorter) => {
            model.screens.watch.span = model.screens.watch.span.saturating_sub(1);
        }
        (Screen::Watch, Action::WatchPause) => {
            model.screens.watch.held = match model.screens.watch.held {
                Some(_) => None,
                None => Some(model.now),
            };
        }
        (_, Action::Filter) => model.say(Level::Info, "the journal can be filtered: 6 goes there"),
        _ => {}
    }
}

/// Takes a key as typed into the journal's filter, where that is being typed.
pub(super) fn types(model: &mut Model, key: Key) -> bool {
    let log = &mut model.screens.log;
    if model.screens.shown != Screen::Journal || !log.typing {
        return false;
    }
    match key.code {
        Code::Enter => log.typing = false,
        Code::Esc => {
            log.typing = false;
            log.filter.clear();
        }
        _ => {
            log.filter.key(key);
        }
    }
    true
}

/// Scrolls the screen that is looked at; not those on which a pane is scrolled.
pub(super) fn scroll(model: &mut Model, by: isize) -> bool {
    let shown = model.screens.shown;
    if shown.has_steps() {
        return false;
    }
    if shown == Screen::Journal && !model.screens.log.whole {
        choose(model, by);
        return true;
    }
    let at = model.screens.scroll.entry(shown).or_default();
    *at = at.saturating_add_signed(by).min(10_000);
    true
}

/// Selects an entry of the journal.
pub(super) fn select_entry(model: &mut Model, seq: u64) {
    // At the newest it follows what is recorded.
    let newest = model.found().last().is_none_or(|entry| entry.seq == seq);
    model.screens.log.selected = (!newest).then_some(seq);
}

/// Selects another of the entries that the filter lets through, `by` lines further down.
fn choose(model: &mut Model, by: isize) {
    let found: Vec<u64> = model.found().map(|entry| entry.seq).collect();
    let last = found.len().saturating_sub(1);
    let at = model.screens.log.selected.map_or(last, |seq| found.partition_point(|found| *found < seq).min(last));
    let to = if by <= isize::MIN / 4 { 0 } else { at.saturating_add_signed(by).min(last) };
    // At the newest it follows what is recorded.
    model.screens.log.selected = if to == last { None } else { found.get(to).copied() };
}

impl Model {
    /// The entries that the journal's filter lets through, oldest first.
    pub fn found(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let words: Vec<String> =
            self.screens.log.filter.text().to_lowercase().split_whitespace().map(str::to_owned).collect();
        self.tail.iter().filter(move |entry| {
            words.is_empty() || {
                let line = format!("{} {} {}", entry.by, entry.body.kind(), entry.body.says()).to_lowercase();
                words.iter().all(|word| line.contains(word.as_str()))
            }
        })
    }
}
