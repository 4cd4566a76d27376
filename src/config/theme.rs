//! A theme: what each role on the screen looks like. `[palette]` names colours, `[roles]` uses them, `[ansi]` says it for
//! terminals of sixteen colours, and `inherits` begins with another theme.

mod draft;
pub mod eyes;
pub mod judge;
mod read;
mod watch;

pub use draft::{Draft, Ink};
pub use read::{open, read};
pub use watch::Watch;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// One of the sixteen colours that a terminal's own palette defines, in the order of their codes (ECMA-48 30 to 37, then
/// aixterm's 90 to 97).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // They are the names in a theme file.
pub enum Ansi {
    Black,
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
    White,
    BrightBlack,
    BrightRed,
    BrightGreen,
    BrightYellow,
    BrightBlue,
    BrightMagenta,
    BrightCyan,
    BrightWhite,
}

impl Ansi {
    /// Each with its name in a theme file.
    pub const ALL: [(&'static str, Self); 16] = [
        ("black", Self::Black),
        ("red", Self::Red),
        ("green", Self::Green),
        ("yellow", Self::Yellow),
        ("blue", Self::Blue),
        ("magenta", Self::Magenta),
        ("cyan", Self::Cyan),
        ("white", Self::White),
        ("bright-black", Self::BrightBlack),
        ("bright-red", Self::BrightRed),
        ("bright-green", Self::BrightGreen),
        ("bright-yellow", Self::BrightYellow),
        ("bright-blue", Self::BrightBlue),
        ("bright-magenta", Self::BrightMagenta),
        ("bright-cyan", Self::BrightCyan),
        ("bright-white", Self::BrightWhite),
    ];

    /// Its name in a theme file.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, colour)| *colour == self).map_or("", |(name, _)| name)
    }
}

/// How something looks, in colours of one kind. Without a colour, it is the terminal's own, or what lies below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // As independent as they are in a terminal.
pub struct Paint<C = Rgb> {
    /// The colour of the text.
    pub fg: Option<C>,
    /// The colour behind it.
    pub bg: Option<C>,
    /// In bold.
    pub bold: bool,
    /// Fainter.
    pub dim: bool,
    /// Slanted.
    pub italic: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and background exchanged.
    pub reverse: bool,
}

impl<C> Default for Paint<C> {
    fn default() -> Self {
        Self { fg: None, bg: None, bold: false, dim: false, italic: false, underline: false, reverse: false }
    }
}

impl<C> Paint<C> {
    /// The same marks, in other colours.
    pub fn in_colours<D>(&self, fg: Option<D>, bg: Option<D>) -> Paint<D> {
        let Self { bold, dim, italic, underline, reverse, .. } = *self;
        Paint { fg, bg, bold, dim, italic, underline, reverse }
    }

    /// Its marks with their names in a theme file.
    pub fn marks(&self) -> [(&'static str, bool); 5] {
        [
            ("bold", self.bold),
            ("dim", self.dim),
            ("italic", self.italic),
            ("underline", self.underline),
            ("reverse", self.reverse),
        ]
    }
}

/// The roles of a theme, in the order in which a file lists them.
pub const ROLES: [&str; 22] = [
    "text",
    "dim",
    "border",
    "focus",
    "title",
    "accent",
    "ok",
    "warn",
    "bad",
    "unknown",
    "source",
    "target",
    "live",
    "drill",
    "simulation",
    "armed",
    "write",
    "irreversible",
    "selected",
    "key",
    "input",
    "dialog",
];

/// What a theme promises beyond what is asked of every theme; it is held to it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Promises {
    /// The least contrast of text (WCAG 2.1); 4.5 without.
    pub contrast: Option<f64>,
    /// Status colours can be told apart by the colour-blind, too.
    pub colour_blind: bool,
}

/// A parsed theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// The background of the terminal that it is made for.
    pub ground: Option<Rgb>,
    /// What it promises.
    pub promises: Promises,
    /// How each role looks, in the order of [`ROLES`].
    pub paints: [Paint; ROLES.len()],
    /// How each looks in a terminal of sixteen colours, where the theme says so.
    pub ansi: [Option<Paint<Ansi>>; ROLES.len()],
}

impl Theme {
    /// How a role looks.
    pub fn paint(&self, role: &str) -> Paint {
        ROLES.iter().zip(&self.paints).find(|(known, _)| **known == role).map(|(_, paint)| *paint).unwrap_or_default()
    }

    /// Whether it has any colour at all.
    pub fn is_coloured(&self) -> bool {
        self.paints.iter().any(|paint| paint.fg.is_some() || paint.bg.is_some())
    }
}

/// The themes that are built in: name and file.
pub const BUILT_IN: [(&str, &str); 7] = [
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../themes/colour-blind.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
];

/// The name and the file of a built-in theme; "color-blind" is "colour-blind".
pub fn find_built_in(name: &str) -> Option<(&'static str, &'static str)> {
    let name = if name == "color-blind" { "colour-blind" } else { name };
    BUILT_IN.into_iter().find(|(known, _)| *known == name)
}

/// A built-in theme by name.
pub fn built_in(name: &str) -> Option<Theme> {
    let (name, text) = find_built_in(name)?;
    read(&super::source::Source::new(format!("{name}.toml"), text.as_bytes())).value
}

#[cfg(test)]
mod tests;
