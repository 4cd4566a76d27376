//! What the console shows of its keys: the hint of a begun chord, the palette, the help.

use handover::app::Role;
use handover::config::theme;
use handover::domain::run::Mode;
use handover::ui::{Depth, Skin, keys, look, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use crate::console::Console;

fn emacs() -> Console {
    let mut console = Console::outage(Role::Lead);
    console.model.keymap = keys::built_in("emacs").unwrap();
    console
}

/// The last line of the screen.
fn footer(console: &mut Console, width: u16, unicode: bool) -> String {
    let buffer = console.draw(width, 24, Depth::TrueColour, unicode);
    (0..width).map(|x| buffer[(x, 23)].symbol()).collect()
}

#[test]
fn a_begun_chord_shows_what_can_follow_and_none_is_left_out_without_a_word() {
    let mut console = emacs();
    console.keys("ctrl-x");
    let wide = footer(&mut console, 120, true);
    for part in ["ctrl-x then", "ctrl-c quit", "o focus next", "1 zoom", "g refresh", "esc drops it"] {
        assert!(wide.contains(part), "{part}: {wide}");
    }
    for (width, unicode) in [(80, true), (60, false), (40, true)] {
        let narrow = footer(&mut console, width, unicode);
        assert!(narrow.contains("ctrl-x then") && narrow.contains("esc drops it"), "{narrow}");
        let shown = ["ctrl-c quit", "o focus next", "O focus prev", "1 zoom", "g refresh"];
        let left = shown.iter().filter(|part| !narrow.contains(**part)).count();
        assert!(left == 0 || narrow.contains(&format!("{left} more")), "{left} of {shown:?}: {narrow}");
    }
    console.keys("esc");
    assert!(!footer(&mut console, 120, true).contains("ctrl-x then"));
    console.keys("ctrl-x j");
    assert!(footer(&mut console, 120, true).contains("ctrl-x j is no key here: nothing was done"));
}

#[test]
fn the_hint_is_to_be_seen_in_a_dialog_too() {
    let mut console = Console::outage(Role::Lead);
    let map = "inherits = \"default\"\n[help]\n\"ctrl-x j\" = \"help-down\"\n";
    let source = handover::config::Source::new("mine.toml", map.as_bytes());
    console.model.keymap = keys::load(&source).0.unwrap();
    console.keys("? ctrl-x");
    assert!(footer(&mut console, 80, true).contains("ctrl-x then  j help down"));
}

#[test]
fn the_letters_that_were_typed_are_marked_in_every_theme_on_the_selected_row_too() {
    for (name, _) in theme::BUILT_IN {
        for depth in Depth::ALL {
            let mut console = Console::outage(Role::Lead);
            console.keys(": s c r j");
            let skin = Skin::new(&theme::built_in(name).unwrap(), depth, true);
            let area = Rect::new(0, 0, 100, 30);
            let mut buffer = Buffer::empty(area);
            view(&console.model, &skin, &mut buffer);
            let row = |text: &str| {
                let line = |y: u16| (0..100).map(|x| buffer[(x, y)].symbol()).collect::<String>();
                let y = (0..30).find(|y| line(*y).contains(text)).unwrap();
                (line(y).split(text).next().unwrap().chars().count(), y)
            };
            let (x, y) = row("screen-journal");
            let style = |at: usize| buffer[(u16::try_from(x + at).unwrap(), y)].modifier;
            let plain = style(4);
            for (at, marked) in [(0, true), (1, true), (2, true), (3, false), (6, false), (7, true), (8, false)] {
                let other = style(at).contains(Modifier::UNDERLINED) != plain.contains(Modifier::UNDERLINED);
                assert_eq!(other, marked, "{name}, {}: character {at}", depth.as_str());
            }
        }
    }
}

/// The whole screen as text.
fn screen(console: &mut Console, width: u16, height: u16) -> String {
    let buffer = console.draw(width, height, Depth::TrueColour, true);
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y) + "\n").collect()
}

#[test]
fn a_filtered_page_says_so_and_how_much_it_leaves_and_hides() {
    let mut console = Console::outage(Role::Lead);
    console.keys("5 / impact enter");
    let shown = screen(&mut console, 120, 40);
    assert!(shown.contains("timeline  filter: impact (1 of ") && shown.contains("esc clears the filter"), "{shown}");
    assert!(shown.contains("impact began") && !shown.contains("what it has come to"), "{shown}");
    assert!(shown.contains("that want an eye"), "figures that are not kept are hidden: {shown}");
    console.keys("esc / z z z z");
    let shown = screen(&mut console, 120, 40);
    assert!(shown.contains("(0 of ") && shown.contains("nothing here holds that"), "{shown}");
    assert!(shown.contains("every key is a letter now"), "{shown}");
}

#[test]
fn the_help_begins_where_one_is_and_is_filtered() {
    let mut console = Console::outage(Role::Lead);
    console.keys("tab ?");
    let shown = screen(&mut console, 120, 40);
    let at = |text: &str| shown.find(text).unwrap_or_else(|| panic!("{text}: {shown}"));
    assert!(at("in the step pane") < at("anywhere"));
    console.keys("/ l e a v e enter");
    let shown = screen(&mut console, 120, 40);
    assert!(shown.contains("keys  filter: leave (") && shown.contains("Leave the console"), "{shown}");
    assert!(!shown.contains("Go to the next pane"), "{shown}");
    console.keys("esc esc V / z z z z");
    assert!(screen(&mut console, 120, 40).contains("filter: zzzz (0 of "));
}

#[test]
fn a_step_that_is_looked_for_is_counted_and_all_stay_in_sight() {
    for (keys, width, height) in
        [("/ p r o m o t e", 120, 40), ("2 / p r o m o t e", 120, 40), ("/ p r o m o t e", 80, 24)]
    {
        let mut console = Console::outage(Role::Lead);
        let before = console.model.rows.len();
        console.keys(keys);
        let shown = screen(&mut console, width, height);
        assert!(shown.contains("promote") && shown.contains(" found"), "{keys}: {shown}");
        assert_eq!(console.model.rows.len(), before);
    }
}

#[test]
fn the_call_of_a_step_leads_to_its_page_where_the_terminal_shows_links_and_says_so_elsewhere() {
    let mut console = crate::ready_to_promote(false);
    console.model.run.mode = Mode::Live;
    let area = Rect::new(0, 0, 120, 40);
    let plain = Skin::new(&theme::built_in("dark").unwrap(), Depth::TrueColour, true);
    let drawn = |skin: &Skin, console: &Console| {
        let mut buffer = Buffer::empty(area);
        let links = look(&console.model, skin, &mut buffer).links;
        let line = |y| (0..120).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        let text: Vec<String> = (0..40).map(line).collect();
        (links, text)
    };
    let (links, text) = drawn(&plain, &console);
    assert!(links.is_empty() && text.iter().any(|line| line.contains("[Y page]")), "{text:#?}");
    let linked = plain.clone().with_links(true);
    let (links, text) = drawn(&linked, &console);
    let [link] = links.as_slice() else { panic!("{links:?}") };
    assert!(link.to.starts_with("https://us-west-2.console.aws.amazon.com/rds/home?region=us-west-2#database:id="));
    let line: Vec<char> = text[usize::from(link.area.y)].chars().collect();
    let cells: String = line[usize::from(link.area.x)..usize::from(link.area.right())].iter().collect();
    assert_eq!(cells, "rds:PromoteReadReplica in us-west-2");
    console.keys("?");
    assert!(drawn(&linked, &console).0.is_empty(), "the help is over it");
    console.keys("esc");
    console.model.run.mode = Mode::Simulation;
    let (links, text) = drawn(&linked, &console);
    assert!(links.is_empty() && !text.iter().any(|line| line.contains("its page")), "what is simulated is nowhere");
}
