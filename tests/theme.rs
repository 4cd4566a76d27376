//! `handover theme`, and a console whose theme is edited: the built program, in a pipe and in a terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::pty::{Modes, Pty};

const PROGRAM: &str = env!("CARGO_BIN_EXE_handover");
const LIMIT: Duration = Duration::from_secs(20);

/// Exit status, standard output and standard error.
fn says(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(PROGRAM);
    command.args(args).current_dir(folder).env("HOME", folder).env("LANG", "C.UTF-8").stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "COLORTERM", "LC_ALL", "HANDOVER_THEME"] {
        command.env_remove(name);
    }
    let out = command.envs(env.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_list_tells_each_theme_and_what_it_is_for() {
    let dir = tempfile::tempdir().unwrap();
    let (status, out, _) = says(dir.path(), &["theme", "list"], &[]);
    assert_eq!(status, 0);
    for name in ["dark", "light", "high-contrast", "colour-blind", "mono", "gruvbox", "nord"] {
        let line =
            out.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("{name}: {out}"));
        assert!(line.trim_end().len() > 20, "{line}");
    }
}

#[test]
fn a_printed_theme_is_one_to_start_from() {
    let dir = tempfile::tempdir().unwrap();
    let (status, printed, _) = says(dir.path(), &["theme", "print", "nord"], &[]);
    assert_eq!(status, 0);
    fs::write(dir.path().join("mine.toml"), printed).unwrap();
    let (status, out, err) = says(dir.path(), &["theme", "check", "mine.toml"], &[]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("mine.toml: sound"), "{out}");
}

#[test]
fn what_cannot_be_read_is_told_by_role_with_its_figure_and_fails() {
    let dir = tempfile::tempdir().unwrap();
    let text = "name = \"faint\"\ninherits = \"dark\"\n[palette]\ngreen = \"#3a4a40\"\n";
    fs::write(dir.path().join("faint.toml"), text).unwrap();
    let (status, out, _) = says(dir.path(), &["theme", "check", "faint.toml"], &[]);
    assert_eq!(status, 1, "{out}");
    let row = out.lines().find(|line| line.starts_with("ok ")).unwrap();
    assert!(row.contains("#3a4a40") && row.contains("4.5:1") && row.contains("too low"), "{row}");
    assert!(out.contains("faint.toml: not sound"), "{out}");
    let (status, out, _) = says(dir.path(), &["theme", "check", "--json", "faint.toml"], &[]);
    assert_eq!(status, 1);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["sound"], false);
    assert_eq!(json["theme"], "faint");
    let low = json["contrasts"].as_array().unwrap().iter().filter(|found| found["low"] == true);
    assert!(low.clone().any(|found| found["role"] == "ok" && found["on"] == "selected"), "{out}");
    assert!(low.clone().all(|found| found["contrast"].as_f64() < found["least"].as_f64()));
}

#[test]
fn near_colours_are_told_and_fail_only_where_the_theme_promises_more() {
    let dir = tempfile::tempdir().unwrap();
    let (status, out, _) = says(dir.path(), &["theme", "check", "dark"], &[]);
    assert_eq!(status, 0);
    let near = |line: &&str| line.starts_with("ok ") && line.contains(" bad ") && line.contains("deuteranopia");
    assert!(out.lines().find(near).is_some_and(|line| line.contains("told apart by word and sign")), "{out}");
    let text = "name = \"more\"\ninherits = \"dark\"\n[promises]\ncolour_blind = true\n";
    fs::write(dir.path().join("more.toml"), text).unwrap();
    let (status, out, _) = says(dir.path(), &["theme", "check", "more.toml"], &[]);
    assert_eq!(status, 1);
    assert!(out.lines().find(near).is_some_and(|line| line.contains("too near")), "{out}");
}

#[test]
fn the_faults_of_a_parent_are_told_in_its_own_file() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("parent.toml"), "name = \"p\"\n[roles]\nokk = {}\n").unwrap();
    fs::write(dir.path().join("child.toml"), "name = \"c\"\ninherits = \"parent.toml\"\n").unwrap();
    for what in ["check", "print", "preview"] {
        let (status, _, err) = says(dir.path(), &["theme", what, "child.toml"], &[]);
        assert_eq!(status, 1, "{what}");
        assert!(err.contains("parent.toml:3:1"), "{what}: {err}");
    }
}

#[test]
fn without_a_terminal_the_preview_is_printed_once_and_coloured_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let print = |args: &[&str], env: &[(&str, &str)]| {
        let all = [&["theme", "preview", "gruvbox"][..], args].concat();
        let (status, out, err) = says(dir.path(), &all, env);
        assert_eq!((status, err.as_str()), (0, ""));
        out
    };
    let plain = print(&[], &[("TERM", "xterm-256color")]);
    assert!(plain.contains("SIMULATION") && plain.contains("gruvbox in no colours"), "{plain}");
    assert!(!plain.contains("38;") && !plain.contains("48;"), "no colour: {plain:?}");
    assert!(print(&["--color", "truecolor"], &[]).contains("48;2;40;40;40"), "bg0 as it was published");
    let forced = print(&[], &[("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("48;5;235") && !forced.contains("48;2;"), "{forced:?}");
    assert!(!print(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains("48;5"));
    let sixteen = print(&["--color", "16"], &[]);
    assert!(sixteen.contains("97;41") && !sixteen.contains("38;5"), "{sixteen:?}");
}

fn open(folder: &Path, args: &[&str]) -> Pty {
    let home = folder.to_str().unwrap().to_owned();
    let data = folder.join("data").to_str().unwrap().to_owned();
    let env = [("HOME", home.as_str()), ("HANDOVER_DATA_DIR", &data), ("COLORTERM", "truecolor"), ("PWD", &home)];
    Pty::spawn(PROGRAM, args, &env, 120, 40)
}

#[test]
fn the_preview_steps_through_themes_and_depths_and_gives_the_terminal_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut pty = open(dir.path(), &["theme", "preview", "gruvbox"]);
    pty.wait_for("gruvbox in true colour", LIMIT);
    pty.send_keys("d");
    pty.wait_for("gruvbox in 256 colours", LIMIT);
    pty.send_keys("<right>");
    pty.wait_for("nord in 256 colours", LIMIT);
    pty.send_keys("n");
    pty.wait_for("dark in 256 colours", LIMIT);
    pty.send_keys("q");
    assert!(pty.wait_exit(LIMIT).success());
    assert_eq!(pty.modes(), Modes::PLAIN);
    assert!(pty.kernel_modes_as_before());
}

/// Waits until some bytes came out since `from`, and says how long it took.
fn wait_for_bytes(pty: &Pty, from: usize, bytes: &str) -> Duration {
    let start = Instant::now();
    loop {
        let raw = pty.raw_output();
        if raw[from..].windows(bytes.len()).any(|part| part == bytes.as_bytes()) {
            return start.elapsed();
        }
        assert!(start.elapsed() < LIMIT, "{bytes:?} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_edit_of_the_theme_shows_in_the_console_and_a_bad_one_leaves_it_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    let write =
        |text: &str| fs::write(&path, format!("name = \"mine\"\ninherits = \"dark\"\n[palette]\n{text}\n")).unwrap();
    write("green = \"#010203\"");
    let mut pty = open(dir.path(), &["demo", "--theme", path.to_str().unwrap()]);
    pty.wait_for("checklist", LIMIT);
    wait_for_bytes(&pty, 0, "48;2;1;2;3");
    let before = pty.raw_output().len();
    write("green = \"#040506\"");
    let took = wait_for_bytes(&pty, before, "48;2;4;5;6");
    println!("the new colours came after {took:?}");
    pty.wait_for("the theme was read anew", LIMIT);
    write("green = \"grün\"");
    pty.wait_for("the theme stays as it was", LIMIT);
    assert!(pty.screen().contains("mine.toml:4:9") || pty.screen().contains(":4:9"), "{}", pty.screen());
    let before = pty.raw_output().len();
    write("green = \"#070809\"");
    wait_for_bytes(&pty, before, "48;2;7;8;9");
    pty.send_keys("q");
    assert!(pty.wait_exit(LIMIT).success());
    assert_eq!(pty.modes(), Modes::PLAIN);
}
