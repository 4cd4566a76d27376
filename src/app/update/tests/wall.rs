//! The wall takes no key that does anything, and what is typed is shown to nobody.

use super::*;
use crate::app::ACTIONS;
use crate::app::screen::Screen;

fn open(desk: &mut Desk) {
    desk.key("w");
    assert!(desk.model.screens.wall);
}

#[test]
fn before_the_wall_every_key_only_looks_or_leaves() {
    for armed in [false, true] {
        for info in ACTIONS {
            for chord in info.keys {
                let mut desk = Desk::at_promote(armed);
                open(&mut desk);
                let selected = desk.model.selected;
                let effects = desk.key(chord);
                for effect in &effects {
                    let looks = matches!(
                        effect,
                        Effect::Mouse(_)
                            | Effect::History
                            | Effect::Redraw
                            | Effect::Quit
                            | Effect::Engine(Command::Preflight | Command::Leave)
                    );
                    assert!(looks, "{chord}: {effect:?}");
                }
                let asks = desk.model.modals.iter().all(|modal| matches!(modal, Modal::Help(_) | Modal::Menu(_)));
                assert!(asks, "{chord}: {:?}", desk.model.modals);
                assert_eq!(desk.model.selected, selected, "{chord}");
            }
        }
    }
}

#[test]
fn escape_a_digit_and_the_key_itself_lead_back_to_the_console() {
    for (key, screen) in [("esc", Screen::Overview), ("w", Screen::Overview), ("3", Screen::Watch)] {
        let mut desk = Desk::at_promote(true);
        open(&mut desk);
        desk.key(key);
        assert!(!desk.model.screens.wall && desk.model.modals.is_empty(), "{key}");
        assert_eq!(desk.model.screens.shown, screen, "{key}");
    }
    // A dialog that is open takes the keys, and its Esc leaves the wall where it is.
    let mut desk = Desk::at_promote(false);
    open(&mut desk);
    desk.key("?");
    desk.key("esc");
    assert!(desk.model.screens.wall && desk.model.modals.is_empty());
}

#[test]
fn a_key_that_does_nothing_there_says_so() {
    let mut desk = Desk::at_promote(true);
    open(&mut desk);
    desk.key("enter");
    assert!(desk.model.toast.as_ref().is_some_and(|toast| toast.text.contains("esc goes back")));
}

fn shown(desk: &Desk) -> Vec<String> {
    desk.model.presenter.pressed.iter().map(|pressed| format!("{} {}", pressed.key, pressed.does)).collect()
}

#[test]
fn the_presenter_shows_what_keys_do_and_nothing_that_is_typed() {
    let mut desk = Desk::at_promote(true);
    desk.key("k");
    assert!(shown(&desk).is_empty(), "it is off at the start");
    desk.key("K");
    desk.key("j");
    assert_eq!(shown(&desk), ["j step-next"]);
    desk.key("n");
    for c in "secret".chars() {
        desk.key(&c.to_string());
    }
    desk.key("esc");
    assert_eq!(shown(&desk), ["j step-next", "n note", "esc back"]);
    desk.key("enter");
    let Some(Modal::Confirm(_)) = desk.model.modals.last() else { panic!("{:?}", desk.model.modals) };
    desk.type_text("promote us-west-2");
    assert!(!shown(&desk).iter().any(|pressed| pressed.starts_with("p ") || pressed.starts_with("u ")));
    assert_eq!(shown(&desk).last().map(String::as_str), Some("enter step-perform"));
    desk.key("K");
    desk.key("esc");
    desk.key("K");
    desk.key("j");
    assert!(shown(&desk).is_empty(), "off again");
}
