//! The help: every key that works now, from the keymap itself.

use ratatui::layout::Rect;

use super::{boxed, comfortable};
use crate::app::action::{Action, Context};
use crate::app::filter::Words;
use crate::app::keymap::Binding;
use crate::app::modal::{Help, Page};
use crate::app::{Found, Model};
use crate::ui::filter;
use crate::ui::paint::{Painter, Pen, width};
use crate::ui::skin::Tone;

/// A line of the help.
enum Line<'a> {
    Context(&'static str),
    Action(Action, &'a str, Vec<String>),
    Fixed(&'static str, &'static str),
    Blank,
}

pub(super) fn draw(model: &Model, help: &Help, screen: Rect, painter: &mut Painter<'_>) {
    if help.page != Page::Keys {
        return super::sheet::draw(model, help, screen, painter);
    }
    let mut lines = lines(model);
    let (words, all) = (help.filter.words(), lines.iter().filter(|line| line.is_key()).count());
    if !words.is_empty() {
        keep(&mut lines, &words);
    }
    let shown = lines.iter().filter(|line| line.is_key()).count();
    let on = help.filter.is_on();
    let high = usize::from(screen.height.saturating_sub(4)).min(lines.len() + usize::from(on)).max(3);
    let state = if model.rights().armed { "armed" } else { "read-only: keys that write are not there" };
    let right = [(state, if model.rights().armed { Tone::Warn } else { Tone::Dim })];
    let title = if on { format!("keys  {}", help.filter.says(shown, all)) } else { "keys".to_owned() };
    // No explanation is cut where there is room for it.
    let longest = lines.iter().map(Line::room).max().and_then(|room| u16::try_from(room + FRAME).ok()).unwrap_or(0);
    let wide = comfortable(screen).max(longest.min(screen.width.saturating_sub(4)));
    let mut inside = boxed(screen, wide, high, &title, &right, painter);
    if on {
        inside = filter::line(&help.filter, inside, painter);
        if shown == 0 {
            painter.put(&mut Pen::line(inside, 0), "no key here holds that; esc clears the filter", Tone::Dim);
        }
    }
    let height = usize::from(inside.height);
    let scroll = help.scroll.min(lines.len().saturating_sub(height));
    for (y, line) in (0..inside.height).zip(lines.iter().skip(scroll)) {
        let mut pen = Pen::line(inside, y);
        let start = pen.x;
        match line {
            Line::Context(name) => painter.put(&mut pen, name, Tone::Title),
            Line::Action(action, desc, keys) => {
                pen.skip(2);
                for (index, key) in keys.iter().enumerate() {
                    // Two spaces between keys: one is between those of a chord.
                    painter.put(&mut pen, if index > 0 { "  " } else { "" }, Tone::Dim);
                    painter.put(&mut pen, key, Tone::Key);
                }
                painter.put(&mut pen, " ", Tone::Dim);
                pen.to(start, COLUMN);
                painter.put(&mut pen, desc, if action.writes() { Tone::Write } else { Tone::Text });
            }
            Line::Fixed(keys, says) => {
                pen.skip(2);
                painter.put(&mut pen, keys, Tone::Key);
                pen.to(start, COLUMN);
                painter.put(&mut pen, says, Tone::Text);
            }
            Line::Blank => {}
        }
    }
    if lines.len() > scroll + height {
        let mut pen = Pen { x: inside.right().saturating_sub(8), y: inside.bottom(), end: inside.right() };
        painter.sign(&mut pen, painter.glyphs().more, Tone::Dim);
        painter.put(&mut pen, " more", Tone::Dim);
    }
}

fn title(context: Context) -> &'static str {
    match context {
        Context::Global => "anywhere",
        Context::Checklist => "in the checklist",
        Context::Pane => "in the step pane and the journal",
        Context::Menu => "in a list",
        Context::Replay => "in a replay",
        Context::Palette => "in the command palette",
        Context::Help => "in this help",
    }
}

/// Where the explanations begin.
const COLUMN: u16 = 24;
/// What stands beside a line: the frame and a blank each.
const FRAME: usize = 4;

impl Line<'_> {
    /// How many columns it takes.
    fn room(&self) -> usize {
        match self {
            Self::Context(text) => width(text),
            Self::Action(_, desc, keys) => {
                let keys = 3 + keys.iter().map(|key| width(key)).sum::<usize>() + 2 * keys.len().saturating_sub(1);
                keys.max(usize::from(COLUMN)) + width(desc)
            }
            Self::Fixed(_, says) => usize::from(COLUMN) + width(says),
            Self::Blank => 0,
        }
    }

    fn is_key(&self) -> bool {
        matches!(self, Self::Action(..) | Self::Fixed(..))
    }

    /// What a filter looks at.
    fn text(&self) -> String {
        match self {
            Self::Context(_) | Self::Blank => String::new(),
            Self::Action(action, desc, keys) => format!("{action} {desc} {}", keys.join(" ")),
            Self::Fixed(keys, says) => format!("{keys} {says}"),
        }
    }
}

/// Leaves the lines that hold the words, each context that has one with its heading.
fn keep<'m>(lines: &mut Vec<Line<'m>>, words: &Words) {
    let mut heading: Option<Line<'m>> = None;
    for line in std::mem::take(lines) {
        match line {
            Line::Context(_) => heading = Some(line),
            Line::Blank => {}
            line if words.are_in(&line.text()) => {
                lines.extend(heading.take());
                lines.push(line);
            }
            _ => {}
        }
    }
}

/// Every key that works now: first where one is, then what works everywhere, then the rest.
fn lines(model: &Model) -> Vec<Line<'_>> {
    let mut lines = Vec::with_capacity(64);
    let here = if model.screens.shown.has_steps() { model.focus.context() } else { Context::Pane };
    let there = if here == Context::Pane { Context::Checklist } else { Context::Pane };
    for context in [Context::Replay, here, Context::Global, there, Context::Menu, Context::Palette, Context::Help] {
        let mut seen: Vec<Action> = Vec::new();
        let here: Vec<&Binding> =
            model.keymap.bindings(model.rights()).filter(|binding| binding.context == context).collect();
        if here.is_empty() {
            continue;
        }
        lines.push(Line::Context(title(context)));
        for binding in &here {
            if seen.contains(&binding.action) {
                continue;
            }
            // A key that a stronger action has taken is not listed for the weaker one.
            let works = |binding: &&&Binding| {
                let at = if context == Context::Replay { Context::Checklist } else { context };
                model.keymap.find(at, binding.chord.keys(), model.rights()) == Found::Action(binding.action)
            };
            let keys: Vec<String> = here
                .iter()
                .filter(|other| other.action == binding.action)
                .filter(works)
                .map(|other| other.chord.to_string())
                .collect();
            seen.push(binding.action);
            if !keys.is_empty() {
                lines.push(Line::Action(binding.action, &binding.desc, keys));
            }
        }
        lines.push(Line::Blank);
    }
    lines.push(Line::Context("always"));
    lines.push(Line::Fixed("esc", "Back out; it never does anything else"));
    lines.push(Line::Fixed("ctrl-c", "Ask to leave"));
    lines.push(Line::Fixed("y, then enter", "Confirm, in a confirmation; anything else cancels"));
    lines
}
