//! The real program gives the terminal back: after quitting, SIGTERM, SIGHUP and a killed parent. (After a panic: see
//! `session.rs`, which panics inside a session of its own; the program has no way to be told to.)

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::time::Duration;

use common::pty::{self, Modes, Pty};
use rustix::process::Signal;

const PROGRAM: &str = env!("CARGO_BIN_EXE_handover");
const LIMIT: Duration = Duration::from_secs(20);

struct Console {
    pty: Pty,
    /// Where it keeps its runs: nobody's home is touched.
    _home: tempfile::TempDir,
}

fn start(command: &str, args: &[&str]) -> Console {
    let console = open(command, args);
    console.pty.wait_for("checklist", LIMIT);
    console
}

fn open(command: &str, args: &[&str]) -> Console {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (config, data, state) = (at("config"), at("data"), at("state"));
    let env = [
        ("HOME", home.path().to_str().unwrap()),
        ("XDG_CONFIG_HOME", &config),
        ("XDG_DATA_HOME", &data),
        ("XDG_STATE_HOME", &state),
        ("PROGRAM", PROGRAM),
    ];
    Console { pty: Pty::spawn(command, args, &env, 120, 40), _home: home }
}

fn demo() -> Console {
    start(PROGRAM, &["demo"])
}

fn assert_given_back(pty: &Pty) {
    assert_eq!(pty.modes(), Modes::PLAIN);
    assert!(pty.kernel_modes_as_before(), "the kernel's modes of the terminal were changed");
}

/// Quits, and says yes where it asks.
fn quit(pty: &mut Pty) {
    pty.send_keys("q");
    std::thread::sleep(Duration::from_millis(300));
    if pty::stat(pty.pid()).is_some() {
        pty.send_keys("y");
    }
    let exit = pty.wait_exit(LIMIT);
    assert!(exit.success(), "{exit:?}");
}

#[test]
fn the_console_takes_the_terminal_and_gives_it_back_after_quitting() {
    let mut console = demo();
    assert!(console.pty.modes().alternate_screen && console.pty.modes().bracketed_paste);
    assert!(!console.pty.modes().mouse, "the mouse is off until asked for");
    quit(&mut console.pty);
    assert_given_back(&console.pty);
}

#[test]
fn the_console_gives_the_terminal_back_after_a_signal() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut console = demo();
        console.pty.kill(signal);
        let exit = console.pty.wait_exit(LIMIT);
        assert!(!exit.success(), "{signal:?} is not a success: {exit:?}");
        assert_given_back(&console.pty);
    }
}

#[test]
fn the_console_ends_when_its_terminal_hangs_up() {
    let console = demo();
    let pid = console.pty.hang_up();
    pty::wait_process_gone(pid, LIMIT);
}

#[test]
fn the_console_ends_when_its_session_leader_is_killed() {
    let mut console = start("sh", &["-c", "\"$PROGRAM\" demo; true"]);
    let child = pty::children(console.pty.pid())[0];
    console.pty.kill(Signal::KILL);
    console.pty.wait_exit(LIMIT);
    pty::wait_process_gone(child, LIMIT);
}

#[test]
fn a_stopped_console_goes_on_with_a_whole_screen() {
    let mut console = demo();
    console.pty.kill(Signal::TSTP);
    std::thread::sleep(Duration::from_millis(300));
    assert_given_back(&console.pty);
    console.pty.kill(Signal::CONT);
    console.pty.wait_for("checklist", LIMIT);
    assert!(console.pty.modes().alternate_screen);
    quit(&mut console.pty);
    assert_given_back(&console.pty);
}

#[test]
fn what_is_wrong_with_the_files_is_said_on_the_terminal_that_was_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("service.toml");
    std::fs::write(&file, "schema = 1\nnonsense = true\n").unwrap();
    for args in [
        &["--service", file.to_str().unwrap()][..],
        &["demo", "--runbook", "nonsense"],
        &["demo", "--theme", "nonsense"],
    ] {
        let mut console = open(PROGRAM, args);
        let exit = console.pty.wait_exit(LIMIT);
        assert!(!exit.success(), "{args:?}");
        console.pty.wait_for("nonsense", LIMIT);
        assert_given_back(&console.pty);
    }
}
