//! The wall: pictures of it, and that nothing which matters hides behind it.

use handover::app::Role;
use handover::app::screen::Screen;
use handover::domain::command::Event;
use handover::domain::journal::Body;
use handover::domain::writers::Split;
use handover::ui::Depth;

use super::console::{Console, east, picture, west};
use super::{all_done, confirming, latched, observer, pictures, ready_to_promote, settling};

/// A console with the wall before it.
fn wall(mut console: Console) -> Console {
    console.model.screens.wall = true;
    console
}

fn lines(console: &mut Console, width: u16, height: u16) -> String {
    picture(&console.draw(width, height, Depth::TrueColour, true)).split("--- styles").next().unwrap().to_owned()
}

#[test]
fn the_wall_at_every_size() {
    pictures("wall-settling", || wall(settling()));
    pictures("wall-opening", || wall(Console::outage(Role::Lead)));
    pictures("wall-done", || wall(all_done()));
    for (width, height) in [(60, 15), (300, 100)] {
        let shown = picture(&wall(settling()).draw(width, height, Depth::TrueColour, true));
        insta::assert_snapshot!(format!("wall-settling-{width}x{height}"), shown);
    }
}

#[test]
fn the_wall_in_ascii_is_ascii() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60), (300, 100)] {
        let buffer = wall(settling()).draw(width, height, Depth::None, false);
        assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()), "{width}x{height}");
    }
    insta::assert_snapshot!("wall-ascii-80x24", picture(&wall(settling()).draw(80, 24, Depth::None, false)));
}

#[test]
fn it_says_in_words_what_it_is_about_at_every_size() {
    for (width, height) in [(60, 15), (80, 24), (120, 40), (200, 60), (300, 100)] {
        let shown = lines(&mut wall(settling()), width, height);
        for words in ["SIMULATION", "active us-east-1", "us-west-2", "RECOVERY TIME", "LOSS", "1.3 Promote the read"] {
            assert!(shown.contains(words), "{words} at {width}x{height}\n{shown}");
        }
        assert!(shown.contains("(RTO)") && shown.contains("(RPO)"), "{shown}");
        assert!(shown.contains("down") && shown.contains("SOURCE") && shown.contains("TARGET"), "{shown}");
        let clocks = shown.matches(['█', '▀', '▄']).count();
        assert!(clocks > 60, "large clocks at {width}x{height}\n{shown}");
    }
}

#[test]
fn it_tells_who_has_to_do_what_next() {
    let mut console = wall(ready_to_promote(false));
    assert!(lines(&mut console, 120, 40).contains("NEXT"));
    assert!(lines(&mut console, 120, 40).contains("anna arms the console and types the phrase: it CANNOT BE UNDONE"));
    console.arm();
    assert!(lines(&mut console, 120, 40).contains("anna types the phrase"));
    let mut console = wall(Console::outage(Role::Lead));
    let ready = console.model.rows.iter().find(|row| row.ready).unwrap().clone();
    let says = match &console.model.step_of(&ready).unwrap().action {
        handover::domain::runbook::Action::Attest { .. } => "anna looks, and attests it",
        _ => "anna starts it; it only reads",
    };
    let shown = lines(&mut console, 80, 24);
    assert!(shown.contains(&ready.number) && shown.contains(says), "{says}\n{shown}");
}

#[test]
fn an_alarm_a_lost_journal_a_message_and_a_dialog_hang_before_it() {
    let mut console = wall(settling());
    let splits = vec![Split { component: "database".into(), regions: vec![east(), west()] }];
    console.entry_by("handover", Body::SplitBrain { splits });
    for (width, height) in [(60, 15), (80, 24), (120, 40), (300, 100)] {
        let shown = lines(&mut console, width, height);
        assert!(shown.contains("SPLIT BRAIN") && shown.contains("RECOVERY TIME"), "{shown}");
    }
    for (width, height) in [(60, 15), (80, 24), (200, 60)] {
        let shown = lines(&mut wall(latched()), width, height);
        assert!(shown.contains("READ-ONLY: the journal can't be written: fdatasync"), "{shown}");
        let mut console = wall(settling());
        console.engine(Event::Refused { why: "a gate does not hold".into() });
        assert!(lines(&mut console, width, height).contains("a gate does not hold"));
    }
    assert!(lines(&mut wall(confirming()), 80, 24).contains("> promote"));
    assert!(lines(&mut wall(observer()), 80, 24).contains("observer of anna@bastion"));
}

#[test]
fn when_the_objective_is_missed_it_says_so_in_words() {
    let mut console = wall(settling());
    console.tick(3600);
    let shown = lines(&mut console, 80, 24);
    assert!(shown.contains("RTO MISSED by ") && shown.contains("STALE") | shown.contains("LOST"), "{shown}");
}

#[test]
fn keys_are_shown_in_the_corner_and_what_is_typed_is_not() {
    let mut console = Console::outage(Role::Lead);
    console.keys("K j 6");
    let shown = lines(&mut console, 120, 40);
    let last = shown.lines().last().unwrap();
    assert!(last.ends_with("j  step-next  6  screen-journal"), "{last:?}");
    console.keys("/ s e c r e t");
    let shown = lines(&mut console, 120, 40);
    assert!(shown.lines().last().unwrap().trim_end().ends_with("/  filter"), "{shown}");
    for _ in 0..4 {
        console.tick(1);
    }
    assert!(!lines(&mut console, 120, 40).lines().last().unwrap().contains("filter  "));
    console.keys("enter 1 n p a s s w o r d");
    assert!(!lines(&mut console, 120, 40).lines().last().unwrap().contains(" w "));
}

#[test]
fn a_console_opens_on_a_screen() {
    let mut console = Console::outage(Role::Lead);
    console.send(handover::app::Msg::Open(Screen::History));
    assert_eq!(console.model.screens.shown, Screen::History);
    assert!(console.effects.contains(&handover::app::Effect::History), "what it shows is read");
}
