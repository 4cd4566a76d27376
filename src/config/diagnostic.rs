//! What is wrong in a file, and where.

use std::fmt;
use std::ops::Range;

use super::source::Source;
use crate::domain::redact::{MARK, Redactor};
use crate::domain::text::{bounded, counted, visible};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look; the file is used.
    Warning,
    /// The file, or the part that it is in, is not used.
    Error,
}

impl Severity {
    /// The word at the start of a diagnostic.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A line of a file with a place marked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The line, or the part of it around the place.
    pub text: String,
    /// Where the mark starts, in characters.
    pub offset: usize,
    /// How long the mark is, in characters; at least 1.
    pub width: usize,
}

/// One thing that is wrong. Every text in it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The dotted path of the key, such as `objectives.rto`; empty for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What was expected there.
    pub expected: Option<String>,
    /// What to do about it, such as the nearest valid key.
    pub help: Option<String>,
    /// The line that it is in.
    pub snippet: Option<Snippet>,
}

/// How much of a line is shown before and from the place.
const BEFORE: usize = 60;
const FROM: usize = 80;

impl Diagnostic {
    /// An error at a span of a file.
    pub fn error(source: &Source, span: Range<usize>, key: &str, message: impl AsRef<str>) -> Self {
        let (line, column) = source.position(span.start);
        Self {
            severity: Severity::Error,
            file: visible(source.name()),
            line,
            column,
            key: bounded(key, 200),
            message: bounded(message.as_ref(), 600),
            expected: None,
            help: None,
            snippet: snippet(source, span, false),
        }
    }

    /// A warning at a span of a file.
    pub fn warning(source: &Source, span: Range<usize>, key: &str, message: impl AsRef<str>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(source, span, key, message) }
    }

    /// An error that shows nothing of the value at the span, because it may be a secret.
    pub fn hidden(source: &Source, span: Range<usize>, key: &str, message: impl AsRef<str>) -> Self {
        let mut found = Self::error(source, span.clone(), key, message);
        found.snippet = snippet(source, span, true);
        found
    }

    /// An error of a file that has no text to point at, such as one that cannot be read.
    pub fn file(name: &str, message: impl AsRef<str>) -> Self {
        let mut found = Self::error(&Source::new(name, b""), 0..0, "", message);
        found.snippet = None;
        found
    }

    /// With what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl AsRef<str>) -> Self {
        self.expected = Some(bounded(expected.as_ref(), 400));
        self
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(bounded(help.as_ref(), 400));
        self
    }

    /// With what to do, where there is something.
    #[must_use]
    pub fn help_if(self, help: Option<impl AsRef<str>>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }
}

/// The part of a line around a span, made safe: escapes visible, secrets redacted, bounded.
fn snippet(source: &Source, span: Range<usize>, hide: bool) -> Option<Snippet> {
    let (_, line) = source.line_at(span.start);
    let start = source.floor(span.start).clamp(line.start, line.end);
    let end = source.floor(span.end).clamp(start, line.end);
    let before = source.text().get(line.start..start)?;
    let marked = source.text().get(start..end)?;
    let after = source.text().get(end..line.end)?;
    let skip = before.chars().count().saturating_sub(BEFORE);
    let cut = if skip > 0 { "…" } else { "" };
    let before: String = before.chars().skip(skip).collect();
    let before = format!("{cut}{}", visible(&before));
    if hide {
        let offset = before.chars().count();
        return Some(Snippet { text: format!("{before}{MARK}"), offset, width: MARK.len() });
    }
    let shown: String = marked.chars().take(FROM).collect();
    let shown = visible(&shown);
    let left = FROM.saturating_sub(marked.chars().take(FROM).count());
    let tail: String = after.chars().take(left).collect();
    let more = if marked.chars().nth(FROM).is_some() || after.chars().nth(left).is_some() { "…" } else { "" };
    let text = format!("{before}{shown}{}{more}", visible(&tail));
    let clean = Redactor::default().apply(&text);
    let same = text.chars().zip(clean.chars()).take_while(|(a, b)| a == b).count();
    let offset = if clean == text { before.chars().count() } else { before.chars().count().min(same) };
    let room = clean.chars().count().saturating_sub(offset);
    let width = shown.chars().count().min(room).max(1);
    Some(Snippet { text: clean, offset, width })
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.severity.as_str(), self.message)?;
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        if let Some(snippet) = &self.snippet {
            writeln!(f, "{gutter}--> {}:{}:{}", self.file, self.line, self.column)?;
            writeln!(f, "{gutter} |")?;
            writeln!(f, "{number} | {}", snippet.text)?;
            let mark = format!("{}{}", " ".repeat(snippet.offset), "^".repeat(snippet.width));
            match &self.expected {
                Some(expected) => writeln!(f, "{gutter} | {mark} expected {expected}")?,
                None => writeln!(f, "{gutter} | {mark}")?,
            }
        } else {
            writeln!(f, "{gutter}--> {}", self.file)?;
            if let Some(expected) = &self.expected {
                writeln!(f, "{gutter} = expected: {expected}")?;
            }
        }
        if !self.key.is_empty() {
            writeln!(f, "{gutter} = key: {}", self.key)?;
        }
        if let Some(help) = &self.help {
            writeln!(f, "{gutter} = help: {help}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong, file by file, in the order of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    left_out: usize,
}

/// How many diagnostics of one file are kept: beyond that, more of them help nobody.
const LIMIT: usize = 100;

impl Diagnostics {
    /// The diagnostics of one file: sorted, without repetitions, bounded.
    pub fn of_file(mut list: Vec<Diagnostic>) -> Self {
        list.sort_by(|a, b| {
            (a.line, a.column, b.severity, &a.message).cmp(&(b.line, b.column, a.severity, &b.message))
        });
        list.dedup_by(|a, b| (a.line, a.column, &a.message) == (b.line, b.column, &b.message));
        // A warning must never push an error out.
        let errors = list.iter().filter(|found| found.severity == Severity::Error).count();
        let mut warnings_left = LIMIT.saturating_sub(errors);
        let mut errors_left = LIMIT;
        let before = list.len();
        list.retain(|found| {
            let left = if found.severity == Severity::Error { &mut errors_left } else { &mut warnings_left };
            let keep = *left > 0;
            *left = left.saturating_sub(1);
            keep
        });
        Self { left_out: before - list.len(), list }
    }

    /// Adds those of another file.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
        self.left_out += other.left_out;
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|found| found.severity == Severity::Error)
    }

    fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|found| found.severity == severity).count()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for found in &self.list {
            writeln!(f, "{found}")?;
        }
        if self.left_out > 0 {
            writeln!(f, "… and {} more", self.left_out)?;
        }
        let (errors, warnings) = (self.count(Severity::Error), self.count(Severity::Warning));
        writeln!(f, "{}, {}", counted(errors, "error"), counted(warnings, "warning"))
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_the_line_with_a_caret() {
        let source = Source::new("service.toml", b"[objectives]\nrto = \"30\"\n");
        let found = Diagnostic::error(&source, 19..23, "objectives.rto", "\"30\" is not a duration")
            .expected("a duration, such as \"15m\"")
            .help("write the unit");
        let shown = "error: \"30\" is not a duration\n --> service.toml:2:7\n  |\n2 | rto = \"30\"\n  |       ^^^^ expected a \
                     duration, such as \"15m\"\n  = key: objectives.rto\n  = help: write the unit\n";
        assert_eq!(found.to_string(), shown);
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("{}x{}", "a".repeat(1000), "b".repeat(1 << 20));
        let source = Source::new("s", text.as_bytes());
        let found = Diagnostic::error(&source, 1000..1001, "", "here");
        assert_eq!(found.column, 1001);
        let snippet = found.snippet.unwrap();
        assert_eq!(snippet.text.chars().nth(snippet.offset), Some('x'));
        assert!(snippet.text.chars().count() < 160, "{}", snippet.text);
    }

    #[test]
    fn the_caret_counts_what_escapes_are_written_as() {
        let source = Source::new("s", "\u{1b}x".as_bytes());
        let snippet = Diagnostic::error(&source, 1..2, "", "here").snippet.unwrap();
        assert_eq!((snippet.text.as_str(), snippet.offset), ("\\u{1b}x", 6));
    }

    #[test]
    fn a_secret_is_never_shown() {
        let source = Source::new("s", b"password = \"hunter2\" # note");
        let plain = Diagnostic::error(&source, 0..8, "password", "no").to_string();
        let hidden = Diagnostic::hidden(&source, 11..20, "password", "no").to_string();
        assert!(!plain.contains("hunter2") && !hidden.contains("hunter2"), "{plain}{hidden}");
    }

    #[test]
    fn errors_are_never_pushed_out_by_warnings() {
        let source = Source::new("s", &b"a\n".repeat(400));
        let mut list: Vec<_> = (0..300).map(|i| Diagnostic::warning(&source, i * 2..i * 2, "", "w")).collect();
        list.push(Diagnostic::error(&source, 700..700, "", "e"));
        let all = Diagnostics::of_file(list);
        assert!(all.has_errors());
        assert!(all.to_string().contains("… and 201 more"));
    }
}
