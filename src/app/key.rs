//! Keys, as the console knows them: independent of any terminal library.

use std::fmt;
use std::str::FromStr;

/// A key without its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, with shift already applied.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tabulator.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// One press of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The key.
    pub code: Code,
    /// With control held.
    pub ctrl: bool,
    /// With alt held.
    pub alt: bool,
    /// With shift held; never set on a character, which is shifted itself.
    pub shift: bool,
}

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a key; expected a character, a name such as \"enter\" or \"page-down\", or one with \"ctrl-\", \"alt-\" or \"shift-\" before it"
)]
pub struct BadKey(pub String);

const NAMES: [(&str, Code); 17] = [
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("page-up", Code::PageUp),
    ("page-down", Code::PageDown),
    ("space", Code::Char(' ')),
    ("minus", Code::Char('-')),
    ("plus", Code::Char('+')),
];

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// A character.
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// A character with control.
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The same press in the one form in which keys are compared: a character carries its shift itself, and control
    /// makes no difference between upper and lower case.
    #[must_use]
    pub fn normal(mut self) -> Self {
        if let Code::Char(c) = self.code {
            if self.ctrl {
                self.code = Code::Char(c.to_ascii_lowercase());
            } else if self.shift && c.is_ascii_lowercase() {
                self.code = Code::Char(c.to_ascii_uppercase());
            }
            self.shift = false;
        }
        self
    }

    /// The character that this press types, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt && !c.is_control() => Some(c),
            _ => None,
        }
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bad = || BadKey(crate::domain::text::bounded(text, 40));
        let mut key = Self::plain(Code::Esc);
        let mut rest = text;
        loop {
            let (flag, tail) = if let Some(tail) = rest.strip_prefix("ctrl-") {
                (&mut key.ctrl, tail)
            } else if let Some(tail) = rest.strip_prefix("alt-") {
                (&mut key.alt, tail)
            } else if let Some(tail) = rest.strip_prefix("shift-") {
                (&mut key.shift, tail)
            } else {
                break;
            };
            if std::mem::replace(flag, true) {
                return Err(bad());
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_control() && c != ' ' => Code::Char(c),
            _ => match NAMES.into_iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => code,
                None => match rest.strip_prefix('f').and_then(|number| number.parse().ok()) {
                    Some(number @ 1..=24) => Code::F(number),
                    _ => return Err(bad()),
                },
            },
        };
        if key.shift && matches!(key.code, Code::Char(_)) && !key.ctrl {
            // "shift-j" would be a second name of "J", and "shift-1" depends on the keyboard.
            return Err(bad());
        }
        Ok(key.normal())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("shift-")?;
        }
        match self.code {
            Code::F(number) => write!(f, "f{number}"),
            code => match NAMES.into_iter().find(|(_, named)| *named == code) {
                // A plain "-" or "+" reads better than its name.
                Some((_, Code::Char(c @ ('-' | '+')))) if !self.ctrl && !self.alt => write!(f, "{c}"),
                Some((name, _)) => f.write_str(name),
                None => match code {
                    Code::Char(c) => write!(f, "{c}"),
                    _ => Ok(()),
                },
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_they_are_read() {
        for text in [
            "ctrl-p",
            "enter",
            "esc",
            "J",
            "?",
            ":",
            "space",
            "shift-tab",
            "f5",
            "alt-x",
            "page-down",
            "-",
            "ctrl-minus",
            "é",
        ] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "ctrl-", "ctrl-ctrl-p", "return", "f0", "f99", "shift-j", "jj", " ", "\u{1b}"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_shifted_character_is_one_key_however_the_terminal_reports_it() {
        let reported = Key { code: Code::Char('j'), ctrl: false, alt: false, shift: true };
        assert_eq!(reported.normal(), Key::char('J'));
        assert_eq!(Key { shift: true, ..Key::char('J') }.normal(), Key::char('J'));
        assert_eq!(Key::ctrl('P').normal(), Key::ctrl('p'));
    }
}
