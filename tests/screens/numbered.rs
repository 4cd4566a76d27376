//! The numbered screens: pictures of each at every size, and what moving between them keeps.

use handover::app::screen::Screen;
use handover::app::{Effect, Role};
use handover::domain::command::Event;
use handover::domain::history::{Cadence, History};
use handover::domain::journal::Body;
use handover::domain::run::Ending;
use handover::domain::timeline::Milestone;
use handover::ui::Depth;
use std::sync::Arc;
use std::time::Duration;

use super::console::{Console, at, picture, seen, west};
use super::pictures;
use handover::domain::reading::{Fact, Health, Value};
use handover::domain::region::Place;

/// A run of which something is done, with a lag that falls.
pub(crate) fn under_way() -> Console {
    let mut console = Console::outage(Role::Lead);
    console.arm();
    console.at_promotion();
    console.entry(Body::Milestone {
        milestone: Milestone::ImpactBegan,
        when: at(-240),
        source: "the first timeout in the access log".into(),
    });
    for minute in 0..12 {
        let behind = 700.0 - f64::from(minute) * 50.0;
        let mut look = seen(Health::Healthy, "replica available", &[]).unwrap();
        look.facts.push(Fact {
            name: "replay_age".into(),
            value: Value::Seconds(behind),
            at: Some(at(-660 + i64::from(minute) * 60)),
        });
        console.looked("database", Place::Region(west()), 0, 15, Ok(look));
    }
    console
}

fn shown(console: &mut Console, width: u16, height: u16) -> String {
    picture(&console.draw(width, height, Depth::TrueColour, true))
}

#[test]
fn every_screen_at_every_size() {
    for screen in Screen::ALL.into_iter().skip(1) {
        pictures(&format!("screen-{}", screen.as_str()), || {
            let mut console = under_way();
            console.keys(&screen.number().to_string());
            if screen == Screen::History || screen == Screen::Readiness {
                let history = History { lines: Vec::new(), every: Some(Cadence::Months(3)), last_drill: None };
                console.engine(Event::History(Arc::new(history)));
            }
            console
        });
    }
}

#[test]
fn an_entry_is_shown_whole() {
    pictures("screen-journal-entry", || {
        let mut console = under_way();
        console.keys("6 enter");
        console
    });
}

#[test]
fn each_screen_keeps_its_place() {
    let mut console = under_way();
    console.keys("j j");
    let selected = console.model.selected;
    console.keys("4 j j j 6 k k k 3 + + 4");
    assert_eq!(console.model.screens.scroll.get(&Screen::Readiness), Some(&3));
    console.keys("6");
    let entry = console.model.screens.log.selected;
    assert!(entry.is_some_and(|entry| entry + 3 == console.model.run.entries), "{entry:?}");
    console.keys("3");
    assert_eq!(console.model.screens.watch.span(), Duration::from_hours(24));
    console.keys("1");
    assert_eq!((console.model.selected, console.model.screens.shown), (selected, Screen::Overview));
}

#[test]
fn escape_goes_back_one_thing_at_a_time_and_ends_at_the_overview() {
    let mut console = under_way();
    console.keys("6 / a t t e s t enter enter");
    assert!(console.model.screens.log.whole);
    console.keys("esc");
    assert!(!console.model.screens.log.whole && console.model.screens.filter().is_some());
    console.keys("esc");
    assert!(console.model.screens.filter().is_none());
    assert_eq!(console.model.screens.shown, Screen::Journal);
    console.keys("esc esc esc");
    assert_eq!(console.model.screens.shown, Screen::Overview);
}

#[test]
fn the_filter_takes_every_key_as_a_letter_and_shows_what_holds_the_words() {
    let mut console = under_way();
    let before = console.effects.len();
    console.keys("6 / A P r m i l e");
    assert!(console.model.screens.filter().is_some_and(|filter| filter.typing));
    assert_eq!(console.effects.len(), before, "nothing was done by what was typed");
    console.keys("backspace backspace backspace backspace backspace backspace backspace i m p a c t enter");
    let found: Vec<u64> = console.model.found().map(|entry| entry.seq).collect();
    assert!(!found.is_empty() && found.len() < console.model.tail.len(), "{found:?}");
    let picture = shown(&mut console, 120, 40);
    assert!(
        picture.contains(&format!("filter: impact ({} of {})", found.len(), console.model.run.entries)),
        "{picture}"
    );
    console.keys("/ x y z z y enter");
    assert!(shown(&mut console, 120, 40).contains("no entry holds that"));
}

#[test]
fn a_held_chart_stands_still_while_the_clock_goes_on() {
    let mut console = under_way();
    console.keys("3 space");
    let chart = |console: &mut Console| {
        let picture = shown(console, 120, 40);
        let at = picture.find("seconds behind").unwrap();
        picture[at..].lines().take(24).collect::<Vec<_>>().join("\n")
    };
    let before = chart(&mut console);
    console.tick(600);
    assert_eq!(chart(&mut console), before);
    console.keys("space");
    assert_ne!(chart(&mut console), before);
}

#[test]
fn the_watch_says_when_it_has_caught_up() {
    let mut console = under_way();
    console.keys("3");
    let picture = shown(&mut console, 120, 40);
    assert!(picture.contains("caught up in "), "{picture}");
}

#[test]
fn looking_at_a_screen_asks_only_to_read() {
    let mut console = under_way();
    let before = console.effects.len();
    console.keys("2 3 4 5 6 7 8 1");
    for effect in &console.effects[before..] {
        let reads = matches!(effect, Effect::History)
            || matches!(effect, Effect::Engine(handover::domain::command::Command::Preflight));
        assert!(reads, "{effect:?}");
    }
}

#[test]
fn ten_thousand_entries_are_all_there() {
    let mut console = under_way();
    let first = console.model.run.entries;
    for number in 0..10_000 {
        console.entry(Body::Note { text: format!("note {number}") });
    }
    console.keys("6 g");
    assert_eq!(console.model.screens.log.selected, Some(1));
    console.keys("/ n o t e space 7 7 7 7 enter");
    let found: Vec<u64> = console.model.found().map(|entry| entry.seq).collect();
    assert_eq!(found, vec![first + 7778]);
    assert!(shown(&mut console, 200, 60).contains("note 7777"));
}

#[test]
fn the_checklist_tells_what_waits_for_what_and_what_took_too_long() {
    let mut console = under_way();
    console.keys("2");
    let picture = shown(&mut console, 200, 60);
    assert!(picture.contains("waits for ") && picture.contains("planned at"), "{picture}");
    let step = console.model.rows[0].id.clone();
    console.settle(&step, Ending::Checked, "so it is");
    assert!(shown(&mut console, 200, 60).contains("checklist"));
}
