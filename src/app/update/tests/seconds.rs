//! What a second that passes makes drawn.

use super::*;
use crate::app::model::{BEAT, Due, Level};
use crate::domain::reading::{Health, Observation, Unread, Why};
use crate::domain::region::Place;

const FRESH_FOR: Duration = Duration::from_secs(15);

fn looked(at: Timestamp, result: Result<Observation, Unread>) -> Msg {
    let place = Place::Region("us-west-2".parse().unwrap());
    Msg::Engine(Event::Looked { component: "database".into(), place, at, fresh_for: FRESH_FOR, result: result.into() })
}

// As a look comes back.
#[allow(clippy::unnecessary_wraps)]
fn says(status: &str) -> Result<Observation, Unread> {
    let mut seen = Observation::new("rds DescribeDBInstances");
    seen.text("status", status);
    seen.glance(Health::Healthy, status);
    Ok(seen)
}

/// What is due after a second.
fn second(desk: &mut Desk, second: i64) -> Due {
    update(&mut desk.model, Msg::Tick(at(second)));
    desk.model.take_due()
}

/// A console on which nothing has happened for long, at the first second of a beat.
fn quiet() -> Desk {
    let mut desk = desk(Role::Lead);
    second(&mut desk, 0);
    second(&mut desk, 1);
    assert_eq!(at(0).as_second() % BEAT, 0);
    desk
}

#[test]
fn a_quiet_second_moves_the_banner_and_a_beat_all_ages() {
    let mut desk = quiet();
    let due: Vec<Due> = (2..=10).map(|now| second(&mut desk, now)).collect();
    let quiet = Due::Banner;
    assert_eq!(due, [quiet, quiet, quiet, Due::Everything, quiet, quiet, quiet, quiet, Due::Everything]);
    let mut age = |now| {
        desk.model.now = at(now);
        desk.model.age(at(0))
    };
    let aged = [0, 4, 5, 9, 10, 99, 120].map(&mut age);
    assert_eq!(aged, ["now", "now", "5s", "5s", "10s", "95s", "2m"]);
}

#[test]
fn what_says_something_new_is_seen_within_a_second_and_what_only_is_newer_with_the_ages() {
    let mut desk = quiet();
    update(&mut desk.model, looked(at(1), says("available")));
    assert_eq!(desk.model.take_due(), Due::Everything, "it was not known before");
    second(&mut desk, 2);
    update(&mut desk.model, looked(at(2), says("available")));
    assert_eq!((desk.model.take_due(), second(&mut desk, 3)), (Due::Nothing, Due::Banner));
    update(&mut desk.model, looked(at(3), says("backing-up")));
    assert_eq!((desk.model.take_due(), second(&mut desk, 4)), (Due::Nothing, Due::Everything));
    update(&mut desk.model, looked(at(4), Err(Unread::new(Why::TimedOut, "5 s"))));
    assert_eq!(desk.model.take_due(), Due::Everything, "it fails now");
}

#[test]
fn what_goes_stale_is_seen_to_within_the_second() {
    let mut desk = quiet();
    update(&mut desk.model, looked(at(1), says("available")));
    for now in 2..=15 {
        second(&mut desk, now);
    }
    assert_eq!(second(&mut desk, 16), Due::Banner);
    assert_eq!(second(&mut desk, 17), Due::Everything);
}

#[test]
fn a_dialog_a_wall_and_a_clock_that_is_set_back_are_drawn_whole() {
    let mut desk = quiet();
    desk.model.screens.wall = true;
    assert_eq!(second(&mut desk, 2), Due::Everything);
    desk.model.screens.wall = false;
    assert_eq!(second(&mut desk, 3), Due::Banner);
    desk.key("?");
    desk.model.take_due();
    assert_eq!(second(&mut desk, 4), Due::Everything);
    desk.key("esc");
    desk.model.take_due();
    assert_eq!(second(&mut desk, 3), Due::Banner);
    assert_eq!(second(&mut desk, -100), Due::Everything);
}

#[test]
fn a_key_that_selects_a_step_makes_that_drawn_and_whatever_comes_with_it_everything() {
    let mut desk = quiet();
    let selected = |desk: &mut Desk, key: &str| {
        desk.key(key);
        desk.model.take_due()
    };
    assert_eq!(selected(&mut desk, "j"), Due::Selection);
    assert_eq!(selected(&mut desk, "G"), Due::Selection);
    update(&mut desk.model, Msg::Engine(Event::Selected("promote".into())));
    assert_eq!(desk.model.take_due(), Due::Nothing, "the engine only says it again");
    desk.key("k");
    assert_eq!(second(&mut desk, 2), Due::Everything, "the clock has moved, too");
    update(&mut desk.model, Msg::Tick(at(3)));
    assert_eq!(selected(&mut desk, "k"), Due::Everything);
    desk.model.say(Level::Info, "a message, which a key takes away");
    assert_eq!(selected(&mut desk, "k"), Due::Everything);
    desk.model.toast = None;
    assert_eq!(selected(&mut desk, "A"), Due::Everything, "a key that does something else");
}
