//! The console behind a slow line: how many bytes a quiet second and a key take on a large screen, and that over a line of
//! 10 kB/s, 200 ms long, which stands still at times, every key arrives in order and the screen is right in the end.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use common::pty::{self, Pty};
use common::short::{PROGRAM, Short, said, side_by_side};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const LIMIT: Duration = Duration::from_secs(60);
const SIZE: (u16, u16) = (200, 60);
/// What a quiet second may take, in bytes.
const SECOND: usize = 1_536;
/// What a key that moves something within a screen may take on the average, in bytes, with whatever else changes meanwhile.
const KEY: usize = 2_000;
/// What a whole new picture may take: another screen, another stretch of time in the charts.
const PICTURE: usize = 20_000;

fn env(short: &Short) -> Vec<(String, String)> {
    let mut env = short.env("data");
    // The most that colours can take.
    env.push(("COLORTERM".to_owned(), "truecolor".to_owned()));
    env
}

/// The screens by their keys, the wall with them, and what each has in sight.
const SCREENS: [(&str, &str); 9] = [
    ("1", "journal"),
    ("2", "2 checklist"),
    ("3", "3 watch"),
    ("4", "4 readiness"),
    ("5", "5 timeline"),
    ("6", "6 journal"),
    ("7", "7 people"),
    ("8", "8 history"),
    ("w", "EXPECTED LOSS"),
];

fn demo(short: &Short) -> Pty {
    let env = env(short);
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let pty = Pty::spawn(PROGRAM, &["demo"], &env, SIZE.0, SIZE.1);
    pty.wait_for("checklist", LIMIT);
    // What it does in its first seconds is not what it does all day: every component is looked at for the first time.
    thread::sleep(Duration::from_secs(6));
    pty
}

#[test]
fn a_quiet_second_takes_few_bytes_on_every_screen() {
    side_by_side(&SCREENS, |(key, shows)| {
        let short = Short::new();
        let mut pty = demo(&short);
        pty.send_keys(key);
        pty.wait_for(shows, LIMIT);
        thread::sleep(Duration::from_millis(1_500));
        let before = pty.output_size();
        let span = 6;
        thread::sleep(Duration::from_secs(span));
        let bytes = (pty.output_size() - before) / usize::try_from(span).unwrap();
        println!("{}×{} {shows}: {bytes} bytes a quiet second", SIZE.0, SIZE.1);
        assert!(bytes <= SECOND, "{shows}: {bytes} bytes");
    });
}

#[test]
fn a_key_takes_few_bytes() {
    // Keys that move something and move it back. All of readiness is in sight: nothing moves there.
    let keys = [
        ("1", "journal", "j j k k"),
        ("2", "2 checklist", "j j k k"),
        ("3", "3 watch", "<space>"),
        ("6", "6 journal", "/ e <backspace> <esc>"),
    ];
    side_by_side(&keys, |(screen, shows, keys)| {
        let short = Short::new();
        let mut pty = demo(&short);
        pty.send_keys(screen);
        pty.wait_for(shows, LIMIT);
        thread::sleep(Duration::from_millis(1_500));
        let keys: Vec<&str> = keys.split(' ').collect();
        let mut taken = Vec::new();
        for press in 0..40 {
            let before = pty.output_size();
            pty.send_keys(keys[press % keys.len()]);
            thread::sleep(Duration::from_millis(150));
            taken.push(pty.output_size() - before);
        }
        let (mean, most) = (taken.iter().sum::<usize>() / taken.len(), *taken.iter().max().unwrap());
        println!("{}×{} {shows}: {mean} bytes a key, {most} at most", SIZE.0, SIZE.1);
        assert!(most > 50, "the keys move nothing on {shows}: {taken:?}");
        assert!(mean <= KEY, "{shows}: {mean} bytes for a key: {taken:?}");
    });
}

#[test]
fn another_screen_is_there_within_seconds_on_a_line_of_ten_kilobytes() {
    let short = Short::new();
    let mut pty = demo(&short);
    for (key, shows) in SCREENS.into_iter().skip(1).chain([("3", "3 watch"), ("+", "3 watch"), ("-", "3 watch")]) {
        let before = pty.output_size();
        pty.send_keys(key);
        pty.wait_for(shows, LIMIT);
        thread::sleep(Duration::from_millis(500));
        let bytes = pty.output_size() - before;
        println!("{}×{} {key} to {shows}: {bytes} bytes", SIZE.0, SIZE.1);
        assert!(bytes <= PICTURE, "{key} to {shows}: {bytes} bytes");
    }
}

/// A program behind a slow line.
struct Slow {
    child: Box<dyn Child + Send + Sync>,
    keys: mpsc::Sender<(Instant, Vec<u8>)>,
    stands: Arc<AtomicBool>,
    arrived: Arc<AtomicUsize>,
    parser: Arc<Mutex<vt100::Parser>>,
    _master: Box<dyn MasterPty + Send>,
}

/// How long the line is, each way.
const LONG: Duration = Duration::from_millis(200);
/// How much it takes at a time, and how often: 10 kB/s.
const BITE: usize = 200;
const PACE: Duration = Duration::from_millis(20);

impl Slow {
    fn spawn(args: &[&str], env: &[(String, String)]) -> Self {
        let size = PtySize { rows: SIZE.1, cols: SIZE.0, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(PROGRAM);
        builder.args(args);
        builder.cwd(std::env::current_dir().unwrap());
        for name in ["NO_COLOR", "TMUX", "STY", "LC_ALL", "LC_CTYPE"] {
            builder.env_remove(name);
        }
        for (name, value) in env {
            builder.env(name, value);
        }
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let stands = Arc::new(AtomicBool::new(false));
        let arrived = Arc::new(AtomicUsize::new(0));
        let (rows, cols) = (NonZeroU16::new(SIZE.1).unwrap(), NonZeroU16::new(SIZE.0).unwrap());
        let parser = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));

        let mut reader = pair.master.try_clone_reader().unwrap();
        let (under_way, arrives) = mpsc::channel::<(Instant, Vec<u8>)>();
        let still = Arc::clone(&stands);
        thread::spawn(move || {
            let mut buffer = [0; BITE];
            loop {
                thread::sleep(PACE);
                if still.load(Ordering::Acquire) {
                    continue;
                }
                match reader.read(&mut buffer) {
                    Ok(count) if count > 0 => drop(under_way.send((Instant::now() + LONG, buffer[..count].to_vec()))),
                    _ => return,
                }
            }
        });
        let (shown, counted) = (Arc::clone(&parser), Arc::clone(&arrived));
        thread::spawn(move || {
            for (due, bytes) in arrives {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                shown.lock().unwrap().process(&bytes);
                counted.fetch_add(bytes.len(), Ordering::AcqRel);
            }
        });
        let mut writer = pair.master.take_writer().unwrap();
        let (keys, pressed) = mpsc::channel::<(Instant, Vec<u8>)>();
        thread::spawn(move || {
            for (due, bytes) in pressed {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, stands, arrived, parser, _master: pair.master }
    }

    /// Presses keys, one after the other.
    fn press(&self, keys: &str) {
        let mut due = Instant::now() + LONG;
        for key in pty::parse(keys) {
            due += pty::TAP;
            self.keys.send((due, key)).unwrap();
            thread::sleep(pty::TAP);
        }
    }

    fn stand_still(&self, stands: bool) {
        self.stands.store(stands, Ordering::Release);
    }

    fn arrived(&self) -> usize {
        self.arrived.load(Ordering::Acquire)
    }

    fn screen(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Every cell, with its looks.
    fn cells(&self) -> Vec<String> {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let cell = |row, col| {
            let cell = screen.cell(row, col).unwrap();
            let symbol = if cell.contents().is_empty() { " " } else { cell.contents() };
            // Of a blank only the background is to be seen.
            let ink = if symbol == " " && !cell.inverse() && !cell.underline() {
                String::new()
            } else {
                format!("{:?} {} {} {}", cell.fgcolor(), cell.bold(), cell.underline(), cell.inverse())
            };
            format!("{symbol} {:?} {ink}", cell.bgcolor())
        };
        (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |col| (row, col))).map(|(row, col)| cell(row, col)).collect()
    }

    fn wait_for(&self, text: &str) {
        let until = Instant::now() + LIMIT;
        while !self.screen().contains(text) {
            assert!(Instant::now() < until, "no {text:?}; the screen is\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until nothing has arrived for a while.
    fn settle(&self) {
        let until = Instant::now() + LIMIT;
        let mut before = (self.arrived(), Instant::now());
        while before.1.elapsed() < Duration::from_millis(1_500) {
            assert!(Instant::now() < until, "it draws on and on");
            thread::sleep(Duration::from_millis(20));
            if self.arrived() != before.0 {
                before = (self.arrived(), Instant::now());
            }
        }
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn over_a_line_that_stands_still_every_key_arrives_and_the_screen_is_right_in_the_end() {
    let short = Short::new();
    let played = short.play("data", "calm", &[]);
    assert!(played.status.success(), "{}", said(&played));
    // A replay that does not play stands still by itself: whatever is drawn is the answer to a key.
    let slow = Slow::spawn(&["replay", "--paused"], &env(&short));
    slow.wait_for("checklist");
    slow.settle();
    let whole = slow.arrived();
    println!("the first screen took {whole} bytes");

    // Short stops, while somebody goes through the screens.
    let mut stops: VecDeque<u64> = [300, 700, 150, 900].into();
    for keys in ["2jjj", "3", "6kk", "5jj"] {
        slow.press(keys);
        slow.stand_still(true);
        thread::sleep(Duration::from_millis(stops.pop_front().unwrap()));
        slow.stand_still(false);
    }
    slow.wait_for("5 timeline");
    slow.settle();

    // A long one, with far more drawings than go through the line in that time.
    slow.stand_still(true);
    let before = slow.arrived();
    let typed = "qwertyuiopasdfghjklzxcvbnm0987654321";
    let turns = 6;
    for _ in 0..turns {
        slow.press("12345678");
    }
    slow.press("6/");
    slow.press(typed);
    thread::sleep(Duration::from_millis(1_500));
    slow.stand_still(false);
    slow.wait_for(typed);
    slow.settle();
    let bytes = slow.arrived() - before;
    let drawings = turns * 8 + 2 + typed.len();
    println!("{drawings} keys while it stood still: {bytes} bytes when it went on again");
    // One drawing that was under way, one for all that came meanwhile.
    assert!(bytes < 3 * whole, "{bytes} bytes for {drawings} keys, a whole screen is {whole}");
    assert!(slow.screen().contains("nothing is written yet"), "{}", slow.screen());

    // What it shows is what it shows when it draws everything anew.
    slow.press("<enter>");
    slow.settle();
    let shown = slow.cells();
    slow.press("<c-l>");
    slow.settle();
    let anew = slow.cells();
    for (index, (shown, anew)) in shown.iter().zip(&anew).enumerate() {
        let (row, col) = (index / usize::from(SIZE.0), index % usize::from(SIZE.0));
        assert_eq!(shown, anew, "at line {row}, column {col} of\n{}", slow.screen());
    }
}
