//! What is written down of the keys is made from them: `docs/keys.md` and the default keymap's file are compared with what
//! the registry says, and written anew with `HANDOVER_WRITE_DOCS=1`.

use std::fmt::Write as _;
use std::path::Path;

use super::{BUILT_IN, built_in, toml};
use crate::app::{ACTIONS, Action, Chord, Context, Keymap, Need};

/// Compares a file of this repository with what it has to say, or writes it.
fn written(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("HANDOVER_WRITE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let said = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(said == wanted, "{file} is out of date: run this test with HANDOVER_WRITE_DOCS=1");
}

#[test]
fn the_default_file_and_the_action_table_say_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("keymaps/default.toml");
    let said = std::fs::read_to_string(path).unwrap();
    let comment: String =
        said.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    written("keymaps/default.toml", &format!("{comment}\n{}", toml(&Keymap::built_in())));
    assert_eq!(built_in("default").unwrap(), Keymap::built_in());
}

#[test]
fn the_page_of_keys_says_what_the_keymaps_do() {
    let maps: Vec<(&str, Keymap)> = BUILT_IN.iter().map(|(name, _)| (*name, built_in(name).unwrap())).collect();
    let names = maps.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" | ");
    let mut page = String::from(
        "# Keys\n\n\
         Every action, and its keys in the bundled keymaps. This page is made from the registry of actions and the files in\n\
         `keymaps/`: a test compares them. `handover keymap print NAME` prints a keymap as a file to start from.\n\n\
         Esc backs out, one thing at a time, and does nothing else; Ctrl-C asks to leave. In a confirmation the keys are fixed: `y`,\n\
         then Enter, or the phrase that is shown; anything else cancels. Keys with a space between are pressed one after the other:\n\
         the last line then shows what can follow, Esc or an unknown key drops it, and so do ten seconds.\n",
    );
    for context in Context::ALL {
        let mut rows =
            ACTIONS.iter().filter(|info| info.context == context && info.action != Action::BackOut).peekable();
        if rows.peek().is_none() {
            continue;
        }
        let _ = write!(page, "\n## {}\n\n", title(context));
        if context == Context::Global {
            page.push_str("Not in dialogs, which have keys of their own.\n\n");
        }
        let _ = writeln!(page, "| action | {names} | does | who |\n|---|{}---|---|", "---|".repeat(maps.len()));
        for info in rows {
            let keys: Vec<String> = maps.iter().map(|(_, keymap)| cell(keymap, info.action, context)).collect();
            let who = who(info.need);
            let _ = writeln!(page, "| `{}` | {} | {} | {who} |", info.id, keys.join(" | "), info.doc);
        }
        let back: Vec<String> = maps.iter().map(|(_, keymap)| cell(keymap, Action::BackOut, context)).collect();
        if back.iter().any(|keys| !keys.is_empty()) {
            let doc = Action::BackOut.info().doc;
            let _ = writeln!(page, "| `back-out` | {} | {doc} | anybody |", back.join(" | "));
        }
    }
    written("docs/keys.md", &page);
}

fn cell(keymap: &Keymap, action: Action, context: Context) -> String {
    let of = keymap.all().iter().filter(|binding| binding.action == action && binding.context == context);
    of.map(|binding| code(&binding.chord)).collect::<Vec<_>>().join(", ")
}

/// A chord as code in a Markdown table.
fn code(chord: &Chord) -> String {
    let text = chord.to_string().replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn title(context: Context) -> &'static str {
    match context {
        Context::Global => "Anywhere",
        Context::Checklist => "In the checklist",
        Context::Pane => "In the step pane, the journal and the other screens",
        Context::Menu => "In a list to choose from",
        Context::Replay => "In a replay",
        Context::Palette => "In the command palette",
        Context::Help => "In the help and the sheets",
    }
}

fn who(need: Need) -> &'static str {
    match need {
        Need::Anyone => "anybody",
        Need::Observer => "who watches",
        Need::Lead => "who leads",
        Need::ReadOnly => "who leads, not armed",
        Need::Armed => "who leads, armed",
        Need::Replay => "in a replay",
    }
}

/// The keys of README.md's table: `` `j` `k` `` in its first column.
#[test]
fn the_keys_of_the_readme_are_bound() {
    let readme = include_str!("../../../README.md");
    let table = readme.lines().skip_while(|line| *line != "| key | does |").skip(2);
    let rows: Vec<&str> = table.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 10, "the table of keys has {} rows", rows.len());
    let keymap = Keymap::built_in();
    for row in rows {
        let cell = row.split(" | ").next().unwrap();
        let keys: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!keys.is_empty(), "{row}");
        for key in keys {
            let wanted = key.replace(" .. ", "").parse::<Chord>().unwrap_or_else(|bad| panic!("{row}: {bad}"));
            assert!(keymap.all().iter().any(|binding| binding.chord == wanted), "{row}: {key} is not bound");
        }
    }
}
