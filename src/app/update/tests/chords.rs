//! Chords: nothing is done by accident, and no confirmation is given by one.

use super::*;
use crate::app::chord::PATIENCE;
use crate::app::model::Focus;
use crate::app::{Binding, Context};

/// A desk at the promotion whose keymap has chords beside the keys that it has anyway.
fn with_chords(armed: bool) -> Desk {
    let mut desk = Desk::at_promote(armed);
    let chords = [
        (Context::Checklist, "Z g", Action::StepFirst),
        (Context::Checklist, "Z Z", Action::StepLast),
        (Context::Checklist, "Z enter", Action::StepPerform),
        (Context::Checklist, "Z p g", Action::StepFirst),
        (Context::Global, "ctrl-x o", Action::FocusNext),
        (Context::Global, "ctrl-x ctrl-c", Action::Quit),
        (Context::Global, "ctrl-x c", Action::CloseRun),
        (Context::Menu, "ctrl-x c", Action::MenuChoose),
        (Context::Menu, "ctrl-g", Action::BackOut),
        (Context::Palette, "ctrl-x n", Action::PaletteNext),
    ];
    let more = chords.map(|(context, chord, action)| Binding {
        context,
        chord: chord.parse().unwrap(),
        action,
        desc: String::new(),
    });
    let all = desk.model.keymap.all().iter().cloned().chain(more).collect();
    desk.model.keymap = Keymap::from_bindings(all).unwrap();
    desk
}

fn waits(desk: &Desk) -> Option<String> {
    desk.model.pending.as_ref().map(|pending| crate::app::chord::written(&pending.keys))
}

#[test]
fn a_chord_does_what_it_says_when_its_last_key_comes() {
    let mut desk = with_chords(false);
    desk.key("Z");
    assert_eq!((waits(&desk).as_deref(), desk.model.selected), (Some("Z"), 2));
    desk.key("p");
    assert_eq!(waits(&desk).as_deref(), Some("Z p"));
    desk.key("g");
    assert_eq!((waits(&desk), desk.model.selected), (None, 0));
    desk.keys("ctrl-x o");
    assert_eq!(desk.model.focus, Focus::Step);
}

#[test]
fn an_unknown_key_drops_the_chord_and_is_not_taken_by_itself() {
    let mut desk = with_chords(false);
    desk.keys("Z j");
    assert_eq!((waits(&desk), desk.model.selected), (None, 2), "j did not move");
    assert_eq!(desk.says(), "Z j is no key here: nothing was done");
    desk.keys("Z A");
    assert!(desk.model.modals.is_empty() && waits(&desk).is_none(), "A did not ask to arm");
    desk.key("k");
    assert_eq!(desk.model.selected, 1, "the next key is one of its own again");
}

#[test]
fn esc_drops_the_chord_and_nothing_else() {
    let mut desk = with_chords(false);
    desk.keys("3 ctrl-x esc");
    assert_eq!((waits(&desk), desk.model.screens.shown), (None, crate::app::screen::Screen::Watch));
    desk.key("esc");
    assert_eq!(desk.model.screens.shown, crate::app::screen::Screen::Overview);
}

#[test]
fn a_held_key_neither_begins_a_chord_nor_ends_one() {
    let mut desk = with_chords(true);
    desk.raw("Z", true, desk.wall);
    assert_eq!(waits(&desk), None);
    desk.key("Z");
    for key in ["Z", "g", "enter"] {
        desk.raw(key, true, desk.wall);
        assert_eq!((waits(&desk).as_deref(), desk.model.selected), (Some("Z"), 2), "{key}");
        assert!(desk.model.modals.is_empty());
    }
    desk.key("Z");
    assert_eq!(desk.model.selected, 3);
}

#[test]
fn a_paste_another_size_other_rights_a_dialog_or_time_drop_it() {
    type Drop = fn(&mut Desk);
    let drops: [(&str, Drop); 6] = [
        ("paste", |desk| drop(update(&mut desk.model, Msg::Paste("Z".into())))),
        ("resize", |desk| drop(update(&mut desk.model, Msg::Resize))),
        ("disarmed", |desk| drop(desk.entry(Body::Disarmed { reason: "asked".into() }))),
        ("latched", |desk| drop(update(&mut desk.model, Msg::Engine(Event::Latched { why: "disk full".into() })))),
        ("a dialog", |desk| drop(desk.key("ctrl-c"))),
        ("time", |desk| {
            for second in 0..i64::from(PATIENCE) {
                update(&mut desk.model, Msg::Tick(at(second)));
            }
        }),
    ];
    for (what, drops) in drops {
        let mut desk = with_chords(true);
        desk.key("Z");
        drops(&mut desk);
        assert_eq!(waits(&desk), None, "{what}");
        desk.model.modals.clear();
        desk.key("enter");
        let shown = matches!(desk.model.modals.last(), Some(Modal::Confirm(_)));
        assert_eq!(shown, !matches!(what, "disarmed" | "latched"), "{what}: enter was one key of its own");
    }
}

#[test]
fn a_second_in_time_is_not_too_late() {
    let mut desk = with_chords(false);
    desk.key("Z");
    for second in 1..i64::from(PATIENCE) {
        update(&mut desk.model, Msg::Tick(at(second)));
    }
    desk.key("g");
    assert_eq!(desk.model.selected, 0);
}

#[test]
fn no_write_is_begun_by_a_chord_without_arms_and_none_confirmed_with_them() {
    let mut desk = with_chords(false);
    assert!(desk.keys("Z enter").is_empty() && desk.model.modals.is_empty());
    let mut desk = with_chords(true);
    desk.keys("Z enter");
    assert!(matches!(desk.model.modals.last(), Some(Modal::Confirm(_))), "it is shown as by enter");
    assert_eq!(waits(&desk), None);
    desk.type_text("promote us-west-2");
    assert_eq!(confirms(&desk.keys("Z")).len(), 0);
    assert!(
        confirms(&desk.key("enter")).is_empty(),
        "the phrase has another letter now, and Z enter is no chord there"
    );
    desk.key("backspace");
    assert_eq!(confirms(&desk.key("enter")).len(), 1, "by its own keys alone");
}

#[test]
fn in_a_list_a_chord_chooses_only_in_sight_of_it() {
    let mut desk = with_chords(false);
    desk.key("C");
    let drawn = desk.wall;
    update(&mut desk.model, Msg::Drawn(drawn));
    desk.raw("ctrl-x", false, drawn);
    desk.raw("c", false, drawn);
    assert!(matches!(desk.model.modals.last(), Some(Modal::Menu(_))), "pressed before it was to be seen");
    desk.keys("ctrl-x c");
    assert!(desk.model.modals.is_empty());
    desk.keys("C ctrl-g");
    assert!(desk.model.modals.is_empty(), "a key that backs out");
}

#[test]
fn ctrl_c_ends_a_chord_that_quits_and_asks_to_leave_after_any_other() {
    let mut desk = with_chords(false);
    assert_eq!(desk.keys("ctrl-x ctrl-c"), [Effect::Engine(Command::Leave)], "as q does");
    let mut desk = with_chords(false);
    assert!(desk.keys("Z ctrl-c").is_empty());
    let Some(Modal::Menu(menu)) = desk.model.modals.last() else { panic!("no menu") };
    assert_eq!(menu.title, "leave the console?");
}

#[test]
fn in_the_palette_a_begun_chord_types_nothing() {
    let mut desk = with_chords(false);
    desk.keys(": ctrl-x n");
    let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
    assert_eq!((palette.input.text(), palette.selected), ("", 1));
    desk.keys("ctrl-x x");
    let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
    assert_eq!(palette.input.text(), "", "what does not go on with it is dropped");
}
