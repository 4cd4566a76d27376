//! A theme: what each role on the screen looks like. `[palette]` names colours, `[roles]` uses them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::context::Context;
use super::diagnostic::Diagnostic;
use super::project::Loaded;
use super::reader::{Node, Table};
use super::source::Source;
use super::words::{meant, one_of};
use crate::domain::text::bounded;

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

/// The themes that are built in: name and file.
pub const BUILT_IN: [(&str, &str); 2] =
    [("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];

/// A built-in theme by name.
pub fn built_in(name: &str) -> Option<Theme> {
    let (name, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
    read(&Source::new(format!("{name}.toml"), text.as_bytes())).value
}

/// A theme without colours: what there is when no theme can be read.
pub fn plain() -> Theme {
    let mut paints = [Paint::default(); ROLES.len()];
    for (role, paint) in ROLES.iter().zip(&mut paints) {
        paint.bold =
            matches!(*role, "title" | "bad" | "armed" | "write" | "irreversible" | "key" | "source" | "target");
        paint.reverse = matches!(*role, "live" | "drill" | "simulation" | "selected");
    }
    Theme { name: "plain".to_owned(), paints }
}

/// The colours of a palette by name; `None` for one whose value is wrong, which has been reported.
type Palette = BTreeMap<String, Option<Rgb>>;

/// Reads a theme. A role that the file leaves out looks as the terminal's own text does; one that is wrong is reported,
/// and goes on in the same way.
pub fn read(source: &Source) -> Loaded<Theme> {
    let (value, diagnostics) = Context::read(source, |context, root| {
        let name = root.need("name", "such as \"dark\"").and_then(|node| node.line("a name", 40)).unwrap_or_default();
        let palette = root.get("palette").and_then(|node| node.table("a table of colours"));
        let palette = palette.map(|table| palette_of(&table)).unwrap_or_default();
        let mut paints = [Paint::default(); ROLES.len()];
        let roles = root.need("roles", "the table [roles], such as ok = { fg = \"green\" }");
        if let Some(roles) = roles.and_then(|node| node.table("a table of roles")) {
            for (role, span, node) in roles.entries() {
                match ROLES.iter().zip(&mut paints).find(|(known, _)| **known == role) {
                    Some((_, paint)) => {
                        if let Some(read) = paint_of(&node, &palette) {
                            *paint = read;
                        }
                    }
                    None => unknown_role(context, role, span, &node),
                }
            }
        }
        root.finish();
        Some(Theme { name, paints })
    });
    Loaded { value, left_out: Vec::new(), diagnostics }
}

fn unknown_role(context: &Context<'_>, role: &str, span: Range<usize>, node: &Node<'_, '_>) {
    let message = format!("unknown role `{}`", bounded(role, 60));
    let found = Diagnostic::error(context.source(), span, &node.path, message);
    context.push(found.expected(one_of(ROLES)).help_if(meant(role, ROLES)));
}

fn palette_of(table: &Table<'_, '_>) -> Palette {
    table.entries().into_iter().map(|(name, _, node)| (name.to_owned(), rgb(&node))).collect()
}

fn rgb(node: &Node<'_, '_>) -> Option<Rgb> {
    const EXPECTED: &str = "a colour as \"#rrggbb\"";
    let text = node.string(EXPECTED)?;
    let read = hex(text);
    if read.is_none() {
        node.context().push(node.found(format!("\"{}\" is not a colour", bounded(text, 40))).expected(EXPECTED));
    }
    read
}

fn hex(text: &str) -> Option<Rgb> {
    let digits =
        text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let part = |range: Range<usize>| u8::from_str_radix(digits.get(range)?, 16).ok();
    Some(Rgb(part(0..2)?, part(2..4)?, part(4..6)?))
}

fn paint_of(node: &Node<'_, '_>, palette: &Palette) -> Option<Paint> {
    let table = node.table("a table, such as { fg = \"green\", bold = true }")?;
    let paint = Paint {
        fg: table.get("fg").and_then(|node| colour(&node, palette)),
        bg: table.get("bg").and_then(|node| colour(&node, palette)),
        bold: table.get("bold").and_then(|node| node.boolean()).unwrap_or_default(),
        underline: table.get("underline").and_then(|node| node.boolean()).unwrap_or_default(),
        reverse: table.get("reverse").and_then(|node| node.boolean()).unwrap_or_default(),
    };
    table.finish();
    Some(paint)
}

fn colour(node: &Node<'_, '_>, palette: &Palette) -> Option<Rgb> {
    let text = node.string("a name from [palette], or a colour as \"#rrggbb\"")?;
    if let Some(named) = palette.get(text) {
        return *named;
    }
    if text.starts_with('#') {
        return rgb(node);
    }
    let found = node.found(format!("[palette] has no colour \"{}\"", bounded(text, 40)));
    let names: Vec<&str> = palette.keys().map(String::as_str).collect();
    node.context()
        .push(found.help_if(meant(text, names.iter().copied())).expected("a name from [palette], or \"#rrggbb\""));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_themes_have_no_faults_and_name_every_role() {
        for (name, text) in BUILT_IN {
            let loaded = read(&Source::new(name, text.as_bytes()));
            assert!(loaded.diagnostics.is_empty(), "{name}: {:?}", loaded.diagnostics);
            assert_eq!(loaded.value.unwrap().name, name);
            for role in ROLES {
                assert!(text.contains(&format!("\n{role} =")), "{name} has no {role}");
            }
        }
    }

    #[test]
    fn every_fault_is_located_and_the_rest_is_read() {
        let text = "name = \"mine\"\n[palette]\ngreen = \"#00ff00\"\nred = \"rot\"\n[roles]\n\
                    ok = { fg = \"green\", bold = true }\nbda = { fg = \"red\" }\nwarn = { fg = \"gren\", blink = true }\n";
        let loaded = read(&Source::new("mine.toml", text.as_bytes()));
        let found: Vec<(usize, &str)> =
            loaded.diagnostics.iter().map(|found| (found.line, found.key.as_str())).collect();
        assert_eq!(found, [(4, "palette.red"), (7, "roles.bda"), (8, "roles.warn.fg"), (8, "roles.warn.blink")]);
        let ok = loaded.value.unwrap().paints[6];
        assert_eq!((ok.fg, ok.bold), (Some(Rgb(0, 255, 0)), true));
    }

    #[test]
    fn a_file_that_is_no_toml_is_said_and_nothing_panics() {
        for text in ["", "name", "roles = 3", "[roles]\nok = 1", "name = \"\u{1b}\""] {
            assert!(!read(&Source::new("x.toml", text.as_bytes())).diagnostics.is_empty(), "{text}");
        }
    }
}
