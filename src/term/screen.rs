//! The drawing end for ratatui: as few bytes as a frame can be told in, and none when nothing changed.
//!
//! ratatui's own crossterm backend hides the cursor with every frame, ends each with a reset and flushes in between; it
//! asks the terminal where its cursor is, on the input that the input thread reads; and it opens `/dev/tty` for each size.
//! This one keeps what it knows: the pen, the cursor, and where it stands.

use std::collections::BTreeSet;
use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use super::output::{BufferedOut, Tty};
use super::session;

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
        Self { out, pen: None, at: None, cursor, wide: BTreeSet::new(), fixed }
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

    /// Blanks the half that is left of a wide character when something is drawn over the other: terminals differ in what it
    /// then looks like, and ratatui draws it anew only where its own style shows on a blank.
    fn split(&mut self, at: Position) -> io::Result<()> {
        let right = self.wide.remove(&(at.y, at.x)).then(|| at.x.saturating_add(1));
        let left = at.x.checked_sub(1).filter(|left| self.wide.remove(&(at.y, *left)));
        for x in right.into_iter().chain(left) {
            self.move_to(Position { x, y: at.y })?;
            self.take(PLAIN)?;
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

    /// Changes the pen by what differs, or from a reset where attributes are to go: each of bold, dim, … has its own code to
    /// end it, and bold and dim share one.
    fn take(&mut self, pen: Pen) -> io::Result<()> {
        if self.pen == Some(pen) {
            return Ok(());
        }
        let from = match self.pen {
            Some(from) if pen.modifier.contains(from.modifier) => from,
            _ => {
                self.out.write_all(b"\x1b[0")?;
                self.colours_and_attributes(PLAIN, pen, true)?;
                self.pen = Some(pen);
                return Ok(());
            }
        };
        self.out.write_all(b"\x1b[")?;
        self.colours_and_attributes(from, pen, false)?;
        self.pen = Some(pen);
        Ok(())
    }

    fn colours_and_attributes(&mut self, from: Pen, to: Pen, mut more: bool) -> io::Result<()> {
        let out = &mut self.out;
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
            self.take(Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier })?;
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::buffer::Buffer;
    use ratatui::style::Style;

    /// Keeps what was written and shows it.
    struct Emulator(vt100::Parser, Vec<u8>);

    impl Write for Emulator {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.process(bytes);
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn terminal(width: u16, height: u16) -> Terminal<Screen<Emulator>> {
        let parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
        let out = BufferedOut::to(Emulator(parser, Vec::new()), true);
        let mut screen = Screen::fixed(out, Size { width, height });
        screen.out_mut().write_all(b"\x1b[?25l").unwrap();
        Terminal::new(screen).unwrap()
    }

    fn contents(terminal: &Terminal<Screen<Emulator>>) -> String {
        terminal.backend().out().sink().0.screen().contents()
    }

    #[test]
    fn the_second_of_two_equal_frames_writes_nothing() {
        let mut terminal = terminal(20, 3);
        terminal.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        let before = terminal.backend().out().bytes();
        terminal.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
        assert!(before > 0);
        assert_eq!(terminal.backend().out().bytes(), before);
        assert_eq!(contents(&terminal), "hello");
    }

    #[test]
    fn one_changed_digit_costs_a_move_and_the_digit() {
        let mut terminal = terminal(20, 3);
        terminal.draw(|frame| frame.render_widget("lag 3.2 s", frame.area())).unwrap();
        let before = terminal.backend().out().bytes();
        terminal.draw(|frame| frame.render_widget("lag 3.3 s", frame.area())).unwrap();
        assert_eq!(terminal.backend().out().bytes() - before, "\x1b[1;7H3".len() as u64);
        assert_eq!(contents(&terminal), "lag 3.3 s");
    }

    #[test]
    fn no_control_character_in_a_cell_reaches_the_terminal() {
        let mut terminal = terminal(20, 1);
        let cells = ["a", "\x1b[31m", "\u{9b}2J", "\r", "b\x07"].map(|symbol| {
            let mut cell = Cell::EMPTY;
            cell.set_symbol(symbol);
            cell
        });
        let backend = terminal.backend_mut();
        backend.draw((0..).zip(&cells).map(|(x, cell)| (x, 0, cell))).unwrap();
        Backend::flush(backend).unwrap();
        assert_eq!(contents(&terminal), "a????");
    }

    #[test]
    fn the_cursor_is_shown_where_it_is_wanted_and_hidden_again() {
        let mut terminal = terminal(20, 3);
        let hidden = |terminal: &Terminal<Screen<Emulator>>| terminal.backend().out().sink().0.screen().hide_cursor();
        terminal.draw(|frame| frame.set_cursor_position((4, 2))).unwrap();
        assert!(!hidden(&terminal));
        assert_eq!(terminal.backend().out().sink().0.screen().cursor_position(), (2, 4));
        terminal.draw(|frame| frame.render_widget("x", frame.area())).unwrap();
        assert!(hidden(&terminal));
    }

    #[test]
    fn after_the_terminal_was_taken_anew_everything_is_drawn_again() {
        let mut terminal = terminal(20, 2);
        let draw = |terminal: &mut Terminal<Screen<Emulator>>| {
            terminal.draw(|frame| frame.render_widget("hello", frame.area())).map(drop).unwrap();
        };
        draw(&mut terminal);
        terminal.backend_mut().out_mut().write_all(b"\x1b[41;1mnoise").unwrap();
        terminal.backend_mut().forget();
        terminal.clear().unwrap();
        draw(&mut terminal);
        assert_eq!(contents(&terminal), "hello");
        assert!(!terminal.backend().out().sink().0.screen().cell(0, 0).unwrap().bold());
    }

    fn any_colour() -> impl Strategy<Value = Color> {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::DarkGray),
            Just(Color::White),
            any::<u8>().prop_map(Color::Indexed),
            any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ]
    }

    fn any_cells() -> impl Strategy<Value = Vec<(u16, u16, &'static str, Style)>> {
        let symbol = prop_oneof![Just("a"), Just("é"), Just("│"), Just("▶"), Just("世"), Just(" ")];
        let modifier = prop_oneof![
            Just(Modifier::empty()),
            Just(Modifier::BOLD),
            Just(Modifier::REVERSED),
            Just(Modifier::UNDERLINED | Modifier::BOLD),
            Just(Modifier::DIM)
        ];
        let cell = (0..12_u16, 0..4_u16, symbol, any_colour(), any_colour(), modifier).prop_map(
            |(x, y, symbol, fg, bg, modifier)| (x, y, symbol, Style::new().fg(fg).bg(bg).add_modifier(modifier)),
        );
        prop::collection::vec(cell, 0..30)
    }

    fn paint(buffer: &mut Buffer, cells: &[(u16, u16, &'static str, Style)]) {
        for (x, y, symbol, style) in cells {
            // Styles would add up to bold and dim at once, of which the emulator knows one.
            buffer[(*x, *y)].reset();
            buffer.set_string(*x, *y, symbol, *style);
        }
    }

    fn seen(colour: vt100::Color) -> Color {
        match colour {
            vt100::Color::Default => Color::Reset,
            vt100::Color::Idx(1) => Color::Red,
            vt100::Color::Idx(8) => Color::DarkGray,
            vt100::Color::Idx(15) => Color::White,
            vt100::Color::Idx(index) => Color::Indexed(index),
            vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
        }
    }

    fn same(colour: Color, shown: vt100::Color) -> bool {
        let index = |colour| match colour {
            Color::Red => Color::Indexed(1),
            Color::DarkGray => Color::Indexed(8),
            Color::White => Color::Indexed(15),
            other => other,
        };
        index(colour) == index(seen(shown))
    }

    proptest! {
        #[test]
        fn what_the_terminal_shows_is_what_was_drawn(frames in prop::collection::vec(any_cells(), 1..6)) {
            let mut terminal = terminal(12, 4);
            for cells in frames {
                let mut expected = Buffer::empty(ratatui::layout::Rect::new(0, 0, 12, 4));
                paint(&mut expected, &cells);
                terminal.draw(|frame| paint(frame.buffer_mut(), &cells)).unwrap();
                let screen = terminal.backend().out().sink().0.screen();
                let mut wide = false;
                for y in 0..4 {
                    for x in 0..12 {
                        if std::mem::take(&mut wide) { continue; }
                        let (cell, shown) = (&expected[(x, y)], screen.cell(y, x).unwrap());
                        wide = cell.symbol().width() == 2;
                        let text = if shown.contents().is_empty() { " " } else { shown.contents() };
                        prop_assert_eq!(cell.symbol(), text);
                        prop_assert!(same(cell.bg, shown.bgcolor()), "{:?} {:?}", cell.bg, shown.bgcolor());
                        prop_assert_eq!(cell.modifier.contains(Modifier::REVERSED), shown.inverse());
                        prop_assert_eq!(cell.modifier.contains(Modifier::UNDERLINED), shown.underline());
                        if text == " " {
                            // The rest can't be seen, and is not redrawn.
                            continue;
                        }
                        prop_assert!(same(cell.fg, shown.fgcolor()), "{:?} {:?}", cell.fg, shown.fgcolor());
                        prop_assert_eq!(cell.modifier.contains(Modifier::BOLD), shown.bold());
                        prop_assert_eq!(cell.modifier.contains(Modifier::DIM), shown.dim());
                    }
                }
            }
        }
    }
}
