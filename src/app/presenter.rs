//! The presenter: the keys that were pressed last, for who watches the screen and not the keyboard. Only keys that do
//! something are shown, by what they do: what is typed into a line may be a secret, and a phrase is nobody's but the typist's.

use super::key::Key;

/// For how many ticks (seconds) a key stays.
const TICKS: u8 = 4;
/// How many keys are shown at most.
const MOST: usize = 4;

/// The keys that were pressed last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presenter {
    /// Whether they are shown.
    pub on: bool,
    /// They, the latest last.
    pub pressed: Vec<Pressed>,
}

/// A key that was pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pressed {
    /// The key.
    pub key: Key,
    /// What it did.
    pub does: &'static str,
    /// How often, one after the other.
    pub times: u16,
    /// For how many more ticks it stays.
    pub left: u8,
}

impl Presenter {
    /// Begins to show keys, or stops; in words.
    pub(super) fn toggle(&mut self) -> &'static str {
        self.on = !self.on;
        self.pressed.clear();
        if self.on { "keys are shown in the corner; what is typed is not" } else { "keys are no longer shown" }
    }

    /// A key was pressed that does something. To be called with nothing that is typed as text.
    pub(super) fn press(&mut self, key: Key, does: &'static str) {
        if !self.on {
            return;
        }
        match self.pressed.last_mut() {
            Some(last) if last.key == key && last.does == does => {
                last.times = last.times.saturating_add(1);
                last.left = TICKS;
            }
            _ => self.pressed.push(Pressed { key, does, times: 1, left: TICKS }),
        }
        if self.pressed.len() > MOST {
            self.pressed.remove(0);
        }
    }

    /// A second has passed.
    pub(super) fn tick(&mut self) {
        for pressed in &mut self.pressed {
            pressed.left = pressed.left.saturating_sub(1);
        }
        self.pressed.retain(|pressed| pressed.left > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_shown_while_it_is_on_counted_and_fade() {
        let mut presenter = Presenter::default();
        presenter.press(Key::char('A'), "arm");
        assert!(presenter.pressed.is_empty());
        presenter.toggle();
        for key in ['j', 'j', 'j', 'a', 'b', 'c', 'd'] {
            presenter.press(Key::char(key), "moves");
        }
        assert_eq!(presenter.pressed.len(), MOST);
        presenter.press(Key::char('d'), "moves");
        assert_eq!(presenter.pressed.last().map(|pressed| pressed.times), Some(2));
        for _ in 0..TICKS {
            assert!(!presenter.pressed.is_empty());
            presenter.tick();
        }
        assert!(presenter.pressed.is_empty());
    }
}
