//! The screen's content as it is and as it is to be: what ratatui's `Terminal` does, for a console that draws whole
//! frames of which little changes. Only what has characters of more than one column, or links that are others now, goes through
//! ratatui's own comparison.

use std::collections::BTreeSet;
use std::io::{self, Write};

use ratatui::backend::Backend as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;

use super::links::{self, Link};
use super::output::Tty;
use super::screen::{Change, Screen, bridge, columns};

/// A screen with its content.
#[derive(Debug)]
pub struct Canvas<W: Write = Tty> {
    screen: Screen<W>,
    /// What is shown, and what is to be: the same between two drawings.
    shown: Buffer,
    next: Buffer,
    /// The links of what is shown.
    links: Vec<Link>,
    /// Whether nothing is known of what the terminal shows.
    stale: bool,
}

/// What is known of a frame besides its cells.
#[derive(Debug, Default)]
pub struct Known {
    /// Cells that lead somewhere.
    pub links: Vec<Link>,
    /// For each line, whether it is as it was in the frame drawn before. What is not said of a line is found out.
    pub kept: Vec<bool>,
}

impl<W: Write> Canvas<W> {
    /// A canvas on a screen of which nothing is known.
    pub fn new(screen: Screen<W>) -> Self {
        Self { screen, shown: Buffer::default(), next: Buffer::default(), links: Vec::new(), stale: true }
    }

    /// The screen.
    pub fn screen(&self) -> &Screen<W> {
        &self.screen
    }

    /// The screen, to write something to that is no drawing.
    pub fn screen_mut(&mut self) -> &mut Screen<W> {
        &mut self.screen
    }

    /// Something else may have drawn: everything is drawn anew with the next frame.
    pub fn forget(&mut self) {
        self.screen.forget();
        self.stale = true;
    }

    /// Draws a frame: `paint` fills a whole buffer of the terminal's size, in which the frame before may stand, and what
    /// differs from it goes out in one write.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        self.draw_over(|buffer, _| {
            paint(buffer);
            Known::default()
        })
    }

    /// The same for somebody who knows what stands in the buffer: the frame that was drawn before, or nothing, which `paint` is told.
    pub fn draw_over(&mut self, paint: impl FnOnce(&mut Buffer, bool) -> Known) -> io::Result<()> {
        let drawn = self.try_draw(paint);
        // Of a frame that went out in part nobody knows what is shown.
        self.stale |= drawn.is_err();
        drawn
    }

    fn try_draw(&mut self, paint: impl FnOnce(&mut Buffer, bool) -> Known) -> io::Result<()> {
        let size = self.screen.size()?;
        let area = Rect::from((Position::ORIGIN, size));
        let anew = self.stale || self.next.area != area;
        if anew {
            self.next = Buffer::empty(area);
            self.shown = Buffer::empty(area);
            self.links.clear();
            self.screen.set_width(area.width);
            self.screen.clear()?;
            self.stale = false;
        }
        let Known { links, kept } = paint(&mut self.next, anew);
        self.screen.link(&links);
        let lines = self.tell(&links, if anew { &[] } else { &kept })?;
        self.links = links;
        self.screen.flush()?;
        // Whoever looks at the screen need not wait for this.
        let width = usize::from(area.width).max(1);
        let all = self.next.content.chunks(width).zip(self.shown.content.chunks_mut(width));
        for (_, (next, shown)) in all.enumerate().filter(|(y, _)| lines.contains(y)) {
            shown.clone_from_slice(next);
        }
        Ok(())
    }

    /// Tells what differs in the lines that are not known to be as they were; gives those in which something does.
    fn tell(&mut self, links: &[Link], kept: &[bool]) -> io::Result<BTreeSet<usize>> {
        let width = usize::from(self.next.area.width).max(1);
        let lines = self.next.content.chunks(width).zip(self.shown.content.chunks(width));
        let (mut changes, mut line, mut differ) = (Vec::with_capacity(512), Vec::new(), BTreeSet::new());
        for (y, (next, shown)) in (0u16..).zip(lines) {
            let relinked = links::changed(&self.links, links, y).map(|(from, to)| (from, to.min(width)));
            let kept = kept.get(usize::from(y)) == Some(&true);
            debug_assert!(!kept || changed(next, shown).is_none(), "line {y} is not as it was");
            let changed = if kept { None } else { changed(next, shown) };
            let (from, to) = match (changed, relinked) {
                (None, None) => continue,
                (Some(part), None) | (None, Some(part)) => part,
                (Some((from, to)), Some((first, last))) => (from.min(first), to.max(last)),
            };
            differ.insert(usize::from(y));
            line.clear();
            match relinked {
                None if is_narrow(part(next, from, to)) && is_narrow(part(shown, from, to)) => {
                    line.extend(differing(next, shown, y, from, to));
                }
                _ => line.extend(compared(next, shown, y, (from, to), relinked)),
            }
            if self.screen.is_narrow() {
                bridge(&line, next, &mut changes);
            } else {
                changes.extend_from_slice(&line);
            }
        }
        self.screen.draw(changes.into_iter())?;
        Ok(differ)
    }
}

/// Part of a line.
fn part(cells: &[Cell], from: usize, to: usize) -> &[Cell] {
    cells.get(from..to).unwrap_or_default()
}

/// Whether every character of a part takes one column: then a change is a cell that differs, and nothing else changes with it.
fn is_narrow(cells: &[Cell]) -> bool {
    cells.iter().all(|cell| columns(cell.symbol()) == 1)
}

/// The cells of a part that differ.
fn differing<'a>(next: &'a [Cell], shown: &[Cell], y: u16, from: usize, to: usize) -> impl Iterator<Item = Change<'a>> {
    let cells = part(next, from, to).iter().zip(part(shown, from, to));
    let changed = (at(from)..).zip(cells).filter(|(_, (next, shown))| !same(next, shown));
    changed.map(move |(x, (next, _))| (x, y, next))
}

/// The same where it is not as simple, by ratatui's own comparison. What leads elsewhere now is written anew, even where it looks
/// the same.
fn compared<'a>(
    next: &'a [Cell],
    shown: &[Cell],
    y: u16,
    (from, to): (usize, usize),
    relinked: Option<(usize, usize)>,
) -> Vec<Change<'a>> {
    let copy = |cells: &[Cell]| Buffer {
        area: Rect { x: at(from), y, width: at(to - from), height: 1 },
        content: part(cells, from, to).to_vec(),
    };
    let (theirs, mut ours) = (copy(next), copy(shown));
    if let Some((first, last)) = relinked {
        let cells = ours.content.iter_mut().skip(first - from).take(last.saturating_sub(first));
        cells.for_each(|cell| cell.modifier = Modifier::all());
    }
    let changed = ours.diff(&theirs);
    changed.into_iter().filter_map(|(x, y, _)| Some((x, y, next.get(usize::from(x))?))).collect()
}

fn at(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

/// The columns of a line that a change can show in: from one before its first change, where a wide character may begin,
/// to one after its last, which it may reach into.
fn changed(next: &[Cell], shown: &[Cell]) -> Option<(usize, usize)> {
    let first = next.iter().zip(shown).position(|(next, shown)| !same(next, shown))?;
    let last = next.iter().zip(shown).rposition(|(next, shown)| !same(next, shown))?;
    Some((first.saturating_sub(1), (last + 2).min(next.len())))
}

/// Whether two cells look the same, as `==` says, but within the loop that asks it of every cell of every frame.
#[inline]
fn same(one: &Cell, other: &Cell) -> bool {
    same_text(one.symbol(), other.symbol())
        && one.fg == other.fg
        && one.bg == other.bg
        && one.modifier == other.modifier
}

/// Most cells hold one byte: that is worth no call.
#[inline]
fn same_text(one: &str, other: &str) -> bool {
    match (one.as_bytes(), other.as_bytes()) {
        ([one], [other]) => one == other,
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::output::BufferedOut;
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::layout::Size;
    use ratatui::style::{Color, Style};

    const SIZE: Size = Size { width: 12, height: 4 };

    fn screen() -> Screen<Vec<u8>> {
        Screen::fixed(BufferedOut::to(Vec::new(), false), SIZE)
    }

    type Text = (u16, u16, String, u8);

    fn paint(buffer: &mut Buffer, texts: &[Text]) {
        for (x, y, text, colour) in texts {
            buffer.set_string(x % SIZE.width, y % SIZE.height, text, Style::new().fg(Color::Indexed(*colour)));
        }
    }

    /// As a view paints: over whatever was there.
    fn anew(buffer: &mut Buffer, texts: &[Text]) {
        buffer.reset();
        paint(buffer, texts);
    }

    /// What a terminal shows that was told so much, cell by cell.
    fn shows(told: &[u8]) -> Vec<String> {
        let mut parser = vt100::Parser::new(SIZE.height.try_into().unwrap(), SIZE.width.try_into().unwrap(), 0);
        parser.process(told);
        let cells = (0..SIZE.height).flat_map(|row| (0..SIZE.width).map(move |column| (row, column)));
        cells
            .map(|(row, column)| {
                let cell = parser.screen().cell(row, column).unwrap();
                let symbol = cell.contents().trim();
                let ink = (!symbol.is_empty()).then(|| format!("{symbol} {:?}", cell.fgcolor()));
                format!("{ink:?} on {:?}", cell.bgcolor())
            })
            .collect()
    }

    proptest! {
        #[test]
        fn it_shows_what_ratatui_would_and_takes_no_more_bytes(frames in proptest::collection::vec(
            proptest::collection::vec((0u16..12, 0u16..4, "[a-c界é ]{0,8}", 0u8..3), 0..5), 1..8)
        ) {
            let mut canvas = Canvas::new(screen());
            let mut terminal = Terminal::new(screen()).unwrap();
            terminal.clear().unwrap();
            for texts in &frames {
                canvas.draw(|buffer| anew(buffer, texts)).unwrap();
                terminal.draw(|frame| paint(frame.buffer_mut(), texts)).unwrap();
                let (ours, theirs) = (canvas.screen().out().sink(), terminal.backend().out().sink());
                prop_assert_eq!(shows(ours), shows(theirs), "{:?}", String::from_utf8_lossy(ours));
                prop_assert!(ours.len() <= theirs.len());
            }
        }
    }

    #[test]
    fn between_two_changes_what_stays_is_written_again_where_that_is_shorter() {
        let mut canvas = Canvas::new(screen());
        linked(&mut canvas, "to wait here", &[]);
        assert_eq!(linked(&mut canvas, "to halt hurt", &[]), "\x1b[2;4Hhalt hurt");
        assert_eq!(linked(&mut canvas, "To halt hurT", &[]), "\x1b[2;1HT\x1b[10CT");
    }

    #[test]
    fn many_blanks_are_erased() {
        let mut canvas = Canvas::new(screen());
        linked(&mut canvas, "abcdefghijkl", &[]);
        assert_eq!(linked(&mut canvas, "", &[]), "\x1b[2;1H\x1b[12X");
    }

    fn told(canvas: &Canvas<Vec<u8>>) -> String {
        String::from_utf8(canvas.screen().out().sink().clone()).unwrap()
    }

    /// Draws one line of text with links, and gives what was written for it.
    fn linked(canvas: &mut Canvas<Vec<u8>>, text: &str, links: &[(u16, u16, &str)]) -> String {
        let before = told(canvas).len();
        let made = links.iter().filter_map(|(x, width, to)| Link::new(*x, 1, *width, to)).collect();
        let drawn = canvas.draw_over(|buffer, _| {
            anew(buffer, &[(0, 1, text.to_owned(), 1)]);
            Known { links: made, kept: Vec::new() }
        });
        drawn.unwrap();
        told(canvas).split_off(before)
    }

    #[test]
    fn linked_cells_are_told_with_where_they_lead_and_nothing_after_them_is_linked() {
        let mut canvas = Canvas::new(screen());
        let out = linked(&mut canvas, "see abc now", &[(4, 3, "https://a.example/x")]);
        assert!(out.contains("see \x1b]8;;https://a.example/x\x1b\\abc\x1b]8;;\x1b\\ now"), "{out:?}");
        assert_eq!(linked(&mut canvas, "see abc now", &[(4, 3, "https://a.example/x")]), "", "nothing is new");
        let out = linked(&mut canvas, "see abc now", &[(4, 3, "https://b.example/")]);
        assert!(out.contains("\x1b]8;;https://b.example/\x1b\\abc\x1b]8;;\x1b\\"), "{out:?}");
        assert!(!out.contains("see"), "only what leads elsewhere: {out:?}");
        let out = linked(&mut canvas, "see abc now", &[]);
        assert!(out.contains("abc") && !out.contains("]8"), "a link is gone: {out:?}");
        let out = linked(&mut canvas, "see abc", &[(4, 3, "https://a.example/x")]);
        assert!(out.ends_with("\x1b]8;;\x1b\\") || out.contains("\x1b]8;;\x1b\\"), "{out:?}");
        assert_eq!(out.matches("]8;;\x1b").count(), out.matches("]8;;h").count(), "each is closed: {out:?}");
    }

    #[test]
    fn an_address_that_could_end_the_sequence_is_no_link() {
        for bad in ["", "https://a b", "https://a\x1b\\", "https://a\u{9c}", "https://\u{e9}", "https://a\x07"] {
            assert_eq!(Link::new(0, 0, 1, bad), None, "{bad:?}");
        }
        assert_eq!(Link::new(0, 0, 1, &format!("https://{}", "a".repeat(3000))), None);
    }

    #[test]
    fn an_unchanged_frame_writes_nothing() {
        let mut canvas = Canvas::new(screen());
        let texts = [(0, 0, "same".to_owned(), 1)];
        canvas.draw(|buffer| anew(buffer, &texts)).unwrap();
        let bytes = canvas.screen().out().bytes();
        canvas.draw(|buffer| anew(buffer, &texts)).unwrap();
        assert_eq!(canvas.screen().out().bytes(), bytes);
        canvas.forget();
        canvas.draw(|buffer| anew(buffer, &texts)).unwrap();
        assert!(canvas.screen().out().bytes() > bytes);
    }
}
