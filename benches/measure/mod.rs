//! How a program in a pseudo-terminal is measured: one method for all of them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use handover::app::screen::Screen;
use handover::domain::journal::{Body, Chain};
use handover::domain::redact::Redactor;
use handover::ports::JournalStore as _;
use handover::store::file::FileJournal;
use jiff::Timestamp;

use super::pty::{self, Pty};

const LIMIT: Duration = Duration::from_secs(20);
pub const SIZES: [(u16, u16); 2] = [(80, 24), (200, 60)];

/// A program to measure.
pub struct Subject {
    pub name: String,
    /// Whether it is this program.
    pub own: bool,
    /// Whether it is compared: the others have nothing that goes to another screen by one key.
    pub compared: bool,
    argv: Vec<String>,
    /// The text that the first full screen shows; without one, the screen counts as full when nothing came for 100 ms.
    full: Option<&'static str>,
    /// The key that goes to the screen that is measured, where it is not the first.
    opens: Option<String>,
    /// Two keys to press in turn, that change something.
    keys: [String; 2],
}

impl Subject {
    /// The console, with one of its screens open.
    pub fn handover(screen: Screen) -> Self {
        let digit = screen.number().to_string();
        // What works on the screen itself and can be seen there: to select, to look at more or less time, to show what is pressed or
        // not.
        let keys = match screen {
            Screen::Overview | Screen::Checklist => ["j", "k"],
            Screen::Watch => ["+", "-"],
            _ => ["K", "K"],
        };
        Self {
            name: format!("handover: {}", screen.as_str()),
            own: true,
            compared: true,
            argv: vec![env!("CARGO_BIN_EXE_handover").into(), "demo".into()],
            full: Some("checklist"),
            opens: (screen != Screen::Overview).then_some(digit),
            keys: keys.map(str::to_owned),
        }
    }

    /// The console, going to another screen and back.
    pub fn moving() -> Self {
        let keys = ["2".into(), "1".into()];
        Self {
            name: "handover: from screen to screen".into(),
            keys,
            compared: false,
            ..Self::handover(Screen::Overview)
        }
    }

    pub fn other(command: &str) -> Self {
        let argv = command.split_whitespace().map(str::to_owned).collect();
        let keys = ["<down>".into(), "<up>".into()];
        Self { name: command.into(), own: false, compared: true, argv, full: None, opens: None, keys }
    }

    fn spawn(&self, size: (u16, u16), home: &Path, before: &[String]) -> Pty {
        let home = home.to_str().unwrap();
        let argv: Vec<&str> = before.iter().chain(&self.argv).map(String::as_str).collect();
        let env = [("HOME", home), ("XDG_CONFIG_HOME", home), ("XDG_DATA_HOME", home), ("XDG_STATE_HOME", home)];
        Pty::spawn(argv[0], &argv[1..], &env, size.0, size.1)
    }

    /// Goes to the screen that is measured.
    fn open(&self, running: &mut Pty) {
        if let Some(key) = &self.opens {
            running.send_bytes(&pty::parse(key).remove(0));
        }
    }
}

pub struct Plan {
    pub idle: Duration,
    pub presses: usize,
    pub starts: usize,
    /// Whether instructions are counted, by callgrind: that takes a minute a program and size.
    pub instructions: bool,
}

/// What was measured of a program at one size.
pub struct Measured {
    pub first_byte: Duration,
    pub full_screen: Duration,
    pub keys: Vec<Duration>,
    pub unanswered: usize,
    /// Bytes that followed a key, on average.
    pub key_bytes: f64,
    /// Bytes a second while nobody does anything.
    pub idle_bytes: f64,
    /// Bytes of each drawing then.
    pub draw_bytes: f64,
    /// Per cent of one processor then.
    pub idle_cpu: f64,
    /// User-space instructions of the whole program from one drawing to the next, then.
    pub instructions: Option<f64>,
}

pub fn subject(subject: &Subject, size: (u16, u16), plan: &Plan) -> Measured {
    let home = tempfile::tempdir().unwrap();
    let mut starts: Vec<_> = (0..plan.starts.max(1)).map(|_| start(subject, size, home.path())).collect();
    let first_byte = percentile(&mut starts.iter().map(|s| s.0).collect::<Vec<_>>(), 50);
    let full_screen = percentile(&mut starts.iter().map(|s| s.1).collect::<Vec<_>>(), 50);
    let (.., mut running) = starts.pop().unwrap();
    drop(starts);
    subject.open(&mut running);
    // What a program does in its first seconds is neither an answer to a key nor idling.
    thread::sleep(Duration::from_secs(8));
    let (keys, unanswered, key_bytes) = keys(subject, &mut running, plan.presses);
    // Nor is what a key has left on the screen for some seconds.
    thread::sleep(Duration::from_secs(12));
    let idle = idle(&running, plan.idle);
    drop(running);
    let instructions = plan.instructions.then(|| instructions_a_draw(subject, size, home.path())).flatten();
    let (idle_bytes, draw_bytes, idle_cpu) = (idle.bytes_a_second, idle.bytes_a_draw, idle.cpu);
    Measured { first_byte, full_screen, keys, unanswered, key_bytes, idle_bytes, draw_bytes, idle_cpu, instructions }
}

/// From just before the fork to the first byte, and to the byte that completes the screen.
fn start(subject: &Subject, size: (u16, u16), home: &Path) -> (Duration, Duration, Pty) {
    let begun = Instant::now();
    let running = subject.spawn(size, home, &[]);
    running.wait_for_bytes(0, LIMIT).expect("a program that shows something");
    let first = running.last_output().duration_since(begun);
    let full = if let Some(text) = subject.full {
        running.wait_for(text, LIMIT);
        begun.elapsed()
    } else {
        running.wait_quiet(Duration::from_millis(100), LIMIT);
        running.last_output().duration_since(begun)
    };
    (first, full, running)
}

/// From just before the write of a key to the first byte that comes back. Presses are spaced so that one never meets the
/// drawing of the one before, with a jitter so that they don't keep step with a clock.
fn keys(subject: &Subject, running: &mut Pty, presses: usize) -> (Vec<Duration>, usize, f64) {
    let keys: Vec<Vec<u8>> = subject.keys.iter().map(|key| pty::parse(key).remove(0)).collect();
    let (mut took, mut unanswered, mut random) = (Vec::new(), 0, 0x2545_f491_u32);
    let first = running.output_size();
    // One key twice within 50 ms counts as held down here.
    let least = if keys[0] == keys[1] { 60_000 } else { 20_000 };
    for press in 0..presses {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        thread::sleep(Duration::from_micros(least + u64::from(random % 10_000)));
        let before = running.output_size();
        let begun = Instant::now();
        running.send_bytes(&keys[press % 2]);
        match running.wait_for_bytes(before, Duration::from_millis(500)) {
            Some(at) => took.push(at.duration_since(begun)),
            None => unanswered += 1,
        }
    }
    let bytes = (running.output_size() - first) as f64 / presses.max(1) as f64;
    (took, unanswered, bytes)
}

/// What a program does while nobody does anything.
struct Idle {
    bytes_a_second: f64,
    bytes_a_draw: f64,
    cpu: f64,
}

fn idle(running: &Pty, span: Duration) -> Idle {
    let (bytes, cpu, begun) = (running.output_size(), pty::cpu(running.pid()).unwrap_or(0), Instant::now());
    let draws = draws(running, span);
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = pty::cpu(running.pid()).unwrap_or(0).saturating_sub(cpu);
    let bytes = (running.output_size() - bytes) as f64;
    Idle {
        bytes_a_second: bytes / seconds,
        bytes_a_draw: bytes / draws.max(1) as f64,
        cpu: cpu as f64 / 1e9 / seconds * 100.0,
    }
}

/// How often a program draws in a time: whatever comes without a pause of 20 ms is one drawing.
fn draws(running: &Pty, span: Duration) -> usize {
    let (begun, mut size, mut draws, mut quiet) = (Instant::now(), running.output_size(), 0, 4);
    while begun.elapsed() < span {
        thread::sleep(Duration::from_millis(5));
        let now = running.output_size();
        if now == size {
            quiet += 1;
        } else {
            draws += usize::from(quiet >= 4);
            (size, quiet) = (now, 0);
        }
    }
    draws
}

/// User-space instructions of a program from one drawing to the next while nobody does anything: of a long stay on the screen
/// without those of a short one, both under callgrind, over the drawings that the long one had more.
fn instructions_a_draw(subject: &Subject, size: (u16, u16), home: &Path) -> Option<f64> {
    let stay = |seconds: u64| {
        let log = home.join(format!("callgrind-{seconds}"));
        let before = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"].map(str::to_owned);
        let before: Vec<String> = before.into_iter().chain([format!("--log-file={}", log.display())]).collect();
        let mut running = subject.spawn(size, home, &before);
        running.wait_for_bytes(0, Duration::from_secs(60))?;
        if let Some(text) = subject.full {
            running.wait_for(text, Duration::from_secs(60));
        }
        subject.open(&mut running);
        thread::sleep(Duration::from_secs(15));
        let draws = draws(&running, Duration::from_secs(seconds));
        running.send_bytes(b"q");
        let ended = Instant::now();
        let counted = loop {
            thread::sleep(Duration::from_millis(100));
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let counted = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<u64>().ok());
            if counted.is_some() || ended.elapsed() > Duration::from_secs(30) {
                break counted;
            }
        };
        Some((counted?, draws))
    };
    let ((few, seldom), (many, often)) = (stay(12)?, stay(42)?);
    (often > seldom && many > few).then(|| (many - few) as f64 / (often - seldom) as f64)
}

/// What it takes to write entries down: the journal's own append, the sealing before it, and beside each append, in
/// turn with it, the bare cost of making as many bytes durable: one write and one fdatasync in the same folder.
pub struct Durable {
    pub bytes: usize,
    pub bare: Vec<Duration>,
    pub append: Vec<Duration>,
    pub seal: Vec<Duration>,
}

pub fn durable(folder: &Path, times: usize) -> Durable {
    let mut bare = OpenOptions::new().create_new(true).append(true).open(folder.join("bare")).unwrap();
    let mut journal = FileJournal::create(&folder.join("journal.jsonl")).unwrap();
    let mut chain = Chain::new(Redactor::new(Vec::new()));
    let mut measured = Durable { bytes: 0, bare: Vec::new(), append: Vec::new(), seal: Vec::new() };
    let took = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    for attempt in 0..times {
        let body = Body::Attempt {
            step: "promote".into(),
            attempt: 1,
            request: attempt as u32,
            request_id: Some("5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a01".into()),
            took_ms: 1234,
            answer: "accepted: arn:aws:rds:us-west-2:123456789012:db:fineract-production-replica is modifying".into(),
        };
        let (at, mono) = (Timestamp::UNIX_EPOCH, Duration::from_secs(attempt as u64));
        let mut sealed = None;
        measured.seal.push(took(&mut || sealed = Some(chain.seal(at, mono, "anna", body.clone()).unwrap())));
        let sealed = sealed.unwrap();
        let bytes = vec![b'x'; sealed.line.len() + 1];
        measured.bytes = bytes.len();
        measured.bare.push(took(&mut || bare.write_all(&bytes).and_then(|()| bare.sync_data()).unwrap()));
        measured.append.push(took(&mut || journal.append(&sealed.line).unwrap()));
        chain.advance(&sealed);
    }
    measured
}

/// User-space instructions of a whole run of a program, by `perf` where the processor's counter is to be had, else by
/// callgrind.
pub fn instructions(argv: &[&str]) -> Option<u64> {
    let perf = Command::new("perf").args(["stat", "-x,", "-e", "instructions:u", "--"]).args(argv).output().ok();
    let counted = perf.and_then(|out| {
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        text.lines().find(|line| line.contains("instructions"))?.split(',').next()?.parse().ok()
    });
    counted.or_else(|| {
        let out = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(argv)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
    })
}

pub fn percentile(values: &mut [Duration], of_hundred: usize) -> Duration {
    values.sort();
    values.get((values.len() * of_hundred / 100).min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
