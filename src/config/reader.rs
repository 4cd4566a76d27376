//! A reader over TOML with spans: typed values, missing and unknown keys, and everything that is wrong at once.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::source::Source;
use crate::domain::duration;
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
        let table = Table {
            context: &context,
            path: String::new(),
            span: 0..0,
            table: root.get_ref(),
            known: RefCell::default(),
        };
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

/// The nearest of some words, if one is near enough to be what was meant.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if word.chars().count() > 64 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let wanted = plain(word);
    let near = |known: &&str| {
        let limit = (wanted.chars().count().max(known.chars().count()) / 3).max(1);
        let distance = strsim::damerau_levenshtein(&wanted, &plain(known));
        (distance <= limit).then_some(distance)
    };
    words.into_iter().filter_map(|known| Some((near(&known)?, known))).min().map(|(_, known)| known)
}

/// `did you mean …?`, if there is something near.
pub fn meant<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<String> {
    nearest(word, words).map(|near| format!("did you mean \"{near}\"?"))
}

/// `one of "a", "b", "c"`.
pub fn one_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    if words.len() == 1 { words.concat() } else { format!("one of {}", words.join(", ")) }
}

/// A table, and which of its keys are known.
pub struct Table<'c, 't> {
    context: &'c Context<'c>,
    path: String,
    span: Range<usize>,
    table: &'t DeTable<'t>,
    known: RefCell<Vec<&'static str>>,
}

/// A value with its path.
#[derive(Clone)]
pub struct Node<'c, 't> {
    context: &'c Context<'c>,
    /// The dotted path of its key.
    pub path: String,
    /// Where it stands.
    pub span: Range<usize>,
    value: &'t DeValue<'t>,
}

impl<'c, 't> Table<'c, 't> {
    /// The file that it is in.
    pub fn context(&self) -> &'c Context<'c> {
        self.context
    }

    /// Its dotted path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where its header stands.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The path of one of its keys.
    pub fn path_of(&self, key: &str) -> String {
        let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        let key = if plain { bounded(key, 80) } else { format!("\"{}\"", bounded(key, 80)) };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// A key's value, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Node<'c, 't>> {
        self.known.borrow_mut().push(key);
        let value = self.table.get(key)?;
        Some(Node { context: self.context, path: self.path_of(key), span: value.span(), value: value.get_ref() })
    }

    /// A key's value; an error if it is not there.
    pub fn need(&self, key: &'static str, expected: &str) -> Option<Node<'c, 't>> {
        let node = self.get(key);
        if node.is_none() && !self.context.is_broken() {
            let message = if self.path.is_empty() {
                format!("the file has no `{key}`")
            } else {
                format!("{} has no `{key}`", self.path)
            };
            let found = Diagnostic::error(self.context.source, self.span(), &self.path_of(key), message);
            self.context.push(found.help(format!("add {key}: {expected}")));
        }
        node
    }

    /// Every key with its value and the key's own place, in the order of the file: for tables whose keys are names.
    pub fn entries(&self) -> Vec<(&'t str, Range<usize>, Node<'c, 't>)> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(key, value)| {
                let (path, span) = (self.path_of(key.get_ref()), value.span());
                let node = Node { context: self.context, path, span, value: value.get_ref() };
                (key.get_ref().as_ref(), key.span(), node)
            })
            .collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    /// Reports every key that nobody asked for, with the nearest that somebody did.
    pub fn finish(&self) {
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for (key, value) in self.table {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let path = self.path_of(name);
            if is_secret(name) {
                self.refuse_secret(name, key.span(), value.span());
                continue;
            }
            let message = format!("unknown key `{}`", bounded(name, 80));
            let found = Diagnostic::error(self.context.source, key.span(), &path, message);
            let help =
                meant(name, known.iter().copied()).unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
            self.context.push(found.help(help));
        }
    }

    fn refuse_secret(&self, name: &str, key: Range<usize>, value: Range<usize>) {
        let message = format!("`{}` is refused: secrets are never in the file", bounded(name, 80));
        let help =
            "take it out and treat it as leaked; name the environment variable that holds it: password_env = \"…\"";
        let source = self.context.source;
        let found = if source.position(key.start).0 == source.position(value.start).0 {
            Diagnostic {
                snippet: Diagnostic::hidden(source, value, "", "").snippet,
                ..Diagnostic::error(source, key, &self.path_of(name), message)
            }
        } else {
            Diagnostic::error(source, key, &self.path_of(name), message)
        };
        self.context.push(found.help(help));
    }
}

/// Whether a name says that its value is a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let ends = [
        "password",
        "passwd",
        "pwd",
        "secret_key",
        "access_key",
        "access_key_id",
        "secret_access_key",
        "token",
        "api_key",
    ];
    ends.iter().any(|end| name == *end || name.strip_suffix(end).is_some_and(|rest| rest.ends_with('_')))
        || matches!(name.as_str(), "pgpassword" | "secret" | "credentials" | "passphrase")
}

impl<'c, 't> Node<'c, 't> {
    /// The file that it is in.
    pub fn context(&self) -> &'c Context<'c> {
        self.context
    }

    /// Notes an error at this value.
    pub fn error(&self, message: impl AsRef<str>) {
        self.context.push(self.found(message));
    }

    /// An error at this value, to be completed and pushed.
    pub fn found(&self, message: impl AsRef<str>) -> Diagnostic {
        Diagnostic::error(self.context.source, self.span.clone(), &self.path, message)
    }

    /// A warning at this value, to be completed and pushed.
    pub fn doubt(&self, message: impl AsRef<str>) -> Diagnostic {
        Diagnostic::warning(self.context.source, self.span.clone(), &self.path, message)
    }

    /// Its type in words.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }

    fn wrong(&self, expected: &str) {
        let found = self.found(format!("`{}` is {}", self.path, self.type_name())).expected(expected);
        self.context.push(found);
    }

    /// A string.
    pub fn string(&self, expected: &str) -> Option<&'t str> {
        if let DeValue::String(text) = self.value {
            return Some(text.as_ref());
        }
        self.wrong(expected);
        None
    }

    /// A string that is not empty and no longer than `limit` characters.
    pub fn line(&self, expected: &str, limit: usize) -> Option<String> {
        let text = self.string(expected)?;
        if text.trim().is_empty() {
            self.context.push(self.found(format!("`{}` is empty", self.path)).expected(expected));
            return None;
        }
        let count = text.chars().count();
        if count > limit {
            let message = format!("`{}` has {count} characters; at most {limit} are allowed", self.path);
            self.context.push(self.found(message).expected(expected));
            return None;
        }
        if let Some(bad) = text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t') {
            let message = format!("`{}` holds the control character U+{:04X}", self.path, u32::from(bad));
            self.context.push(self.found(message).expected("plain text"));
            return None;
        }
        Some(text.to_owned())
    }

    /// Yes or no.
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => {
                self.wrong("true or false");
                None
            }
        }
    }

    /// Whether it is a boolean.
    pub fn is_boolean(&self) -> bool {
        matches!(self.value, DeValue::Boolean(_))
    }

    /// Whether it is an integer or a float.
    pub fn is_number(&self) -> bool {
        matches!(self.value, DeValue::Integer(_) | DeValue::Float(_))
    }

    /// Whether it is a string.
    pub fn is_string(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    /// A whole number within bounds.
    pub fn integer(&self, least: i64, most: i64) -> Option<i64> {
        let expected = format!("a whole number from {least} to {most}");
        let DeValue::Integer(number) = self.value else {
            self.wrong(&expected);
            return None;
        };
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| (least..=most).contains(n));
        if value.is_none() {
            let message = format!("`{}` is out of bounds: {}", self.path, bounded(&number.to_string(), 40));
            self.context.push(self.found(message).expected(expected));
        }
        value
    }

    /// A finite number.
    pub fn float(&self) -> Option<f64> {
        let value: Option<f64> = match self.value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.to_string().parse().ok(),
            _ => {
                self.wrong("a number");
                return None;
            }
        };
        let value = value.filter(|value| value.is_finite());
        if value.is_none() {
            self.context.push(self.found(format!("`{}` is not a finite number", self.path)).expected("a number"));
        }
        value
    }

    /// A duration within bounds.
    pub fn duration(&self, least: Duration, most: Duration) -> Option<Duration> {
        const EXPECTED: &str = "a duration, such as \"15m\", \"1h30m\", \"90s\" or \"500ms\"";
        if let DeValue::Integer(number) = self.value {
            let digits = bounded(&number.to_string(), 12);
            let found = self.found(format!("`{}` has no unit", self.path)).expected(EXPECTED);
            self.context.push(found.help(format!("write \"{digits}s\" for seconds or \"{digits}m\" for minutes")));
            return None;
        }
        let text = self.string(EXPECTED)?;
        let Ok(value) = duration::parse(text) else {
            let found = self.found(format!("\"{}\" is not a duration", bounded(text, 40))).expected(EXPECTED);
            let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
            let help = digits.then(|| format!("add a unit: \"{text}s\" or \"{text}m\""));
            self.context.push(found.help_if(help));
            return None;
        };
        if value < least || value > most {
            let message = format!("`{}` is out of bounds: {}", self.path, bounded(text, 40));
            let expected = format!("from {} to {}", duration::format(least), duration::format(most));
            self.context.push(self.found(message).expected(expected));
            return None;
        }
        Some(value)
    }

    /// One of some words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let names = || words.iter().map(|(name, _)| *name);
        let expected = one_of(names());
        let text = self.string(&expected)?;
        let value = words.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if value.is_none() {
            let found = self.found(format!("`{}` cannot be \"{}\"", self.path, bounded(text, 60))).expected(expected);
            self.context.push(found.help_if(meant(text, names())));
        }
        value
    }

    /// A list's items; paths count from 1.
    pub fn list(&self, expected: &str) -> Option<Vec<Node<'c, 't>>> {
        let DeValue::Array(items) = self.value else {
            self.wrong(expected);
            return None;
        };
        let node = |(index, item): (usize, &'t toml::Spanned<DeValue<'t>>)| Node {
            context: self.context,
            path: format!("{}[{}]", self.path, index + 1),
            span: item.span(),
            value: item.get_ref(),
        };
        Some(items.iter().enumerate().map(node).collect())
    }

    /// A list's items; an error if there is none.
    pub fn filled_list(&self, expected: &str) -> Option<Vec<Node<'c, 't>>> {
        let items = self.list(expected)?;
        if items.is_empty() {
            self.context.push(self.found(format!("`{}` is empty", self.path)).expected(expected));
            return None;
        }
        Some(items)
    }

    /// A table.
    pub fn table(&self, expected: &str) -> Option<Table<'c, 't>> {
        let DeValue::Table(table) = self.value else {
            self.wrong(expected);
            return None;
        };
        Some(Table {
            context: self.context,
            path: self.path.clone(),
            span: self.span.clone(),
            table,
            known: RefCell::default(),
        })
    }
}
