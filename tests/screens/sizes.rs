//! Every screen and every dialog at every size, from nothing to a wall: nothing breaks, what matters most is there, and what
//! cannot be seen cannot be confirmed.

use handover::app::Modal;
use handover::app::screen::Screen;
use handover::app::{Effect, Role};
use handover::domain::command::Command;
use handover::domain::journal::Body;
use handover::ui::Depth;
use ratatui::buffer::Buffer;

use super::console::{Console, gates, picture, promote};
use super::numbered::under_way;
use super::{confirming, pictures_at, ready_to_promote, settling};

const BIG: [(u16, u16); 9] =
    [(60, 15), (79, 23), (80, 24), (81, 25), (110, 36), (120, 40), (160, 50), (200, 60), (300, 100)];

/// All that are small, and some that are not.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    (0..=65).flat_map(|width| (0..=20).map(move |height| (width, height))).chain(BIG)
}

/// A part of the small sizes, another for each number, and all of the others: together, screens and dialogs are drawn at all of
/// them. `HANDOVER_SIZES=all` draws each at all.
fn some_sizes(number: usize, parts: usize) -> impl Iterator<Item = (u16, u16)> {
    let all = std::env::var_os("HANDOVER_SIZES").is_some();
    let wanted = move |(at, size): &(usize, (u16, u16))| all || at % parts == number % parts || BIG.contains(size);
    sizes().enumerate().filter(wanted).map(|(_, size)| size)
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let line = |cells: &[ratatui::buffer::Cell]| cells.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
    buffer.content.chunks(width).map(line).collect::<Vec<_>>().join("\n")
}

/// A console at the promotion on which the keys open something.
fn opened(keys: &str) -> Console {
    let mut console = ready_to_promote(true);
    console.arm();
    console.keys(keys);
    console
}

#[test]
fn the_mode_the_active_region_and_the_running_step_are_on_every_screen_at_any_size() {
    let mut console = settling();
    for wall in [false, true] {
        console.model.screens.wall = wall;
        for screen in Screen::ALL {
            console.model.screens.shown = screen;
            let parts = if screen == Screen::Overview && !wall { 1 } else { 4 };
            for (width, height) in some_sizes(screen as usize, parts) {
                let shown = text(&console.draw(width, height, Depth::Indexed, true));
                if width >= 20 && height >= 3 {
                    for words in ["SIM", "us-east-1", "1.3"] {
                        assert!(shown.contains(words), "{words}: {screen:?}, wall {wall}, {width}x{height}\n{shown}");
                    }
                }
            }
        }
    }
    for (width, height) in [(20, 1), (20, 2), (20, 3), (33, 9), (60, 15)] {
        console.model.screens.wall = false;
        console.model.screens.shown = Screen::Overview;
        insta::assert_snapshot!(
            format!("least-{width}x{height}"),
            text(&console.draw(width, height, Depth::None, true))
                .lines()
                .map(str::trim_end)
                .collect::<Vec<_>>()
                .join("\n")
        );
    }
}

#[test]
fn from_sixty_by_fifteen_the_checklist_stands_alone_and_each_pane_can_be_reached() {
    pictures_at("small-checklist", &[(60, 15), (70, 20)], settling);
    let mut console = settling();
    assert!(text(&console.draw(60, 15, Depth::None, true)).contains("checklist "));
    console.keys("tab");
    assert!(text(&console.draw(60, 15, Depth::None, true)).contains("1.3 Promote the"));
    console.keys("tab");
    assert!(text(&console.draw(60, 15, Depth::None, true)).contains("journal "));
}

/// Whether a command confirms, starts or writes something down.
#[test]
fn a_key_that_selects_another_step_draws_over_what_shows_the_selection_and_the_rest_is_as_it_was() {
    let mut drawn = 0;
    for (number, screen) in ["", "2", "i", "2 i"].into_iter().enumerate() {
        let mut console = ready_to_promote(true);
        console.keys(screen);
        for size in some_sizes(number, 4) {
            for key in ["j", "j", "ctrl-d", "k", "g", "G", "ctrl-u"] {
                console.model.take_due();
                let before = console.whole(size);
                console.keys(key);
                drawn += usize::from(console.selection_over(before));
            }
        }
    }
    assert!(drawn > 1_000, "{drawn}");
}

fn decides(effect: &Effect) -> bool {
    let reads = matches!(
        effect,
        Effect::Engine(Command::Plan(_) | Command::Selected(_) | Command::Preflight | Command::Refresh)
            | Effect::History
            | Effect::Redraw
    );
    !reads
}

#[test]
fn every_dialog_at_every_size_is_seen_or_not_answered() {
    type Make = fn() -> Console;
    let makes: [(&str, Make, &[&str]); 9] = [
        ("promote us-west-2", confirming, &["Type promote us-west-2", "PromoteReadReplica"]),
        (
            "y",
            || {
                let mut console = Console::outage(Role::Lead);
                console.keys("A");
                console
            },
            &["y", "enter", "ledger|fineract"],
        ),
        (
            "y",
            || {
                let mut console = Console::outage(Role::Lead);
                let first = console.model.rows[0].id.clone();
                console.settle(&first, handover::domain::run::Ending::Checked, "so it is");
                console.keys("enter");
                console
            },
            &["y", "you say"],
        ),
        ("because", || opened("n"), &["> "]),
        (
            "because",
            || {
                let mut console = opened("o");
                console.keys("j j enter");
                console
            },
            &["> "],
        ),
        ("j", || opened("C"), &["back|abandon|stand down"]),
        ("j", || opened("q"), &["stay|leave"]),
        ("j", || opened("enter"), &["lag within RPO"]),
        ("note", || opened(": note"), &["note"]),
    ];
    let (mut seen, mut unseen) = (0, 0);
    for (index, (types, make, shows)) in makes.into_iter().enumerate() {
        let mut console = make();
        assert!(!console.model.modals.is_empty(), "{index}");
        for (width, height) in some_sizes(index, 3) {
            let shown = text(&console.draw(width, height, Depth::Indexed, true));
            if console.model.sight.asks {
                seen += 1;
                for words in shows {
                    let there = words.split('|').any(|word| shown.contains(word));
                    assert!(there, "dialog {index} can be answered at {width}x{height} without {words}\n{shown}");
                }
                continue;
            }
            unseen += 1;
            if width >= 24 && height >= 3 {
                assert!(shown.contains("too small"), "dialog {index} at {width}x{height}\n{shown}");
            }
            // Nothing that is pressed now does anything.
            if (width + height) % 7 == 0 {
                let before = console.effects.len();
                let open = console.model.modals.len();
                for key in [types, "y", "enter", "enter"] {
                    console.keys(key);
                }
                assert_eq!(console.model.modals.len(), open, "dialog {index} at {width}x{height}");
                assert!(!console.effects[before..].iter().any(decides), "dialog {index} at {width}x{height}");
            }
        }
        assert!(console.model.sight.asks, "at the largest size all is seen");
        console.keys("esc");
        assert!(console.model.modals.len() < 2, "{index}");
    }
    assert!(seen > 900 && unseen > 300, "{seen} {unseen}");
}

#[test]
fn what_does_not_fit_is_scrolled_and_then_confirmed() {
    let mut console = ready_to_promote(false);
    console.arm();
    console.keys("enter");
    console.planned(promote(), gates(false));
    let shown = text(&console.draw(60, 15, Depth::None, true));
    assert!(shown.contains("more lines: down and up scroll"), "{shown}");
    assert!(!shown.contains("undo"), "{shown}");
    for _ in 0..40 {
        console.keys("down");
        console.draw(60, 15, Depth::None, true);
    }
    let shown = text(&console.draw(60, 15, Depth::None, true));
    assert!(shown.contains("read again before the") && !shown.contains("more lines"), "{shown}");
    console.keys("up");
    assert_eq!(console.model.sight.below, 1, "no more was scrolled than there is");
    for key in ["promote", "space", "us-west-2"] {
        console.keys(key);
    }
    let before = console.effects.len();
    console.keys("enter");
    assert!(console.effects[before..].iter().any(|effect| matches!(effect, Effect::Engine(Command::Confirm { .. }))));
}

#[test]
fn after_scrolling_the_first_of_two_keys_is_asked_for_again() {
    let mut console = Console::outage(Role::Lead);
    console.keys("A y down enter");
    assert!(console.model.modals.is_empty(), "enter without the first key cancels");
    assert!(!console.effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Arm))));
    console.keys("A down y enter");
    assert!(console.effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Arm))));
}

#[test]
fn no_screen_with_any_dialog_breaks_at_any_size() {
    let mut consoles: Vec<Console> = (2..=8)
        .map(|number| {
            let mut console = under_way();
            console.keys(&number.to_string());
            console
        })
        .collect();
    for keys in ["W", "V", "F", "?", ":", "o", "t", "@"] {
        consoles.push(opened(keys));
    }
    let mut held = settling();
    held.entry(Body::Paused { reason: "the vendor is on the phone".into() });
    consoles.push(held);
    for (index, console) in consoles.iter_mut().enumerate() {
        for (at, (width, height)) in some_sizes(index, 8).enumerate() {
            console.draw(width, height, Depth::Ansi, at % 2 == 0);
        }
    }
    assert!(consoles.iter().any(|console| matches!(console.model.modals.last(), Some(Modal::Palette(_)))));
    drop(picture(&consoles[0].draw(60, 15, Depth::None, false)));
}
