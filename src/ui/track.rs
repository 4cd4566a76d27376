//! A drawing before it is on any cell: what is painted on each line. A line on which the same is painted as before looks the same, and
//! is not painted at all: of most frames, most lines.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::paint::{plain, press, stamp};
use super::skin::Skin;

/// One thing that is painted on a line. With the same done in the same order, from a fill of the whole line on, it looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Deed {
    what: What,
    x: u16,
    columns: u16,
    style: Style,
    /// How much of the line's text is its own.
    text: usize,
}

/// What can be painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Columns are cleared.
    Fill,
    /// Columns get another style, where nothing has a background of its own.
    Tint,
    /// Columns are where typing goes.
    Cursor,
    /// One column is marked: bold, and underlined where the rest is not.
    Mark,
    /// One sign, as often as there are columns.
    Signs,
    /// A text, in as many columns as there are at most.
    Text,
}

/// What is painted on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Track {
    deeds: Vec<Deed>,
    text: String,
}

/// What is painted on each line of a screen.
#[derive(Debug, Clone, Default)]
pub(super) struct Tracks {
    lines: Vec<Track>,
    /// The lines that are painted; `None` if all of them are.
    only: Option<Vec<bool>>,
}

impl Tracks {
    /// For so many lines, of which nothing is painted but on those that are wanted.
    pub(super) fn renewed(mut self, lines: u16, only: Option<Vec<bool>>) -> Self {
        self.lines.resize_with(usize::from(lines), Track::default);
        for track in &mut self.lines {
            track.deeds.clear();
            track.text.clear();
        }
        Self { only, ..self }
    }

    /// Whether a line is painted.
    pub(super) fn paints(&self, line: u16) -> bool {
        self.only.as_ref().is_none_or(|only| only.get(usize::from(line)) == Some(&true))
    }

    /// Notes what is painted on a line from a column on.
    pub(super) fn note(&mut self, what: What, (x, y): (u16, u16), columns: usize, style: Style, text: &str) {
        if !self.paints(y) {
            return;
        }
        if let Some(track) = self.lines.get_mut(usize::from(y)) {
            track.text.push_str(text);
            let columns = u16::try_from(columns).unwrap_or(u16::MAX);
            track.deeds.push(Deed { what, x, columns, style, text: text.len() });
        }
    }

    /// Notes what is painted on each line of an area.
    pub(super) fn note_area(&mut self, what: What, area: Rect, style: Style) {
        for y in area.top()..area.bottom() {
            self.note(what, (area.x, y), usize::from(area.width), style, "");
        }
    }

    /// Paints them over a drawing that shows `before`, if that is known, and takes the lines from it that are not painted. Gives for
    /// each line whether it is as it was.
    pub(super) fn paint(&mut self, before: Option<&mut Self>, skin: &Skin, buffer: &mut Buffer) -> Vec<bool> {
        let mut before = before.map(|before| before.lines.iter_mut());
        let only = self.only.take();
        let mut kept = Vec::with_capacity(self.lines.len());
        for (y, track) in (0u16..).zip(&mut self.lines) {
            let was = before.as_mut().and_then(Iterator::next);
            let painted = only.as_ref().is_none_or(|only| only.get(usize::from(y)) == Some(&true));
            let same = match was {
                Some(was) if !painted => {
                    std::mem::swap(was, track);
                    true
                }
                was => was.is_some_and(|was| was == track),
            };
            if !same {
                track.paint(y, skin, buffer);
            }
            kept.push(same);
        }
        kept
    }
}

impl Track {
    fn paint(&self, y: u16, skin: &Skin, buffer: &mut Buffer) {
        let mut from = 0;
        for deed in &self.deeds {
            let text = self.text.get(from..from + deed.text).unwrap_or_default();
            from += deed.text;
            let Deed { what, x, columns, style, .. } = *deed;
            match what {
                What::Fill => {
                    let mut blank = Cell::default();
                    blank.set_style(style);
                    cells(buffer, (x, y), columns).for_each(|cell| cell.clone_from(&blank));
                }
                What::Tint => {
                    for cell in cells(buffer, (x, y), columns).filter(|cell| skin.is_ground(cell.bg)) {
                        cell.set_style(style);
                    }
                }
                What::Cursor => cells(buffer, (x, y), columns).for_each(|cell| {
                    cell.set_style(style);
                }),
                What::Mark => {
                    for cell in cells(buffer, (x, y), 1) {
                        cell.modifier.insert(Modifier::BOLD);
                        cell.modifier.toggle(Modifier::UNDERLINED);
                    }
                }
                What::Signs => {
                    let mut stamp = Cell::default();
                    stamp.set_symbol(text);
                    cells(buffer, (x, y), columns).for_each(|cell| press(&stamp, cell, style));
                }
                What::Text if plain(text) => {
                    let cells = cells(buffer, (x, y), columns);
                    cells.zip(text.bytes()).for_each(|(cell, byte)| press(stamp(byte), cell, style));
                }
                What::Text if buffer.area.contains(Position { x, y }) => {
                    buffer.set_stringn(x, y, text, usize::from(columns), style);
                }
                What::Text => {}
            }
        }
    }
}

/// So many cells of a line from a column on, as far as there are any.
fn cells(buffer: &mut Buffer, (x, y): (u16, u16), columns: u16) -> impl Iterator<Item = &mut Cell> {
    let area = buffer.area;
    let inside = area.contains(Position { x, y });
    let start = if inside { buffer.index_of(x, y) } else { 0 };
    let room = if inside { columns.min(area.right() - x) } else { 0 };
    buffer.content.iter_mut().skip(start).take(usize::from(room))
}
