//! One reading of a file: its tree, and everything that is wrong with it at once.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use toml::de::DeTable;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::reader::Table;
use super::source::Source;
use crate::domain::text::bounded;

/// What one reading of a file collects.
pub struct Context<'c> {
    source: &'c Source,
    found: RefCell<Vec<Diagnostic>>,
    syntax: Cell<bool>,
    bad_lines: RefCell<Vec<usize>>,
}

/// How much a file may hold.
const MAX_BYTES: usize = 4 << 20;

impl<'c> Context<'c> {
    /// Parses a file and gives its tree to `read`, with all that is wrong with the text itself already noted. Without a
    /// tree, `read` is not called.
    pub fn read<T>(
        source: &'c Source,
        read: impl FnOnce(&Self, &Table<'_, '_>) -> Option<T>,
    ) -> (Option<T>, Diagnostics) {
        let context =
            Self { source, found: RefCell::default(), syntax: Cell::new(false), bad_lines: RefCell::default() };
        if let Some(at) = source.broken_utf8() {
            let help = "save the file as UTF-8";
            context.syntax(
                at..at + 1,
                Diagnostic::error(source, at..at + 1, &source.key_near(at), "not UTF-8").help(help),
            );
        }
        if source.text().len() > MAX_BYTES {
            let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", source.text().len());
            context.push(Diagnostic::error(source, 0..0, "", message));
            return (None, Diagnostics::of_file(context.found.into_inner()));
        }
        context.find_access_keys();
        let (root, errors) = DeTable::parse_recoverable(source.text());
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let key = source.key_near(span.start);
            let (what, expected) = match error.message().split_once(", expected ") {
                Some((what, expected)) => (what, Some(expected)),
                None => (error.message(), None),
            };
            let mut found = Diagnostic::error(source, span.clone(), &key, format!("TOML: {what}"));
            found.expected = expected.map(|expected| bounded(expected, 400));
            context.syntax(span, found);
        }
        let table = Table::root(&context, root.get_ref());
        let value = read(&context, &table);
        let bad_lines = context.bad_lines.into_inner();
        let syntax = context.syntax.get();
        let mut found = context.found.into_inner();
        // What the parser made up in place of a line that it could not read says nothing about the file.
        found.retain(|found| found.message.starts_with("TOML: ") || !syntax || !bad_lines.contains(&found.line));
        (value, Diagnostics::of_file(found))
    }

    /// Notes a diagnostic.
    pub fn push(&self, found: Diagnostic) {
        self.found.borrow_mut().push(found);
    }

    /// Notes an error.
    pub fn error(&self, span: Range<usize>, key: &str, message: impl AsRef<str>) {
        self.push(Diagnostic::error(self.source, span, key, message));
    }

    /// The file.
    pub fn source(&self) -> &'c Source {
        self.source
    }

    /// Whether the text itself is broken: then what seems to be missing may only have been lost, and is not reported.
    pub fn is_broken(&self) -> bool {
        self.syntax.get()
    }

    fn syntax(&self, span: Range<usize>, mut found: Diagnostic) {
        if !found.message.starts_with("TOML: ") {
            found.message.insert_str(0, "TOML: ");
        }
        self.syntax.set(true);
        self.bad_lines.borrow_mut().push(self.source.position(span.start).0);
        self.push(found);
    }

    /// AWS access key ids are `AKIA` or `ASIA` and sixteen more capitals and digits, wherever they stand: in a value, in
    /// a comment, in a key.
    fn find_access_keys(&self) {
        let text = self.source.text();
        for mark in ["AKIA", "ASIA"] {
            for (at, _) in text.match_indices(mark) {
                let boundary =
                    !text.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_alphanumeric()));
                let tail = text.get(at..).unwrap_or_default();
                let run = tail.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
                if boundary && run >= 20 {
                    let key = self.source.key_near(at);
                    let message = "this looks like an AWS access key; secrets are never in the file";
                    let help = "take it out and treat it as leaked; name a profile of the AWS configuration instead: aws.profile";
                    self.push(Diagnostic::hidden(self.source, at..at + run, &key, message).help(help));
                }
            }
        }
    }
}
