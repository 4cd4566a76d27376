//! A keymap file: a table for each context in which a key stands for what it does, and what it inherits. What a key or an
//! action means is the console's to say; see `ui::keys`.
//!
//! ```toml
//! inherits = "default"
//!
//! [checklist]
//! "g g" = "step-first"                        # keys one after the other
//! "enter" = ["step-start", "step-perform"]    # whichever may be done
//! "x" = { run = "step-cancel", desc = "Stop it" }
//! "g" = false                                 # takes the key away
//! ```

use std::io;
use std::ops::Range;

use super::context::Context;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::inherit::{Kind, Lineage};
use super::reader::{Node, Table};
use super::source::Source;
use super::words::meant;

/// The keymaps that are built in: name and file.
pub const BUILT_IN: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

const KEYMAP: Kind = Kind {
    word: "keymap",
    find: |wanted| BUILT_IN.into_iter().find(|(name, _)| *name == wanted),
    names: || BUILT_IN.iter().map(|(name, _)| *name).collect(),
};

const EXPECTED: &str = "an action such as \"step-next\", a list of them, or false to take the key away";

/// A text of a keymap file, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// Its key in the file.
    pub key: String,
    /// Where it stands.
    pub span: Range<usize>,
}

/// One line: a key in a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it is pressed.
    pub context: &'static str,
    /// The key, or the keys one after the other.
    pub on: Located,
    /// What it does; nothing, if it is taken away.
    pub runs: Vec<Run>,
}

/// What a key does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The action's id.
    pub id: Located,
    /// The words for help.
    pub desc: Option<String>,
}

/// A file of a keymap.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file.
    pub source: Source,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Located {
    fn of(node: &Node<'_, '_>) -> Option<Self> {
        let text = node.line(EXPECTED, 100)?;
        Some(Self { text, key: node.path.clone(), span: node.span.clone() })
    }

    /// An error at this text; `near` are the words of which one may have been meant.
    pub fn error<'w>(&self, source: &Source, message: &str, near: impl IntoIterator<Item = &'w str>) -> Diagnostic {
        Diagnostic::error(source, self.span.clone(), &self.key, message).help_if(meant(&self.text, near))
    }

    /// A warning at this text.
    pub fn warning(&self, source: &Source, message: &str) -> Diagnostic {
        Diagnostic::warning(source, self.span.clone(), &self.key, message)
    }

    /// The line that it stands on.
    pub fn line(&self, source: &Source) -> usize {
        source.position(self.span.start).0
    }
}

/// Reads a keymap: the file, then what it inherits, and what is wrong in each. `contexts` are the tables that there are.
/// Another file that it inherits from is looked for beside it.
pub fn read(source: &Source, contexts: &[&'static str]) -> (Vec<Layer>, Diagnostics) {
    layers(&Lineage::of(source), contexts)
}

/// Reads a built-in keymap by its name, or a keymap file.
///
/// # Errors
/// What keeps the file from being read.
pub fn open(wanted: &str, contexts: &[&'static str]) -> io::Result<(Vec<Layer>, Diagnostics)> {
    Ok(layers(&Lineage::open(wanted, &KEYMAP)?, contexts))
}

fn layers(file: &Lineage, contexts: &[&'static str]) -> (Vec<Layer>, Diagnostics) {
    let mut inherited = None;
    let (lines, mut diagnostics) = Context::read(&file.source, |context, root| {
        let mut lines = Vec::new();
        let inherits = root.get("inherits");
        if let Some(node) = &inherits {
            inherited = file.parent(node, &KEYMAP).map(|parent| layers(&parent, contexts));
        }
        for name in contexts {
            let table = root.get(name).and_then(|node| node.table("a table, such as \"j\" = \"step-next\""));
            lines.extend(table.iter().flat_map(Table::entries).filter_map(|(on, span, node)| {
                let on = Located { text: on.to_owned(), key: node.path.clone(), span };
                Some(Line { context: name, on, runs: runs(&node)? })
            }));
        }
        root.finish();
        if lines.is_empty() && inherits.is_none() && !context.is_broken() {
            let found = Diagnostic::error(&file.source, 0..0, "", "the file has no keys");
            context.push(found.help("add a table such as [checklist], or inherits = \"default\""));
        }
        Some(lines)
    });
    let mut all = vec![Layer { source: file.source.clone(), lines: lines.unwrap_or_default() }];
    if let Some((layers, more)) = inherited {
        all.extend(layers);
        diagnostics.extend(more);
    }
    (all, diagnostics)
}

/// What a key's value says that it does; nothing, if that is wrong, which has been reported.
fn runs(node: &Node<'_, '_>) -> Option<Vec<Run>> {
    if node.is_boolean() {
        if node.boolean()? {
            node.context().push(node.found(format!("`{}` says nothing to do", node.path)).expected(EXPECTED));
            return None;
        }
        return Some(Vec::new());
    }
    if !node.is_list() {
        return run(node).map(|run| vec![run]);
    }
    let items = node.filled_list(EXPECTED)?;
    let runs: Vec<Run> = items.iter().filter_map(run).collect();
    (runs.len() == items.len()).then_some(runs)
}

fn run(node: &Node<'_, '_>) -> Option<Run> {
    if !node.is_table() {
        return Some(Run { id: Located::of(node)?, desc: None });
    }
    let table = node.table(EXPECTED)?;
    let id = table.need("run", "what it does, such as \"step-next\"").and_then(|node| Located::of(&node));
    let desc = table.optional("desc", |node| node.line("a line for help", 100));
    table.finish();
    Some(Run { id: id?, desc: desc.ok()? })
}
