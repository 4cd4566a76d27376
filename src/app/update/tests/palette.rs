//! The palette: what it offers to whom, and why not. And what is filtered, found and copied.

use super::*;
use crate::app::find::Hit;
use crate::app::screen::Screen;

fn found(desk: &Desk) -> &[Hit] {
    let Some(Modal::Palette(palette)) = desk.model.modals.last() else { panic!("no palette") };
    &palette.found
}

fn hit(desk: &Desk, action: Action) -> Option<&Hit> {
    found(desk).iter().find(|hit| hit.target == Target::Action(action))
}

#[test]
fn what_cannot_be_done_now_says_why_and_is_not_done() {
    let mut desk = desk(Role::Lead);
    desk.settle("look");
    desk.entry(Body::Started { step: "check".into() });
    desk.key(":");
    assert_eq!(hit(&desk, Action::CloseRun).unwrap().why, Some("a step is running"));
    assert_eq!(hit(&desk, Action::Zoom).unwrap().why, None);
    desk.type_text("clrun");
    assert_eq!(found(&desk)[0].target, Target::Action(Action::CloseRun));
    assert!(desk.key("enter").is_empty());
    assert!(matches!(desk.model.modals.last(), Some(Modal::Palette(_))), "it stays");
    assert_eq!(desk.says(), "close-run cannot be done now: a step is running");
    desk.settle("check");
    desk.key("enter");
    assert!(matches!(desk.model.modals.last(), Some(Modal::Menu(_))), "as it is now, not as it was listed");
}

#[test]
fn whoever_watches_or_plays_back_is_told_who_does_what_leads() {
    let mut watching = desk(Role::Observer { lead: "bert".into() });
    watching.key(":");
    assert_eq!(hit(&watching, Action::Note).unwrap().why, Some("whoever leads does that; this console watches"));
    assert!(hit(&watching, Action::TakeLead).unwrap().why.is_none());
    assert!(found(&watching).iter().all(|hit| match hit.target {
        Target::Action(action) => !action.writes() && action != Action::ReplayNext,
        Target::Step(_) => false,
    }));
    let mut closed = desk(Role::Lead);
    closed
        .entry(Body::RunClosed { outcome: crate::domain::journal::RunOutcome::StoodDown, says: "false alarm".into() });
    closed.key(":");
    assert_eq!(hit(&closed, Action::Note).unwrap().why, Some("the run is closed"));
}

#[test]
fn what_was_run_last_is_first() {
    let mut desk = desk(Role::Lead);
    for command in ["zoom", "facts", "zoom"] {
        desk.key(":");
        desk.type_text(command);
        desk.key("enter");
    }
    desk.key(":");
    let first: Vec<Target> = found(&desk).iter().take(2).map(|hit| hit.target).collect();
    assert_eq!(first, [Action::Zoom, Action::Facts].map(Target::Action));
    let possible = found(&desk).iter().map(|hit| hit.why.is_none()).collect::<Vec<_>>();
    assert!(possible.is_sorted_by(|one, other| one >= other), "what cannot be done is last");
}

#[test]
fn a_step_is_gone_to_by_its_number_or_a_word_of_its_title_and_not_started() {
    for typed in ["0.4", "point"] {
        let mut desk = Desk::at_promote(true);
        desk.keys("6 :");
        assert!(found(&desk).iter().all(|hit| matches!(hit.target, Target::Action(_))), "steps are found, not listed");
        desk.type_text(typed);
        let wanted = desk.model.rows.iter().position(|row| row.id == "point").unwrap();
        assert_eq!(found(&desk)[0].target, Target::Step(wanted), "{typed}");
        let effects = desk.key("enter");
        assert_eq!((desk.model.selected, desk.model.screens.shown), (wanted, Screen::Overview), "{typed}");
        assert!(desk.model.modals.is_empty());
        let starts = |effect: &Effect| matches!(effect, Effect::Engine(Command::Confirm { .. } | Command::Start(_)));
        assert!(!effects.iter().any(starts), "{typed}: {effects:?}");
    }
}

#[test]
fn a_filter_takes_every_key_as_a_letter_and_is_kept_by_its_screen() {
    let mut desk = desk(Role::Lead);
    desk.key("5");
    desk.key("/");
    let effects = desk.type_text("A q C enter".replace("enter", "").trim());
    assert!(effects.is_empty() && desk.model.modals.is_empty());
    desk.key("enter");
    desk.keys("7 /");
    desk.type_text("anna");
    desk.keys("enter 5");
    assert_eq!(desk.model.screens.filter().unwrap().input.text(), "A q C");
    desk.key("7");
    assert_eq!(desk.model.screens.filter().unwrap().input.text(), "anna");
    desk.key("esc");
    assert!(desk.model.screens.filter().is_none() && desk.model.screens.shown == Screen::People, "esc clears it first");
    desk.key("esc");
    assert_eq!(desk.model.screens.shown, Screen::Overview);
}

#[test]
fn a_step_is_found_and_none_is_hidden() {
    let mut desk = desk(Role::Lead);
    let rows = desk.model.rows.len();
    desk.key("/");
    let effects = desk.type_text("po");
    assert_eq!(desk.model.selected, 3, "point");
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Confirm { .. } | Command::Start(_))))
    );
    desk.keys("backspace backspace");
    desk.type_text("o");
    assert_eq!(desk.model.found_steps(), [0, 2, 3]);
    desk.key("down");
    assert_eq!(desk.model.selected, 0, "around the end");
    desk.keys("down");
    assert_eq!(desk.model.selected, 2);
    desk.keys("up");
    assert_eq!((desk.model.selected, desk.model.rows.len()), (0, rows));
    desk.key("enter");
    assert!(desk.model.modals.is_empty(), "enter ends the typing and starts nothing");
    desk.key("esc");
    assert!(desk.model.screens.filter().is_none());
}

#[test]
fn the_help_is_filtered_and_esc_clears_before_it_closes() {
    let mut desk = desk(Role::Lead);
    desk.keys("? /");
    desk.type_text("quit");
    desk.keys("enter esc");
    let Some(Modal::Help(help)) = desk.model.modals.last() else { panic!("no help") };
    assert!(!help.filter.is_on());
    desk.key("esc");
    assert!(desk.model.modals.is_empty());
}

#[test]
fn the_journal_copies_the_selected_entry_as_its_line_and_no_screen_what_is_out_of_sight() {
    let mut desk = Desk::at_promote(false);
    let copies = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None })
    };
    let by_hand = copies(desk.key("y")).unwrap();
    assert_eq!(by_hand, plan().by_hand);
    desk.keys("6 k");
    let copied = copies(desk.key("y")).unwrap();
    let entry: crate::domain::journal::Entry = serde_json::from_str(&copied).unwrap();
    assert_eq!(&entry, desk.model.tail[0].as_ref());
    assert_eq!(copied, crate::domain::hash::canonical(&entry), "the line as the file has it");
    for screen in ["3", "4", "5", "7", "8"] {
        desk.key(screen);
        assert_eq!(copies(desk.key("y")), None, "{screen}");
    }
    assert_eq!(copies(desk.keys("2 y")), Some(by_hand));
}

#[test]
fn the_page_of_a_step_is_copied_as_an_address() {
    let mut desk = Desk::at_promote(false);
    let page =
        "https://us-west-2.console.aws.amazon.com/rds/home?region=us-west-2#database:id=replica;is-cluster=false";
    assert_eq!(desk.key("Y"), [Effect::Copy(page.to_owned())]);
    desk.key("6");
    assert!(desk.key("Y").is_empty());
    desk.model.run.mode = Mode::Simulation;
    desk.key("1");
    assert!(desk.key("Y").is_empty());
    assert_eq!(desk.says(), "what is simulated has no page in the AWS console");
}
