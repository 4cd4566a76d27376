//! The overview in every theme, with its styles; and in few colours and none.

use handover::app::Role;
use handover::config::theme;
use handover::ui::{Depth, Skin, view};
use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::console::{Console, gates, picture, promote};

/// An outage, armed, with a planned step: as many statuses on one screen as there can be.
fn overview() -> Console {
    let mut console = Console::outage(Role::Lead);
    console.at_promotion();
    console.planned(promote(), gates(true));
    console.arm();
    console
}

fn drawn(name: &str, depth: Depth) -> Buffer {
    let skin = Skin::new(&theme::built_in(name).unwrap(), depth, true);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 40));
    view(&overview().model, &skin, &mut buffer);
    buffer
}

#[test]
fn the_overview_in_every_theme() {
    for (name, _) in theme::BUILT_IN {
        assert_snapshot!(format!("theme-{name}-120x40"), picture(&drawn(name, Depth::TrueColour)));
    }
}

#[test]
fn the_overview_in_sixteen_colours_and_in_none() {
    for name in ["light", "nord"] {
        assert_snapshot!(format!("theme-{name}-16-120x40"), picture(&drawn(name, Depth::Ansi)));
        assert_snapshot!(format!("theme-{name}-none-120x40"), picture(&drawn(name, Depth::None)));
    }
}

#[test]
fn without_colours_every_theme_looks_the_same() {
    let mono = picture(&drawn("mono", Depth::TrueColour));
    for (name, _) in theme::BUILT_IN {
        assert_eq!(picture(&drawn(name, Depth::None)), mono, "{name}");
    }
}

#[test]
fn a_theme_with_a_background_of_its_own_leaves_no_hole() {
    for name in ["gruvbox", "nord", "high-contrast"] {
        let buffer = drawn(name, Depth::TrueColour);
        let holes = buffer.content.iter().filter(|cell| cell.bg == ratatui::style::Color::Reset).count();
        assert_eq!(holes, 0, "{name}");
    }
}
