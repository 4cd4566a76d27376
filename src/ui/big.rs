//! Large letters for the wall: each of five by seven points, drawn with half blocks, or with `#` where there is nothing but
//! ASCII. A point of scale 1 is one column wide and half a line high, which is about a square.

use super::paint::{Painter, Pen};
use super::skin::Tone;

/// How many points high a letter is.
const POINTS: u16 = 7;

/// A letter: its width in points, and its rows from the top, the leftmost point in the highest of those bits.
struct Letter {
    wide: u16,
    rows: [u8; POINTS as usize],
}

const fn letter(wide: u16, rows: [u8; POINTS as usize]) -> Letter {
    Letter { wide, rows }
}

/// The letter for a character; a question mark for one that there is none for.
fn of(c: char) -> Letter {
    match c.to_ascii_uppercase() {
        'A' => letter(5, [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
        'B' => letter(5, [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110]),
        'C' => letter(5, [0b01111, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b01111]),
        'D' => letter(5, [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110]),
        'E' => letter(4, [0b1111, 0b1000, 0b1000, 0b1110, 0b1000, 0b1000, 0b1111]),
        'F' => letter(4, [0b1111, 0b1000, 0b1000, 0b1110, 0b1000, 0b1000, 0b1000]),
        'G' => letter(5, [0b01111, 0b10000, 0b10000, 0b10011, 0b10001, 0b10001, 0b01111]),
        'H' => letter(5, [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
        'I' => letter(3, [0b111, 0b010, 0b010, 0b010, 0b010, 0b010, 0b111]),
        'J' => letter(4, [0b0001, 0b0001, 0b0001, 0b0001, 0b0001, 0b1001, 0b0110]),
        'K' => letter(5, [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
        'L' => letter(4, [0b1000, 0b1000, 0b1000, 0b1000, 0b1000, 0b1000, 0b1111]),
        'M' => letter(5, [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
        'N' => letter(5, [0b10001, 0b11001, 0b11001, 0b10101, 0b10011, 0b10011, 0b10001]),
        'O' | '0' => letter(5, [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
        'P' => letter(5, [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
        'Q' => letter(5, [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101]),
        'R' => letter(5, [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
        'S' => letter(5, [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
        'T' => letter(5, [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
        'U' => letter(5, [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
        'V' => letter(5, [0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b01010, 0b00100]),
        'W' => letter(5, [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
        'X' => letter(5, [0b10001, 0b01010, 0b01010, 0b00100, 0b01010, 0b01010, 0b10001]),
        'Y' => letter(5, [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
        'Z' => letter(5, [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111]),
        // As wide as the others: a clock must not move when a figure changes.
        '1' => letter(5, [0b00100, 0b01100, 0b10100, 0b00100, 0b00100, 0b00100, 0b11111]),
        '2' => letter(5, [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111]),
        '3' => letter(5, [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110]),
        '4' => letter(5, [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010]),
        '5' => letter(5, [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110]),
        '6' => letter(5, [0b01110, 0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110]),
        '7' => letter(5, [0b11111, 0b00001, 0b00010, 0b00010, 0b00100, 0b00100, 0b00100]),
        '8' => letter(5, [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110]),
        '9' => letter(5, [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00001, 0b01110]),
        ':' => letter(2, [0b00, 0b11, 0b11, 0b00, 0b11, 0b11, 0b00]),
        '.' => letter(2, [0b00, 0b00, 0b00, 0b00, 0b00, 0b11, 0b11]),
        '-' => letter(3, [0b000, 0b000, 0b000, 0b111, 0b000, 0b000, 0b000]),
        ' ' => letter(2, [0; 7]),
        _ => letter(5, [0b01110, 0b10001, 0b00001, 0b00110, 0b00100, 0b00000, 0b00100]),
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str, scale: u16) -> u16 {
    // A point stands between two letters.
    let points = text.chars().map(|c| of(c).wide + 1).fold(0u16, u16::saturating_add).saturating_sub(1);
    points.saturating_mul(scale)
}

/// How many lines a text takes.
pub(super) fn height(scale: u16) -> u16 {
    POINTS.saturating_mul(scale).div_ceil(2)
}

/// The largest scale, up to `most`, at which a text fits into a room; 0 where none does. In ASCII, which has no half
/// blocks, only even ones are drawn.
pub(super) fn scale(text: &str, room: (u16, u16), most: u16, unicode: bool) -> u16 {
    let fits =
        |scale: &u16| (unicode || scale.is_multiple_of(2)) && width(text, *scale) <= room.0 && height(*scale) <= room.1;
    (1..=most).rev().find(fits).unwrap_or(0)
}

/// Draws a text with its upper left corner at the pen, cut at the pen's end and at the bottom.
pub(super) fn draw(text: &str, scale: u16, pen: Pen, bottom: u16, tone: Tone, painter: &mut Painter<'_>) {
    let unicode = painter.glyphs().unicode;
    let mut x = pen.x;
    for c in text.chars() {
        let letter = of(c);
        let lit = |column: u16, half: u16| {
            let row = letter.rows.get(usize::from(half / scale.max(1))).copied().unwrap_or(0);
            row >> (letter.wide - 1 - column) & 1 == 1
        };
        for line in 0..height(scale) {
            let y = pen.y.saturating_add(line);
            if y >= bottom {
                break;
            }
            for column in 0..letter.wide {
                let sign = match (lit(column, 2 * line), lit(column, 2 * line + 1)) {
                    (false, false) => continue,
                    _ if !unicode => "#",
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                };
                let at = x.saturating_add(column.saturating_mul(scale)).min(pen.end);
                painter.blocks(&mut Pen { x: at, y, end: pen.end }, sign, usize::from(scale), tone);
            }
        }
        x = x.saturating_add((letter.wide + 1).saturating_mul(scale));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::theme;
    use crate::ui::skin::{Depth, Skin};
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Modifier;

    fn drawn(text: &str, scale: u16, unicode: bool) -> Vec<String> {
        let area = Rect::new(0, 0, width(text, scale), height(scale));
        let skin = Skin::new(&theme::built_in("dark").unwrap(), Depth::None, unicode);
        let mut buffer = Buffer::empty(area);
        let mut painter = Painter::anew(area, &skin);
        draw(text, scale, Pen::line(area, 0), area.bottom(), Tone::Text, &mut painter);
        painter.paint(&mut buffer);
        let line = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..area.height).map(line).collect()
    }

    #[test]
    fn letters_are_drawn_with_half_blocks_or_in_ascii() {
        assert_eq!(drawn("7", 1, true), ["▀▀▀▀█", "   █", "  █", "  ▀"]);
        let seven = ["##########", "        ##", "      ##", "      ##", "    ##", "    ##", "    ##"];
        assert_eq!(drawn("7", 2, false), seven);
    }

    #[test]
    fn a_large_letter_is_not_underlined_nor_turned_inside_out() {
        let area = Rect::new(0, 0, width("8", 2), height(2));
        let skin = Skin::new(&theme::built_in("mono").unwrap(), Depth::None, true);
        for tone in Tone::ALL {
            let mut buffer = Buffer::empty(area);
            let mut painter = Painter::anew(area, &skin);
            draw("8", 2, Pen::line(area, 0), area.bottom(), tone, &mut painter);
            painter.paint(&mut buffer);
            let odd = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::ITALIC;
            assert!(buffer.content.iter().all(|cell| !cell.modifier.intersects(odd)), "{tone:?}");
        }
    }

    #[test]
    fn letters_are_told_from_each_other() {
        let all = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789:.-?";
        let mut seen: Vec<Vec<String>> = Vec::new();
        for c in all.chars() {
            let picture = drawn(&c.to_string(), 2, true);
            assert!(!seen.contains(&picture), "{c}");
            seen.push(picture);
        }
        assert_eq!(drawn("é", 2, true), drawn("?", 2, true));
        assert!("0123456789".chars().all(|c| width(&c.to_string(), 1) == 5));
    }

    #[test]
    fn the_largest_scale_that_fits_is_taken() {
        assert_eq!(width("12:41", 1), 26);
        assert_eq!(scale("12:41", (80, 24), 20, true), 3);
        assert_eq!(scale("12:41", (80, 24), 20, false), 2);
        assert_eq!(scale("12:41", (80, 24), 2, true), 2);
        assert_eq!(scale("12:41", (25, 24), 20, true), 0);
        assert_eq!(scale("12:41", (80, 3), 20, true), 0);
    }
}
