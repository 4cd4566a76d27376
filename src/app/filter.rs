//! Words that lines are looked for by: one thing for the journal, the pages, the help and the steps.

use super::input::Input;
use super::key::{Code, Key};

/// What is typed to filter a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The words, with the cursor.
    pub input: Input,
    /// Whether they are being typed: then every key is a letter.
    pub typing: bool,
}

/// The words of a filter, ready to be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Whether a text holds every one of them, in any order and in either case.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.is_empty() || {
            let text = text.to_lowercase();
            self.0.iter().all(|word| text.contains(word.as_str()))
        }
    }

    /// Whether there are none: then everything holds them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Filter {
    /// Its words.
    pub fn words(&self) -> Words {
        Words(self.input.text().to_lowercase().split_whitespace().map(str::to_owned).collect())
    }

    /// Whether it is there to be seen: it has words, or is being typed.
    pub fn is_on(&self) -> bool {
        self.typing || !self.words().is_empty()
    }

    /// Takes it away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a key while it is typed: Enter keeps it, Esc clears it, everything else edits it.
    pub fn key(&mut self, key: Key) {
        match key.code {
            Code::Enter => self.typing = false,
            Code::Esc => self.clear(),
            _ => {
                self.input.key(key);
            }
        }
    }

    /// How much it leaves, for a header.
    pub fn says(&self, shown: usize, all: usize) -> String {
        format!("filter: {} ({shown} of {all})", self.input.text().trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_to_be_there_in_any_order() {
        let mut filter = Filter { typing: true, ..Filter::default() };
        assert!(filter.is_on() && filter.words().are_in("anything"));
        "West DATA".chars().for_each(|c| filter.key(Key::char(c)));
        assert!(filter.words().are_in("the database of us-west-2") && !filter.words().are_in("the database"));
        filter.key(Key::plain(Code::Enter));
        assert!(filter.is_on() && !filter.typing);
        assert_eq!(filter.says(3, 41), "filter: West DATA (3 of 41)");
        filter.key(Key::plain(Code::Esc));
        assert!(!filter.is_on());
    }
}
