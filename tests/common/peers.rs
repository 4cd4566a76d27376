//! The test peers: AWS as moto answers it, with one endpoint per Region, and a real PostgreSQL pair.
//!
//! `tests/peers/front.py` is the program; this starts it (after making its Python virtual environment, once), speaks to
//! its control port and stops it on drop.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");
const SKIP: &str = "HANDOVER_SKIP_PEERS";
const START_LIMIT: Duration = Duration::from_secs(120);

/// How the peers are to behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Does the writer run from the start?
    pub writer: bool,
    /// The writer's commits per second; 0 is as fast as they go.
    pub writer_rate: f64,
    /// Seconds between data points of ReplicaLag.
    pub lag_interval: f64,
    /// Seconds of `available`, `modifying` and `rebooting` after PromoteReadReplica.
    pub promote: [f64; 3],
    /// Seconds until a Route 53 change is INSYNC.
    pub pending: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { writer: true, writer_rate: 200.0, lag_interval: 60.0, promote: [1.0; 3], pending: 1.0 }
    }
}

/// What a Region's endpoint does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Ok,
    /// Accepts, reads, never applies, never answers.
    Hang,
    Unavailable,
    Throttle,
    /// Applies, and never answers.
    Mute,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replication {
    Pause,
    Resume,
    /// For good: later commits never arrive.
    Cut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    Primary,
    Standby,
}

/// The roles that can log in, with their passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Superuser,
    Handover,
    App,
}

/// The line that the peers print when they are ready.
#[derive(Debug, Clone, Deserialize)]
pub struct Ready {
    pub pid: u32,
    pub control_port: u16,
    /// By Region's name, and `global` for Route 53.
    pub regions: BTreeMap<String, u16>,
    pub postgres: Postgres,
    pub source: Instance,
    pub replica: Instance,
    pub hosted_zone: String,
    /// By Region's name.
    pub health_checks: BTreeMap<String, String>,
    pub secret: Secret,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Postgres {
    pub primary_port: u16,
    pub standby_port: u16,
    pub database: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    pub id: String,
    pub arn: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Secret {
    pub name: String,
    pub arn: String,
    pub version_id: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct State {
    pub modes: BTreeMap<String, String>,
    pub writer: Writer,
    pub replicating: bool,
    pub lag_points: u64,
    /// What went wrong inside the peers; empty in a good test.
    pub errors: Vec<String>,
    pub calls: Vec<Call>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Writer {
    /// The last row whose commit was acknowledged.
    pub acknowledged: i64,
    /// When, in seconds since the epoch.
    pub acknowledged_at: Option<f64>,
    pub running: bool,
    /// The server's words, when it refused the login.
    pub refused: Option<String>,
    pub disconnects: u64,
}

/// One AWS call, as it arrived.
#[derive(Debug, Clone, Deserialize)]
pub struct Call {
    pub seq: u64,
    pub time: String,
    /// The endpoint that it came to: a Region's name, or `global`.
    pub endpoint: String,
    /// The Region that it was signed for.
    pub region: Option<String>,
    pub service: String,
    pub operation: String,
    pub params: Value,
    pub mutation: bool,
    pub mode: String,
    /// Did it take effect?
    pub applied: bool,
    /// The status answered; none where there was no answer.
    pub status: Option<u16>,
}

/// The running peers. Dropping it stops them.
#[derive(Debug)]
pub struct Peers {
    pub ready: Ready,
    child: Child,
    input: Option<ChildStdin>,
    log: PathBuf,
}

impl Peers {
    /// Starts the peers; `None` when the environment says to skip them.
    pub fn start(options: &Options) -> Result<Option<Self>, String> {
        if skipped() {
            return Ok(None);
        }
        let python = python()?;
        let (log, errors) = log_file()?;
        let mut command = Command::new(python);
        command.arg("-B").arg(Path::new(SOURCES).join("front.py"));
        command.args(["--writer-rate", &options.writer_rate.to_string()]);
        command.args(["--lag-interval", &options.lag_interval.to_string()]);
        command.args(["--pending", &options.pending.to_string()]);
        command.arg("--promote").args(options.promote.map(|seconds| seconds.to_string()));
        if !options.writer {
            command.arg("--no-writer");
        }
        // Nothing of the tester's own AWS or PostgreSQL settings is meant for the peers.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["AWS_", "PG", "MOTO_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("the peers don't start: {error}"))?;
        let input = child.stdin.take();
        let line = child.stdout.take().map(first_line).unwrap_or_default();
        match serde_json::from_str(&line) {
            Ok(ready) => Ok(Some(Self { ready, child, input, log })),
            Err(error) => {
                drop(input);
                stop(&mut child);
                let said = fs::read_to_string(&log).unwrap_or_default();
                Err(format!("the peers are not ready ({error}); they said {line:?}:\n{}", tail(&said)))
            }
        }
    }

    /// A Region's endpoint, or that of `global`.
    pub fn endpoint(&self, region: &str) -> String {
        let port = self.ready.regions.get(region).copied().unwrap_or_default();
        format!("http://127.0.0.1:{port}")
    }

    /// How to connect to a cluster, for libpq and tokio-postgres.
    pub fn database(&self, cluster: Cluster, role: Role) -> String {
        let (user, password) = match role {
            Role::Superuser => ("postgres", "postgres-secret"),
            Role::Handover => ("handover", "handover-secret"),
            Role::App => ("app", "app-secret"),
        };
        let port = match cluster {
            Cluster::Primary => self.ready.postgres.primary_port,
            Cluster::Standby => self.ready.postgres.standby_port,
        };
        format!(
            "host=127.0.0.1 port={port} user={user} password={password} dbname={} connect_timeout=5",
            self.ready.postgres.database
        )
    }

    pub fn state(&self) -> Result<State, String> {
        self.get("/_control/state")
    }

    pub fn calls(&self) -> Result<Vec<Call>, String> {
        Ok(self.state()?.calls)
    }

    /// The calls that would change something, whether they took effect or not.
    pub fn mutations(&self) -> Result<Vec<Call>, String> {
        Ok(self.calls()?.into_iter().filter(|call| call.mutation).collect())
    }

    /// The hosted zone's record sets, in Route 53's own words.
    pub fn records(&self) -> Result<Vec<Value>, String> {
        let answer: Value = self.get("/_control/records")?;
        Ok(answer.get("records").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// The rows that a query answers, asked as superuser.
    pub fn sql(&self, cluster: Cluster, query: &str) -> Result<Vec<Value>, String> {
        let cluster = match cluster {
            Cluster::Primary => "primary",
            Cluster::Standby => "standby",
        };
        let answer: Value = self.get(&format!("/_control/sql?cluster={cluster}&q={}", percent_encoded(query)))?;
        Ok(answer.get("rows").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// The number of committed rows in a cluster's ledger.
    pub fn rows(&self, cluster: Cluster) -> Result<i64, String> {
        let rows = self.sql(cluster, "select count(*) as n from ledger")?;
        rows.first().and_then(|row| row.get("n")).and_then(Value::as_i64).ok_or_else(|| format!("no count: {rows:?}"))
    }

    pub fn set_region(&self, region: &str, mode: Mode) -> Result<(), String> {
        let mode = match mode {
            Mode::Ok => "ok",
            Mode::Hang => "hang",
            Mode::Unavailable => "503",
            Mode::Throttle => "throttle",
            Mode::Mute => "mute",
        };
        self.post("/_control/region", &json!({ "region": region, "mode": mode }))
    }

    pub fn set_replication(&self, replication: Replication) -> Result<(), String> {
        let mode = match replication {
            Replication::Pause => "pause",
            Replication::Resume => "resume",
            Replication::Cut => "cut",
        };
        self.post("/_control/replication", &json!({ "mode": mode }))
    }

    pub fn set_writer(&self, running: bool) -> Result<(), String> {
        self.post("/_control/writer", &json!({ "mode": if running { "start" } else { "stop" } }))
    }

    /// What the health checkers of Route 53 report.
    pub fn set_health(&self, health_check: &str, healthy: bool) -> Result<(), String> {
        self.post("/_control/health", &json!({ "health_check": health_check, "healthy": healthy }))
    }

    fn get<T: DeserializeOwned>(&self, target: &str) -> Result<T, String> {
        let body = request(self.ready.control_port, "GET", target, "")?;
        serde_json::from_str(&body).map_err(|error| format!("GET {target}: {error}: {body}"))
    }

    fn post(&self, target: &str, body: &Value) -> Result<(), String> {
        request(self.ready.control_port, "POST", target, &body.to_string()).map(drop)
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // The closed input is the sign to stop.
        self.input = None;
        stop(&mut self.child);
        if thread::panicking() {
            eprintln!("what the peers said: {}", self.log.display());
        } else {
            let _ = fs::remove_file(&self.log);
        }
    }
}

/// Waits for a program that was told to stop, and kills it when it doesn't.
fn stop(child: &mut Child) {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        if matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The first line of the output, or what there was of it when the time was up.
fn first_line(output: impl Read + Send + 'static) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(output).read_line(&mut line);
        let _ = sender.send(line);
    });
    receiver.recv_timeout(START_LIMIT).unwrap_or_default()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(30)..).unwrap_or_default().join("\n")
}

/// `target/peers`, for the environment and the logs.
fn place() -> Result<PathBuf, String> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = scratch.parent().unwrap_or(scratch).join("peers");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    Ok(place)
}

fn log_file() -> Result<(PathBuf, File), String> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = place()?.join(format!("front-{}-{number}.log", std::process::id()));
    let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok((path, file))
}

/// The folder of the peers' own programs, `python` and `aws` among them; `None` when the environment says to skip them.
pub fn programs() -> Result<Option<PathBuf>, String> {
    if skipped() {
        return Ok(None);
    }
    Ok(python()?.parent().map(Path::to_owned))
}

fn skipped() -> bool {
    let skipped = std::env::var_os(SKIP).is_some_and(|value| value == "1");
    if skipped {
        eprintln!("skipped: {SKIP}=1, no peers");
    }
    skipped
}

/// The interpreter of a virtual environment with exactly the pinned packages, made when it is not there yet.
fn python() -> Result<PathBuf, String> {
    let requirements = Path::new(SOURCES).join("requirements.txt");
    let pinned = fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let key: String = Sha256::digest(&pinned).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let place = place()?;
    let environment = place.join(format!("venv-{key}"));
    let interpreter = environment.join("bin").join("python");
    let stamp = environment.join("complete");

    // Held until the end of the function: other tests wait, then find the stamp.
    let lock =
        File::create(place.join(format!("venv-{key}.lock"))).map_err(|error| format!("lock of the peers: {error}"))?;
    lock.lock().map_err(|error| format!("lock of the peers: {error}"))?;
    if stamp.exists() {
        return Ok(interpreter);
    }
    eprintln!("making the peers' Python environment in {} (once)", environment.display());
    let _ = fs::remove_dir_all(&environment);
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment)).or_else(|first| {
        let _ = fs::remove_dir_all(&environment);
        run(Command::new("virtualenv").arg(&environment)).map_err(|_| {
            format!(
                "{first}\nThe test peers need python3 (3.11 or later) with its venv and pip \
                 (Debian: apt install python3-venv), or virtualenv. {SKIP}=1 skips the tests that use them."
            )
        })
    })?;
    run(Command::new(&interpreter)
        .args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement"])
        .arg(&requirements))
    .map_err(|error| {
        format!("{error}\nThe test peers could not be installed. {SKIP}=1 skips the tests that use them.")
    })?;
    File::create(&stamp).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(interpreter)
}

fn run(command: &mut Command) -> Result<(), String> {
    let done = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Err(format!("{command:?}: {}\n{}", done.status, tail(&said)))
}

/// One HTTP request to the control port; the answer's body.
fn request(port: u16, method: &str, target: &str, body: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{method} {target}: {error}");
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).map_err(failed)?;
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).map_err(failed)?;
    stream.write_all(body.as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    let (head, content) =
        answer.split_once("\r\n\r\n").ok_or_else(|| format!("{method} {target}: no answer: {answer:?}"))?;
    if head.split(' ').nth(1) != Some("200") {
        return Err(format!("{method} {target}: {}: {content}", head.lines().next().unwrap_or_default()));
    }
    Ok(content.to_owned())
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
