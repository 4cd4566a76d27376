//! What confirms a call, and what does not.

use super::*;

#[test]
fn the_phrase_typed_exactly_confirms_the_plan_on_the_screen() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    desk.type_text("promote us-west-2");
    let effects = desk.key("enter");
    let how = How::Typed { phrase: "promote us-west-2".into() };
    let wanted = Command::Confirm { step: "promote".into(), plan_hash: plan().hash(), how };
    assert_eq!(confirms(&effects), [&wanted]);
    assert!(desk.model.modals.is_empty());
}

#[test]
fn a_wrong_phrase_esc_and_two_keys_do_not_confirm_what_cannot_be_undone() {
    let mut desk = Desk::at_promote(true);
    for phrase in ["promote us-west-1", "promote us-west-2 ", "y", ""] {
        desk.key("enter");
        desk.type_text(phrase);
        assert!(confirms(&desk.key("enter")).is_empty(), "{phrase:?}");
        assert_eq!(desk.model.modals.len(), 1);
        desk.key("esc");
        assert!(desk.model.modals.is_empty());
    }
}

#[test]
fn a_dialog_that_comes_to_light_again_has_to_be_drawn_and_answered_anew() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    desk.type_text("promote us-west-2");
    desk.key("ctrl-c");
    assert_eq!(desk.model.modals.len(), 2, "whether to leave is asked above the confirmation");
    desk.key("esc");
    assert_eq!(desk.model.modals.len(), 1);
    let late = desk.wall + Duration::from_secs(5);
    assert!(confirms(&desk.raw("enter", false, late)).is_empty(), "it has not been drawn again");
    assert!(confirms(&desk.key("enter")).is_empty(), "what was typed before is gone");
    desk.type_text("promote us-west-2");
    assert_eq!(confirms(&desk.key("enter")).len(), 1);
}

#[test]
fn a_write_takes_y_then_enter_and_anything_else_cancels() {
    let mut desk = Desk::at_promote(true);
    desk.settle("promote");
    let write = Plan { step: "point".into(), phrase: None, hazard: Hazard::Write, ..plan() };
    desk.planned(write.clone(), vec![]);
    for keys in ["enter enter", "enter y y", "enter y esc", "enter x", "enter y x"] {
        assert!(confirms(&desk.keys(keys)).is_empty(), "{keys}");
        assert!(desk.model.modals.is_empty(), "{keys}");
    }
    let effects = desk.keys("enter y enter");
    let wanted = Command::Confirm { step: "point".into(), plan_hash: write.hash(), how: How::TwoKeys };
    assert_eq!(confirms(&effects), [&wanted]);
}

#[test]
fn repeats_pastes_and_keys_pressed_before_the_dialog_was_in_sight_do_not_count() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    // Nothing counts before it was drawn, nor until it has been in sight for a moment.
    desk.raw("p", false, desk.wall + Duration::from_mins(1));
    update(&mut desk.model, Msg::Drawn(desk.wall));
    desk.raw("p", false, desk.wall + Duration::from_millis(299));
    desk.raw("p", true, desk.wall + Duration::from_secs(1));
    update(&mut desk.model, Msg::Paste("promote us-west-2".into()));
    update(&mut desk.model, Msg::Resize);
    let Some(Modal::Confirm(confirm)) = desk.model.modals.last() else { panic!("no dialog") };
    let Way::Phrase { input, .. } = &confirm.way else { panic!("no phrase") };
    assert_eq!(input.text(), "");
    assert!(confirms(&desk.key("enter")).is_empty());
}

#[test]
fn a_plan_that_changed_voids_what_was_typed_and_says_so() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    desk.type_text("promote us-west-2");
    let mut other = plan();
    other.basis[0].value = "modifying".into();
    desk.planned(other.clone(), vec![]);
    // The key that was on its way meets a dialog that has not been in sight.
    assert!(confirms(&desk.raw("enter", false, desk.wall + Duration::from_millis(10))).is_empty());
    let Some(Modal::Confirm(confirm)) = desk.model.modals.last() else { panic!("no dialog") };
    assert!(confirm.notice.as_deref().unwrap().contains("changed"));
    assert!(confirms(&desk.key("enter")).is_empty());
    desk.type_text("promote us-west-2");
    let effects = desk.key("enter");
    let [Command::Confirm { plan_hash, .. }] = confirms(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(*plan_hash, other.hash());
}

#[test]
fn a_plan_that_is_refused_or_whose_gate_closes_can_no_longer_be_confirmed() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    desk.type_text("promote us-west-2");
    desk.planned(plan(), vec![gate("lag", Verdict::Unknown)]);
    assert!(confirms(&desk.key("enter")).is_empty());
    let refused = Event::Planned { step: "promote".into(), result: Err(Refusal::new("it is a primary")) };
    update(&mut desk.model, Msg::Engine(refused));
    desk.type_text("promote us-west-2");
    assert!(confirms(&desk.key("enter")).is_empty());
}

#[test]
fn the_same_letter_twice_at_once_is_typed_twice_and_a_held_enter_confirms_nothing() {
    let mut desk = Desk::at_promote(true);
    desk.key("enter");
    update(&mut desk.model, Msg::Drawn(desk.wall));
    let at = desk.wall + Duration::from_secs(1);
    for (key, repeat) in [("d", true), ("d", false), ("r", false), ("i", false), ("l", false), ("l", true)] {
        desk.raw(key, repeat, at);
    }
    let confirm = |desk: &Desk| match desk.model.modals.last() {
        Some(Modal::Confirm(confirm)) => confirm.clone(),
        other => panic!("{other:?}"),
    };
    let Way::Phrase { input, .. } = confirm(&desk).way else { panic!() };
    assert_eq!(input.text(), "drill");
    assert!(desk.raw("enter", true, at).is_empty());
    assert_eq!(confirm(&desk).notice, None, "nothing was answered");
}
