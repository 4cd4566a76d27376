//! The pictures of the documentation, made of the console's own screens. `HANDOVER_WRITE_DOCS=1` writes them anew.

use std::sync::Arc;

use handover::app::Role;
use handover::app::screen::Screen;
use handover::config::theme;
use handover::domain::command::Event;
use handover::domain::history::{Cadence, History};
use handover::ui::{Depth, Skin, view};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::console::{Console, gates, promote};
use super::numbered::under_way;
use super::svg::{Page, read_back, readable, svg};
use super::written;

const FOLDER: &str = "docs/pictures";

/// A picture: its file's name, what it shows, and how.
struct Picture {
    name: String,
    title: String,
    says: &'static str,
    size: (u16, u16),
    theme: &'static str,
    depth: Depth,
    unicode: bool,
    console: Console,
}

impl Picture {
    fn new(name: &str, title: &str, says: &'static str, console: Console) -> Self {
        let (name, title) = (name.to_owned(), title.to_owned());
        let (theme, depth, unicode) = ("dark", Depth::TrueColour, true);
        Self { name, title, says, size: (120, 40), theme, depth, unicode, console }
    }

    fn drawn(&self) -> Buffer {
        let skin = Skin::new(&theme::built_in(self.theme).unwrap(), self.depth, self.unicode);
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1));
        view(&self.console.model, &skin, &mut buffer);
        buffer
    }

    fn svg(&self) -> String {
        svg(&self.drawn(), &Page::of(&theme::built_in(self.theme).unwrap(), &self.title, self.says))
    }
}

/// An outage, armed, with the promotion planned and its gates passed.
fn at_promotion() -> Console {
    let mut console = Console::outage(Role::Lead);
    console.at_promotion();
    console.planned(promote(), gates(false));
    console.arm();
    console
}

/// The same, with the phrase half typed.
fn confirming() -> Console {
    let mut console = at_promotion();
    console.keys("enter");
    console.planned(promote(), gates(false));
    console.keys("promote");
    console
}

fn screen(screen: Screen) -> Console {
    let mut console = under_way();
    console.keys(&screen.number().to_string());
    if matches!(screen, Screen::History | Screen::Readiness) {
        let history = History { lines: Vec::new(), every: Some(Cadence::Months(3)), last_drill: None };
        console.engine(Event::History(Arc::new(history)));
    }
    console
}

const OVERVIEW: &str = "Both Regions, what no Region owns, the replication lag, the checklist with the step that is \
    next, its exact call and gates, and the latest entries of the journal.";

fn pictures() -> Vec<Picture> {
    let mut all = Vec::new();
    for size in [(80, 24), (120, 40), (200, 60)] {
        let (name, title) =
            (format!("overview-{}x{}", size.0, size.1), format!("The overview at {}×{}", size.0, size.1));
        all.push(Picture { size, ..Picture::new(&name, &title, OVERVIEW, at_promotion()) });
    }
    for shown in Screen::ALL.into_iter().skip(1) {
        let says = match shown {
            Screen::Overview => OVERVIEW,
            Screen::Checklist => "Every step with what it waits for, its planned and its actual times.",
            Screen::Watch => "Every measured lag with its chart, its thresholds, and when it will have caught up.",
            Screen::Readiness => {
                "Whether a run would get through now: what the review finds, what was asked beforehand."
            }
            Screen::Timeline => {
                "T0 to T13, each with when it was and how that is known; the recovery time and the loss."
            }
            Screen::Journal => "Every entry of the hash-chained journal, the latest last.",
            Screen::People => "Who takes part, whom to call, and how it escalates.",
            Screen::History => "Past runs with their times, trends, and the date of the next drill.",
        };
        let (name, title) =
            (format!("screen-{}", shown.as_str()), format!("Screen {}: {}", shown.number(), shown.as_str()));
        all.push(Picture::new(&name, &title, says, screen(shown)));
    }
    let typed = "What the promotion will call, change and lose; its phrase has to be typed before it is done.";
    all.push(Picture::new("confirmation", "Confirming the promotion", typed, confirming()));
    all.push(Picture {
        theme: "light",
        ..Picture::new("theme-light", "The overview in the light theme", OVERVIEW, at_promotion())
    });
    all.push(Picture {
        theme: "mono",
        depth: Depth::None,
        ..Picture::new("theme-mono", "The overview without colours", OVERVIEW, at_promotion())
    });
    all.push(Picture {
        depth: Depth::None,
        unicode: false,
        ..Picture::new("ascii", "The overview in ASCII, without colours", OVERVIEW, at_promotion())
    });
    all
}

#[test]
fn the_pictures_of_the_documentation_are_what_the_console_draws() {
    let pictures = pictures();
    for picture in &pictures {
        written::keep(&format!("{FOLDER}/{}.svg", picture.name), &picture.svg());
    }
    let names: Vec<String> = pictures.iter().map(|picture| format!("{}.svg", picture.name)).collect();
    written::only(FOLDER, &names);
    what_the_documents_show_is_there_and_said_in_words();
}

#[test]
fn a_picture_has_every_word_of_its_screen_where_it_stands() {
    for picture in pictures() {
        let (columns, lines) = picture.size;
        assert_eq!(read_back(&picture.svg(), columns, lines), readable(&picture.drawn()), "{}", picture.name);
    }
}

#[test]
fn a_picture_is_named_for_those_who_do_not_see_it_and_runs_nothing() {
    for picture in pictures() {
        let svg = picture.svg();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        for id in root.attribute("aria-labelledby").unwrap().split(' ') {
            let named = document.descendants().find(|node| node.attribute("id") == Some(id));
            assert!(named.and_then(|node| node.text()).is_some_and(|text| !text.is_empty()), "{id}");
        }
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let known = ["svg", "title", "desc", "style", "rect", "path", "text"].contains(&node.tag_name().name());
            assert!(known, "{:?} in {}", node.tag_name(), picture.name);
            let handlers =
                node.attributes().any(|attribute| attribute.name().starts_with("on") || attribute.name() == "href");
            assert!(!handlers, "{}", picture.name);
        }
    }
}

/// The pictures that a document shows, each with what is said in its place.
fn shown(text: &str) -> Vec<(String, String)> {
    let parts = text.split("![").skip(1);
    parts
        .filter_map(|part| {
            let (says, rest) = part.split_once("](")?;
            Some((says.to_owned(), rest.split_once(')')?.0.to_owned()))
        })
        .collect()
}

fn what_the_documents_show_is_there_and_said_in_words() {
    let mut found = 0;
    for name in ["README.md", "docs/tutorial.md"] {
        let Ok(text) = std::fs::read_to_string(written::path(name)) else { continue };
        let folder = written::path(name).parent().unwrap().to_owned();
        for (says, file) in shown(&text) {
            assert!(!says.is_empty() && folder.join(&file).is_file(), "{name} shows {file:?}");
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}
