//! A screen as an SVG: text as text, frames and bars as shapes, so that it looks the same in any font.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use handover::config::theme::{Rgb, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// How wide and how high a cell is, and how much room there is around the screen, in pixels.
const WIDE: u16 = 9;
const HIGH: u16 = 18;
const MARGIN: u16 = 12;
/// From the top of a cell to the line that its letters stand on.
const BASE: u16 = 14;

/// What is said of a picture, and what a terminal shows where the theme says nothing.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    pub(crate) says: &'a str,
    pub(crate) text: Rgb,
    pub(crate) ground: Rgb,
}

impl<'a> Page<'a> {
    /// A terminal as the theme is made for; one without colours is dark.
    pub(crate) fn of(theme: &Theme, title: &'a str, says: &'a str) -> Self {
        let text = theme.paint("text").fg.unwrap_or(Rgb(0xd0, 0xd4, 0xdc));
        Self { title, says, text, ground: theme.ground.unwrap_or(Rgb(0x1b, 0x1f, 0x26)) }
    }
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ink {
    fg: Rgb,
    marks: Modifier,
}

/// A cell as it is seen: its ink, and what is behind it.
fn seen(cell: &Cell, page: &Page) -> (Ink, Rgb) {
    let colour = |colour: Color, own: Rgb| match colour {
        Color::Reset => own,
        Color::Rgb(r, g, b) => Rgb(r, g, b),
        other => panic!("{other} is no colour of a true-colour terminal"),
    };
    let (mut fg, mut bg) = (colour(cell.fg, page.text), colour(cell.bg, page.ground));
    if cell.modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fg, &mut bg);
    }
    (Ink { fg, marks: cell.modifier & (Modifier::BOLD | Modifier::DIM | Modifier::ITALIC | Modifier::UNDERLINED) }, bg)
}

/// What is drawn as a shape rather than written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    /// A line, thin or thick.
    Stroke { heavy: bool },
    /// A part of the cell that is filled; faintly, for what is empty of a bar.
    Fill { faint: bool },
}

/// A character that is a shape, and its path for so many of them side by side from the left top at `x`, `y`.
fn shape(symbol: &str, x: u16, y: u16, count: u16) -> Option<(Shape, String)> {
    let (mid, half) = (f32::from(x) + f32::from(WIDE) / 2.0, f32::from(y) + f32::from(HIGH) / 2.0);
    let (right, bottom, long) = (x + WIDE * count, y + HIGH, WIDE * count);
    let corner = |heavy: bool, side: u16, end: u16| {
        let bend = if heavy { format!("L{mid} {half}H{side}") } else { format!("Q{mid} {half} {side} {half}") };
        (Shape::Stroke { heavy }, format!("M{mid} {end}{bend}"))
    };
    let upright = |heavy| {
        let lines = (0..count).map(|n| format!("M{} {y}v{HIGH}", mid + f32::from(n * WIDE)));
        (Shape::Stroke { heavy }, lines.collect())
    };
    let level = |heavy| (Shape::Stroke { heavy }, format!("M{x} {half}h{long}"));
    let column = |eighths: u16| {
        let height = f32::from(HIGH * eighths) / 8.0;
        let path = format!("M{x} {}h{long}v{height}h-{long}z", f32::from(bottom) - height);
        (Shape::Fill { faint: false }, path)
    };
    Some(match symbol {
        "─" => level(false),
        "━" => level(true),
        "│" => upright(false),
        "┃" => upright(true),
        "┄" => {
            let part = f32::from(WIDE) / 3.0;
            let dashes = (0..3 * count).map(|n| format!("M{} {half}h1.8", f32::from(x) + 0.6 + f32::from(n) * part));
            (Shape::Stroke { heavy: false }, dashes.collect())
        }
        "╭" => corner(false, right, bottom),
        "╮" => corner(false, x, bottom),
        "╰" => corner(false, right, y),
        "╯" => corner(false, x, y),
        "┏" => corner(true, right, bottom),
        "┓" => corner(true, x, bottom),
        "┗" => corner(true, right, y),
        "┛" => corner(true, x, y),
        "░" => (Shape::Fill { faint: true }, format!("M{x} {y}h{long}v{HIGH}h-{long}z")),
        "█" => column(8),
        "▇" => column(7),
        "▆" => column(6),
        "▅" => column(5),
        "▄" => column(4),
        "▃" => column(3),
        "▂" => column(2),
        "▁" => column(1),
        _ => return None,
    })
}

/// Whether more of a shape beside it are one longer shape.
fn joins(symbol: &str) -> bool {
    !matches!(symbol, "╭" | "╮" | "╰" | "╯" | "┏" | "┓" | "┗" | "┛")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Parts of a line that look alike, from which column on and how many columns wide.
fn runs<T: PartialEq>(cells: &[T]) -> impl Iterator<Item = (u16, u16, &T)> {
    let mut at = 0;
    cells.chunk_by(|one, other| one == other).map(move |chunk| {
        let (from, count) = (at, u16::try_from(chunk.len()).unwrap());
        at += count;
        (from, count, &chunk[0])
    })
}

/// The texts of a line: pieces without two blanks in a row, in ASCII together, every other character alone, as another
/// font may have to be asked for it.
fn texts(symbols: &[(&str, Ink)]) -> Vec<(u16, u16, String, Ink)> {
    let mut texts: Vec<(u16, u16, String, Ink)> = Vec::new();
    let mut column = 0;
    while let Some((symbol, ink)) = symbols.get(usize::from(column)) {
        let width = u16::try_from(symbol.width().max(1)).unwrap();
        let (blank, plain) = (symbol.trim().is_empty(), symbol.is_ascii());
        // A blank belongs to the text before it; at its end it is cut off below. It shows where it is underlined.
        let shows = !blank || ink.marks.contains(Modifier::UNDERLINED);
        match texts.last_mut() {
            Some((from, count, text, of))
                if plain && of == ink && text.is_ascii() && *from + *count == column && !text.ends_with("  ") =>
            {
                text.push_str(symbol);
                *count += width;
            }
            _ if shows => texts.push((column, width, (*symbol).to_owned(), *ink)),
            _ => {}
        }
        column += width;
    }
    for (_, count, text, ink) in &mut texts {
        if !ink.marks.contains(Modifier::UNDERLINED) {
            text.truncate(text.trim_end().len());
            *count = u16::try_from(text.width()).unwrap();
        }
    }
    texts
}

/// The screen as a picture.
pub(crate) fn svg(buffer: &Buffer, page: &Page) -> String {
    let (columns, lines) = (buffer.area.width, buffer.area.height);
    let (wide, high) = (columns * WIDE + 2 * MARGIN, lines * HIGH + 2 * MARGIN);
    let (mut grounds, mut strokes, mut written) = (BTreeMap::new(), BTreeMap::new(), String::new());
    let mut inks: Vec<Ink> = Vec::new();
    for y in 0..lines {
        let top = MARGIN + y * HIGH;
        let cells: Vec<(&str, Ink, Rgb)> = (0..columns)
            .map(|x| &buffer[(x, y)])
            .map(|cell| {
                let (ink, behind) = seen(cell, page);
                (cell.symbol(), ink, behind)
            })
            .collect();
        let behind: Vec<Rgb> = cells.iter().map(|cell| cell.2).collect();
        for (x, count, colour) in runs(&behind).filter(|(_, _, colour)| **colour != page.ground) {
            let (x, long) = (MARGIN + x * WIDE, count * WIDE);
            write!(grounds.entry(*colour).or_insert_with(String::new), "M{x} {top}h{long}v{HIGH}h-{long}z").unwrap();
        }
        let shapes: Vec<(&str, Ink)> = cells.iter().map(|(symbol, ink, _)| (*symbol, *ink)).collect();
        for (x, count, (symbol, ink)) in runs(&shapes) {
            let parts = if joins(symbol) { vec![(x, count)] } else { (x..x + count).map(|x| (x, 1)).collect() };
            for (x, count) in parts {
                let Some((shape, path)) = shape(symbol, MARGIN + x * WIDE, top, count) else { continue };
                let fainter = ink.marks.contains(Modifier::DIM);
                strokes.entry((ink.fg, shape, fainter)).or_insert_with(String::new).push_str(&path);
            }
        }
        let symbols: Vec<(&str, Ink)> =
            shapes.iter().map(|(s, ink)| if shape(s, 0, 0, 1).is_some() { (" ", *ink) } else { (*s, *ink) }).collect();
        for (x, count, text, ink) in texts(&symbols) {
            let index = inks.iter().position(|known| *known == ink).unwrap_or_else(|| {
                inks.push(ink);
                inks.len() - 1
            });
            let (x, y, long) = (MARGIN + x * WIDE, top + BASE, count * WIDE);
            // A sign of another font may be wider than its cell.
            let squeezed = if text.is_ascii() { "" } else { " lengthAdjust=\"spacingAndGlyphs\"" };
            let text = escaped(&text);
            writeln!(
                written,
                "<text class=\"i{index}\" x=\"{x}\" y=\"{y}\" textLength=\"{long}\"{squeezed}>{text}</text>"
            )
            .unwrap();
        }
    }

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         role=\"img\" aria-labelledby=\"title says\" xml:space=\"preserve\">\n\
         <title id=\"title\">{}</title>\n<desc id=\"says\">{}</desc>\n<style>\n\
         text {{ font-size: 15px; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; \
         font-variant-ligatures: none; white-space: pre }}\npath {{ fill: none }}\n",
        escaped(page.title),
        escaped(page.says),
    );
    for (index, ink) in inks.iter().enumerate() {
        let marks = [
            (Modifier::BOLD, "; font-weight: bold"),
            (Modifier::DIM, "; fill-opacity: .65"),
            (Modifier::ITALIC, "; font-style: italic"),
            (Modifier::UNDERLINED, "; text-decoration: underline"),
        ];
        let marks: String = marks.iter().filter(|(mark, _)| ink.marks.contains(*mark)).map(|(_, css)| *css).collect();
        writeln!(out, ".i{index} {{ fill: {}{marks} }}", ink.fg).unwrap();
    }
    writeln!(out, "</style>\n<rect width=\"{wide}\" height=\"{high}\" rx=\"8\" fill=\"{}\"/>", page.ground).unwrap();
    for (colour, path) in grounds {
        writeln!(out, "<path style=\"fill:{colour}\" d=\"{path}\"/>").unwrap();
    }
    for ((colour, shape, fainter), path) in strokes {
        let style = match shape {
            Shape::Stroke { heavy } => format!("stroke:{colour};stroke-width:{}", if heavy { "2.5" } else { "1.2" }),
            Shape::Fill { faint: true } => format!("fill:{colour};fill-opacity:.3"),
            Shape::Fill { faint: false } => format!("fill:{colour}"),
        };
        let fainter = if fainter { ";opacity:.65" } else { "" };
        writeln!(out, "<path style=\"{style}{fainter}\" d=\"{path}\"/>").unwrap();
    }
    out.push_str(&written);
    out.push_str("</svg>\n");
    out
}

/// What can be read in a picture, line by line; shapes are blanks.
pub(crate) fn read_back(svg: &str, columns: u16, lines: u16) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let mut rows = vec![vec![' '; usize::from(columns)]; usize::from(lines)];
    for node in document.descendants().filter(|node| node.has_tag_name("text")) {
        let number = |name: &str| node.attribute(name).unwrap().parse::<u16>().unwrap();
        let (x, y) = ((number("x") - MARGIN) / WIDE, (number("y") - BASE - MARGIN) / HIGH);
        let text = node.text().unwrap_or_default();
        assert_eq!(usize::from(number("textLength") / WIDE), text.width(), "{text:?}");
        let mut at = usize::from(x);
        for c in text.chars() {
            rows[usize::from(y)][at] = c;
            at += c.to_string().width().max(1);
        }
    }
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

/// What of a screen is written, line by line; what is drawn as a shape is a blank.
pub(crate) fn readable(buffer: &Buffer) -> Vec<String> {
    let line = |y| {
        let symbols = (0..buffer.area.width).map(move |x| buffer[(x, y)].symbol());
        let text: String = symbols.map(|symbol| if shape(symbol, 0, 0, 1).is_some() { " " } else { symbol }).collect();
        text.trim_end().to_owned()
    };
    (0..buffer.area.height).map(line).collect()
}
