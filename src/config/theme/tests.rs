use std::path::Path;

use super::eyes::Vision;
use super::judge::{APART, Judgement, TEXT};
use super::*;
use crate::config::Source;

fn found(text: &str) -> Vec<(usize, String)> {
    let loaded = read(&Source::new("mine.toml", text.as_bytes()));
    loaded.diagnostics.iter().map(|found| (found.line, found.key.clone())).collect()
}

fn sound(text: &str) -> Theme {
    read(&Source::new("mine.toml", text.as_bytes())).sound().unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn the_built_in_themes_have_no_faults_and_name_every_role() {
    for (name, text) in BUILT_IN {
        let loaded = read(&Source::new(name, text.as_bytes()));
        assert!(loaded.diagnostics.is_empty(), "{name}: {}", loaded.diagnostics);
        assert_eq!(loaded.value.unwrap().name, name);
        for role in ROLES {
            assert!(text.contains(&format!("\n{role} =")), "{name} has no {role}");
        }
    }
    assert_eq!(built_in("color-blind"), built_in("colour-blind"));
    assert!(built_in("nope").is_none());
}

#[test]
fn every_role_of_every_built_in_theme_can_be_read() {
    for (name, _) in BUILT_IN {
        let theme = built_in(name).unwrap();
        let found = Judgement::of(&theme);
        let low: Vec<_> = found.low().collect();
        assert!(low.is_empty(), "{name}: {low:#?}");
        assert!(found.holds(), "{name}: {:#?}", found.near().collect::<Vec<_>>());
        // There was something to judge: each role, and all that it may stand on.
        assert_eq!(found.worst().count(), if name == "mono" { 0 } else { ROLES.len() }, "{name}");
        assert!(name == "mono" || !found.assumed, "{name} does not say its ground");
    }
}

#[test]
fn the_themes_that_promise_it_can_be_told_apart_by_the_colour_blind_and_the_others_say_that_they_cannot() {
    for (name, text) in BUILT_IN {
        let theme = built_in(name).unwrap();
        let found = Judgement::of(&theme);
        let mut report = Vec::new();
        for vision in Vision::ALL {
            let nearest = found.pairs.iter().filter(|pair| pair.vision == vision);
            let nearest = nearest.min_by(|one, other| one.distance.total_cmp(&other.distance));
            report.extend(nearest.map(|pair| format!("{} {:.1}", vision.as_str(), pair.distance)));
        }
        println!("{name}: {}", report.join(", "));
        let promises = matches!(name, "high-contrast" | "colour-blind");
        assert_eq!(theme.promises.colour_blind, promises, "{name}");
        if promises {
            // Fifteen of the written with each other, six of the filled, to four kinds of eyes.
            assert_eq!(found.pairs.len(), (15 + 6) * 4, "{name}");
            assert!(found.pairs.iter().all(|pair| pair.distance >= APART), "{name}: {:#?}", found.near().next());
        } else if found.near().next().is_some() {
            assert!(text.contains("tell them apart"), "{name} does not say that it relies on words and signs");
        }
    }
    assert_eq!(built_in("high-contrast").unwrap().promises.contrast, Some(7.0));
}

#[test]
fn what_cannot_be_read_is_found_wherever_it_stands() {
    let theme = |roles: &str| {
        sound(&format!("name = \"t\"\nground = \"#000000\"\n[roles]\ntext = {{ fg = \"#ffffff\" }}\n{roles}"))
    };
    let low = |roles: &str| -> Vec<(&str, &str)> {
        Judgement::of(&theme(roles)).low().map(|found| (found.role, found.on)).collect()
    };
    assert_eq!(low(""), []);
    assert_eq!(low("ok = { fg = \"#333333\" }"), [("ok", "screen"), ("ok", "dialog")]);
    // Lines may be fainter than text, but not without end.
    assert_eq!(low("border = { fg = \"#707070\" }"), []);
    assert_eq!(low("border = { fg = \"#303030\" }").len(), 2);
    assert_eq!(low("live = { fg = \"#ffffff\", bg = \"#dddddd\" }"), [("live", "itself")]);
    // A tint of a background goes under whatever was written, unless it brings its own colour of text.
    let selected = low("ok = { fg = \"#00ff00\" }\nselected = { bg = \"#dddddd\" }");
    assert!(selected.contains(&("ok", "selected")) && selected.contains(&("selected", "itself")), "{selected:?}");
    assert_eq!(low("ok = { fg = \"#00ff00\" }\nselected = { fg = \"#000000\", bg = \"#dddddd\" }"), []);
    let dialog = low("dialog = { fg = \"#000000\", bg = \"#ffffff\" }");
    assert!(dialog.contains(&("text", "dialog")) && !dialog.contains(&("text", "screen")), "{dialog:?}");
}

#[test]
fn a_promise_is_kept_or_the_theme_does_not_hold() {
    let with = |promise: &str| {
        let text = format!(
            "name = \"t\"\nground = \"#000000\"\n[promises]\n{promise}\n[roles]\ntext = {{ fg = \"#ffffff\" }}\n\
             ok = {{ fg = \"#6cd08a\" }}\nbad = {{ fg = \"#ff6b66\" }}\n"
        );
        Judgement::of(&sound(&text))
    };
    assert!(with("").near().any(|pair| (pair.one, pair.other) == ("ok", "bad") && !pair.binds));
    let bound = |found: &Judgement| found.near().filter(|pair| pair.binds && pair.one == "ok").count();
    assert_eq!(bound(&with("")), 0);
    assert_eq!(bound(&with("colour_blind = true")), 1);
    assert_eq!(with("contrast = 9.0").low().count(), 2, "of bad, on the screen and in a dialog");
    assert_eq!(with("contrast = 7.0").low().count(), 0);
}

#[test]
fn every_fault_is_located_and_the_rest_is_read() {
    let text = "name = \"mine\"\n[palette]\ngreen = \"#00ff00\"\nred = \"rot\"\n[roles]\n\
                ok = { fg = \"green\", bold = true }\nbda = { fg = \"red\" }\nwarn = { fg = \"gren\", blink = true }\n\
                [ansi]\nok = \"lime\"\nlive = { fg = \"white\", bg = 3 }\nnope = \"red\"\n";
    let keys: Vec<(usize, String)> = found(text);
    let expected = [
        (4, "palette.red"),
        (7, "roles.bda"),
        (8, "roles.warn.fg"),
        (8, "roles.warn.blink"),
        (10, "ansi.ok"),
        (11, "ansi.live.bg"),
        (12, "ansi.nope"),
    ];
    assert_eq!(keys, expected.map(|(line, key)| (line, key.to_owned())));
    let ok = read(&Source::new("mine.toml", text.as_bytes())).value.unwrap().paint("ok");
    assert_eq!((ok.fg, ok.bold), (Some(Rgb(0, 255, 0)), true));
    let promises =
        format!("name = \"t\"\nground = \"blu\"\n[promises]\ncontrast = {}\ncolor = true\n[roles]\n", TEXT - 1.0);
    let keys: Vec<String> = found(&promises).into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys, ["ground", "promises.contrast", "promises.color"]);
}

#[test]
fn a_file_that_is_no_toml_is_said_and_nothing_panics() {
    for text in ["", "name", "roles = 3", "[roles]\nok = 1", "name = \"\u{1b}\"", "inherits = 3"] {
        assert!(!found(text).is_empty(), "{text}");
    }
}

#[test]
fn a_child_recolours_its_parents_roles_and_replaces_those_that_it_names() {
    let child = sound(
        "name = \"mine\"\ninherits = \"dark\"\n[palette]\ngreen = \"#00ff00\"\n[roles]\nbad = { fg = \"green\" }\n",
    );
    let dark = built_in("dark").unwrap();
    assert_eq!(child.paint("ok").fg, Some(Rgb(0, 255, 0)), "by the palette");
    assert_eq!(child.paint("simulation").bg, Some(Rgb(0, 255, 0)), "behind a text, too");
    assert_eq!(child.paint("bad"), Paint { fg: Some(Rgb(0, 255, 0)), ..Paint::default() }, "as a whole, marks and all");
    assert_eq!((child.paint("warn"), child.ground), (dark.paint("warn"), dark.ground));
    assert_eq!(child.ansi[6], dark.ansi[6]);
    assert_eq!(child.name, "mine");
    let alias = sound("name = \"x\"\ninherits = \"color-blind\"\n");
    assert!(alias.promises.colour_blind, "what a parent promises holds for the child");
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn faults(wanted: &str) -> Vec<(String, usize, String)> {
    let loaded = open(wanted).unwrap();
    let name = |file: &str| Path::new(file).file_name().unwrap().to_string_lossy().into_owned();
    loaded.diagnostics.iter().map(|found| (name(&found.file), found.line, found.message.clone())).collect()
}

#[test]
fn a_parent_is_a_file_beside_the_child_and_its_faults_are_its_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    write(dir.path(), "parent.toml", "name = \"p\"\ninherits = \"light\"\n[palette]\nblue = \"#000080\"\n");
    let child = write(dir.path(), "sub/child.toml", "name = \"c\"\ninherits = \"../parent.toml\"\n");
    let draft = open(&child).unwrap().sound().unwrap();
    assert_eq!(draft.theme().paint("accent").fg, Some(Rgb(0, 0, 128)));
    assert_eq!(draft.files.len(), 2, "both are watched: {:?}", draft.files);
    write(dir.path(), "parent.toml", "name = \"p\"\n[roles]\nokk = {}\n");
    let found = faults(&child);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0.as_str(), found[0].1), ("parent.toml", 3));
}

#[test]
fn circles_long_lines_and_files_that_are_none_are_told_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let own = write(folder, "self.toml", "name = \"s\"\ninherits = \"self.toml\"\n");
    let found = faults(&own);
    assert_eq!((found.len(), found[0].1), (1, 2), "{found:?}");
    assert!(found[0].2.contains("circle"), "{found:?}");
    write(folder, "a.toml", "name = \"a\"\n\ninherits = \"b.toml\"\n");
    write(folder, "b.toml", "name = \"b\"\ninherits = \"./a.toml\"\n");
    let found = faults(&folder.join("a.toml").display().to_string());
    assert_eq!((found.len(), found[0].0.as_str(), found[0].1), (1, "b.toml", 2), "{found:?}");
    // Four ancestors are as many as there may be.
    write(folder, "0.toml", "name = \"0\"\ninherits = \"dark\"\n");
    for at in 1..5 {
        write(folder, &format!("{at}.toml"), &format!("name = \"{at}\"\ninherits = \"{}.toml\"\n", at - 1));
    }
    assert_eq!(faults(&folder.join("3.toml").display().to_string()), []);
    let found = faults(&folder.join("4.toml").display().to_string());
    assert!(found.len() == 1 && found[0].2.contains("at most 4"), "{found:?}");
    let lost = write(folder, "lost.toml", "name = \"l\"\ninherits = \"drak\"\n");
    let loaded = open(&lost).unwrap();
    let told = loaded.diagnostics.to_string();
    assert!(told.contains("lost.toml:2:12") && told.contains("did you mean \"dark\"?"), "{told}");
    let of_folder = write(folder, "folder.toml", "name = \"l\"\ninherits = \"..\"\n");
    assert!(faults(&of_folder)[0].2.contains("it is no file"));
    assert!(open(&folder.display().to_string()).is_err());
}

#[test]
fn what_is_printed_is_the_same_theme_in_one_file() {
    for (name, _) in BUILT_IN {
        let draft = open(name).unwrap().sound().unwrap();
        let again =
            read(&Source::new("again.toml", draft.toml().as_bytes())).sound().unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(again, draft.theme(), "{name}");
    }
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"a \\\"b\\\"\"\ninherits = \"dark\"\n[palette]\n\"odd name\" = \"#010203\"\n[roles]\nok = { bg = \"odd name\" }\n";
    let draft = open(&write(dir.path(), "odd.toml", text)).unwrap().sound().unwrap();
    let again = read(&Source::new("again.toml", draft.toml().as_bytes())).sound().unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(again, draft.theme());
    assert!(!draft.toml().contains("inherits"), "it stands alone");
}

#[test]
fn an_edit_is_noticed_an_error_is_told_and_a_parent_counts() {
    let dir = tempfile::tempdir().unwrap();
    let parent = |colour: &str| {
        write(dir.path(), "parent.toml", &format!("name = \"p\"\n[roles]\nok = {{ fg = \"{colour}\" }}\n"))
    };
    parent("#00ff00");
    let child = write(dir.path(), "child.toml", "name = \"c\"\ninherits = \"parent.toml\"\n");
    let draft = open(&child).unwrap().sound().unwrap();
    let mut watch = Watch::of(&child, &draft).unwrap();
    assert!(watch.look().is_none());
    // What is compared is the time and the length, and a file system's clock may be coarse.
    std::thread::sleep(std::time::Duration::from_millis(20));
    parent("#0000ff");
    assert_eq!(watch.look().unwrap().unwrap().paint("ok").fg, Some(Rgb(0, 0, 255)));
    assert!(watch.look().is_none());
    parent("green");
    let why = watch.look().unwrap().unwrap_err();
    assert!(why.contains("parent.toml:3:") && !why.contains('\n'), "{why}");
    assert!(watch.look().is_none(), "told once");
    // As an editor writes: another file, renamed.
    std::fs::remove_file(dir.path().join("parent.toml")).unwrap();
    assert!(watch.look().is_none(), "what is not there is being replaced");
    parent("#ff0000");
    assert_eq!(watch.look().unwrap().unwrap().paint("ok").fg, Some(Rgb(255, 0, 0)));
    assert!(Watch::of("dark", &open("dark").unwrap().value.unwrap()).is_none(), "what is built in is not edited");
}
