//! What was painted on each line, to tell without looking at any cell which lines are as they were: of most frames, most.

use ratatui::layout::Rect;
use ratatui::style::Style;

/// One thing that was painted on a line. With the same done in the same order, from a fill of the whole line on, it looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Deed {
    what: What,
    x: u16,
    columns: usize,
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
    /// One column is marked.
    Mark,
    /// One sign, as often as there are columns.
    Signs,
    /// A text, in as many columns as there are at most.
    Text,
}

/// What was painted on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Track {
    deeds: Vec<Deed>,
    text: String,
}

/// What was painted on every line.
#[derive(Debug)]
pub(super) struct Tracks(Vec<Track>);

impl Tracks {
    /// For so many lines.
    pub(super) fn new(lines: u16) -> Self {
        Self((0..lines).map(|_| Track { deeds: Vec::with_capacity(16), text: String::with_capacity(128) }).collect())
    }

    /// Notes what is painted on a line from a column on.
    pub(super) fn note(&mut self, what: What, (x, y): (u16, u16), columns: usize, style: Style, text: &str) {
        if let Some(track) = self.0.get_mut(usize::from(y)) {
            track.text.push_str(text);
            track.deeds.push(Deed { what, x, columns, style, text: text.len() });
        }
    }

    /// Notes what is painted on each line of an area.
    pub(super) fn note_area(&mut self, what: What, area: Rect, style: Style) {
        for y in area.top()..area.bottom() {
            self.note(what, (area.x, y), usize::from(area.width), style, "");
        }
    }

    /// Line by line.
    pub(super) fn into_lines(self) -> Vec<Track> {
        self.0
    }
}

impl Track {
    /// Whether nothing was painted.
    pub fn is_empty(&self) -> bool {
        self.deeds.is_empty()
    }

    /// Whether a line on which this was painted looks as one on which the other was. Of a line of which nothing is known nobody
    /// can say so.
    pub fn looks_as(&self, other: &Self) -> bool {
        !self.is_empty() && self == other
    }
}
