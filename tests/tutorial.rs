//! The tutorial, key by key: what it says is pressed is pressed in the built program, and what it says is seen is looked for.

#![cfg(target_os = "linux")]
#![allow(dead_code, unreachable_pub, reason = "as in the other helpers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use common::pty::Pty;

/// How long anything that is to be seen may take.
const LIMIT: Duration = Duration::from_mins(3);
/// How long a person looks before the next key, and between two keys.
const LOOK: Duration = Duration::from_millis(700);
const BETWEEN: Duration = Duration::from_millis(250);
/// The test has less time than whoever reads.
const SPEED: &str = "40";

/// What the tutorial has its reader do.
#[derive(Debug, PartialEq)]
enum Part {
    /// Keys, as [`Pty::send_keys`] takes them.
    Keys(Vec<String>),
    /// Words that are on the screen then, all of them or one after the other.
    Sees(Vec<String>),
}

/// A line of keys: words are keys, what stands in quotes is typed.
fn keys(line: &str) -> Vec<String> {
    let named = |word: &str| if word.chars().count() == 1 { word.to_owned() } else { format!("<{word}>") };
    let mut keys = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            keys.push(part.to_owned());
        } else {
            keys.extend(part.split_whitespace().map(named));
        }
    }
    keys
}

/// The parts of the tutorial, in order.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, block) in text.split("```").enumerate() {
        if at % 2 == 1 {
            let lines = block.strip_prefix("keys\n").unwrap_or_else(|| panic!("what is this block? {block}"));
            parts.extend(lines.lines().map(|line| Part::Keys(keys(line))));
            continue;
        }
        for paragraph in block.split("\n\n").filter(|paragraph| paragraph.contains("ou see `")) {
            let words = paragraph.split('`').skip(1).step_by(2);
            parts.push(Part::Sees(words.map(str::to_owned).collect()));
        }
    }
    parts
}

#[test]
fn whoever_presses_what_the_tutorial_says_sees_what_it_says() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md")).unwrap();
    let command = text.lines().find_map(|line| line.strip_prefix("    handover demo ")).expect("how it is started");
    let mut args = vec!["demo"];
    args.extend(command.split_whitespace());
    let speed = args.iter().position(|arg| *arg == "--speed").expect("a speed") + 1;
    args[speed] = SPEED;

    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let env = [("HANDOVER_DATA_DIR", data.as_str()), ("HANDOVER_OPERATOR", "anna")];
    let mut pty = Pty::spawn(env!("CARGO_BIN_EXE_handover"), &args, &env, 120, 40);
    let parts = parts(&text);
    assert!(parts.len() > 60, "{}", parts.len());
    for part in &parts {
        match part {
            Part::Keys(keys) => {
                for key in keys {
                    pty.send_keys(key);
                    sleep(BETWEEN);
                }
            }
            Part::Sees(words) => {
                for words in words {
                    pty.wait_for(words, LIMIT);
                }
                sleep(LOOK);
            }
        }
    }
    let status = pty.wait_exit(Duration::from_secs(20));
    assert!(status.success(), "{status:?}\n{}", pty.screen());
    let out = Command::new(env!("CARGO_BIN_EXE_handover")).args(["journal", "verify"]).envs(env).output().unwrap();
    assert!(out.status.success(), "{out:?}");
}

#[test]
fn keys_and_what_is_typed_are_told_apart() {
    assert_eq!(keys("y enter"), ["y", "<enter>"]);
    assert_eq!(keys("\"it hangs\" enter"), ["it hangs", "<enter>"]);
    let text = "a\n\n```keys\nA\n```\n\nYou see `ARMED`, and\nthen you see `x`.\n";
    let sees = Part::Sees(vec!["ARMED".to_owned(), "x".to_owned()]);
    assert_eq!(parts(text), [Part::Keys(vec!["A".to_owned()]), sees]);
}
