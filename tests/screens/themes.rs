//! The overview in every theme, with its styles; and in few colours and none.

use handover::app::Role;
use handover::app::screen::Screen;
use handover::config::theme;
use handover::ui::{Depth, Skin, view};
use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::console::{Console, gates, picture, promote};
use super::{SIZES, numbered};

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

/// Every screen at every size in themes that differ in kind: the same text as in the default theme, whose pictures are beside these, and
/// styles of their own.
#[test]
fn every_screen_at_every_size_in_themes_that_differ_in_kind() {
    let styles = |picture: &str| picture.split_once("--- styles\n").map(|(_, styles)| styles.to_owned()).unwrap();
    let text = |picture: &str| picture.split_once("--- styles\n").map(|(text, _)| text.to_owned()).unwrap();
    for screen in Screen::ALL {
        let mut console = numbered::under_way();
        console.keys(&screen.number().to_string());
        for (width, height) in SIZES {
            let drawn = |name: &str| {
                let skin = Skin::new(&theme::built_in(name).unwrap(), Depth::TrueColour, true);
                let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
                view(&console.model, &skin, &mut buffer);
                picture(&buffer)
            };
            let usual = drawn("dark");
            for name in ["light", "high-contrast", "gruvbox", "mono"] {
                let other = drawn(name);
                assert_eq!(text(&other), text(&usual), "{} in {name}", screen.as_str());
                assert_snapshot!(format!("styles-{}-{name}-{width}x{height}", screen.as_str()), styles(&other));
            }
        }
    }
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
