//! Measures the console as its operator meets it: the real program, in a pseudo-terminal.
//!
//! `cargo bench --bench console -- [--idle SECONDS] [--presses N] [--starts N] [--against COMMAND]…`
//!
//! What is measured, and how, is told in `benches/README.md`.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

#[cfg(unix)]
#[path = "../tests/common/pty.rs"]
mod pty;

#[cfg(unix)]
mod measure {
    use std::fs::OpenOptions;
    use std::io::Write as _;
    use std::path::Path;
    use std::process::Command;
    use std::thread;
    use std::time::{Duration, Instant};

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
        argv: Vec<String>,
        /// The text that the first full screen shows; without one, the screen counts as full when nothing came for 100 ms.
        full: Option<&'static str>,
        /// Two keys to press in turn, that move something.
        keys: [&'static str; 2],
    }

    impl Subject {
        pub fn handover() -> Self {
            Self {
                name: "handover demo".into(),
                argv: vec![env!("CARGO_BIN_EXE_handover").into(), "demo".into()],
                full: Some("checklist"),
                keys: ["j", "k"],
            }
        }

        pub fn other(command: &str) -> Self {
            let argv = command.split_whitespace().map(str::to_owned).collect();
            Self { name: command.into(), argv, full: None, keys: ["<down>", "<up>"] }
        }

        fn spawn(&self, size: (u16, u16), home: &Path) -> Pty {
            let home = home.to_str().unwrap();
            let args: Vec<&str> = self.argv[1..].iter().map(String::as_str).collect();
            let env = [("HOME", home), ("XDG_CONFIG_HOME", home), ("XDG_DATA_HOME", home), ("XDG_STATE_HOME", home)];
            Pty::spawn(&self.argv[0], &args, &env, size.0, size.1)
        }
    }

    pub struct Plan {
        pub idle: Duration,
        pub presses: usize,
        pub starts: usize,
    }

    pub struct Measured {
        pub first_byte: Duration,
        pub full_screen: Duration,
        pub keys: Vec<Duration>,
        pub unanswered: usize,
        pub idle_bytes: f64,
        pub idle_cpu: f64,
    }

    pub fn subject(subject: &Subject, size: (u16, u16), plan: &Plan) -> Measured {
        let home = tempfile::tempdir().unwrap();
        let mut starts: Vec<_> = (0..plan.starts.max(1)).map(|_| start(subject, size, home.path())).collect();
        let first_byte = percentile(&mut starts.iter().map(|s| s.0).collect::<Vec<_>>(), 50);
        let full_screen = percentile(&mut starts.iter().map(|s| s.1).collect::<Vec<_>>(), 50);
        let (.., mut running) = starts.pop().unwrap();
        drop(starts);
        // What a program does in its first seconds is neither an answer to a key nor idling.
        thread::sleep(Duration::from_secs(2));
        let (keys, unanswered) = keys(subject, &mut running, plan.presses);
        thread::sleep(Duration::from_secs(1));
        let (idle_bytes, idle_cpu) = idle(&running, plan.idle);
        Measured { first_byte, full_screen, keys, unanswered, idle_bytes, idle_cpu }
    }

    /// From just before the fork to the first byte, and to the byte that completes the screen.
    fn start(subject: &Subject, size: (u16, u16), home: &Path) -> (Duration, Duration, Pty) {
        let begun = Instant::now();
        let running = subject.spawn(size, home);
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
    fn keys(subject: &Subject, running: &mut Pty, presses: usize) -> (Vec<Duration>, usize) {
        let keys: Vec<Vec<u8>> = subject.keys.iter().map(|key| pty::parse(key).remove(0)).collect();
        let (mut took, mut unanswered, mut random) = (Vec::new(), 0, 0x2545_f491_u32);
        for press in 0..presses {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            thread::sleep(Duration::from_micros(20_000 + u64::from(random % 10_000)));
            let before = running.output_size();
            let begun = Instant::now();
            running.send_bytes(&keys[press % 2]);
            match running.wait_for_bytes(before, Duration::from_millis(500)) {
                Some(at) => took.push(at.duration_since(begun)),
                None => unanswered += 1,
            }
        }
        (took, unanswered)
    }

    /// Bytes written a second, and per cent of one processor, while nobody does anything.
    fn idle(running: &Pty, span: Duration) -> (f64, f64) {
        let (bytes, cpu, begun) = (running.output_size(), pty::cpu(running.pid()).unwrap_or(0), Instant::now());
        thread::sleep(span);
        let seconds = begun.elapsed().as_secs_f64();
        let cpu = pty::cpu(running.pid()).unwrap_or(0).saturating_sub(cpu);
        ((running.output_size() - bytes) as f64 / seconds, cpu as f64 / 1e9 / seconds * 100.0)
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
                answer: "accepted: arn:aws:rds:us-west-2:123456789012:db:fineract-production-replica is modifying"
                    .into(),
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

    /// Milliseconds, where anything was measured.
    pub fn some(duration: Duration) -> String {
        if duration.is_zero() { "none".into() } else { format!("{:.3}", ms(duration)) }
    }

    pub fn ms(duration: Duration) -> f64 {
        duration.as_secs_f64() * 1e3
    }
}

#[cfg(unix)]
fn main() {
    use measure::{Measured, Plan, Subject, ms, percentile, some};
    use std::time::Duration;

    let mut plan = Plan { idle: Duration::from_mins(1), presses: 300, starts: 9 };
    let mut subjects = vec![Subject::handover()];
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} wants a value"));
        match arg.as_str() {
            "--idle" => plan.idle = Duration::from_secs(value().parse().expect("seconds")),
            "--presses" => plan.presses = value().parse().expect("a number"),
            "--starts" => plan.starts = value().parse().expect("a number"),
            "--against" => subjects.push(Subject::other(&value())),
            "--only-others" => drop(subjects.remove(0)),
            // cargo adds it.
            "--bench" => {}
            other => panic!("unknown argument {other}"),
        }
    }

    println!(
        "| program | size | first byte ms | full screen ms | key p50 ms | key p99 ms | unanswered | idle B/s | idle CPU % |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for subject in &subjects {
        for size in measure::SIZES {
            let Measured { first_byte, full_screen, mut keys, unanswered, idle_bytes, idle_cpu } =
                measure::subject(subject, size, &plan);
            println!(
                "| {} | {}×{} | {:.1} | {:.1} | {} | {} | {unanswered} | {idle_bytes:.0} | {idle_cpu:.3} |",
                subject.name,
                size.0,
                size.1,
                ms(first_byte),
                ms(full_screen),
                some(percentile(&mut keys, 50)),
                some(percentile(&mut keys, 99)),
            );
        }
    }

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let measure::Durable { bytes, mut bare, mut append, mut seal } = measure::durable(folder.path(), 1000);
    println!("\n| an entry of {bytes} bytes | p50 ms | p99 ms |\n|---|---|---|");
    for (what, took) in
        [("bare write + fdatasync", &mut bare), ("the journal's append", &mut append), ("sealing it", &mut seal)]
    {
        println!("| {what} | {:.3} | {:.3} |", ms(percentile(took, 50)), ms(percentile(took, 99)));
    }

    match measure::instructions(&[env!("CARGO_BIN_EXE_handover"), "--version"]) {
        Some(count) => println!("\ninstructions of `handover --version`: {count}"),
        None => println!("\ninstructions: not measured (neither perf's counter nor valgrind is there)"),
    }
}

#[cfg(not(unix))]
fn main() {
    println!("not measured: there are no pseudo-terminals here");
}
