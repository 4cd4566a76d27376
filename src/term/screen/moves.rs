//! The shortest way to tell where the next character goes.

use std::io::{self, Write};

use ratatui::layout::Position;

use super::pen::number;

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
    by(along, [b"C", b"D"], out)?;
    by(down, [b"B", b"A"], out)
}

/// Backspaces, where they are shorter. A line feed is one byte, too, but not every terminal leaves the column alone with it.
const BACK: &[u8] = b"\x08\x08\x08";

/// By line and column, wherever the cursor is (CUP).
fn place(to: Position, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\x1b[")?;
    number(out, u32::from(to.y) + 1)?;
    out.write_all(b";")?;
    number(out, u32::from(to.x) + 1)?;
    out.write_all(b"H")
}

/// So many columns or lines on, or back (CUF, CUB; CUD, CUU).
fn by(count: i32, [on, back]: [&[u8]; 2], out: &mut impl Write) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    out.write_all(b"\x1b[")?;
    if count.unsigned_abs() > 1 {
        number(out, count.unsigned_abs())?;
    }
    out.write_all(if count < 0 { back } else { on })
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
