//! Drawing: clipped at every edge, cut by display width, and never a character that could do harm.

use std::borrow::Cow;
use std::sync::LazyLock;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Link;
use super::glyphs::{Glyphs, in_ascii};
use super::skin::{Skin, Tone};
use super::track::{Tracks, What};
use crate::app::spot::Spot;
use crate::domain::text;

/// Draws texts in tones.
pub(super) struct Painter<'a> {
    area: Rect,
    skin: &'a Skin,
    /// What is painted where.
    tracks: Tracks,
    /// A line to measure texts on.
    ruler: Buffer,
    /// What leads somewhere.
    pub(super) links: Vec<Link>,
    /// What the mouse can point at, the topmost last.
    pub(super) spots: Vec<(Rect, Spot)>,
    /// Whether the page or the step that is drawn is longer than its place.
    pub(super) scrolls: bool,
}

/// A place on one line to write at: it moves on with what is written, up to its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pen {
    /// The column.
    pub(super) x: u16,
    /// The line.
    pub(super) y: u16,
    /// The first column that it may not write to.
    pub(super) end: u16,
}

impl Pen {
    /// At the start of a line of an area; past its end where there is no such line.
    pub(super) fn line(area: Rect, line: u16) -> Self {
        let y = area.y.saturating_add(line);
        let end = if line < area.height { area.right() } else { area.x };
        Self { x: area.x, y, end }
    }

    /// On the lower edge of a frame, within its corners.
    pub(super) fn foot(frame: Rect) -> Self {
        let edge = Self::line(frame, frame.height.saturating_sub(1));
        Self { x: edge.x.saturating_add(2), end: edge.end.saturating_sub(2), ..edge }
    }

    /// How many columns are left.
    pub(super) fn room(self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Moves on without writing.
    pub(super) fn skip(&mut self, columns: u16) {
        self.x = self.x.saturating_add(columns).min(self.end);
    }

    /// Moves to a column of its line, counted from `from`.
    pub(super) fn to(&mut self, from: u16, column: u16) {
        self.x = from.saturating_add(column).min(self.end).max(self.x);
    }
}

/// A cell for each byte of ASCII: most of what is written is copied from them.
static STAMPS: LazyLock<[Cell; 128]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let mut cell = Cell::default();
        cell.set_char(u8::try_from(byte).map_or(' ', char::from));
        cell
    })
});

/// The cell for a byte of ASCII.
pub(super) fn stamp(byte: u8) -> &'static Cell {
    STAMPS.get(usize::from(byte)).unwrap_or(&Cell::EMPTY)
}

/// Gives a cell another's character, in a style upon its own.
pub(super) fn press(stamp: &Cell, cell: &mut Cell, style: Style) {
    let (fg, bg, modifier) = (cell.fg, cell.bg, cell.modifier);
    cell.clone_from(stamp);
    (cell.fg, cell.bg, cell.modifier) = (fg, bg, modifier);
    cell.set_style(style);
}

/// Whether all of a text is printable ASCII: as many columns as bytes.
pub(super) fn plain(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    if plain(text) { text.len() } else { text.width() }
}

impl<'a> Painter<'a> {
    /// Draws on a screen; `tracks` are for as many lines.
    pub(super) fn new(area: Rect, skin: &'a Skin, tracks: Tracks) -> Self {
        let ruler = Buffer::empty(Rect { y: 0, height: 1, ..area });
        Self { area, skin, tracks, ruler, links: Vec::new(), spots: Vec::new(), scrolls: false }
    }

    /// Draws on a whole screen.
    pub(super) fn anew(area: Rect, skin: &'a Skin) -> Self {
        Self::new(area, skin, Tracks::default().renewed(area.bottom(), None))
    }

    /// Paints what is drawn.
    pub(super) fn paint(self, buffer: &mut Buffer) {
        let Self { mut tracks, skin, .. } = self;
        tracks.paint(None, skin, buffer);
    }

    /// What is painted on each line.
    pub(super) fn into_tracks(self) -> Tracks {
        self.tracks
    }

    /// Whether any line of an area is painted: what stands elsewhere need not be drawn.
    pub(super) fn wants(&self, area: Rect) -> bool {
        (area.top()..area.bottom()).any(|line| self.tracks.paints(line))
    }

    /// Says what stands in an area.
    pub(super) fn spot(&mut self, area: Rect, spot: Spot) {
        if !area.is_empty() {
            self.spots.push((area, spot));
        }
    }

    pub(super) fn glyphs(&self) -> &'static Glyphs {
        self.skin.glyphs
    }

    /// Whether the terminal shows links.
    pub(super) fn shows_links(&self) -> bool {
        self.skin.links
    }

    /// What was written on a line from a column to where the pen is leads somewhere, in a terminal that shows it.
    pub(super) fn link(&mut self, from: u16, pen: Pen, to: &str) {
        let area = Rect { x: from, y: pen.y, width: pen.x.saturating_sub(from), height: 1 }.intersection(self.area);
        if self.skin.links && !area.is_empty() {
            self.links.push(Link { area, to: to.to_owned() });
        }
    }

    /// Clears an area.
    pub(super) fn fill(&mut self, area: Rect, tone: Tone) {
        let style = self.skin.ground(tone);
        self.tracks.note_area(What::Fill, area.intersection(self.area), style);
    }

    /// Sets the tone of an area without touching its text. What has a background of its own keeps its colours: they were
    /// chosen for each other.
    pub(super) fn tint(&mut self, area: Rect, tone: Tone) {
        self.tracks.note_area(What::Tint, area.intersection(self.area), self.skin.style(tone));
    }

    /// Marks some columns of a line, on whatever they are written in: bold, and underlined where the rest is not.
    pub(super) fn mark(&mut self, from: u16, y: u16, columns: impl IntoIterator<Item = usize>) {
        for column in columns {
            let x = u16::try_from(column).ok().and_then(|column| from.checked_add(column));
            if let Some(x) = x {
                self.tracks.note(What::Mark, (x, y), 1, Style::new(), "");
            }
        }
    }

    /// Marks a cell as the place where typing goes.
    pub(super) fn cursor(&mut self, area: Rect) {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        self.tracks.note_area(What::Cursor, area.intersection(self.area), style);
    }

    /// Writes one of our own signs, which are harmless and as many columns wide as they have characters (a test of the
    /// glyphs sees to it).
    pub(super) fn sign(&mut self, pen: &mut Pen, sign: &'static str, tone: Tone) {
        self.signs(pen, sign, 1, tone);
    }

    /// Writes a block several times, of which a large letter is made. Only bold and faint make it larger or smaller: a line under
    /// each would be part of the letter, and reversed it would be a hole.
    pub(super) fn blocks(&mut self, pen: &mut Pen, sign: &'static str, times: usize, tone: Tone) {
        let mut style = self.skin.style(tone);
        style.add_modifier = style.add_modifier.intersection(Modifier::BOLD | Modifier::DIM);
        self.repeated(pen, sign, times, style);
    }

    /// Writes a sign several times.
    pub(super) fn signs(&mut self, pen: &mut Pen, sign: &'static str, times: usize, tone: Tone) {
        self.repeated(pen, sign, times, self.skin.style(tone));
    }

    fn repeated(&mut self, pen: &mut Pen, sign: &'static str, times: usize, style: Style) {
        // One character is one column, as nearly all are: there is nothing to be measured.
        if sign.chars().nth(1).is_none() {
            let times = times.min(pen.room());
            self.tracks.note(What::Signs, (pen.x, pen.y), times, style, sign);
            pen.skip(u16::try_from(times).unwrap_or(u16::MAX));
        } else {
            for _ in 0..times.min(pen.room()) {
                self.write(pen, sign, style);
            }
        }
    }

    /// Writes a text, cut with an ellipsis where there is no room for all of it.
    pub(super) fn put(&mut self, pen: &mut Pen, text: &str, tone: Tone) {
        let style = self.skin.style(tone);
        let room = pen.room();
        if room == 0 || text.is_empty() {
            return;
        }
        let text = self.harmless(text);
        if width(&text) <= room {
            self.write(pen, &text, style);
            return;
        }
        let mut left = room.saturating_sub(1);
        let mut cut = 0;
        for (at, c) in text.char_indices() {
            let wide = UnicodeWidthChar::width(c).unwrap_or(0);
            if wide > left {
                break;
            }
            left -= wide;
            cut = at + c.len_utf8();
        }
        let kept = text.get(..cut).unwrap_or_default().to_owned();
        self.write(pen, &kept, style);
        let ellipsis = self.skin.glyphs.ellipsis;
        self.write(pen, ellipsis, style);
    }

    /// Says at the right end of a line how many lines are below, if there are any.
    pub(super) fn more(&mut self, below: usize, pen: &mut Pen) {
        if below > 0 {
            self.put_right(pen, &format!(" {below} more "), Tone::Dim);
            self.put_right(pen, self.skin.glyphs.more, Tone::Dim);
        }
    }

    /// Writes a text at the right end of what is left of a line, and takes those columns from the pen.
    pub(super) fn put_right(&mut self, pen: &mut Pen, text: &str, tone: Tone) {
        let wide = u16::try_from(width(text)).unwrap_or(u16::MAX);
        let start = pen.end.saturating_sub(wide).max(pen.x);
        let mut there = Pen { x: start, ..*pen };
        self.put(&mut there, text, tone);
        pen.end = start;
    }

    fn harmless<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if plain(text) {
            return Cow::Borrowed(text);
        }
        let clean = text::visible(text);
        if self.skin.glyphs.unicode {
            return Cow::Owned(clean);
        }
        let mut ascii = String::with_capacity(clean.len());
        for c in clean.chars() {
            if c.is_ascii() { ascii.push(c) } else { ascii.push_str(in_ascii(c)) }
        }
        Cow::Owned(ascii)
    }

    fn write(&mut self, pen: &mut Pen, text: &str, style: Style) {
        let room = pen.room();
        self.tracks.note(What::Text, (pen.x, pen.y), room, style, text);
        if plain(text) {
            pen.skip(u16::try_from(text.len().min(room)).unwrap_or(u16::MAX));
        } else if self.area.contains(Position { x: pen.x, y: pen.y }) {
            // How many columns it takes is found out by writing it.
            let (x, _) = self.ruler.set_stringn(pen.x, 0, text, room, style);
            pen.x = x.min(pen.end);
        }
    }

    /// Draws a frame and gives what is inside it. What stands right in its top line has the first claim on the room, as it
    /// says how things are; the title gives way.
    pub(super) fn frame(&mut self, area: Rect, title: &[(&str, Tone)], right: &[(&str, Tone)], focused: bool) -> Rect {
        let area = area.intersection(self.area);
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let [tl, tr, bl, br, h, v] = if focused { self.skin.glyphs.focused } else { self.skin.glyphs.frame };
        let tone = if focused { Tone::Focus } else { Tone::Border };
        let edge = |painter: &mut Self, y: u16, left, right| {
            let mut pen = Pen { x: area.x, y, end: area.right() };
            painter.sign(&mut pen, left, tone);
            painter.signs(&mut pen, h, usize::from(area.width.saturating_sub(2)), tone);
            painter.sign(&mut pen, right, tone);
        };
        edge(self, area.y, tl, tr);
        edge(self, area.bottom().saturating_sub(1), bl, br);
        for y in area.y.saturating_add(1)..area.bottom().saturating_sub(1) {
            for x in [area.x, area.right().saturating_sub(1)] {
                let mut pen = Pen { x, y, end: x.saturating_add(1) };
                self.sign(&mut pen, v, tone);
            }
        }
        let mut pen = Pen { x: area.x.saturating_add(2), y: area.y, end: area.right().saturating_sub(2) };
        if !right.is_empty() {
            self.frame_right(&mut pen, right);
        }
        if !title.is_empty() && pen.room() > 4 {
            // One space on each side of the title.
            let mut inner = Pen { end: pen.end.saturating_sub(1), ..pen };
            self.put(&mut inner, " ", Tone::Title);
            for (text, tone) in title {
                self.put(&mut inner, text, *tone);
            }
            pen.x = inner.x;
            self.put(&mut pen, " ", Tone::Title);
        }
        Rect {
            x: area.x.saturating_add(1),
            y: area.y.saturating_add(1),
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    }

    /// Writes at the right of a frame's top line, with a space on each side, and takes those columns from the pen.
    fn frame_right(&mut self, pen: &mut Pen, parts: &[(&str, Tone)]) {
        let wide: usize = parts.iter().map(|(text, _)| width(text)).sum::<usize>() + 2;
        if pen.room() < 6 {
            return;
        }
        let start = pen.end.saturating_sub(u16::try_from(wide).unwrap_or(u16::MAX)).max(pen.x);
        let mut there = Pen { x: start, ..*pen };
        self.put(&mut there, " ", Tone::Dim);
        there.end = there.end.saturating_sub(1);
        for (text, tone) in parts {
            self.put(&mut there, text, *tone);
        }
        there.end = there.end.saturating_add(1);
        self.put(&mut there, " ", Tone::Dim);
        pen.end = start.saturating_sub(1).max(pen.x);
    }
}

/// Breaks a text into lines of at most `room` columns, at spaces where there are any; else after what ends a part of JSON or of a
/// list.
pub(super) fn wrap(text: &str, room: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text.trim_start();
    if room == 0 {
        return lines;
    }
    while !rest.is_empty() {
        let (mut used, mut end, mut space, mut part) = (0, rest.len(), None, None);
        for (at, c) in rest.char_indices() {
            let wide = UnicodeWidthChar::width(c).unwrap_or(0);
            if used + wide > room {
                end = at;
                break;
            }
            match c {
                ' ' => space = Some(at),
                ',' | ';' | '}' | '&' => part = Some(at + 1),
                _ => {}
            }
            used += wide;
        }
        if end < rest.len() {
            // A word that ends exactly at the edge stays; else the line breaks at the last space, or within the word.
            let at_space = rest.get(end..).is_some_and(|tail| tail.starts_with(' '));
            if !at_space && let Some(at) = space.filter(|space| *space > 0).or(part) {
                end = at;
            }
            if end == 0 {
                // A character wider than the room.
                end = rest.chars().next().map_or(rest.len(), char::len_utf8);
            }
        }
        let (line, tail) = rest.split_at(end);
        lines.push(line.trim_end());
        rest = tail.trim_start();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_break_at_spaces() {
        assert_eq!(wrap("the old primary still takes writes", 12), ["the old", "primary", "still takes", "writes"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap(r#"{"Name":"api.","Type":"A"}"#, 16), [r#"{"Name":"api.","#, r#""Type":"A"}"#]);
        assert_eq!(wrap("界界界", 3), ["界", "界", "界"]);
        assert!(wrap("x", 0).is_empty());
    }

    #[test]
    fn what_has_a_background_of_its_own_keeps_its_colours_when_it_is_selected() {
        let theme = crate::config::theme::built_in("dark").unwrap();
        let skin = Skin::new(&theme, crate::ui::Depth::TrueColour, true);
        let area = Rect::new(0, 0, 10, 1);
        let mut painter = Painter::anew(area, &skin);
        painter.fill(area, Tone::Text);
        let mut pen = Pen::line(area, 0);
        painter.put(&mut pen, "a", Tone::Ok);
        painter.put(&mut pen, "!", Tone::Irreversible);
        painter.tint(area, Tone::Selected);
        let mut buffer = Buffer::empty(area);
        painter.paint(&mut buffer);
        let (selected, irreversible) = (skin.style(Tone::Selected), skin.style(Tone::Irreversible));
        let looks = |x: u16| (Some(buffer[(x, 0)].fg), Some(buffer[(x, 0)].bg));
        assert_eq!(looks(0), (skin.style(Tone::Ok).fg, selected.bg));
        assert_eq!(looks(1), (irreversible.fg, irreversible.bg));
        assert_eq!(looks(2).1, selected.bg);
    }

    proptest! {
        #[test]
        fn a_wrapped_line_fits_and_no_text_hangs_it(text in "\\PC{0,80}", room in 2usize..40) {
            for line in wrap(&text, room) {
                let wide: usize =
                    line.chars().map(|c| UnicodeWidthChar::width(c).unwrap_or(0)).sum();
                prop_assert!(wide <= room);
            }
        }
    }
}
