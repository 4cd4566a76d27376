//! Who is on the call, and the lead from hand to hand.

use super::*;
use crate::domain::people::OnCall;

fn offered(to: &str) -> Body {
    Body::LeadOffered { to: to.into(), reason: "my shift ends".into() }
}

fn watching() -> Desk {
    desk(Role::Observer { lead: "bert on bastion".into() })
}

fn error(desk: &Desk) -> &str {
    let Some(Modal::Reason(reason)) = desk.model.modals.last() else { panic!("no line is asked for") };
    reason.error.as_deref().unwrap_or_default()
}

#[test]
fn who_is_on_the_call_is_one_line_that_is_there_again_the_next_time() {
    let mut desk = desk(Role::Lead);
    desk.key("c");
    desk.type_text("al");
    let al = OnCall { name: "al".into(), role: None };
    assert_eq!(desk.key("enter"), [Effect::Engine(Command::OnCall(vec![al.clone()]))]);
    desk.entry(Body::OnCall { people: vec![al.clone()] });
    desk.key("c");
    desk.type_text(", ben (incident commander");
    assert!(desk.key("enter").is_empty(), "what cannot be read is not recorded");
    assert_eq!(error(&desk), "there is a ( without a )");
    desk.key(")");
    let ben = OnCall { name: "ben".into(), role: Some("incident commander".into()) };
    assert_eq!(desk.key("enter"), [Effect::Engine(Command::OnCall(vec![al, ben]))]);
}

#[test]
fn the_lead_is_handed_over_by_name_and_then_the_console_watches() {
    let mut desk = desk(Role::Lead);
    desk.entry(Body::Armed);
    desk.key("L");
    desk.type_text("ben");
    assert!(desk.key("enter").is_empty());
    assert!(error(&desk).contains("why"), "{}", error(&desk));
    desk.type_text(": my shift ends");
    let wanted = Command::HandOver { to: "ben".into(), reason: "my shift ends".into() };
    assert_eq!(desk.key("enter"), [Effect::Engine(wanted)]);
    assert!(desk.model.rights().armed);
    desk.entry(offered("ben"));
    let rights = desk.model.rights();
    assert!(!rights.lead && !rights.armed && !rights.observer, "{rights:?}");
    assert_eq!(update(&mut desk.model, Msg::Engine(Event::Ended)), [Effect::Watch]);
}

#[test]
fn whoever_leaves_while_the_lead_is_let_go_leaves() {
    let mut desk = desk(Role::Lead);
    desk.entry(offered("ben"));
    desk.key("q");
    assert_eq!(update(&mut desk.model, Msg::Engine(Event::Ended)), [Effect::Quit]);
}

#[test]
fn nothing_is_handed_over_while_a_step_runs() {
    let mut desk = desk(Role::Lead);
    desk.entry(Body::Started { step: "check".into() });
    assert!(desk.key("L").is_empty());
    assert!(desk.model.modals.is_empty() && desk.says().contains("a step is running"), "{}", desk.says());
}

#[test]
fn only_an_observer_takes_the_lead_and_by_two_keys() {
    let mut desk = watching();
    assert_eq!(desk.key("L"), []);
    assert_eq!(desk.key("enter"), [], "the first key is y");
    assert!(desk.model.modals.is_empty());
    assert_eq!(desk.keys("L y x"), []);
    assert_eq!(desk.keys("L y enter"), [Effect::TakeLead]);
    // A held key is nobody's decision.
    desk.key("L");
    update(&mut desk.model, Msg::Drawn(desk.wall));
    let later = desk.wall + Duration::from_secs(1);
    desk.raw("y", false, later);
    assert_eq!(desk.raw("enter", true, later), []);
    for role in [Role::Lead, Role::Replay] {
        let mut desk = super::desk(role);
        desk.keys("L y enter");
        desk.model.modals.clear();
        desk.key(":");
        let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
        assert!(palette.found.iter().all(|hit| hit.target != Target::Action(Action::TakeLead)));
    }
    let mut desk = watching();
    desk.key(":");
    let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
    let why =
        |action| palette.found.iter().find(|hit| hit.target == Target::Action(action)).map(|hit| hit.why.is_some());
    assert_eq!(why(Action::TakeLead), Some(false));
    assert_eq!((why(Action::HandOver), why(Action::OnCall)), (Some(true), Some(true)), "told, and not done");
}

#[test]
fn an_observer_is_told_to_whom_the_lead_is_handed() {
    for (to, says) in [("Anna", "to you: L takes it"), ("carl", "to carl: L takes it")] {
        let mut desk = watching();
        desk.entry(offered(to));
        assert!(desk.says().ends_with(says), "{}", desk.says());
    }
}

#[test]
fn what_was_asked_of_one_lead_is_not_taken_from_the_next() {
    let mut desk = watching();
    desk.keys("L y");
    desk.entry(Body::LeadChange { lead: "carl".into(), host: "elsewhere".into() });
    assert!(desk.model.modals.is_empty());
    assert_eq!(desk.key("enter"), []);
}

#[test]
fn a_run_that_is_over_has_no_lead_to_take() {
    let mut desk = watching();
    desk.key("L");
    desk.entry(Body::RunClosed { outcome: crate::domain::journal::RunOutcome::StoodDown, says: String::new() });
    assert!(desk.model.modals.is_empty());
    assert_eq!(desk.keys("L y enter"), []);
}
