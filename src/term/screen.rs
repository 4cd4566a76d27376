//! The drawing end for ratatui: as few bytes as a frame can be told in, and none when nothing changed.
//!
//! ratatui's own crossterm backend hides the cursor with every frame, ends each with a reset and flushes in between; it
//! asks the terminal where its cursor is, on the input that the input thread reads; and it opens `/dev/tty` for each size.
//! This one keeps what it knows: the pen, the cursor, and where it stands.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::links::Link;
use super::output::{BufferedOut, Tty};
use super::session;

mod print;

/// What the terminal draws with at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

/// The screen as ratatui's backend.
#[derive(Debug)]
pub struct Screen<W: Write = Tty> {
    out: BufferedOut<W>,
    /// `None` when something else may have drawn.
    pen: Option<Pen>,
    /// Where the next character would go, if that is known.
    at: Option<Position>,
    cursor: Cursor,
    /// The links of the frame that is drawn.
    links: Vec<Link>,
    /// Where what is written now leads.
    leads: Option<Arc<str>>,
    /// Where characters of two columns stand.
    wide: BTreeSet<(u16, u16)>,
    /// Where there is no terminal to ask for its size.
    fixed: Option<Size>,
}

/// The cursor, as the terminal has it and as it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    shown: bool,
    wanted: Option<Position>,
}

impl Screen<Tty> {
    /// The screen of a [`super::session::Session`], which leaves the cursor hidden and the pen plain.
    pub fn new(synchronized: bool) -> Self {
        Self::with(BufferedOut::new(synchronized), None)
    }
}

impl<W: Write> Screen<W> {
    /// A screen of a fixed size that writes anywhere.
    pub fn fixed(out: BufferedOut<W>, size: Size) -> Self {
        Self::with(out, Some(size))
    }

    fn with(out: BufferedOut<W>, fixed: Option<Size>) -> Self {
        let cursor = Cursor { shown: false, wanted: None };
        Self { out, pen: None, at: None, cursor, links: Vec::new(), leads: None, wide: BTreeSet::new(), fixed }
    }

    /// What it writes through, with its counts.
    pub fn out(&self) -> &BufferedOut<W> {
        &self.out
    }

    /// To write something that is no drawing, such as a copy to the clipboard. It goes out with the next flush.
    pub fn out_mut(&mut self) -> &mut BufferedOut<W> {
        &mut self.out
    }

    /// To be called when the terminal was taken over anew: nothing that was known of it holds, and the cursor is hidden.
    /// ratatui's `Terminal::clear` then draws everything.
    pub fn forget(&mut self) {
        self.pen = None;
        self.at = None;
        self.cursor.shown = false;
    }

    /// Says which cells of the frames from here on lead somewhere.
    pub fn link(&mut self, links: &[Link]) {
        self.links.clear();
        self.links.extend_from_slice(links);
    }

    /// Opens or closes a link, if what is written next leads elsewhere than what was written last.
    fn lead(&mut self, to: Option<Arc<str>>) -> io::Result<()> {
        if self.leads != to {
            write!(self.out, "\x1b]8;;{}\x1b\\", to.as_deref().unwrap_or_default())?;
            self.leads = to;
        }
        Ok(())
    }

    /// Blanks the half that is left of a wide character when something is drawn over the other: terminals differ in what it
    /// then looks like, and ratatui draws it anew only where its own style shows on a blank.
    fn split(&mut self, at: Position) -> io::Result<()> {
        let right = self.wide.remove(&(at.y, at.x)).then(|| at.x.saturating_add(1));
        let left = at.x.checked_sub(1).filter(|left| self.wide.remove(&(at.y, *left)));
        for x in right.into_iter().chain(left) {
            self.move_to(Position { x, y: at.y })?;
            self.take(PLAIN)?;
            self.lead(None)?;
            self.out.write_all(b" ")?;
            self.at = None;
        }
        Ok(())
    }

    fn move_to(&mut self, to: Position) -> io::Result<()> {
        match self.at {
            Some(at) if at == to => return Ok(()),
            // Within a line, forward: shorter than row and column.
            Some(at) if at.y == to.y && at.x < to.x => match to.x - at.x {
                1 => self.out.write_all(b"\x1b[C")?,
                by => write!(self.out, "\x1b[{by}C")?,
            },
            _ => write!(self.out, "\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)?,
        }
        self.at = Some(to);
        Ok(())
    }

    /// Changes the pen by what differs. To the plain pen, and where nothing is known of it, a reset is the shortest way; else what
    /// is to go is ended by its own code, as the colours, which stay, are the longest to say.
    fn take(&mut self, pen: Pen) -> io::Result<()> {
        if self.pen == Some(pen) {
            return Ok(());
        }
        match self.pen {
            Some(from) if pen != PLAIN => {
                self.out.write_all(b"\x1b[")?;
                self.colours_and_attributes(from, pen, false)?;
            }
            _ => {
                self.out.write_all(b"\x1b[0")?;
                self.colours_and_attributes(PLAIN, pen, true)?;
            }
        }
        self.pen = Some(pen);
        Ok(())
    }

    fn colours_and_attributes(&mut self, mut from: Pen, to: Pen, mut more: bool) -> io::Result<()> {
        let out = &mut self.out;
        for (flags, code) in ENDS {
            if from.modifier.difference(to.modifier).intersects(flags) {
                separate(out, &mut more)?;
                out.write_all(code)?;
                // One code ends all of these; what is to stay is begun again.
                from.modifier.remove(flags);
            }
        }
        for (flag, code) in ATTRIBUTES {
            if to.modifier.contains(flag) && !from.modifier.contains(flag) {
                separate(out, &mut more)?;
                out.write_all(code)?;
            }
        }
        if to.fg != from.fg {
            separate(out, &mut more)?;
            colour(out, to.fg, 30)?;
        }
        if to.bg != from.bg {
            separate(out, &mut more)?;
            colour(out, to.bg, 40)?;
        }
        out.write_all(b"m")
    }
}

const ATTRIBUTES: [(Modifier, &[u8]); 9] = [
    (Modifier::BOLD, b"1"),
    (Modifier::DIM, b"2"),
    (Modifier::ITALIC, b"3"),
    (Modifier::UNDERLINED, b"4"),
    (Modifier::SLOW_BLINK, b"5"),
    (Modifier::RAPID_BLINK, b"6"),
    (Modifier::REVERSED, b"7"),
    (Modifier::HIDDEN, b"8"),
    (Modifier::CROSSED_OUT, b"9"),
];

/// What ends attributes (ECMA-48 8.3.117): bold and dim share a code, and so do both kinds of blinking.
const ENDS: [(Modifier, &[u8]); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), b"22"),
    (Modifier::ITALIC, b"23"),
    (Modifier::UNDERLINED, b"24"),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), b"25"),
    (Modifier::REVERSED, b"27"),
    (Modifier::HIDDEN, b"28"),
    (Modifier::CROSSED_OUT, b"29"),
];

/// What of a pen shows where nothing is written: its background, and these.
const SHOWS_ON_BLANK: Modifier = Modifier::UNDERLINED
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::HIDDEN);

/// Whether two pens leave the same blank.
fn same_blank(one: Pen, other: Pen) -> bool {
    one.bg == other.bg && !one.modifier.union(other.modifier).intersects(SHOWS_ON_BLANK)
}

fn separate(out: &mut impl Write, more: &mut bool) -> io::Result<()> {
    if std::mem::replace(more, true) { out.write_all(b";") } else { Ok(()) }
}

/// SGR parameters of a colour; `base` is 30 for the foreground, 40 for the background (ECMA-48 8.3.117; 90 to 107 are
/// aixterm's; 38 and 48 are ITU T.416's in xterm's spelling).
fn colour(out: &mut impl Write, colour: Color, base: u8) -> io::Result<()> {
    let named = match colour {
        Color::Reset => 9,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(index) => return write!(out, "{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => return write!(out, "{};2;{red};{green};{blue}", base + 8),
    };
    write!(out, "{}", base + named)
}

/// The last place where an escape could slip through: no control character leaves, whatever a cell holds.
fn harmless(symbol: &str) -> bool {
    !symbol.is_empty() && !symbol.chars().any(char::is_control)
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        for (x, y, cell) in content {
            let symbol = if harmless(cell.symbol()) { cell.symbol() } else { "?" };
            if !self.wide.is_empty() {
                self.split(Position { x, y })?;
                if symbol.width() == 2 {
                    self.split(Position { x: x.saturating_add(1), y })?;
                }
            }
            self.move_to(Position { x, y })?;
            let pen = Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier };
            if symbol != " " || !self.pen.is_some_and(|now| same_blank(now, pen)) {
                self.take(pen)?;
            }
            if !self.links.is_empty() || self.leads.is_some() {
                self.lead(self.links.iter().find(|link| link.covers(x, y)).map(|link| Arc::clone(&link.to)))?;
            }
            self.out.write_all(symbol.as_bytes())?;
            // Terminals differ on how wide some characters are: after one that is not plainly one column, say where to go.
            let width = symbol.width();
            self.at = (width == 1).then(|| Position { x: x.saturating_add(1), y });
            if width == 2 {
                self.wide.insert((y, x));
            }
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor.wanted = None;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.cursor.wanted = self.cursor.wanted.or(self.at).or(Some(Position::ORIGIN));
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.wanted.or(self.at).unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        if self.cursor.wanted.is_some() {
            self.cursor.wanted = Some(position.into());
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        // A terminal clears with the colour of its pen.
        self.lead(None)?;
        self.out.write_all(b"\x1b[0m")?;
        self.pen = Some(PLAIN);
        self.wide.clear();
        if clear_type != ClearType::All
            && let Some(at) = self.cursor.wanted
        {
            self.move_to(at)?;
        }
        self.out.write_all(match clear_type {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[0J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[0K",
        })
    }

    fn size(&self) -> io::Result<Size> {
        match self.fixed {
            Some(size) => Ok(size),
            None => size(),
        }
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    /// The end of the frame: puts the cursor where it belongs and writes, if there is anything to write.
    ///
    /// Fails with [`io::ErrorKind::NotConnected`] once the terminal was given back, also when nothing changed: after a panic
    /// in another thread the console must not run on unseen.
    fn flush(&mut self) -> io::Result<()> {
        if self.fixed.is_none() && !session::is_open() {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the terminal was given back"));
        }
        // A link never outlives its frame.
        self.lead(None)?;
        match self.cursor {
            Cursor { wanted: Some(position), shown } => {
                self.move_to(position)?;
                if !shown {
                    self.out.write_all(b"\x1b[?25h")?;
                }
            }
            Cursor { wanted: None, shown: true } => self.out.write_all(b"\x1b[?25l")?,
            Cursor { wanted: None, shown: false } => {}
        }
        self.cursor.shown = self.cursor.wanted.is_some();
        let written = self.out.present();
        if written.is_err() {
            self.forget();
        }
        written.map(drop)
    }
}

/// The terminal's columns and rows.
#[cfg(unix)]
pub fn size() -> io::Result<Size> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout())?;
    Ok(Size { width: size.ws_col, height: size.ws_row })
}

/// The terminal's columns and rows.
#[cfg(not(unix))]
pub fn size() -> io::Result<Size> {
    crossterm::terminal::size().map(|(width, height)| Size { width, height })
}

#[cfg(test)]
mod tests;
