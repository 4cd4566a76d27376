//! A short failover on the simulated Regions by the real program: its files, its runs and what their wires saw.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_handover");
const SERVICE: &str = include_str!("../../assets/presets/fineract/service.toml");
/// Every kind of step once, every mutation of a failover once, and nothing that takes long.
pub const RUNBOOK: &str = include_str!("../fixtures/short.toml");
/// How long one process may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A folder with a service, a short runbook, and nobody's home.
pub struct Short {
    home: tempfile::TempDir,
}

/// The service without its cluster: the short runbook scales nothing up, and into a cluster of 0 replicas no traffic is let.
fn service() -> String {
    let (before, rest) = SERVICE.split_once("[components.cluster]").unwrap();
    let (_, after) = rest.split_once("[components.traffic]").unwrap();
    format!("{before}[components.traffic]{after}")
}

impl Short {
    pub fn new() -> Self {
        Self::with(RUNBOOK)
    }

    pub fn with(runbook: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("service/runbooks")).unwrap();
        fs::write(home.path().join("service/service.toml"), service()).unwrap();
        fs::write(home.path().join("service/runbooks/failover.toml"), runbook).unwrap();
        Self { home }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn service(&self) -> String {
        self.path("service/service.toml").to_str().unwrap().to_owned()
    }

    /// The variables of a process that keeps its runs in a folder of this name.
    pub fn env(&self, data: &str) -> Vec<(String, String)> {
        let at = |name: &str| self.path(name).to_str().unwrap().to_owned();
        [("HOME", at("home")), ("XDG_CONFIG_HOME", at("config")), ("XDG_STATE_HOME", at("state"))]
            .into_iter()
            .chain([("HANDOVER_DATA_DIR", at(data)), ("HANDOVER_OPERATOR", "anna".to_owned())])
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The program, with its runs in a folder of this name.
    pub fn command(&self, data: &str, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(args).envs(self.env(data)).env_remove("HANDOVER_LOG").stdin(Stdio::null());
        command.current_dir(self.home.path());
        command
    }

    /// A run from its beginning, played by the simulation's own operator.
    pub fn play(&self, data: &str, scenario: &str, env: &[(String, String)]) -> Output {
        let service = self.service();
        let args = ["demo", &service, "--scenario", scenario, "--autoplay", "--headless", "--speed", "60"];
        finish(self.command(data, &args).envs(env.iter().cloned()))
    }

    /// The run goes on, with no fault unless `env` has one.
    pub fn resume(&self, data: &str, env: &[(String, String)]) -> Output {
        finish(self.command(data, &["resume", "--autoplay", "--headless"]).envs(env.iter().cloned()))
    }

    pub fn run(&self, data: &str, args: &[&str]) -> Output {
        finish(&mut self.command(data, args))
    }

    /// The one run in a folder of this name.
    pub fn folder(&self, data: &str) -> PathBuf {
        let runs: Vec<PathBuf> =
            fs::read_dir(self.path(data).join("runs")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    pub fn journal(&self, data: &str) -> Vec<u8> {
        fs::read(self.folder(data).join("journal.jsonl")).unwrap()
    }
}

/// Runs a program to its end, which must come.
pub fn finish(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        if ended.recv_timeout(LIMIT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            super::pty::kill(pid, rustix::process::Signal::KILL);
            return true;
        }
        false
    });
    let output = child.wait_with_output().unwrap();
    drop(done);
    let hung = watch.join().unwrap();
    assert!(!hung, "{command:?} did not end within {LIMIT:?}:\n{}", said(&output));
    output
}

/// All that a process printed.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// How often the simulated wire accepted each mutation.
pub fn mutations(folder: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let text = fs::read_to_string(folder.join("wire.jsonl")).unwrap_or_default();
    for line in text.lines().skip(1) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        *counts.entry(value["operation"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// A journal's entries as JSON, without a last line that is not whole.
pub fn entries(journal: &[u8]) -> Vec<serde_json::Value> {
    let whole = journal.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// How many entries of a kind there are.
pub fn count(journal: &[u8], kind: &str) -> usize {
    entries(journal).iter().filter(|entry| entry["kind"] == kind).count()
}

/// Waits until something holds.
pub fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + limit;
    while !holds() {
        assert!(Instant::now() < until, "no {what} after {limit:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Does something for each of several things, on a few threads: what is done mostly sleeps. Fails with all that failed.
pub fn side_by_side<T: Sync + std::fmt::Debug>(things: &[T], act: impl Fn(&T) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(thing) = things.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(thing))).is_err() {
                        failed.lock().unwrap().push(format!("{thing:?}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "see above: {}", failed.join(", "));
}
