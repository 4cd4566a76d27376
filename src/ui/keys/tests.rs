//! Keymap files: the bundled ones, what is inherited, what is wrong, and whatever bytes come.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::app::{Found, Key, Rights};

const LEAD: Rights = Rights { lead: true, armed: false, observer: false, replay: false };
const ARMED: Rights = Rights { armed: true, ..LEAD };

fn read(text: &str) -> (Option<Keymap>, Vec<Diagnostic>) {
    let (keymap, diagnostics) = load(&Source::new("mine.toml", text.as_bytes()));
    (keymap, diagnostics.iter().cloned().collect())
}

fn sound(text: &str) -> Keymap {
    let (keymap, found) = read(text);
    assert!(found.is_empty(), "{found:?}");
    keymap.unwrap()
}

fn wrong(text: &str) -> Vec<Diagnostic> {
    let (keymap, found) = read(text);
    assert!(keymap.is_none() && !found.is_empty(), "{text}");
    found
}

fn find(keymap: &Keymap, context: Context, text: &str) -> Found {
    let keys: Vec<Key> = text.split(' ').map(|key| key.parse().unwrap()).collect();
    keymap.find(context, &keys, ARMED)
}

#[test]
fn the_built_in_keymaps_have_no_faults() {
    for (name, text) in BUILT_IN {
        let (keymap, diagnostics) = load(&Source::new(name, text.as_bytes()));
        assert!(diagnostics.is_empty() && keymap.is_some(), "{name}: {diagnostics}");
    }
}

#[test]
fn every_action_can_be_reached_with_every_keymap() {
    for (name, _) in BUILT_IN {
        assert_eq!(without_a_key(&built_in(name).unwrap()), [], "{name}");
    }
}

#[test]
fn a_file_says_only_what_differs() {
    let text = "inherits = \"default\"\n[checklist]\n\"g g\" = \"step-first\"\ng = false\nj = \"step-prev\"\n\
                enter = { run = \"step-ways\", desc = \"Out of here\" }\n";
    let keymap = sound(text);
    assert_eq!(find(&keymap, Context::Checklist, "g g"), Found::Action(Action::StepFirst));
    assert_eq!(find(&keymap, Context::Checklist, "j"), Found::Action(Action::StepPrev));
    assert_eq!(find(&keymap, Context::Pane, "j"), Found::Action(Action::PaneDown), "in its context alone");
    assert_eq!(
        find(&keymap, Context::Checklist, "enter"),
        Found::Action(Action::StepWays),
        "all that enter does there"
    );
    assert_eq!(keymap.chord(Action::StepFirst).unwrap().to_string(), "g g", "its own key is the hint");
    assert!(keymap.all().iter().any(|binding| binding.desc == "Out of here"));
    assert_eq!(without_a_key(&keymap), [Action::StepStart, Action::StepPerform]);
}

#[test]
fn what_differs_can_be_inherited_from_a_file_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    put("base.toml", "inherits = \"vim\"\n[global]\n\"ctrl-k\" = \"help\"\nz = \"facts\"\nf = false\n");
    put("mine.toml", "inherits = \"base.toml\"\n[global]\n\"ctrl-k\" = false\n\"ctrl-o\" = \"help\"\n");
    let (keymap, diagnostics) = open(&dir.path().join("mine.toml").to_string_lossy()).unwrap();
    assert!(diagnostics.is_empty(), "{diagnostics}");
    let keymap = keymap.unwrap();
    assert_eq!(find(&keymap, Context::Pane, "ctrl-k"), Found::Nothing);
    assert_eq!(find(&keymap, Context::Pane, "ctrl-o"), Found::Action(Action::Help));
    assert_eq!(find(&keymap, Context::Pane, "z"), Found::Action(Action::Facts));
    assert_eq!(find(&keymap, Context::Pane, "ctrl-w o"), Found::Action(Action::Zoom), "from vim");
    assert_eq!(find(&keymap, Context::Pane, "tab"), Found::Action(Action::FocusNext), "from default");
}

#[test]
fn circles_long_lines_and_files_that_are_none_are_told_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    put("a.toml", "inherits = \"b.toml\"\n");
    put("b.toml", "# round\ninherits = \"a.toml\"\n");
    for number in 0..6 {
        put(&format!("{number}.toml"), &format!("inherits = \"{}.toml\"\n", number + 1));
    }
    put("none.toml", "inherits = \"defalt\"\n");
    for (file, at, line, says) in [
        ("a.toml", "b.toml", 2, "goes in a circle"),
        ("0.toml", "4.toml", 1, "at most 4 others in a row"),
        ("none.toml", "none.toml", 1, "cannot be read"),
    ] {
        let (keymap, diagnostics) = open(&dir.path().join(file).to_string_lossy()).unwrap();
        assert!(keymap.is_none());
        let first = diagnostics.iter().next().unwrap();
        assert!(first.file.ends_with(at) && first.line == line && first.message.contains(says), "{diagnostics}");
    }
    let (_, diagnostics) = open(&dir.path().join("none.toml").to_string_lossy()).unwrap();
    assert!(diagnostics.to_string().contains("did you mean \"default\"?"), "{diagnostics}");
    assert!(open("nothing.toml").is_err());
}

#[test]
fn every_fault_is_at_its_place() {
    let text = "[checklist]\n\"j\" = \"step-next\"\n\"ctrl-p\" = \"step-next\"\n\"ctrl-P\" = \"step-prev\"\n\
                \"jj\" = \"stp-next\"\n\"j k\" = \"step-last\"\n\"x\" = true\n\"k\" = { rnu = \"step-prev\" }\n\
                \"o\" = []\n\"h\" = 7\n[chceklist]\n\"u\" = \"step-next\"\n[global]\n\"esc\" = \"quit\"\n\
                \"j\" = \"zoom\"\n\"p\" = \"step-next\"\n\"q q\" = \"quit\"\n";
    let found = wrong(text);
    let mut lines: Vec<usize> = found.iter().map(|found| found.line).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines, [4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17], "{found:#?}");
    let says = |line: usize, message: &str, help: &str| {
        let there = |found: &&Diagnostic| {
            found.line == line
                && found.message.contains(message)
                && found.help.as_deref().unwrap_or_default().contains(help)
        };
        assert!(found.iter().any(|found| there(&found)), "{line} {message} {help}: {found:#?}");
    };
    says(4, "ctrl-p is step-next already", "the other is on line 3");
    says(5, "\"jj\" is not a key", "");
    says(5, "unknown action", "did you mean \"step-next\"?");
    says(6, "j k cannot be given: j is step-next by itself", "the other is on line 2");
    says(8, "unknown key `rnu`", "\"run\"");
    says(11, "unknown key `chceklist`", "\"checklist\"");
    says(14, "Esc only ever backs out", "");
    says(15, "the context \"checklist\" takes it first", "the other is on line 2");
    says(16, "step-next means nothing in the context \"global\"", "");
    says(17, "whoever holds q down", "");
}

#[test]
fn what_collides_with_an_inherited_key_is_told_in_the_file_that_can_mend_it() {
    for (text, message) in [
        ("[checklist]\n\"g g\" = \"step-first\"\n", "g g cannot be given: g is step-first by itself"),
        ("[checklist]\n\"z z\" = \"step-first\"\n", "z z cannot be given: z is zoom by itself"),
        ("[checklist]\n\"z\" = \"step-first\"\n", "z is never reached"),
    ] {
        let found = wrong(&format!("inherits = \"default\"\n{text}"));
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].file.as_str(), found[0].line), ("mine.toml", 3));
        assert!(found[0].message.contains(message), "{found:#?}");
        let help = found[0].help.as_deref().unwrap();
        assert!(help.contains("default.toml, line ") && help.contains(" = false"), "{help}");
    }
    let mended = sound("inherits = \"default\"\nglobal.z = false\n[checklist]\n\"z\" = \"step-first\"\n");
    assert_eq!(find(&mended, Context::Checklist, "z"), Found::Action(Action::StepFirst));
}

#[test]
fn taking_away_what_is_not_there_and_no_way_to_the_palette_are_warned_of() {
    let (keymap, found) = read("inherits = \"default\"\n[pane]\n\"ctrl-t\" = false\n[global]\n\":\" = false\n");
    assert!(keymap.is_some());
    let said: Vec<(usize, &str)> = found.iter().map(|found| (found.line, found.message.as_str())).collect();
    assert_eq!(said, [(1, "no key opens the command palette"), (3, "nothing is inherited on this key")]);
}

#[test]
fn an_empty_file_is_none() {
    assert!(wrong("").iter().any(|found| found.message == "the file has no keys"));
    assert!(wrong("# nothing\n[checklist]\n").iter().any(|found| found.message == "the file has no keys"));
    assert_eq!(sound("inherits = \"emacs\"\n"), built_in("emacs").unwrap());
}

#[test]
fn a_printed_keymap_reads_back_as_the_same() {
    for (name, _) in BUILT_IN {
        let keymap = built_in(name).unwrap();
        let printed = toml(&keymap);
        assert!(!printed.contains("inherits"));
        assert_eq!(sound(&printed), keymap, "{name}");
    }
    let custom = sound(
        "[checklist]\n'\"' = { run = \"step-next\", desc = \"The 'next' \\\"one\\\"\" }\n[global]\n\":\" = \"palette\"\n",
    );
    assert_eq!(sound(&toml(&custom)), custom);
}

fn keys() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        "[a-e\"'#\\\\]",
        Just("ctrl-x".to_owned()),
        Just("alt-<".to_owned()),
        Just("space".to_owned()),
        Just("f5".to_owned()),
        Just("esc".to_owned())
    ];
    prop::collection::vec(key, 1..4).prop_map(|keys| keys.join(" "))
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = load(&Source::new("x.toml", &bytes));
    }

    #[test]
    fn no_broken_keymap_makes_it_panic(at in 0usize..4000, cut in 0usize..40, put in "[\"\\[\\]={}a-z \n\u{202e}\u{1b}]{0,8}") {
        let mut text = BUILT_IN[0].1.to_owned();
        let from = text.floor_char_boundary(at.min(text.len()));
        let to = text.floor_char_boundary((from + cut).min(text.len()));
        text.replace_range(from..to.max(from), &put);
        let (keymap, diagnostics) = load(&Source::new("x.toml", text.as_bytes()));
        prop_assert_eq!(keymap.is_none(), diagnostics.has_errors());
        let harmful = diagnostics.to_string().contains(['\u{202e}', '\u{1b}']);
        prop_assert!(!harmful);
    }

    #[test]
    fn whatever_stands_can_be_printed_and_read_and_every_key_of_it_works(
        lines in prop::collection::vec((keys(), 0..ACTIONS.len()), 1..30)
    ) {
        let bindings: Vec<Binding> = lines
            .iter()
            .filter_map(|(chord, action)| {
                let info = &ACTIONS[*action];
                Some(Binding { context: info.context, chord: chord.parse().ok()?, action: info.action, desc: info.doc.into() })
            })
            .collect();
        let Ok(keymap) = Keymap::from_bindings(bindings) else { return Ok(()) };
        let (again, diagnostics) = read(&toml(&keymap));
        prop_assert!(keymap.all().is_empty() || !diagnostics.iter().any(|found| found.severity == crate::config::Severity::Error), "{:?}", diagnostics);
        let set = |keymap: &Keymap| {
            let said = |binding: &Binding| (binding.context, binding.chord.clone(), binding.action);
            keymap.all().iter().map(said).collect::<BTreeSet<_>>()
        };
        if let Some(again) = &again {
            prop_assert_eq!(set(again), set(&keymap));
        }
        // No key begins what another ends, so that each is either an action or the beginning of one.
        let rights = Rights { lead: true, armed: true, observer: true, replay: true };
        for binding in keymap.all() {
            let at = if matches!(binding.context, Context::Global | Context::Replay) { Context::Checklist } else { binding.context };
            let keys = binding.chord.keys();
            prop_assert!(matches!(keymap.find(at, keys, rights), Found::Action(_)) || binding.action.info().need == crate::app::Need::ReadOnly);
            for long in 1..keys.len() {
                let more = keymap.find(at, &keys[..long], rights) == Found::More;
                prop_assert!(more || !rights.meet(binding.action.info().need), "{}", binding.chord);
            }
        }
    }
}
