//! Tables and values with spans: typed reading, missing keys and unknown keys.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::context::Context;
use super::diagnostic::Diagnostic;
use super::words::{is_credential, is_secret, meant, one_of};
use crate::domain::duration;
use crate::domain::text::{bounded, is_harmless};

/// A key is there, and its value is wrong, which has been reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bad;

/// A table, and which of its keys are known.
pub struct Table<'c, 't> {
    context: &'c Context<'c>,
    path: String,
    span: Range<usize>,
    keys: &'t DeTable<'t>,
    known: RefCell<Vec<&'static str>>,
}

impl<'c, 't> Table<'c, 't> {
    pub(super) fn root(context: &'c Context<'c>, keys: &'t DeTable<'t>) -> Self {
        Self { context, path: String::new(), span: 0..0, keys, known: RefCell::default() }
    }

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
        let key = if plain && key.len() <= 80 {
            Cow::Borrowed(key)
        } else {
            let key = bounded(key, 80);
            Cow::Owned(if plain { key } else { format!("\"{key}\"") })
        };
        if self.path.is_empty() { key.into_owned() } else { [self.path.as_str(), ".", &key].concat() }
    }

    /// A key's value, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Node<'c, 't>> {
        self.known.borrow_mut().push(key);
        let value = self.keys.get(key)?;
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
            let found = Diagnostic::error(self.context.source(), self.span(), &self.path_of(key), message);
            self.context.push(found.help(format!("add {key}: {expected}")));
        }
        node
    }

    /// What a key that may be left out holds.
    pub fn optional<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Node<'c, 't>) -> Option<T>,
    ) -> Result<Option<T>, Bad> {
        match self.get(key) {
            Some(node) => read(&node).map(Some).ok_or(Bad),
            None => Ok(None),
        }
    }

    /// Every key with its value and the key's own place, in the order of the file: for tables whose keys are names.
    pub fn entries(&self) -> Vec<(&'t str, Range<usize>, Node<'c, 't>)> {
        let mut entries: Vec<_> = self
            .keys
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
        for (key, value) in self.keys {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let path = self.path_of(name);
            let near = meant(name, known.iter().copied());
            // In a broken text a key may have landed in another table than its own.
            if self.context.is_broken() && near.is_none() && !is_credential(name) {
                continue;
            }
            if is_secret(name) {
                self.refuse_secret(name, key.span(), value.span());
                continue;
            }
            let message = format!("unknown key `{}`", bounded(name, 80));
            let found = Diagnostic::error(self.context.source(), key.span(), &path, message);
            let help = near.unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
            self.context.push(found.help(help));
        }
    }

    fn refuse_secret(&self, name: &str, key: Range<usize>, value: Range<usize>) {
        let message = format!("`{}` is refused: secrets are never in the file", bounded(name, 80));
        let help =
            "take it out and treat it as leaked; name the environment variable that holds it: password_env = \"…\"";
        let source = self.context.source();
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
        Diagnostic::error(self.context.source(), self.span.clone(), &self.path, message)
    }

    /// A warning at this value, to be completed and pushed.
    pub fn doubt(&self, message: impl AsRef<str>) -> Diagnostic {
        Diagnostic::warning(self.context.source(), self.span.clone(), &self.path, message)
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

    /// One line: not empty, no longer than `limit` characters, and safe to show.
    pub fn line(&self, expected: &str, limit: usize) -> Option<String> {
        self.text(expected, limit, &[])
    }

    /// As [`Node::line`], and it may have line breaks.
    pub fn prose(&self, expected: &str, limit: usize) -> Option<String> {
        self.text(expected, limit, &['\n', '\t'])
    }

    fn text(&self, expected: &str, limit: usize, allowed: &[char]) -> Option<String> {
        let text = self.string(expected)?;
        // Nearly all are short, plain, and hold a word: no more is to be asked of them.
        if text.len() <= limit && text.bytes().all(|b| matches!(b, b' '..=b'~')) && text.bytes().any(|b| b != b' ') {
            return Some(text.to_owned());
        }
        let count = text.chars().count();
        let message = if text.trim().is_empty() {
            format!("`{}` is empty", self.path)
        } else if count > limit {
            format!("`{}` has {count} characters; at most {limit} are allowed", self.path)
        } else if let Some(bad) = text.chars().find(|c| !is_harmless(*c) && !allowed.contains(c)) {
            // What a file says gets to screens and reports: what could deceive there is refused here.
            format!("`{}` holds the control or invisible character U+{:04X}", self.path, u32::from(bad))
        } else {
            return Some(text.to_owned());
        };
        self.context.push(self.found(message).expected(expected));
        None
    }

    /// Yes or no.
    pub fn boolean(&self) -> Option<bool> {
        if let DeValue::Boolean(value) = self.value {
            return Some(*value);
        }
        self.wrong("true or false");
        None
    }

    /// Whether it is a boolean.
    pub fn is_boolean(&self) -> bool {
        matches!(self.value, DeValue::Boolean(_))
    }

    /// Whether it is an integer or a float.
    pub fn is_number(&self) -> bool {
        matches!(self.value, DeValue::Integer(_) | DeValue::Float(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// Whether it is a string.
    pub fn is_string(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    /// A whole number within bounds.
    pub fn integer(&self, least: i64, most: i64) -> Option<i64> {
        let expected = || format!("a whole number from {least} to {most}");
        let DeValue::Integer(number) = self.value else {
            self.wrong(&expected());
            return None;
        };
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| (least..=most).contains(n));
        if value.is_none() {
            let message = format!("`{}` is out of bounds: {}", self.path, bounded(&number.to_string(), 40));
            self.context.push(self.found(message).expected(expected()));
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
        let DeValue::String(text) = self.value else {
            self.wrong(&one_of(names()));
            return None;
        };
        let value = words.iter().find(|(name, _)| name == text).map(|(_, value)| *value);
        if value.is_none() {
            let found = self.found(format!("`{}` cannot be \"{}\"", self.path, bounded(text, 60)));
            self.context.push(found.expected(one_of(names())).help_if(meant(text, names())));
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
        let DeValue::Table(keys) = self.value else {
            self.wrong(expected);
            return None;
        };
        Some(Table {
            context: self.context,
            path: self.path.clone(),
            span: self.span.clone(),
            keys,
            known: RefCell::default(),
        })
    }
}
