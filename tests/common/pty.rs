//! A program in a pseudo-terminal: keys in, screen out, and every byte kept.

#![allow(
    clippy::struct_excessive_bools,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// How long between two presses of the same key: a person takes more, and less is taken for a key held down.
pub const TAP: Duration = Duration::from_millis(60);

/// What the reader thread has seen.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    /// When the last bytes came.
    at: Instant,
    /// The other side is closed.
    ended: bool,
    /// The reader is to end.
    stop: bool,
}

/// A running program and its terminal. Dropping it kills the program.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn std::io::Write + Send>,
    child: Option<Box<dyn Child + Send + Sync>>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: thread::JoinHandle<()>,
    modes: String,
    exit: Option<ExitStatus>,
}

/// What a session may leave switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modes {
    pub alternate_screen: bool,
    pub cursor_hidden: bool,
    pub bracketed_paste: bool,
    /// Focus reporting, which vt100 does not follow: by the last of its sequences.
    pub focus: bool,
    pub mouse: bool,
}

impl Modes {
    /// A terminal as a shell expects it.
    pub const PLAIN: Self =
        Self { alternate_screen: false, cursor_hidden: false, bracketed_paste: false, focus: false, mouse: false };
}

impl Pty {
    /// Starts a program with the environment of this process, as in a plain xterm, changed by `env`.
    pub fn spawn(command: &str, args: &[&str], env: &[(&str, &str)], cols: u16, rows: u16) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut builder = CommandBuilder::new(command);
        builder.args(args);
        builder.cwd(std::env::current_dir().unwrap());
        for name in ["NO_COLOR", "COLORTERM", "TMUX", "STY", "ZELLIJ", "LC_ALL", "LC_CTYPE", "RUST_LOG"] {
            builder.env_remove(name);
        }
        builder.env("TERM", "xterm-256color");
        builder.env("LANG", "C.UTF-8");
        for (name, value) in env {
            builder.env(name, value);
        }
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(builder).unwrap_or_else(|error| panic!("{command}: {error}"));
        drop(pair.slave);
        let parser = vt100::Parser::new(nonzero(rows), nonzero(cols), 0);
        let seen = Seen { parser, raw: Vec::new(), at: Instant::now(), ended: false, stop: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = seen.clone();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let count = reader.read(&mut buffer).unwrap_or(0);
                let at = Instant::now();
                let mut seen = shared.0.lock().unwrap();
                seen.at = at;
                seen.ended = count == 0;
                seen.raw.extend_from_slice(&buffer[..count]);
                seen.parser.process(&buffer[..count]);
                shared.1.notify_all();
                if count == 0 || seen.stop {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { master: pair.master, writer, child: Some(child), seen, reader, modes, exit: None }
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().and_then(|child| child.process_id()).expect("a running process")
    }

    /// The screen's text, without trailing blanks.
    pub fn screen(&self) -> String {
        self.seen.0.lock().unwrap().parser.screen().contents()
    }

    /// Every byte that came out so far.
    pub fn raw_output(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().raw.clone()
    }

    /// What is switched on now.
    pub fn modes(&self) -> Modes {
        let seen = self.seen.0.lock().unwrap();
        let screen = seen.parser.screen();
        Modes {
            alternate_screen: screen.alternate_screen(),
            cursor_hidden: screen.hide_cursor(),
            bracketed_paste: screen.bracketed_paste(),
            focus: last(&seen.raw, b"\x1b[?1004h") > last(&seen.raw, b"\x1b[?1004l"),
            mouse: screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
        }
    }

    /// Whether the kernel's modes of the terminal (raw or not, echo, signals) are as they were before the program began.
    pub fn kernel_modes_as_before(&self) -> bool {
        modes(&*self.master) == self.modes
    }

    /// Waits until something holds of what was seen; else fails, with the screen.
    fn wait_until(&self, what: &str, limit: Duration, holds: impl Fn(&Seen) -> bool) {
        let until = Instant::now() + limit;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            if holds(&seen) {
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let mut screen = String::new();
                for line in seen.parser.screen().contents().lines() {
                    let _ = writeln!(screen, "  | {line}");
                }
                drop(seen);
                panic!("no {what} after {limit:?}; the screen is\n{screen}");
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str, limit: Duration) {
        self.wait_until(&format!("{text:?} on the screen"), limit, |seen| {
            seen.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the screen does not show a text any more.
    pub fn wait_gone(&self, text: &str, limit: Duration) {
        self.wait_until(&format!("end of {text:?} on the screen"), limit, |seen| {
            !seen.parser.screen().contents().contains(text)
        });
    }

    /// Waits until the screen shows one of several texts, and says which.
    pub fn wait_for_any<'a>(&self, texts: &[&'a str], limit: Duration) -> &'a str {
        self.wait_until(&format!("one of {texts:?} on the screen"), limit, |seen| {
            let screen = seen.parser.screen().contents();
            seen.ended || texts.iter().any(|text| screen.contains(text))
        });
        let screen = self.screen();
        texts.iter().find(|text| screen.contains(**text)).unwrap_or_else(|| panic!("ended, showing:\n{screen}"))
    }

    /// How many bytes came out so far.
    pub fn output_size(&self) -> usize {
        self.seen.0.lock().unwrap().raw.len()
    }

    /// When the last bytes came out.
    pub fn last_output(&self) -> Instant {
        self.seen.0.lock().unwrap().at
    }

    /// Waits until more than `before` bytes came out in all, and says when the last of them came; `None` when they don't.
    pub fn wait_for_bytes(&self, before: usize, limit: Duration) -> Option<Instant> {
        let seen = self.seen.0.lock().unwrap();
        let (seen, waited) =
            self.seen.1.wait_timeout_while(seen, limit, |seen| seen.raw.len() <= before && !seen.ended).unwrap();
        (!waited.timed_out() && seen.raw.len() > before).then_some(seen.at)
    }

    /// Waits until nothing came out for a while.
    pub fn wait_quiet(&self, quiet: Duration, limit: Duration) {
        let until = Instant::now() + limit;
        loop {
            let since = self.seen.0.lock().unwrap().at.elapsed();
            if since >= quiet {
                return;
            }
            assert!(Instant::now() < until, "still drawing after {limit:?}");
            thread::sleep(quiet.saturating_sub(since));
        }
    }

    /// Types keys: characters as they are, and `<enter>`, `<esc>`, `<tab>`, `<backtab>`, `<backspace>`, `<space>`, `<up>`,
    /// `<down>`, `<left>`, `<right>`, `<home>`, `<end>`, `<pageup>`, `<pagedown>`, `<insert>`, `<delete>`, `<f1>`…`<f12>`,
    /// `<c-x>` (Ctrl), `<a-x>` (Alt) and `<lt>` for `<`. Each is a write of its own, and the same key again waits for
    /// [`TAP`].
    pub fn send_keys(&mut self, keys: &str) {
        let mut before = Vec::new();
        for key in parse(keys) {
            if key == before {
                thread::sleep(TAP);
            } else if before == b"\x1b" {
                // An escape and what follows at once would be one key, with Alt.
                thread::sleep(Duration::from_millis(20));
            }
            self.send_bytes(&key);
            before = key;
        }
    }

    /// Writes bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).and_then(|()| self.writer.flush()).expect("the terminal takes input");
    }

    /// Pastes as a terminal does that was asked to mark pastes.
    pub fn paste(&mut self, text: &str) {
        self.send_bytes(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    /// Changes the terminal's size.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.seen.0.lock().unwrap().parser.set_size(nonzero(rows), nonzero(cols));
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Sends a signal to the program.
    pub fn kill(&self, signal: Signal) {
        kill(self.pid(), signal);
    }

    /// Waits for the program's end, and for the last of its output.
    pub fn wait_exit(&mut self, limit: Duration) -> ExitStatus {
        let until = Instant::now() + limit;
        while self.exit.is_none() {
            self.exit = self.child.as_mut().unwrap().try_wait().unwrap();
            if self.exit.is_none() {
                assert!(Instant::now() < until, "still running after {limit:?}; the screen is\n{}", self.screen());
                thread::sleep(Duration::from_millis(2));
            }
        }
        // A grandchild may keep the terminal open: then there is no end to wait for, only silence.
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.ended && seen.at.elapsed() < Duration::from_millis(300) {
            seen = self.seen.1.wait_timeout(seen, Duration::from_millis(50)).unwrap().0;
        }
        self.exit.clone().unwrap()
    }

    /// Takes the terminal away, as when its window is closed. Returns the program's process id, for [`wait_process_gone`].
    ///
    /// The kernel hangs up with the last copy of the master, and the reader thread has one, blocked in a read that only
    /// output ends: a change of size makes the program draw.
    pub fn hang_up(mut self) -> u32 {
        let pid = self.pid();
        self.seen.0.lock().unwrap().stop = true;
        let until = Instant::now() + Duration::from_secs(10);
        for cols in (60..80).cycle() {
            if self.reader.is_finished() {
                break;
            }
            assert!(Instant::now() < until, "the program does not draw when its terminal's size changes");
            self.resize(cols, 24);
            thread::sleep(Duration::from_millis(100));
        }
        // A zombie would not count as gone.
        let mut child = self.child.take().unwrap();
        thread::spawn(move || child.wait());
        pid
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if self.exit.is_none()
            && let Some(child) = &mut self.child
        {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has columns and rows")
}

fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().expect("a terminal's modes"))
}

fn last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}

/// Sends a signal to any process.
pub fn kill(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap_or_else(|error| panic!("{signal:?} to {pid:?}: {error}"));
}

/// The processes that have this one as their parent.
pub fn children(pid: u32) -> Vec<u32> {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|child| stat(*child).is_some_and(|fields| fields[1] == pid.to_string()))
        .collect()
}

/// The fields of `/proc/PID/stat` from the state on; `None` when the process is gone or a zombie.
pub fn stat(pid: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(PathBuf::from(format!("/proc/{pid}/stat"))).ok()?;
    let fields: Vec<String> = text.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect();
    (fields[0] != "Z" && fields[0] != "X").then_some(fields)
}

/// Waits until a process that is not our child is gone.
pub fn wait_process_gone(pid: u32, limit: Duration) {
    let until = Instant::now() + limit;
    while let Some(fields) = stat(pid) {
        assert!(Instant::now() < until, "process {pid} is still there after {limit:?}, in state {}", fields[0]);
        thread::sleep(Duration::from_millis(5));
    }
}

/// The time on a processor that a process's threads have used, in nanoseconds.
pub fn cpu(pid: u32) -> Option<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let text = std::fs::read_to_string(entry.ok()?.path().join("schedstat")).ok()?;
        sum += text.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(sum)
}

/// Key strings to what a terminal sends, one entry a key.
pub fn parse(keys: &str) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut left = keys;
    while let Some(c) = left.chars().next() {
        if c == '<'
            && let Some((name, rest)) = left[1..].split_once('>')
        {
            out.push(named(name));
            left = rest;
        } else {
            out.push(c.to_string().into_bytes());
            left = &left[c.len_utf8()..];
        }
    }
    out
}

fn named(name: &str) -> Vec<u8> {
    let text = match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        "backtab" => "\x1b[Z",
        "backspace" => "\x7f",
        "space" => " ",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "insert" => "\x1b[2~",
        "delete" => "\x1b[3~",
        "pageup" => "\x1b[5~",
        "pagedown" => "\x1b[6~",
        "f1" => "\x1bOP",
        "f2" => "\x1bOQ",
        "f3" => "\x1bOR",
        "f4" => "\x1bOS",
        "f5" => "\x1b[15~",
        "f6" => "\x1b[17~",
        "f7" => "\x1b[18~",
        "f8" => "\x1b[19~",
        "f9" => "\x1b[20~",
        "f10" => "\x1b[21~",
        "f11" => "\x1b[23~",
        "f12" => "\x1b[24~",
        "lt" => "<",
        _ => {
            if let Some(letter) = name.strip_prefix("c-").filter(|letter| letter.len() == 1) {
                return vec![letter.as_bytes()[0].to_ascii_uppercase() & 0x1f];
            }
            if let Some(key) = name.strip_prefix("a-").filter(|key| key.chars().count() == 1) {
                return format!("\x1b{key}").into_bytes();
            }
            panic!("no key is called <{name}>");
        }
    };
    text.as_bytes().to_vec()
}
