//! A theme made fit for a terminal: each role as a style, in as many colours as there are.

use ratatui::style::{Color, Modifier, Style};

use super::glyphs::{ASCII, Glyphs, UNICODE};
use crate::config::theme::{self, Ansi, Paint, ROLES, Rgb, Theme};

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

impl Depth {
    /// Each, the most colours first.
    pub const ALL: [Self; 4] = [Self::TrueColour, Self::Indexed, Self::Ansi, Self::None];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TrueColour => "true colour",
            Self::Indexed => "256 colours",
            Self::Ansi => "16 colours",
            Self::None => "no colours",
        }
    }
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

impl Tone {
    /// Each, in the order of [`ROLES`].
    pub const ALL: [Self; ROLES.len()] = [
        Self::Text,
        Self::Dim,
        Self::Border,
        Self::Focus,
        Self::Title,
        Self::Accent,
        Self::Ok,
        Self::Warn,
        Self::Bad,
        Self::Unknown,
        Self::Source,
        Self::Target,
        Self::Live,
        Self::Drill,
        Self::Simulation,
        Self::Armed,
        Self::Write,
        Self::Irreversible,
        Self::Selected,
        Self::Key,
        Self::Input,
        Self::Dialog,
    ];

    /// Its name in a theme file.
    pub fn role(self) -> &'static str {
        ROLES.get(self as usize).copied().unwrap_or_default()
    }
}

/// Everything that views need to know of looks.
#[derive(Debug, Clone)]
pub struct Skin {
    styles: [Style; ROLES.len()],
    /// The signs.
    pub glyphs: &'static Glyphs,
    /// Whether the terminal shows links.
    pub links: bool,
}

impl Skin {
    /// Makes a theme fit.
    pub fn new(theme: &Theme, depth: Depth, unicode: bool) -> Self {
        let glyphs = if unicode { &UNICODE } else { &ASCII };
        // Bold and underlined alone, a theme of colours says less than one that was made without any.
        let mono = (depth == Depth::None && theme.is_coloured()).then(|| theme::built_in("mono")).flatten();
        let styles = match (depth, mono) {
            (Depth::None, mono) => mono.as_ref().unwrap_or(theme).paints.map(|paint| style(&paint, |_| None)),
            (Depth::Ansi, _) => {
                let mut styles = theme.paints.map(|paint| style(&paint, |rgb| Some(nearest(rgb))));
                for (made, said) in styles.iter_mut().zip(&theme.ansi) {
                    if let Some(said) = said {
                        *made = style(said, |ansi| Some(sixteen(ansi)));
                    }
                }
                styles
            }
            (Depth::Indexed, _) => theme.paints.map(|paint| style(&paint, |rgb| Some(Color::Indexed(indexed(rgb))))),
            (Depth::TrueColour, _) => {
                theme.paints.map(|paint| style(&paint, |rgb| Some(Color::Rgb(rgb.0, rgb.1, rgb.2))))
            }
        };
        Self { styles, glyphs, links: false }
    }

    /// The same, for a terminal that shows links or one that does not.
    #[must_use]
    pub fn with_links(mut self, links: bool) -> Self {
        self.links = links;
        self
    }

    /// The style in which a role is written. The text's and the dialog's own background are left out: they are what
    /// everything is written on, so that a text in a dialog stands on the dialog's.
    pub fn style(&self, tone: Tone) -> Style {
        let style = self.ground(tone);
        if matches!(tone, Tone::Text | Tone::Dialog) { Style { bg: None, ..style } } else { style }
    }

    /// The style with which a role fills an area.
    pub fn ground(&self, tone: Tone) -> Style {
        self.styles.get(tone as usize).copied().unwrap_or_default()
    }

    /// Whether a background is what everything is written on, and nobody's own.
    pub fn is_ground(&self, bg: Color) -> bool {
        bg == Color::Reset || [Tone::Text, Tone::Dialog].iter().any(|tone| self.ground(*tone).bg == Some(bg))
    }
}

fn style<C: Copy>(paint: &Paint<C>, colour: impl Fn(C) -> Option<Color>) -> Style {
    let mut modifier = Modifier::empty();
    modifier.set(Modifier::BOLD, paint.bold);
    modifier.set(Modifier::DIM, paint.dim);
    modifier.set(Modifier::ITALIC, paint.italic);
    modifier.set(Modifier::UNDERLINED, paint.underline);
    modifier.set(Modifier::REVERSED, paint.reverse);
    Style { fg: paint.fg.and_then(&colour), bg: paint.bg.and_then(&colour), ..Style::new() }.add_modifier(modifier)
}

fn sixteen(ansi: Ansi) -> Color {
    match ansi {
        Ansi::Black => Color::Black,
        Ansi::Red => Color::Red,
        Ansi::Green => Color::Green,
        Ansi::Yellow => Color::Yellow,
        Ansi::Blue => Color::Blue,
        Ansi::Magenta => Color::Magenta,
        Ansi::Cyan => Color::Cyan,
        Ansi::White => Color::Gray,
        Ansi::BrightBlack => Color::DarkGray,
        Ansi::BrightRed => Color::LightRed,
        Ansi::BrightGreen => Color::LightGreen,
        Ansi::BrightYellow => Color::LightYellow,
        Ansi::BrightBlue => Color::LightBlue,
        Ansi::BrightMagenta => Color::LightMagenta,
        Ansi::BrightCyan => Color::LightCyan,
        Ansi::BrightWhite => Color::White,
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

/// The nearest of the sixteen, for a role of which the theme does not say it. Dark grey is left out: on many palettes it
/// can't be told from the background.
fn nearest(rgb: Rgb) -> Color {
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
    use crate::config::Source;
    use crate::config::theme::BUILT_IN;
    use crate::config::theme::judge::{Judgement, STATUS};

    fn theme() -> Theme {
        let loud = Paint { fg: Some(Rgb(255, 255, 255)), bg: Some(Rgb(200, 0, 0)), bold: true, ..Paint::default() };
        Theme { paints: [loud; ROLES.len()], ..theme::built_in("mono").unwrap() }
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
    fn of_sixteen_colours_a_theme_says_which_and_keeps_its_marks() {
        let text = "name = \"t\"\n[roles]\nok = { fg = \"#123456\", bold = true }\nbad = { fg = \"#ff0000\" }\n[ansi]\n\
                    ok = \"bright-blue\"\nlive = { fg = \"black\", bg = \"yellow\", underline = true }\n";
        let theme = theme::read(&Source::new("t.toml", text.as_bytes())).sound().unwrap();
        let skin = Skin::new(&theme, Depth::Ansi, true);
        assert_eq!(skin.style(Tone::Ok), Style::new().fg(Color::LightBlue).add_modifier(Modifier::BOLD));
        let live = Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::UNDERLINED);
        assert_eq!(skin.style(Tone::Live), live);
        assert_eq!(skin.style(Tone::Bad).fg, Some(Color::Red), "what is not said is guessed");
        assert_eq!(Skin::new(&theme, Depth::Indexed, true).style(Tone::Live), Style::new());
    }

    #[test]
    fn a_text_in_a_dialog_stands_on_the_dialogs_background() {
        let skin = Skin::new(&theme(), Depth::TrueColour, true);
        assert_eq!(skin.style(Tone::Text).bg, None);
        assert_eq!(skin.ground(Tone::Text).bg, Some(Color::Rgb(200, 0, 0)));
        assert!(skin.is_ground(Color::Rgb(200, 0, 0)) && skin.is_ground(Color::Reset) && !skin.is_ground(Color::Red));
    }

    #[test]
    fn status_roles_stay_distinct_in_every_theme_at_every_depth() {
        for (name, _) in BUILT_IN {
            let theme = theme::built_in(name).unwrap();
            for depth in Depth::ALL {
                let skin = Skin::new(&theme, depth, true);
                let styles: Vec<(&str, Style)> = STATUS
                    .iter()
                    .map(|role| (*role, skin.styles[ROLES.iter().position(|known| known == role).unwrap()]))
                    .collect();
                for (at, (one, a)) in styles.iter().enumerate() {
                    for (other, b) in styles.iter().skip(at + 1) {
                        assert_ne!(a, b, "{name}, {}: {one} and {other}", depth.as_str());
                    }
                }
            }
        }
    }

    #[test]
    fn of_256_colours_a_theme_is_read_as_well_and_its_status_colours_are_told_apart() {
        let shown = |rgb: Rgb| match indexed(rgb) {
            grey @ 232.. => Rgb(8 + 10 * (grey - 232), 8 + 10 * (grey - 232), 8 + 10 * (grey - 232)),
            cube => {
                let step = |of: u8| [0, 95, 135, 175, 215, 255][usize::from((cube - 16) / of % 6)];
                Rgb(step(36), step(6), step(1))
            }
        };
        let mut wrong = Vec::new();
        for (name, _) in BUILT_IN {
            let theme = theme::built_in(name).unwrap();
            let paints = theme.paints.map(|paint| Paint { fg: paint.fg.map(shown), bg: paint.bg.map(shown), ..paint });
            let found = Judgement::of(&Theme { paints, ..theme });
            wrong.extend(found.low().map(|low| format!("{name}: {low:?}")));
            wrong.extend(found.near().filter(|pair| pair.binds).map(|near| format!("{name}: {near:?}")));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn what_bars_are_made_of_has_nothing_behind_it() {
        for (name, _) in BUILT_IN {
            for depth in Depth::ALL {
                let skin = Skin::new(&theme::built_in(name).unwrap(), depth, true);
                for tone in [Tone::Accent, Tone::Warn, Tone::Bad, Tone::Dim] {
                    let style = skin.style(tone);
                    let upside_down = style.bg.is_some() || style.add_modifier.contains(Modifier::REVERSED);
                    assert!(
                        !upside_down,
                        "{name}, {}: a column of {} would end from above",
                        depth.as_str(),
                        tone.role()
                    );
                }
            }
        }
    }

    #[test]
    fn a_built_in_theme_says_every_role_in_sixteen_colours() {
        for (name, _) in BUILT_IN {
            let theme = theme::built_in(name).unwrap();
            let said = theme.ansi.iter().filter(|paint| paint.is_some()).count();
            assert_eq!(said, if theme.is_coloured() { ROLES.len() } else { 0 }, "{name}");
        }
    }

    #[test]
    fn every_role_of_a_theme_has_its_tone() {
        assert_eq!(Tone::Dialog as usize + 1, ROLES.len());
        for (tone, role) in Tone::ALL.into_iter().zip(ROLES) {
            assert_eq!((tone.role(), format!("{tone:?}").to_lowercase()), (role, role.to_owned()));
        }
    }
}
