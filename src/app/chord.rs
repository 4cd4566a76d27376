//! Keys pressed one after the other that mean one thing together, such as `g g` or `ctrl-x o`. A single key is a chord of one.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use super::action::{Context, Rights};
use super::key::{BadKey, Key};

/// How many keys a chord has at most.
pub const LONGEST: usize = 4;
/// For how many ticks (seconds) a begun chord waits for its next key: whoever comes back to the keyboard begins anew.
pub const PATIENCE: u8 = 10;

/// One key or several in a row; never none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord(Vec<Key>);

/// Why a text is no chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChord {
    /// A part of it is no key.
    #[error(transparent)]
    Key(#[from] BadKey),
    /// It has too many keys: so many of them.
    #[error("it has {0} keys; at most {LONGEST} are one after the other")]
    Long(usize),
}

impl Chord {
    /// Its keys, at least one.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Whether it is one key several times: then a key that is held down gives it by itself, in a terminal that does not tell
    /// repeats.
    pub fn is_given_by_holding(&self) -> bool {
        self.0.len() > 1 && self.0.windows(2).all(|pair| pair.first() == pair.last())
    }
}

impl From<Key> for Chord {
    fn from(key: Key) -> Self {
        Self(vec![key])
    }
}

impl Borrow<[Key]> for Chord {
    fn borrow(&self) -> &[Key] {
        &self.0
    }
}

impl FromStr for Chord {
    type Err = BadChord;

    fn from_str(text: &str) -> Result<Self, BadChord> {
        let mut keys = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()).take(LONGEST) {
            keys.push(word.parse::<Key>()?);
        }
        let all = text.split(' ').filter(|word| !word.is_empty()).count();
        if all > LONGEST {
            return Err(BadChord::Long(all));
        }
        if keys.is_empty() {
            return Err(BadKey(crate::domain::text::bounded(text, 40)).into());
        }
        Ok(Self(keys))
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&written(&self.0))
    }
}

/// Keys as a keymap writes them, with a space between.
pub fn written(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// A chord that has been begun. It holds only where it was begun, for whoever had the same rights, and not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The keys so far, at least one.
    pub keys: Vec<Key>,
    /// Where they were pressed.
    pub context: Context,
    /// What whoever pressed them might do then.
    pub rights: Rights,
    /// For how many more ticks it waits.
    pub left: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chords_are_written_as_they_are_read() {
        for text in ["g g", "ctrl-x ctrl-c", "space f", "alt-x", "minus", "ctrl-x 1"] {
            let written = text.parse::<Chord>().unwrap().to_string();
            assert_eq!(written.parse::<Chord>(), text.parse(), "{text}");
        }
        assert_eq!("g   g".parse::<Chord>().unwrap().to_string(), "g g");
    }

    #[test]
    fn what_is_no_chord_is_refused() {
        for text in ["", " ", "gg", "g return", "g\tg", "g \u{1b}"] {
            assert!(matches!(text.parse::<Chord>(), Err(BadChord::Key(_))), "{text:?}");
        }
        assert_eq!("a b c d e".parse::<Chord>(), Err(BadChord::Long(5)));
    }

    #[test]
    fn a_held_key_gives_only_a_chord_of_itself() {
        let held = |text: &str| text.parse::<Chord>().unwrap().is_given_by_holding();
        assert!(held("g g") && held("Z Z Z"));
        assert!(!held("g") && !held("g G") && !held("ctrl-x x"));
    }
}
