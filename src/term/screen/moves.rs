//! The shortest way to tell where the next character goes.

use std::io::{self, Write};

use ratatui::layout::Position;

/// Moves a terminal's cursor from where it is known to be, if it is.
pub(super) fn tell(from: Option<Position>, to: Position, out: &mut impl Write) -> io::Result<()> {
    let Some(from) = from else { return place(to, out) };
    let (along, down) = (i32::from(to.x) - i32::from(from.x), i32::from(to.y) - i32::from(from.y));
    let back = BACK.get(..usize::try_from(-along).unwrap_or(0)).unwrap_or_default();
    let along = if back.is_empty() { along } else { 0 };
    if steps(along) + steps(down) + back.len() >= 4 + digits(to.x) + digits(to.y) {
        return place(to, out);
    }
    out.write_all(back)?;
    by(along, ['C', 'D'], out)?;
    by(down, ['B', 'A'], out)
}

/// Backspaces, where they are shorter. A line feed is one byte, too, but not every terminal leaves the column alone with it.
const BACK: &[u8] = b"\x08\x08\x08";

/// By line and column, wherever the cursor is (CUP).
fn place(to: Position, out: &mut impl Write) -> io::Result<()> {
    write!(out, "\x1b[{};{}H", u32::from(to.y) + 1, u32::from(to.x) + 1)
}

/// So many columns or lines on, or back (CUF, CUB; CUD, CUU).
fn by(count: i32, [on, back]: [char; 2], out: &mut impl Write) -> io::Result<()> {
    let which = if count < 0 { back } else { on };
    match count.unsigned_abs() {
        0 => Ok(()),
        1 => write!(out, "\x1b[{which}"),
        count => write!(out, "\x1b[{count}{which}"),
    }
}

/// How many bytes that takes.
fn steps(count: i32) -> usize {
    match count.unsigned_abs() {
        0 => 0,
        1 => 3,
        count => 4 + count.ilog10() as usize,
    }
}

/// How many digits a column or a line has as it is told: from 1.
fn digits(at: u16) -> usize {
    1 + (u32::from(at) + 1).ilog10() as usize
}
