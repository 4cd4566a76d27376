//! A theme: what each role on the screen looks like.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// How something looks. Without a colour, it is the terminal's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)] // As independent as they are in a terminal.
pub struct Paint {
    /// The colour of the text.
    pub fg: Option<Rgb>,
    /// The colour behind it.
    pub bg: Option<Rgb>,
    /// In bold.
    pub bold: bool,
    /// Underlined.
    pub underline: bool,
    /// Text and background exchanged.
    pub reverse: bool,
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

/// A parsed theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// How each role looks, in the order of [`ROLES`].
    pub paints: [Paint; ROLES.len()],
}
