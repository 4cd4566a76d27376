//! A theme made fit for a terminal: each role as a style, in as many colours as there are.

use ratatui::style::{Color, Modifier, Style};

use super::glyphs::{ASCII, Glyphs, UNICODE};
use crate::config::theme::{Paint, ROLES, Rgb, Theme};

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    TrueColour,
    /// The 256 of xterm.
    Indexed,
    /// The 16 of ANSI.
    Ansi,
    /// None: bold, reverse and underline are left.
    None,
}

/// A role on the screen; what it looks like is the theme's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // They are the names in a theme file, and say what they are for.
pub enum Tone {
    Text,
    Dim,
    Border,
    Focus,
    Title,
    Accent,
    Ok,
    Warn,
    Bad,
    Unknown,
    Source,
    Target,
    Live,
    Drill,
    Simulation,
    Armed,
    Write,
    Irreversible,
    Selected,
    Key,
    Input,
    Dialog,
}

/// Everything that views need to know of looks.
#[derive(Debug, Clone)]
pub struct Skin {
    styles: [Style; ROLES.len()],
    /// The signs.
    pub glyphs: &'static Glyphs,
}

impl Skin {
    /// Makes a theme fit.
    pub fn new(theme: &Theme, depth: Depth, unicode: bool) -> Self {
        let glyphs = if unicode { &UNICODE } else { &ASCII };
        Self { styles: theme.paints.map(|paint| style(paint, depth)), glyphs }
    }

    /// The style of a role.
    pub fn style(&self, tone: Tone) -> Style {
        self.styles.get(tone as usize).copied().unwrap_or_default()
    }
}

fn style(paint: Paint, depth: Depth) -> Style {
    let mut style = Style::new();
    if let Some(fg) = paint.fg.and_then(|rgb| colour(rgb, depth)) {
        style = style.fg(fg);
    }
    if let Some(bg) = paint.bg.and_then(|rgb| colour(rgb, depth)) {
        style = style.bg(bg);
    }
    let mut modifier = Modifier::empty();
    modifier.set(Modifier::BOLD, paint.bold);
    modifier.set(Modifier::UNDERLINED, paint.underline);
    // Without colours, what a background set apart is set apart by reversing it.
    modifier.set(Modifier::REVERSED, paint.reverse || (depth == Depth::None && paint.bg.is_some() && paint.bold));
    style.add_modifier(modifier)
}

fn colour(rgb: Rgb, depth: Depth) -> Option<Color> {
    match depth {
        Depth::TrueColour => Some(Color::Rgb(rgb.0, rgb.1, rgb.2)),
        Depth::Indexed => Some(Color::Indexed(indexed(rgb))),
        Depth::Ansi => Some(ansi(rgb)),
        Depth::None => None,
    }
}

fn distance(one: Rgb, other: Rgb) -> u32 {
    let part = |a: u8, b: u8, weight: u32| u32::from(a.abs_diff(b)).pow(2) * weight;
    part(one.0, other.0, 3) + part(one.1, other.1, 4) + part(one.2, other.2, 2)
}

/// The nearest of xterm's 6×6×6 cube and its grey ramp.
fn indexed(rgb: Rgb) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let nearest = |value: u8| (0u8..).zip(STEPS).min_by_key(|(_, step)| step.abs_diff(value)).unwrap_or((0, 0));
    let (r, g, b) = (nearest(rgb.0), nearest(rgb.1), nearest(rgb.2));
    let cube = (16 + 36 * r.0 + 6 * g.0 + b.0, Rgb(r.1, g.1, b.1));
    let greys = (0u8..24).map(|step| (232 + step, Rgb(8 + 10 * step, 8 + 10 * step, 8 + 10 * step)));
    greys.chain([cube]).min_by_key(|(_, found)| distance(*found, rgb)).map_or(cube.0, |(index, _)| index)
}

/// The nearest of the sixteen. Dark grey is left out: on many palettes it can't be told from the background.
fn ansi(rgb: Rgb) -> Color {
    const COLOURS: [(Color, Rgb); 15] = [
        (Color::Black, Rgb(0, 0, 0)),
        (Color::Red, Rgb(170, 0, 0)),
        (Color::Green, Rgb(0, 170, 0)),
        (Color::Yellow, Rgb(170, 110, 0)),
        (Color::Blue, Rgb(0, 0, 170)),
        (Color::Magenta, Rgb(170, 0, 170)),
        (Color::Cyan, Rgb(0, 170, 170)),
        (Color::Gray, Rgb(170, 170, 170)),
        (Color::LightRed, Rgb(255, 90, 90)),
        (Color::LightGreen, Rgb(90, 255, 90)),
        (Color::LightYellow, Rgb(255, 255, 90)),
        (Color::LightBlue, Rgb(90, 90, 255)),
        (Color::LightMagenta, Rgb(255, 90, 255)),
        (Color::LightCyan, Rgb(90, 255, 255)),
        (Color::White, Rgb(255, 255, 255)),
    ];
    COLOURS.into_iter().min_by_key(|(_, found)| distance(*found, rgb)).map_or(Color::Reset, |(colour, _)| colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme() -> Theme {
        let loud = Paint { fg: Some(Rgb(255, 255, 255)), bg: Some(Rgb(200, 0, 0)), bold: true, ..Paint::default() };
        Theme { name: "test".into(), paints: [loud; ROLES.len()] }
    }

    #[test]
    fn colours_are_quantised_to_what_there_is() {
        let skin = |depth| Skin::new(&theme(), depth, true).style(Tone::Live);
        assert_eq!(skin(Depth::TrueColour).bg, Some(Color::Rgb(200, 0, 0)));
        assert_eq!(skin(Depth::Indexed).bg, Some(Color::Indexed(160)));
        assert_eq!(skin(Depth::Ansi).bg, Some(Color::Red));
        assert_eq!(indexed(Rgb(128, 128, 128)), 244);
    }

    #[test]
    fn without_colours_bold_and_reverse_are_left() {
        let style = Skin::new(&theme(), Depth::None, true).style(Tone::Live);
        assert_eq!((style.fg, style.bg), (None, None));
        assert!(style.add_modifier.contains(Modifier::BOLD | Modifier::REVERSED));
    }

    #[test]
    fn every_role_of_a_theme_has_its_tone() {
        assert_eq!(Tone::Dialog as usize + 1, ROLES.len());
        assert_eq!(ROLES.get(Tone::Irreversible as usize), Some(&"irreversible"));
        assert_eq!(ROLES.get(Tone::Unknown as usize), Some(&"unknown"));
    }
}
