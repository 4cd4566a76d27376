//! The text of a file, and where in it an offset lies.

use std::ops::Range;

/// A file's text with its name.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    starts: Vec<usize>,
    broken_utf8: Option<usize>,
}

impl Source {
    /// A file's bytes under the name that diagnostics give it. Bytes that are not UTF-8 are replaced, and remembered.
    pub fn new(name: impl Into<String>, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        // Up to the first bad byte the replaced text has the same offsets.
        let broken_utf8 = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to());
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name: name.into(), text, starts, broken_utf8 }
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The offset of the first byte that is not UTF-8.
    pub fn broken_utf8(&self) -> Option<usize> {
        self.broken_utf8
    }

    /// The line of an offset, from 0, and the bytes that it spans without its line break.
    pub(super) fn line_at(&self, offset: usize) -> (usize, Range<usize>) {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let end = if self.text.get(start..end).is_some_and(|text| text.ends_with('\r')) { end - 1 } else { end };
        (line, start..end)
    }

    /// The line, from 1, and the column, from 1 and in characters, of an offset.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let (line, span) = self.line_at(offset);
        let column = self.text.get(span.start..self.floor(offset)).map_or(0, |before| before.chars().count());
        (line + 1, column + 1)
    }

    /// The nearest character boundary at or before an offset.
    pub(super) fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }

    /// The key that the text at an offset belongs to, by the look of the lines alone: for syntax errors, where there is
    /// no tree to ask.
    pub(super) fn key_near(&self, offset: usize) -> String {
        let (line, span) = self.line_at(offset);
        let text = |index: usize| {
            let start = self.starts.get(index).copied().unwrap_or(0);
            let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
            self.text.get(start..end).unwrap_or_default().trim()
        };
        let own = self.text.get(span).unwrap_or_default().trim();
        if own.starts_with('[') {
            return bare(own.trim_matches(['[', ']', ' ']));
        }
        let header = (0..line).rev().map(text).find(|text| text.starts_with('[') && !text.contains('='));
        let header = header.map(|text| bare(text.trim_matches(['[', ']', ' ']))).unwrap_or_default();
        let keyish = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let key: String = own.chars().take_while(|c| keyish(*c)).take(80).collect();
        match (header.is_empty(), key.is_empty()) {
            (false, false) => format!("{header}.{key}"),
            (false, true) => header,
            (true, _) => key,
        }
    }
}

/// A text, if it looks like a key.
fn bare(text: &str) -> String {
    let keyish = text.len() <= 120
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' '));
    if keyish { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters() {
        let source = Source::new("a.toml", "é = 1\r\nüü = 2\n".as_bytes());
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(2), (1, 2));
        assert_eq!(source.position(8), (2, 1));
        assert_eq!(source.position(12), (2, 3));
        assert_eq!(source.position(10_000), (3, 1));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_remembered() {
        let source = Source::new("a.toml", b"a = \"\xff\"\n");
        assert_eq!(source.broken_utf8(), Some(5));
        assert_eq!(source.position(5), (1, 6));
    }

    #[test]
    fn a_syntax_error_is_given_the_key_of_its_line() {
        let source = Source::new("a.toml", b"[objectives]\nrto = = 5\n");
        assert_eq!(source.key_near(20), "objectives.rto");
        assert_eq!(Source::new("a.toml", b"[lag]\nwarn \"5m\"\n").key_near(12), "lag.warn");
        assert_eq!(Source::new("a.toml", b"[a]\nx = [\n  \"y\" z\n]").key_near(17), "a");
    }
}
