//! Going from screen to screen, and what each of them does with keys. Moving between them keeps place.

use std::sync::Arc;

use super::{Effect, actions};
use crate::app::action::Action;
use crate::app::filter::Filter;
use crate::app::key::{Code, Key};
use crate::app::modal::Modal;
use crate::app::model::{Focus, Level, Model, Row};
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
    if !model.screens.shown.has_steps() {
        return model.say(Level::Info, "this screen has one pane");
    }
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
    } else if screens.filter().is_some() {
        screens.filter_mut().clear();
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
        (Screen::Overview | Screen::Checklist, Action::Filter) => find(model),
        (Screen::Watch, Action::Filter) => model.say(Level::Info, "there is no list to filter here"),
        (shown, Action::Filter) => {
            model.screens.log.whole = false;
            model.screens.scroll.remove(&shown);
            model.screens.filter_mut().typing = true;
        }
        _ => {}
    }
}

/// Begins to find a step by words. None is hidden: a blocked step that nobody sees is how runs get stuck.
pub(super) fn find(model: &mut Model) {
    model.focus = Focus::Checklist;
    model.screens.filter_mut().typing = true;
}

/// Takes a key as typed into a filter, where one is being typed.
pub(super) fn types(model: &mut Model, key: Key, effects: &mut Vec<Effect>) -> bool {
    if let Some(modal) = model.modals.last_mut() {
        let Modal::Help(help) = modal else { return false };
        if help.filter.typing {
            help.filter.key(key);
            return true;
        }
        return false;
    }
    if !model.screens.filter().is_some_and(|filter| filter.typing) {
        return false;
    }
    if !model.screens.shown.has_steps() {
        model.screens.filter_mut().key(key);
        return true;
    }
    let here = model.selected;
    match key.code {
        Code::Down => go_to_found(model, here.saturating_add(1), false, effects),
        Code::Up => go_to_found(model, here, true, effects),
        Code::Enter | Code::Esc => model.screens.filter_mut().key(key),
        _ => {
            model.screens.filter_mut().key(key);
            go_to_found(model, here, false, effects);
        }
    }
    true
}

/// Selects the next step that was looked for, at `from` or after, or the one before it; around the ends.
fn go_to_found(model: &mut Model, from: usize, back: bool, effects: &mut Vec<Effect>) {
    let found = model.found_steps();
    let next = if back {
        found.iter().rev().find(|index| **index < from).or(found.last())
    } else {
        found.iter().find(|index| **index >= from).or(found.first())
    };
    if let Some(index) = next.copied() {
        actions::select(model, index, effects);
    }
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
        let words = self.screens.filters.get(&Screen::Journal).map(Filter::words);
        self.tail.iter().filter(move |entry| {
            words.as_ref().is_none_or(|words| {
                words.is_empty() || words.are_in(&format!("{} {} {}", entry.by, entry.body.kind(), entry.body.says()))
            })
        })
    }

    /// The entry that is selected on the journal's screen.
    pub fn chosen(&self) -> Option<&Arc<Entry>> {
        let found: Vec<&Arc<Entry>> = self.found().collect();
        let last = found.len().saturating_sub(1);
        let at = self.screens.log.selected.map_or(last, |seq| found.partition_point(|entry| entry.seq < seq).min(last));
        found.get(at).copied()
    }

    /// The steps that hold the words which are looked for, as indices into the rows; none, if there are no words.
    pub fn found_steps(&self) -> Vec<usize> {
        let Some(words) = self.screens.filters.get(&Screen::Checklist).map(Filter::words) else { return Vec::new() };
        if words.is_empty() {
            return Vec::new();
        }
        let holds = |row: &Row| {
            self.step_of(row).is_some_and(|step| words.are_in(&format!("{} {} {}", row.number, step.title, step.id)))
        };
        self.rows.iter().enumerate().filter(|(_, row)| holds(row)).map(|(index, _)| index).collect()
    }
}
