//! The dependency rule between the rooms: reads `src/` and fails on a use that the table in `src/lib.rs` forbids.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

/// A room and the rooms of ours that it may use, besides itself.
const RULES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("ports", &["domain"]),
    ("providers", &["ports", "domain"]),
    ("store", &["ports", "domain"]),
    ("sim", &["ports", "domain"]),
    ("engine", &["ports", "domain"]),
    ("report", &["ports", "domain"]),
    ("config", &["domain"]),
    ("app", &["domain"]),
    ("ui", &["app", "domain", "config"]),
    ("term", &[]),
];

/// Rooms that see everything.
const FREE: &[&str] = &["wire", "runtime", "cli", "main", "lib"];

/// Outside crates that only some rooms may use.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("crossterm", &["term", "runtime"]),
    ("ratatui", &["ui", "term", "runtime"]),
    ("aws_", &["providers", "sim", "wire"]),
    ("tokio", &["ports", "providers", "engine", "sim", "wire", "runtime", "cli", "main", "term"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The room of a file: the first part of its path below `src/`.
fn room(path: &Path, src: &Path) -> String {
    let inside = path.strip_prefix(src).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The lines of a file that are code, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default()))
}

fn offences(src: &Path) -> Vec<String> {
    let mut files = Vec::new();
    sources(src, &mut files);
    assert!(files.len() > 30, "found only {} files below {}", files.len(), src.display());
    let mut offences = Vec::new();
    for path in files {
        let room = room(&path, src);
        let text = fs::read_to_string(&path).unwrap();
        offences.extend(offences_of(&room, &text).into_iter().map(|what| format!("{}:{what}", path.display())));
    }
    offences
}

fn offences_of(room: &str, text: &str) -> Vec<String> {
    let mut offences = Vec::new();
    let allowed = RULES.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
    if allowed.is_none() && !FREE.contains(&room) {
        return vec![format!("1: {room} is no room of the table in src/lib.rs")];
    }
    for (at, line) in code(text) {
        for (position, _) in line.match_indices("crate::") {
            let used: String =
                line[position + 7..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = RULES.iter().any(|(name, _)| *name == used) || FREE.contains(&used.as_str());
            if let Some(allowed) = allowed
                && known
                && used != room
                && !allowed.contains(&used.as_str())
            {
                offences.push(format!("{at}: {room} must not use {used}"));
            }
        }
        for (outside, rooms) in OUTSIDE {
            if line.contains(outside) && line.contains("use ") && !rooms.contains(&room) {
                let word = line.trim_start().trim_start_matches("pub ").trim_start_matches("use ");
                if word.starts_with(outside) {
                    offences.push(format!("{at}: {room} must not use {outside}"));
                }
            }
        }
    }
    offences
}

#[test]
fn every_room_uses_only_the_rooms_it_may() {
    let offences = offences(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn the_rule_finds_what_it_forbids() {
    assert_eq!(offences_of("domain", "use crate::ports::Clock;").len(), 1);
    assert_eq!(offences_of("app", "let x = crate::engine::pace::Pace::new();").len(), 1);
    assert_eq!(offences_of("ui", "use crossterm::event::Event;").len(), 1);
    assert_eq!(offences_of("engine", "use aws_sdk_rds::Client;").len(), 1);
    assert_eq!(offences_of("attic", "").len(), 1);
    assert!(offences_of("engine", "use crate::ports::Clock; // crate::wire").is_empty());
}
