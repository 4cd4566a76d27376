//! The terminal is given back after every way to die: `Session` itself, in a pseudo-terminal.
//!
//! Each test starts this very test binary again inside a pseudo-terminal, told by a variable to run `console` below: a
//! small console on the public `term` module, which shows what it receives.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use common::pty::{self, Modes, Pty};
use handover::term::input::{self, Input, Key, KeyCode, Kind};
use handover::term::session::{self, Options, Session};
use handover::term::{screen::Screen, signals};
use ratatui::Terminal;
use ratatui::widgets::Paragraph;
use rustix::process::Signal;

const ROLE: &str = "HANDOVER_TEST_CONSOLE";
const LIMIT: Duration = Duration::from_secs(10);

/// The arguments with which this binary runs `console` alone, its output not captured.
const ARGS: [&str; 4] = ["console", "--exact", "--nocapture", "--test-threads=1"];

fn start(role: &str) -> Pty {
    let me = std::env::current_exe().unwrap();
    let pty = Pty::spawn(me.to_str().unwrap(), &ARGS, &[(ROLE, role), ("RUST_BACKTRACE", "0")], 80, 24);
    pty.wait_for("ready", LIMIT);
    pty
}

enum Told {
    Input(Input),
    Asked(signals::Asked),
}

/// Not a test of its own: what the others run in a pseudo-terminal. Does nothing otherwise.
#[test]
fn console() {
    let Ok(role) = std::env::var(ROLE) else { return };
    color_eyre::install().unwrap();
    session::install_panic_hook();
    let held = Session::open(Options::default()).unwrap();
    let (sender, receiver) = mpsc::channel();
    let to = sender.clone();
    input::start(move |input| drop(to.send(Told::Input(input)))).unwrap();
    let to = sender.clone();
    signals::start(move |asked| drop(to.send(Told::Asked(asked)))).unwrap();
    let mut terminal = Terminal::new(Screen::new(true)).unwrap();
    let mut lines = vec!["ready".to_owned()];
    let status = loop {
        let shown = lines.len().saturating_sub(20);
        let text = lines[shown..].join("\n");
        if terminal.draw(|frame| frame.render_widget(Paragraph::new(text.clone()), frame.area())).is_err() {
            break 6;
        }
        match receiver.recv().unwrap() {
            Told::Input(Input::Key(Key { code: KeyCode::Char('q'), .. })) => break 0,
            Told::Input(Input::Key(Key { code: KeyCode::Char('p'), .. })) => panic!("a panic in the console"),
            Told::Input(Input::Key(Key { code: KeyCode::Char('o'), .. })) => session::mouse(true).unwrap(),
            Told::Input(Input::Key(Key { code: KeyCode::Char('O'), .. })) => session::mouse(false).unwrap(),
            Told::Input(Input::Key(Key { code: KeyCode::Char('t'), .. })) => {
                std::thread::spawn(|| panic!("a panic in another thread"));
                std::thread::sleep(Duration::from_millis(200));
            }
            Told::Input(Input::Lost(_)) => break 5,
            Told::Asked(signals::Asked::End(..)) if role == "deaf" => lines.push("not listening".into()),
            Told::Asked(signals::Asked::End(name, _)) => {
                lines.push(name.into());
                break 4;
            }
            Told::Asked(signals::Asked::Redraw) => {
                terminal.backend_mut().forget();
                terminal.clear().unwrap();
                lines.push("redrawn".into());
            }
            Told::Input(other) => lines.push(format!("{other:?}")),
        }
    };
    drop(held);
    std::process::exit(status);
}

fn assert_given_back(pty: &Pty) {
    // What the process wrote last may still be on its way through the terminal.
    let limit = Instant::now() + LIMIT;
    while pty.modes() != Modes::PLAIN && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(pty.modes(), Modes::PLAIN);
    assert!(pty.kernel_modes_as_before(), "the kernel's modes of the terminal were changed");
}

#[test]
fn it_takes_the_terminal_over() {
    let pty = start("plain");
    let modes = pty.modes();
    assert_eq!(
        modes,
        Modes { alternate_screen: true, cursor_hidden: true, bracketed_paste: true, focus: true, mouse: false }
    );
    assert!(!pty.kernel_modes_as_before());
}

#[test]
fn it_gives_the_terminal_back_after_quitting() {
    let mut pty = start("plain");
    pty.send_keys("q");
    assert_eq!(pty.wait_exit(LIMIT).exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn it_gives_the_terminal_back_before_a_panic_is_reported() {
    let mut pty = start("plain");
    pty.send_keys("p");
    assert_ne!(pty.wait_exit(LIMIT).exit_code(), 0);
    assert_given_back(&pty);
    let raw = String::from_utf8_lossy(&pty.raw_output()).into_owned();
    let (before, after) = raw.rsplit_once("\x1b[?1049l").unwrap();
    assert!(after.contains("a panic in the console") && !before.contains("a panic in the console"));
    assert!(pty.screen().contains("a panic in the console"), "{}", pty.screen());
}

#[test]
fn a_panic_in_another_thread_ends_the_drawing_and_can_be_read() {
    let mut pty = start("plain");
    pty.send_keys("t");
    assert_eq!(pty.wait_exit(LIMIT).exit_code(), 6);
    assert_given_back(&pty);
    assert!(pty.screen().contains("a panic in another thread"), "{}", pty.screen());
}

#[test]
fn it_gives_the_terminal_back_after_a_signal_to_end() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut pty = start("plain");
        pty.kill(signal);
        assert_eq!(pty.wait_exit(LIMIT).exit_code(), 4, "{signal:?}");
        assert_given_back(&pty);
    }
}

#[test]
fn a_second_signal_ends_a_console_that_does_not_listen() {
    let mut pty = start("deaf");
    pty.kill(Signal::TERM);
    pty.wait_for("not listening", LIMIT);
    pty.kill(Signal::TERM);
    let exit = pty.wait_exit(LIMIT);
    assert!(exit.signal().is_some_and(|name| name.contains("Terminated")), "{exit:?}");
    assert_given_back(&pty);
}

#[test]
fn a_stop_gives_the_terminal_to_the_shell_and_going_on_takes_it_again() {
    let mut pty = start("plain");
    pty.kill(Signal::TSTP);
    wait_state(pty.pid(), "T");
    assert_given_back(&pty);
    pty.kill(Signal::CONT);
    pty.wait_for("redrawn", LIMIT);
    assert!(pty.modes().alternate_screen && pty.modes().bracketed_paste && !pty.kernel_modes_as_before());
    pty.send_keys("q");
    assert_eq!(pty.wait_exit(LIMIT).exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn going_on_after_a_stop_that_could_not_be_foreseen_draws_everything_anew() {
    let mut pty = start("plain");
    pty.kill(Signal::STOP);
    wait_state(pty.pid(), "T");
    pty.kill(Signal::CONT);
    pty.wait_for("redrawn", LIMIT);
    pty.wait_for("ready", LIMIT);
    pty.send_keys("q");
    assert_eq!(pty.wait_exit(LIMIT).exit_code(), 0);
    assert_given_back(&pty);
}

#[test]
fn a_terminal_that_hangs_up_ends_it() {
    let hung = start("plain").hang_up();
    pty::wait_process_gone(hung, LIMIT);
}

#[test]
fn a_killed_session_leader_ends_it() {
    let me = std::env::current_exe().unwrap();
    let script = format!("'{}' {}; true", me.display(), ARGS.join(" "));
    let mut pty = Pty::spawn("sh", &["-c", &script], &[(ROLE, "plain")], 80, 24);
    pty.wait_for("ready", LIMIT);
    let console = pty::children(pty.pid())[0];
    pty.kill(Signal::KILL);
    pty.wait_exit(LIMIT);
    pty::wait_process_gone(console, LIMIT);
}

#[test]
fn a_parent_killed_under_a_shell_ends_it_and_gives_the_terminal_back() {
    let me = std::env::current_exe().unwrap();
    let script = format!("'{}' {}; true", me.display(), ARGS.join(" "));
    let env = [(ROLE, "plain"), ("SCRIPT", script.as_str()), ("PS1", "prompt> ")];
    let mut pty = Pty::spawn("bash", &["--norc", "--noprofile", "-i"], &env, 80, 24);
    pty.wait_for("prompt>", LIMIT);
    pty.send_keys("sh -c \"$SCRIPT\"<enter>");
    pty.wait_for("ready", LIMIT);
    let parent = pty::children(pty.pid())[0];
    let console = pty::children(parent)[0];
    pty::kill(parent, Signal::KILL);
    pty::wait_process_gone(console, LIMIT);
    let left = || (pty.modes().alternate_screen, pty.modes().cursor_hidden, pty.modes().focus);
    let limit = Instant::now() + LIMIT;
    while left() != (false, false, false) && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(left(), (false, false, false));
    pty.send_keys("echo $((40+2)) again<enter>");
    pty.wait_for("42 again", LIMIT);
}

#[test]
fn keys_pastes_and_sizes_arrive() {
    let mut pty = start("plain");
    pty.send_keys("x<up><c-r><a-m><esc>");
    pty.wait_for("Char('x')", LIMIT);
    pty.wait_for("code: Up", LIMIT);
    pty.wait_for("Char('r'), modifiers: KeyModifiers(CONTROL)", LIMIT);
    pty.wait_for("Char('m'), modifiers: KeyModifiers(ALT)", LIMIT);
    pty.wait_for("code: Esc", LIMIT);
    pty.paste("promote us-west-2\ny");
    pty.wait_for(r#"Paste("promote us-west-2\ny")"#, LIMIT);
    pty.resize(100, 30);
    pty.wait_for("Resize(100, 30)", LIMIT);
    pty.send_bytes(b"\x1b[O");
    pty.wait_for("Focus(false)", LIMIT);
    pty.send_bytes(b"\x1b[I");
    pty.wait_for("Focus(true)", LIMIT);
}

/// Waits until the mouse is the console's, or the terminal's.
fn wait_mouse(pty: &Pty, on: bool) {
    let until = Instant::now() + LIMIT;
    while pty.modes().mouse != on {
        assert!(Instant::now() < until, "the mouse is not {on}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_mouse_is_taken_and_left_and_given_back_however_it_ends() {
    let mut pty = start("plain");
    assert!(!pty.modes().mouse);
    pty.send_keys("o");
    wait_mouse(&pty, true);
    pty.send_bytes(b"\x1b[<0;12;5M\x1b[<0;12;5m\x1b[<65;1;1M");
    pty.wait_for("Mouse { column: 11, line: 4, did: Click }", LIMIT);
    pty.wait_for("did: Down", LIMIT);
    pty.send_keys("O");
    wait_mouse(&pty, false);
    for (key, signal) in [("q", None), ("p", None), ("", Some(Signal::TERM)), ("", Some(Signal::HUP))] {
        let mut pty = start("plain");
        pty.send_keys("o");
        wait_mouse(&pty, true);
        pty.send_keys(key);
        if let Some(signal) = signal {
            pty.kill(signal);
        }
        pty.wait_exit(LIMIT);
        assert_given_back(&pty);
    }
    // A stop leaves it to the shell, and going on takes it again.
    pty.send_keys("o");
    wait_mouse(&pty, true);
    pty.kill(Signal::TSTP);
    wait_state(pty.pid(), "T");
    assert_given_back(&pty);
    pty.kill(Signal::CONT);
    wait_mouse(&pty, true);
    pty.send_keys("q");
    pty.wait_exit(LIMIT);
    assert_given_back(&pty);
}

#[test]
fn a_burst_of_one_key_is_a_press_and_repeats() {
    let mut pty = start("plain");
    pty.send_bytes(b"yyy");
    let count = |pty: &Pty, kind: Kind| pty.screen().matches(&format!("kind: {kind:?}")).count();
    let until = Instant::now() + LIMIT;
    while count(&pty, Kind::Press) + count(&pty, Kind::Repeat) < 3 {
        assert!(Instant::now() < until, "{}", pty.screen());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((count(&pty, Kind::Press), count(&pty, Kind::Repeat)), (1, 2), "{}", pty.screen());
    std::thread::sleep(Duration::from_millis(100));
    pty.send_keys("zz");
    pty.wait_for("Char('z')", LIMIT);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(count(&pty, Kind::Press), 3, "{}", pty.screen());
}

#[test]
fn an_idle_terminal_costs_nothing() {
    let pty = start("plain");
    pty.wait_quiet(Duration::from_millis(300), LIMIT);
    let (bytes, before) = (pty.raw_output().len(), pty::cpu(pty.pid()).unwrap());
    std::thread::sleep(Duration::from_secs(2));
    let used = pty::cpu(pty.pid()).unwrap() - before;
    assert_eq!(pty.raw_output().len(), bytes, "something was drawn");
    assert!(used < 200_000, "{used} ns of processor time in 2 s");
}

fn wait_state(pid: u32, state: &str) {
    let until = Instant::now() + LIMIT;
    while pty::stat(pid).is_none_or(|fields| fields[0] != state) {
        assert!(Instant::now() < until, "{pid} is not in state {state}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
