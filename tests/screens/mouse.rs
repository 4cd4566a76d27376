//! The mouse selects and scrolls; it never starts, opens or confirms anything.

use handover::app::screen::Screen;
use handover::app::spot::Spot;
use handover::app::{Effect, Role};
use handover::domain::command::Command;
use handover::ui::Depth;

use super::console::{Console, picture};
use super::numbered::under_way;
use super::{confirming, ready_to_promote};

fn draw(console: &mut Console) -> Vec<String> {
    let picture = picture(&console.draw(120, 40, Depth::TrueColour, true));
    picture.lines().take(40).map(str::to_owned).collect()
}

/// Where a text stands.
fn find(lines: &[String], text: &str) -> (u16, u16) {
    let line =
        lines.iter().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}\n{}", lines.join("\n")));
    let column = lines[line].split(text).next().unwrap().chars().count();
    (u16::try_from(column).unwrap(), u16::try_from(line).unwrap())
}

#[test]
fn a_click_selects_a_step_a_pane_a_screen_and_an_entry() {
    let mut console = under_way();
    let lines = draw(&mut console);
    let wanted = console.model.rows.iter().position(|row| row.number == "1.5").unwrap();
    let (column, line) = find(&lines, " 1.5 ");
    console.click(column, line);
    assert_eq!(console.model.selected, wanted);
    let (column, line) = find(&draw(&mut console), "journal ");
    console.click(column, line + 20);
    assert_eq!(console.model.screens.shown, Screen::Overview, "nothing stands there");
    console.keys("2");
    let lines = draw(&mut console);
    let (column, line) = find(&lines, " 6 journal");
    console.click(column + 1, line);
    assert_eq!(console.model.screens.shown, Screen::Journal);
    let lines = draw(&mut console);
    let (column, line) = find(&lines, "    4");
    console.click(column + 4, line);
    assert_eq!(console.model.screens.log.selected, Some(4));
    console.wheel(column, line, false);
    assert_eq!(console.model.screens.log.selected, Some(1));
}

#[test]
fn the_wheel_scrolls_what_it_is_over() {
    let mut console = ready_to_promote(false);
    let lines = draw(&mut console);
    let selected = console.model.selected;
    let (column, line) = find(&lines, "❯");
    console.wheel(column, line, false);
    assert_eq!(console.model.selected, selected - 1, "in the checklist it moves the selection");
    console.wheel(column, line, true);
    assert_eq!(console.model.selected, selected);
    let (column, line) = find(&draw(&mut console), "calls");
    console.wheel(column, line, true);
    assert_eq!(console.model.step_scroll, 3);
    console.keys("?");
    draw(&mut console);
    console.wheel(column, line, true);
    let handover::app::Modal::Help(help) = console.model.modals.last().unwrap() else { panic!() };
    assert_eq!(help.scroll, 3);
}

/// Clicks everywhere, three times over, and turns the wheel everywhere: nothing is done but selecting and reading.
#[test]
fn no_click_starts_opens_or_confirms_anything() {
    let mut made: Vec<Console> = vec![confirming(), ready_to_promote(true), Console::outage(Role::Lead)];
    made.push({
        let mut console = ready_to_promote(true);
        console.arm();
        console.keys("enter");
        console
    });
    made.push({
        let mut console = ready_to_promote(false);
        console.arm();
        console.keys("q");
        console
    });
    for number in 2..=8 {
        let mut console = under_way();
        console.keys(&number.to_string());
        made.push(console);
    }
    for mut console in made {
        let (modals, journal) = (console.model.modals.clone(), console.model.run.entries);
        let before = console.effects.len();
        for (column, line) in (0..120).step_by(3).flat_map(|column| (0..40).map(move |line| (column, line))) {
            if line == 0 {
                draw(&mut console);
            }
            console.click(column, line);
            console.click(column, line);
            console.wheel(column, line, column % 2 == 0);
        }
        assert_eq!(console.model.modals.len(), modals.len(), "a dialog was opened or answered");
        assert_eq!(console.model.run.entries, journal);
        for effect in &console.effects[before..] {
            let reads = matches!(
                effect,
                Effect::History | Effect::Engine(Command::Selected(_) | Command::Plan(_) | Command::Preflight)
            );
            assert!(reads, "{effect:?}");
        }
    }
}

#[test]
fn behind_a_dialog_nothing_can_be_clicked() {
    let mut console = confirming();
    draw(&mut console);
    assert!(console.seen.as_ref().unwrap().spots.is_empty());
    console.send(handover::app::Msg::Click(Spot::Step(0)));
    assert_ne!(console.model.selected, 0);
    assert_eq!(console.model.modals.len(), 1);
}

#[test]
fn it_is_off_at_the_start_and_a_key_takes_it_and_leaves_it() {
    let mut console = Console::outage(Role::Lead);
    assert!(!console.model.mouse);
    console.keys("ctrl-t ctrl-t");
    let told: Vec<&Effect> = console.effects.iter().filter(|effect| matches!(effect, Effect::Mouse(_))).collect();
    assert_eq!(told, [&Effect::Mouse(true), &Effect::Mouse(false)]);
    assert!(!console.model.mouse);
}
