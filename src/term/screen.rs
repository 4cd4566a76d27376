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
use unicode_width::UnicodeWidthStr;

use super::links::Link;
use super::output::{BufferedOut, Tty};
use super::session;

mod moves;
mod pen;
mod print;
mod shorter;

use pen::{PLAIN, Pen, same_blank};
use shorter::Told;
pub(super) use shorter::{Change, bridge};

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
    /// How many columns the frame that is drawn has; 0 where that is not known.
    width: u16,
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
        let width = fixed.map_or(0, |size| size.width);
        Self { out, pen: None, at: None, cursor, links: Vec::new(), leads: None, wide: BTreeSet::new(), fixed, width }
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

    /// Says how many columns the frames from here on have.
    pub(super) fn set_width(&mut self, width: u16) {
        self.width = width;
    }

    /// Whether no character of two columns is shown.
    pub(super) fn is_narrow(&self) -> bool {
        self.wide.is_empty()
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

    /// Tells changes in the order in which they come.
    fn put<'a>(&mut self, changes: impl Iterator<Item = Told<'a>>) -> io::Result<()> {
        let mut changes = changes.peekable();
        while let Some(Told { x, y, symbol, pen, columns }) = changes.next() {
            if !self.wide.is_empty() {
                self.split(Position { x, y })?;
                if columns == 2 {
                    self.split(Position { x: x.saturating_add(1), y })?;
                }
            }
            self.move_to(Position { x, y })?;
            if symbol != " " || !self.pen.is_some_and(|now| same_blank(now, pen)) {
                self.take(pen)?;
            }
            if !self.links.is_empty() || self.leads.is_some() {
                self.lead(self.links.iter().find(|link| link.covers(x, y)).map(|link| Arc::clone(&link.to)))?;
            }
            if symbol == " " && self.erases(y) {
                // Blanks that follow are erased with this one.
                let mut blanks = 1;
                let bare = |told: &Told<'_>| told.is_blank() && same_blank(told.pen, PLAIN);
                while changes.next_if(|next| (next.x, next.y) == (x + blanks, y) && bare(next)).is_some() {
                    blanks += 1;
                }
                self.blanks(blanks)?;
                continue;
            }
            self.out.write_all(symbol.as_bytes())?;
            // Terminals differ on how wide some characters are: after one that is not plainly one column, say where to go.
            self.at = (columns == 1).then(|| Position { x: x.saturating_add(1), y });
            if columns == 2 {
                self.wide.insert((y, x));
            }
        }
        Ok(())
    }

    /// Whether what is erased now looks as a blank of no style that leads nowhere. Only then a terminal may erase: not every one
    /// does so in the pen's background.
    fn erases(&self, line: u16) -> bool {
        self.pen.is_some_and(|pen| same_blank(pen, PLAIN))
            && self.leads.is_none()
            && self.is_narrow()
            && !self.links.iter().any(|link| link.y == line)
    }

    /// Writes blanks, or erases as many columns (ECH, which leaves the cursor where it is) where that is shorter.
    fn blanks(&mut self, count: u16) -> io::Result<()> {
        if count > ERASED {
            return write!(self.out, "\x1b[{count}X");
        }
        for _ in 0..count {
            self.out.write_all(b" ")?;
        }
        self.at = self.at.map(|at| Position { x: at.x.saturating_add(count), ..at });
        Ok(())
    }

    fn move_to(&mut self, to: Position) -> io::Result<()> {
        if self.at != Some(to) {
            // Behind the last column a terminal's cursor stands on it still: from there no way is told but the whole one.
            let from = self.at.filter(|at| at.x < self.width);
            moves::tell(from, to, &mut self.out)?;
            self.at = Some(to);
        }
        Ok(())
    }

    fn take(&mut self, pen: Pen) -> io::Result<()> {
        if self.pen != Some(pen) {
            pen.tell(self.pen, &mut self.out)?;
            self.pen = Some(pen);
        }
        Ok(())
    }
}

/// Of up to this many changes it is tried which order takes fewer bytes; of more it is the order of the pens.
const FEW: usize = 64;

/// From this many bytes on.
const WORTH_A_SECOND_TRY: usize = 96;

/// Up to this many blanks are written: to erase them and to move over them takes as many bytes.
const ERASED: u16 = 10;

/// How many columns a cell's characters take.
pub(super) fn columns(symbol: &str) -> usize {
    if symbol.len() == 1 { 1 } else { symbol.width() }
}

/// The last place where an escape could slip through: no control character leaves, whatever a cell holds.
fn harmless(symbol: &str) -> bool {
    match symbol.as_bytes() {
        [one] => !one.is_ascii_control(),
        _ => !symbol.is_empty() && !symbol.chars().any(char::is_control),
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let changes: Vec<Told<'_>> = content.map(Told::of).collect();
        let order = if self.is_narrow() { shorter::by_pen(self.pen, &changes) } else { None };
        let Some(order) = order else { return self.put(changes.iter().copied()) };
        let ordered = order.iter().filter_map(|at| changes.get(*at).copied());
        if changes.len() > FEW {
            return self.put(ordered);
        }
        let start = self.out.collected();
        let before = (self.pen, self.at, self.leads.clone());
        self.put(changes.iter().copied())?;
        if self.out.collected() - start < WORTH_A_SECOND_TRY {
            return Ok(());
        }
        let plainly = (self.out.take_back(start), (self.pen, self.at, self.leads.clone()));
        (self.pen, self.at, self.leads) = before;
        self.put(ordered)?;
        if plainly.0.len() <= self.out.collected() - start {
            self.out.take_back(start);
            self.out.write_all(&plainly.0)?;
            (self.pen, self.at, self.leads) = plainly.1;
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
