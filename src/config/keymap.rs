//! A keymap file: `[[bind]]` tables as they stand, each with where its parts are. What a key or an action means is the
//! console's to say; see `ui::keys`.

use std::ops::Range;

use super::context::Context;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::reader::Node;
use super::source::Source;
use super::words::meant;

/// The keymaps that are built in: name and file.
pub const BUILT_IN: [(&str, &str); 2] =
    [("default", include_str!("../../keymaps/default.toml")), ("vim", include_str!("../../keymaps/vim.toml"))];

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

/// One `[[bind]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bind {
    /// The key.
    pub on: Located,
    /// Where it is pressed.
    pub context: Located,
    /// The action's id.
    pub run: Located,
    /// The words for help.
    pub desc: Option<String>,
}

impl Located {
    fn of(node: &Node<'_, '_>) -> Option<Self> {
        let text = node.line("a text", 100)?;
        Some(Self { text, key: node.path.clone(), span: node.span.clone() })
    }

    /// An error at this text; `near` are the words of which one may have been meant.
    pub fn error<'w>(&self, source: &Source, message: &str, near: impl IntoIterator<Item = &'w str>) -> Diagnostic {
        Diagnostic::error(source, self.span.clone(), &self.key, message).help_if(meant(&self.text, near))
    }

    /// The line that it stands on.
    pub fn line(&self, source: &Source) -> usize {
        source.position(self.span.start).0
    }
}

/// Reads a keymap file: every bind that is whole, and what is wrong with the others.
pub fn read(source: &Source) -> (Vec<Bind>, Diagnostics) {
    let (binds, diagnostics) = Context::read(source, |_, root| {
        let mut binds = Vec::new();
        let list = root.need("bind", "tables [[bind]] with on, context and run");
        for node in list.and_then(|node| node.list("tables [[bind]]")).unwrap_or_default() {
            let Some(table) = node.table("a table with on, context and run") else { continue };
            let text = |key, expected| table.need(key, expected).and_then(|node| Located::of(&node));
            let on = text("on", "the key, such as \"ctrl-p\"");
            let context = text("context", "where the key is pressed, such as \"checklist\"");
            let run = text("run", "what it does, such as \"step-next\"");
            let desc = table.get("desc").and_then(|node| node.line("a line for help", 100));
            table.finish();
            if let (Some(on), Some(context), Some(run)) = (on, context, run) {
                binds.push(Bind { on, context, run, desc });
            }
        }
        root.finish();
        Some(binds)
    });
    (binds.unwrap_or_default(), diagnostics)
}
