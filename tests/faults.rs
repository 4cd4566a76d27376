//! The fault-injection library does what it says, to a writer of which it knows nothing.
//!
//! The writer is this very test binary, started again: it appends numbered lines to a journal and syncs each.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs::{self, OpenOptions};
use std::io::{IoSlice, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use common::faults::{Fault, counted};

const FILE: &str = "HANDOVER_TEST_WRITER";
const HOW: &str = "HANDOVER_TEST_HOW";
const LINES: u32 = 5;

/// Not a test of its own: what the others start.
#[test]
fn writer() {
    use std::os::unix::fs::FileExt as _;
    let Ok(path) = std::env::var(FILE) else { return };
    let how = std::env::var(HOW).unwrap();
    let mut file = OpenOptions::new().create(true).append(how != "at").write(true).open(path).unwrap();
    for number in 1..=LINES {
        let line = line(number);
        let written = match how.as_str() {
            "vectored" => {
                file.write_vectored(&[IoSlice::new(&line.as_bytes()[..3]), IoSlice::new(&line.as_bytes()[3..])])
            }
            "at" => file.write_at(line.as_bytes(), u64::from(number - 1) * line.len() as u64),
            _ => file.write(line.as_bytes()),
        };
        match written.map(|_| ()).and_then(|()| file.sync_data()) {
            Ok(()) => println!("acknowledged {number}"),
            Err(error) => println!("refused {number} {:?}", error.raw_os_error().unwrap()),
        }
    }
}

fn line(number: u32) -> String {
    format!("line number {number} of the journal\n")
}

struct Ran {
    output: Output,
    journal: String,
    counted: (u32, u32),
}

impl Ran {
    fn said(&self, what: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.output.stdout).into_owned();
        text.lines().filter_map(|line| Some(line[line.find(what)? + what.len()..].trim().to_owned())).collect()
    }

    fn killed(&self) -> bool {
        self.output.status.signal() == Some(9)
    }
}

fn run_as(fault: Fault, how: &str, name: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let (journal, log) = (folder.path().join(name), folder.path().join("log"));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["writer", "--exact", "--nocapture", "--test-threads=1"])
        .env(FILE, &journal)
        .env(HOW, how)
        .envs(fault.env(Some(Path::new(&log))))
        .output()
        .unwrap();
    Ran { output, journal: fs::read_to_string(&journal).unwrap_or_default(), counted: counted(&log) }
}

fn run(fault: Fault) -> Ran {
    run_as(fault, "plain", "journal.jsonl")
}

fn lines(count: u32) -> String {
    (1..=count).map(line).collect()
}

#[test]
fn counting_changes_nothing() {
    for how in ["plain", "vectored", "at"] {
        let ran = run_as(Fault::Count, how, "journal.jsonl");
        assert!(ran.output.status.success(), "{how}: {:?}", ran.output);
        assert_eq!(ran.journal, lines(LINES), "{how}");
        assert_eq!(ran.counted, (LINES, LINES), "{how}");
    }
}

#[test]
fn it_kills_before_a_write() {
    let ran = run(Fault::KillBeforeWrite(3));
    assert!(ran.killed());
    assert_eq!((ran.journal.as_str(), ran.counted), (lines(2).as_str(), (2, 2)));
}

#[test]
fn it_kills_between_a_write_and_its_sync() {
    let ran = run(Fault::KillAfterWrite(3));
    assert!(ran.killed());
    assert_eq!((ran.journal.as_str(), ran.counted), (lines(3).as_str(), (3, 2)));
    assert_eq!(ran.said("acknowledged"), ["1", "2"]);
}

#[test]
fn it_kills_after_a_sync_before_the_caller_knows() {
    let ran = run(Fault::KillAfterSync(3));
    assert!(ran.killed());
    assert_eq!((ran.journal.as_str(), ran.counted), (lines(3).as_str(), (3, 3)));
    assert_eq!(ran.said("acknowledged"), ["1", "2"]);
}

#[test]
fn it_tears_a_write_in_two_and_kills() {
    for how in ["plain", "vectored", "at"] {
        let ran = run_as(Fault::TornWrite(3), how, "journal.jsonl");
        assert!(ran.killed(), "{how}");
        assert_eq!(ran.journal, format!("{}{}", lines(2), &line(3)[..line(3).len() / 2]), "{how}");
    }
}

#[test]
fn syncs_fail_with_eio_from_the_nth_on() {
    let ran = run(Fault::EioSync(3));
    assert!(ran.output.status.success());
    assert_eq!(ran.said("acknowledged"), ["1", "2"]);
    assert_eq!(ran.said("refused"), ["3 5", "4 5", "5 5"]);
}

#[test]
fn writes_fail_with_enospc_from_the_nth_on() {
    for how in ["plain", "vectored", "at"] {
        let ran = run_as(Fault::EnospcWrite(3), how, "journal.jsonl");
        assert_eq!(ran.said("refused"), ["3 28", "4 28", "5 28"], "{how}");
        assert_eq!(ran.journal, lines(2), "{how}");
    }
}

#[test]
fn a_file_of_another_name_is_left_alone() {
    let ran = run_as(Fault::KillBeforeWrite(1), "plain", "other.jsonl");
    assert!(ran.output.status.success());
    assert_eq!((ran.journal.as_str(), ran.counted), (lines(LINES).as_str(), (0, 0)));
}
