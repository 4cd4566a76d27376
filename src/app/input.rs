//! A single line of typed text.

use super::key::{Code, Key};
use crate::domain::text;

/// How long a typed line may get, in characters.
const LIMIT: usize = 400;

/// A line being typed, with its cursor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    cursor: usize,
}

impl Input {
    /// A line that holds something already, to be gone on with.
    pub fn holding(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// What has been typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, in bytes; always on a boundary between characters.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Inserts pasted text, on one line and made safe.
    pub fn paste(&mut self, pasted: &str) {
        let room = LIMIT.saturating_sub(self.text.chars().count());
        let clean: String = text::bounded(pasted.trim(), LIMIT).chars().take(room).collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    /// Takes a key; says whether it meant anything here.
    pub fn key(&mut self, key: Key) -> bool {
        if key == Key::ctrl('u') {
            self.text.drain(..self.cursor);
            self.cursor = 0;
            return true;
        }
        match key.code {
            Code::Char('a') if key.ctrl => self.cursor = 0,
            Code::Char('e') if key.ctrl => self.cursor = self.text.len(),
            Code::Backspace => {
                if let Some(before) = self.before() {
                    self.text.drain(before..self.cursor);
                    self.cursor = before;
                }
            }
            Code::Delete => {
                if let Some(after) = self.after() {
                    self.text.drain(self.cursor..after);
                }
            }
            Code::Left => self.cursor = self.before().unwrap_or(0),
            Code::Right => self.cursor = self.after().unwrap_or(self.text.len()),
            Code::Home => self.cursor = 0,
            Code::End => self.cursor = self.text.len(),
            _ => {
                let Some(c) = key.typed() else { return false };
                let mut utf8 = [0; 4];
                // A character that could hide or turn others is dropped, as it is from every text from outside.
                if self.text.chars().count() < LIMIT && text::visible(c.encode_utf8(&mut utf8)).chars().eq([c]) {
                    self.text.insert(self.cursor, c);
                    self.cursor += c.len_utf8();
                }
            }
        }
        true
    }

    fn before(&self) -> Option<usize> {
        self.text.get(..self.cursor)?.char_indices().next_back().map(|(at, _)| at)
    }

    fn after(&self) -> Option<usize> {
        self.text.get(self.cursor..)?.chars().next().map(|c| self.cursor + c.len_utf8())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Input {
        let mut input = Input::default();
        for c in text.chars() {
            assert!(input.key(Key::char(c)));
        }
        input
    }

    #[test]
    fn edits_in_the_middle_of_wide_characters() {
        let mut input = typed("aé界b");
        input.key(Key::plain(Code::Left));
        input.key(Key::plain(Code::Backspace));
        assert_eq!(input.text(), "aéb");
        input.key(Key::plain(Code::Home));
        input.key(Key::plain(Code::Delete));
        assert_eq!(input.text(), "éb");
        input.key(Key::plain(Code::End));
        input.key(Key::ctrl('u'));
        assert_eq!((input.text(), input.cursor()), ("", 0));
    }

    #[test]
    fn pastes_come_in_on_one_line_and_harmless() {
        let mut input = typed("x");
        input.paste("a\nb\u{1b}[31m");
        assert_eq!(input.text(), "xa / b\\u{1b}[31m");
        input.paste(&"y".repeat(10_000));
        assert!(input.text().chars().count() <= LIMIT);
    }

    #[test]
    fn a_bidirectional_character_is_not_typed() {
        assert_eq!(typed("a\u{202e}b").text(), "ab");
    }
}
