//! Reading a theme with all that it inherits.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::draft::{Draft, Ink, Sixteen};
use super::{Ansi, BUILT_IN, Paint, Promises, ROLES, Rgb, Theme, find_built_in};
use crate::config::context::Context;
use crate::config::diagnostic::{Diagnostic, Diagnostics};
use crate::config::inherit::{Kind, Lineage};
use crate::config::project::Loaded;
use crate::config::reader::{Node, Table};
use crate::config::source::Source;
use crate::config::words::{meant, one_of};
use crate::domain::text::bounded;

const THEME: Kind =
    Kind { word: "theme", find: find_built_in, names: || BUILT_IN.iter().map(|(name, _)| *name).collect() };

const COLOUR: &str = "a name from [palette], or a colour as \"#rrggbb\"";

/// Reads a theme. A role that neither the file nor what it inherits from names looks as the terminal's own text does; one
/// that is wrong is reported, and goes on in the same way. Another file that it inherits from is looked for beside it.
pub fn read(source: &Source) -> Loaded<Theme> {
    let Loaded { value, left_out, diagnostics } = draft(&Lineage::of(source));
    Loaded { value: value.map(|draft| draft.theme()), left_out, diagnostics }
}

/// Reads a built-in theme by its name, or a theme file.
pub fn open(wanted: &str) -> io::Result<Loaded<Draft>> {
    Ok(draft(&Lineage::open(wanted, &THEME)?))
}

/// Reads a file onto what it inherits.
fn draft(origin: &Lineage) -> Loaded<Draft> {
    let mut inherited = Vec::new();
    let (mut value, mut diagnostics) = Context::read(&origin.source, |context, root| {
        let name = root.need("name", "such as \"dark\"").and_then(|node| node.line("a name", 40)).unwrap_or_default();
        let inherits = root.get("inherits");
        let alone = inherits.is_none();
        let begun = inherits.and_then(|node| parent(origin, &node, &mut inherited)).unwrap_or_default();
        let mut draft = Draft { name, ..begun };
        if let Some(palette) = root.get("palette").and_then(|node| node.table("a table of colours")) {
            let colours = palette.entries().into_iter().map(|(name, _, node)| (name.to_owned(), rgb(&node)));
            draft.palette.extend(colours);
        }
        if let Some(node) = root.get("ground") {
            draft.ground = colour(&node, &draft.palette);
        }
        if let Some(table) = root.get("promises").and_then(|node| node.table("a table, such as contrast = 7.0")) {
            promises(&table, &mut draft.promises);
        }
        let expected = "the table [roles], such as ok = { fg = \"green\" }";
        // A file that inherits may change the palette alone.
        let roles = if alone { root.need("roles", expected) } else { root.get("roles") };
        if let Some(table) = roles.and_then(|node| node.table("a table of roles")) {
            let Draft { palette, roles, .. } = &mut draft;
            each(context, &table, roles, |node| paint(node, palette));
        }
        if let Some(table) = root.get("ansi").and_then(|node| node.table("a table of roles")) {
            each(context, &table, &mut draft.ansi, |node| sixteen(node).map(Some));
        }
        root.finish();
        Some(draft)
    });
    for more in inherited {
        diagnostics.extend(more);
    }
    if let (Some(draft), Some(path)) = (&mut value, &origin.path) {
        draft.files.insert(0, path.clone());
    }
    Loaded { value, left_out: Vec::new(), diagnostics }
}

/// The theme that a file begins with.
fn parent(origin: &Lineage, node: &Node<'_, '_>, inherited: &mut Vec<Diagnostics>) -> Option<Draft> {
    let loaded = draft(&origin.parent(node, &THEME)?);
    inherited.push(loaded.diagnostics);
    loaded.value
}

/// Reads a table whose keys are roles.
fn each<T>(context: &Context<'_>, table: &Table<'_, '_>, all: &mut [T], read: impl Fn(&Node<'_, '_>) -> Option<T>) {
    for (role, span, node) in table.entries() {
        match ROLES.iter().zip(all.iter_mut()).find(|(known, _)| **known == role) {
            Some((_, place)) => {
                if let Some(read) = read(&node) {
                    *place = read;
                }
            }
            None => unknown_role(context, role, span, &node),
        }
    }
}

fn unknown_role(context: &Context<'_>, role: &str, span: Range<usize>, node: &Node<'_, '_>) {
    let message = format!("unknown role `{}`", bounded(role, 60));
    let found = Diagnostic::error(context.source(), span, &node.path, message);
    context.push(found.expected(one_of(ROLES)).help_if(meant(role, ROLES)));
}

fn promises(table: &Table<'_, '_>, promises: &mut Promises) {
    if let Some(node) = table.get("contrast")
        && let Some(least) = node.float()
    {
        if (super::judge::TEXT..=21.0).contains(&least) {
            promises.contrast = Some(least);
        } else {
            let found = node.found(format!("`{}` is out of bounds: {least}", node.path));
            let expected = format!("from {} to 21, the contrast of black on white", super::judge::TEXT);
            node.context().push(found.expected(expected));
        }
    }
    if let Some(promised) = table.get("colour_blind").and_then(|node| node.boolean()) {
        promises.colour_blind = promised;
    }
    table.finish();
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

fn paint(node: &Node<'_, '_>, palette: &BTreeMap<String, Option<Rgb>>) -> Option<Paint<Ink>> {
    let table = node.table("a table, such as { fg = \"green\", bold = true }")?;
    let [bold, dim, italic, underline, reverse] = marks(&table).map(Option::unwrap_or_default);
    let fg = table.get("fg").and_then(|node| colour(&node, palette));
    let bg = table.get("bg").and_then(|node| colour(&node, palette));
    table.finish();
    Some(Paint { fg, bg, bold, dim, italic, underline, reverse })
}

fn marks(table: &Table<'_, '_>) -> [Option<bool>; 5] {
    ["bold", "dim", "italic", "underline", "reverse"].map(|mark| table.get(mark).and_then(|node| node.boolean()))
}

fn colour(node: &Node<'_, '_>, palette: &BTreeMap<String, Option<Rgb>>) -> Option<Ink> {
    let text = node.string(COLOUR)?;
    if palette.contains_key(text) {
        return Some(Ink::Named(text.to_owned()));
    }
    if text.starts_with('#') {
        return rgb(node).map(Ink::Value);
    }
    let found = node.found(format!("[palette] has no colour \"{}\"", bounded(text, 40)));
    let names = palette.keys().map(String::as_str);
    node.context().push(found.help_if(meant(text, names)).expected(COLOUR));
    None
}

/// A role in sixteen colours: the name of the text's, or a table.
fn sixteen(node: &Node<'_, '_>) -> Option<Sixteen> {
    if node.is_string() {
        return Some(Sixteen { fg: Some(node.word(&Ansi::ALL)?), ..Sixteen::default() });
    }
    let table = node.table("a colour such as \"bright-red\", or a table such as { fg = \"black\", bg = \"red\" }")?;
    let word = |node: Node<'_, '_>| node.word(&Ansi::ALL);
    let read = Sixteen { fg: table.get("fg").and_then(word), bg: table.get("bg").and_then(word), marks: marks(&table) };
    table.finish();
    Some(read)
}
