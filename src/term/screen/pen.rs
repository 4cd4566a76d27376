//! What a terminal draws with, and how it is told.

use std::io::{self, Write};

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What the terminal draws with at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) modifier: Modifier,
}

impl Pen {
    /// What a cell is drawn with.
    pub(super) fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Changes the terminal's pen to this one by what differs. To the plain pen, and where nothing is known of what it was, a reset
    /// is the shortest way; else what is to go is ended by its own code, as the colours, which stay, are the longest to say.
    pub(super) fn tell(self, from: Option<Self>, out: &mut impl Write) -> io::Result<()> {
        let (mut from, mut more) = match from {
            Some(from) if self != PLAIN => (from, false),
            _ => (PLAIN, true),
        };
        out.write_all(if more { b"\x1b[0" } else { b"\x1b[" })?;
        for (flags, code) in ENDS {
            if from.modifier.difference(self.modifier).intersects(flags) {
                separate(out, &mut more)?;
                out.write_all(code)?;
                // One code ends all of these; what is to stay is begun again.
                from.modifier.remove(flags);
            }
        }
        for (flag, code) in ATTRIBUTES {
            if self.modifier.contains(flag) && !from.modifier.contains(flag) {
                separate(out, &mut more)?;
                out.write_all(code)?;
            }
        }
        if self.fg != from.fg {
            separate(out, &mut more)?;
            colour(out, self.fg, 30)?;
        }
        if self.bg != from.bg {
            separate(out, &mut more)?;
            colour(out, self.bg, 40)?;
        }
        out.write_all(b"m")
    }
}

/// What a reset leaves.
pub(super) const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

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
pub(super) fn same_blank(one: Pen, other: Pen) -> bool {
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
        Color::Indexed(index) => return numbers(out, &[base + 8, 5, index]),
        Color::Rgb(red, green, blue) => return numbers(out, &[base + 8, 2, red, green, blue]),
    };
    number(out, base + named)
}

/// Numbers with semicolons between them.
fn numbers(out: &mut impl Write, all: &[u8]) -> io::Result<()> {
    let mut more = false;
    for one in all {
        separate(out, &mut more)?;
        number(out, *one)?;
    }
    Ok(())
}

/// A number, in decimal digits. Thousands of them are in a frame: that is worth more than `write!` can do.
pub(super) fn number(out: &mut impl Write, number: impl itoa::Integer) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}
