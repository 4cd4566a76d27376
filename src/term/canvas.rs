//! The screen's content as it is and as it is to be: what ratatui's `Terminal` does, for a console that draws whole
//! frames of which little changes. Only what lies between a line's first and last change goes through ratatui's own
//! comparison, which has to know how wide every character is.

use std::io::{self, Write};

use ratatui::backend::Backend as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use super::output::Tty;
use super::screen::Screen;

/// A screen with its content.
#[derive(Debug)]
pub struct Canvas<W: Write = Tty> {
    screen: Screen<W>,
    shown: Buffer,
    next: Buffer,
    /// Whether nothing is known of what the terminal shows.
    stale: bool,
}

impl<W: Write> Canvas<W> {
    /// A canvas on a screen of which nothing is known.
    pub fn new(screen: Screen<W>) -> Self {
        Self { screen, shown: Buffer::default(), next: Buffer::default(), stale: true }
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

    /// Draws a frame: `paint` fills a whole buffer of the terminal's size, in which an older frame may stand, and what
    /// differs from what is shown goes out in one write.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let drawn = self.try_draw(paint);
        // Of a frame that went out in part nobody knows what is shown.
        self.stale |= drawn.is_err();
        drawn
    }

    fn try_draw(&mut self, paint: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let size = self.screen.size()?;
        let area = Rect::from((Position::ORIGIN, size));
        if self.stale || self.next.area != area {
            self.next = Buffer::empty(area);
            self.shown = Buffer::empty(area);
            self.screen.clear()?;
            self.stale = false;
        }
        paint(&mut self.next);
        let width = usize::from(area.width).max(1);
        let lines = self.next.content.chunks(width).zip(self.shown.content.chunks(width));
        for (y, (next, shown)) in (0u16..).zip(lines) {
            let Some((from, to)) = changed(next, shown) else { continue };
            let part = |cells: &[Cell]| Buffer {
                area: Rect { x: at(from), y, width: at(to - from), height: 1 },
                content: cells.get(from..to).unwrap_or_default().to_vec(),
            };
            let (next, shown) = (part(next), part(shown));
            self.screen.draw(shown.diff(&next).into_iter())?;
        }
        std::mem::swap(&mut self.next, &mut self.shown);
        self.screen.flush()
    }
}

fn at(column: usize) -> u16 {
    u16::try_from(column).unwrap_or(u16::MAX)
}

/// The columns of a line that a change can show in: from one before its first change, where a wide character may begin,
/// to one after its last, which it may reach into.
fn changed(next: &[Cell], shown: &[Cell]) -> Option<(usize, usize)> {
    let first = next.iter().zip(shown).position(|(next, shown)| !same(next, shown))?;
    let last = next.iter().zip(shown).rposition(|(next, shown)| next != shown)?;
    Some((first.saturating_sub(1), (last + 2).min(next.len())))
}

/// Whether two cells look the same, as `==` says, but within the loop that asks it of every cell of every frame.
#[inline]
fn same(one: &Cell, other: &Cell) -> bool {
    let (symbol, other_symbol) = (one.symbol(), other.symbol());
    one.fg == other.fg
        && one.bg == other.bg
        && one.modifier == other.modifier
        && (std::ptr::eq(symbol, other_symbol) || symbol == other_symbol)
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

    proptest! {
        #[test]
        fn it_writes_what_ratatui_would(frames in proptest::collection::vec(
            proptest::collection::vec((0u16..12, 0u16..4, "[a-c界é ]{0,8}", 0u8..3), 0..5), 1..8)
        ) {
            let mut canvas = Canvas::new(screen());
            let mut terminal = Terminal::new(screen()).unwrap();
            terminal.clear().unwrap();
            for texts in &frames {
                canvas.draw(|buffer| anew(buffer, texts)).unwrap();
                terminal.draw(|frame| paint(frame.buffer_mut(), texts)).unwrap();
            }
            let (ours, theirs) = (canvas.screen().out().sink(), terminal.backend().out().sink());
            prop_assert_eq!(String::from_utf8_lossy(ours), String::from_utf8_lossy(theirs));
        }
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
