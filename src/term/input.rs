//! What comes from the terminal: a thread waits for it, at no cost, and hands it over.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEvent, KeyEventKind, MouseButton, MouseEventKind};
pub use crossterm::event::{KeyCode, KeyModifiers};

/// A paste is cut after this many bytes.
pub const PASTE_LIMIT: usize = 64 * 1024;

/// The same key again after less than this is a key that is held down, or a paste into a terminal that does not mark
/// pastes. Keyboards repeat every 25 to 40 ms; a finger that taps one key as fast as it can takes 80 ms and more.
pub const REPEAT_GAP: Duration = Duration::from_millis(50);

/// Something that came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A paste, cut after [`PASTE_LIMIT`] bytes. As it came: it may hold control characters.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The mouse, where the terminal tells of it.
    Mouse(Mouse),
    /// The terminal gained (true) or lost the focus.
    Focus(bool),
    /// The terminal is gone, for this reason. Nothing comes after.
    Lost(String),
}

/// What the mouse did, at a column and a line from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// The column.
    pub column: u16,
    /// The line.
    pub line: u16,
    /// What it did.
    pub did: Did,
}

/// What a mouse can do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// Its main button was pressed.
    Click,
    /// Its wheel was turned towards the hand.
    Down,
    /// Its wheel was turned away from the hand.
    Up,
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl, Alt, Shift.
    pub modifiers: KeyModifiers,
    /// Pressed, or held down.
    pub kind: Kind,
}

/// How a key came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Pressed.
    Press,
    /// Held down: the terminal says so, or it came sooner than a finger could ([`REPEAT_GAP`]). Good for moving about,
    /// never for a confirmation.
    Repeat,
}

/// Starts the threads that wait for input and for a terminal that is gone; each calls `hand_over`. To be called after
/// [`super::session::Session::open`] and before the first frame, whose size is then never missed. They end with the process.
pub fn start(hand_over: impl Fn(Input) + Send + Sync + 'static) -> io::Result<()> {
    // The first look makes crossterm wait for SIGWINCH: a change of size between the first frame and the thread's first
    // read would be lost otherwise.
    // Of a terminal that hung up it would read without an end.
    #[cfg(unix)]
    if super::hangup::is_gone() {
        return Err(io::Error::new(io::ErrorKind::NotConnected, "the terminal is gone"));
    }
    crossterm::event::poll(Duration::ZERO)?;
    let hand_over = std::sync::Arc::new(hand_over);
    #[cfg(unix)]
    {
        let hand_over = hand_over.clone();
        super::hangup::watch(move |reason| hand_over(Input::Lost(reason)))?;
    }
    thread::Builder::new().name("input".into()).spawn(move || {
        let mut pace = Pace::default();
        loop {
            match crossterm::event::read() {
                Ok(event) => {
                    if let Some(input) = translate(event, Instant::now(), &mut pace) {
                        hand_over(input);
                    }
                }
                Err(error) => {
                    hand_over(Input::Lost(format!("the terminal can't be read: {error}")));
                    return;
                }
            }
        }
    })?;
    Ok(())
}

/// The key before, and when.
#[derive(Debug, Default)]
struct Pace(Option<(KeyCode, KeyModifiers, Instant)>);

impl Pace {
    fn kind(&mut self, key: &KeyEvent, now: Instant) -> Kind {
        let before = self.0.replace((key.code, key.modifiers, now));
        let held = before.is_some_and(|(code, modifiers, at)| {
            code == key.code && modifiers == key.modifiers && now.saturating_duration_since(at) < REPEAT_GAP
        });
        if held || key.kind == KeyEventKind::Repeat { Kind::Repeat } else { Kind::Press }
    }
}

fn translate(event: Event, now: Instant, pace: &mut Pace) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => {
            let kind = pace.kind(&key, now);
            Some(Input::Key(Key { code: key.code, modifiers: key.modifiers, kind }))
        }
        Event::Paste(mut text) => {
            text.truncate(text.floor_char_boundary(PASTE_LIMIT));
            Some(Input::Paste(text))
        }
        Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
        Event::FocusGained => Some(Input::Focus(true)),
        Event::FocusLost => Some(Input::Focus(false)),
        Event::Mouse(mouse) => {
            let did = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Did::Click,
                MouseEventKind::ScrollDown => Did::Down,
                MouseEventKind::ScrollUp => Did::Up,
                _ => return None,
            };
            Some(Input::Mouse(Mouse { column: mouse.column, line: mouse.row, did }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: char) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(code), KeyModifiers::NONE))
    }

    fn kinds(keys: &[(char, u64)]) -> Vec<Kind> {
        let (start, mut at, mut pace) = (Instant::now(), 0, Pace::default());
        keys.iter()
            .map(|(code, after)| {
                at += after;
                match translate(press(*code), start + Duration::from_millis(at), &mut pace) {
                    Some(Input::Key(key)) => key.kind,
                    other => panic!("{other:?}"),
                }
            })
            .collect()
    }

    #[test]
    fn a_key_that_is_held_down_repeats() {
        assert_eq!(
            kinds(&[('y', 0), ('y', 400), ('y', 33), ('y', 33)]),
            [Kind::Press, Kind::Press, Kind::Repeat, Kind::Repeat]
        );
    }

    #[test]
    fn fast_typing_of_different_keys_is_not_repeating() {
        assert_eq!(kinds(&[('a', 0), ('b', 10), ('a', 10)]), [Kind::Press; 3]);
    }

    #[test]
    fn a_finger_that_taps_one_key_fast_is_not_repeating() {
        assert_eq!(kinds(&[('j', 0), ('j', 80), ('j', 80)]), [Kind::Press; 3]);
    }

    #[test]
    fn what_the_terminal_calls_a_repeat_is_one_at_any_pace() {
        let mut pace = Pace::default();
        let event = Event::Key(KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Repeat));
        let Some(Input::Key(key)) = translate(event, Instant::now(), &mut pace) else { panic!() };
        assert_eq!(key.kind, Kind::Repeat);
    }

    #[test]
    fn of_the_mouse_there_is_one_button_and_the_wheel() {
        let told = |kind| {
            let mouse = crossterm::event::MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE };
            translate(Event::Mouse(mouse), Instant::now(), &mut Pace::default())
        };
        let at = |did| Some(Input::Mouse(Mouse { column: 3, line: 4, did }));
        assert_eq!(told(MouseEventKind::Down(MouseButton::Left)), at(Did::Click));
        assert_eq!(told(MouseEventKind::ScrollUp), at(Did::Up));
        for kind in
            [MouseEventKind::Moved, MouseEventKind::Up(MouseButton::Left), MouseEventKind::Down(MouseButton::Right)]
        {
            assert_eq!(told(kind), None);
        }
    }

    #[test]
    fn releases_are_nothing() {
        let release = Event::Key(KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release));
        assert_eq!(translate(release, Instant::now(), &mut Pace::default()), None);
    }

    #[test]
    fn a_paste_is_cut_at_a_character() {
        let text = "é".repeat(PASTE_LIMIT);
        let Some(Input::Paste(cut)) = translate(Event::Paste(text), Instant::now(), &mut Pace::default()) else {
            panic!()
        };
        assert!(cut.len() <= PASTE_LIMIT && cut.len() > PASTE_LIMIT - 2);
    }
}
