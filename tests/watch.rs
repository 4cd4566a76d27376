//! `handover watch --headless`, the real program: what it prints, what it serves, and how it ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The program at work, in a home of its own.
struct Watch {
    child: Child,
    lines: Receiver<String>,
    home: tempfile::TempDir,
}

impl Watch {
    fn start(args: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(["watch", "--headless"])
            .args(args)
            .current_dir(home.path())
            .env("HOME", home.path())
            .env("HANDOVER_DATA_DIR", home.path().join("data"))
            .env_remove("HANDOVER_SERVICE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        Self { child, lines, home }
    }

    /// The first line that is as wanted; what stands before it is passed over.
    fn line(&self, wanted: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + LIMIT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).expect("the line is printed");
            if wanted(&line) {
                return line;
            }
        }
    }

    /// Where the metrics are, by the first line.
    fn address(&self) -> String {
        let line = self.line(|line| line.contains("http://"));
        line.split("http://").nth(1).unwrap().split("/metrics").next().unwrap().to_owned()
    }

    fn ends(&mut self) -> ExitStatus {
        let until = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.ends()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status line, head and body of what is answered.
fn ask(address: &str, request: &str) -> (String, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), head.to_ascii_lowercase(), body.to_owned())
}

const CALM: [&str; 6] = ["--simulated", "calm", "--preset", "fineract", "--speed", "10"];

#[test]
fn metrics_are_served_as_prometheus_reads_them_and_it_ends_by_sigterm() {
    let mut watch = Watch::start(&[&CALM[..], &["--metrics", "127.0.0.1:0"]].concat());
    let address = watch.address();
    assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{address}");
    let until = Instant::now() + LIMIT;
    let wanted = [
        "handover_health_check_success_ratio{service=\"fineract-production\",region=\"us-east-1\",vantage=\"endpoint\"} 1\n",
        "handover_response_time_seconds{service=\"fineract-production\",region=\"us-east-1\",vantage=\"endpoint\"} 0.",
        "handover_replication_lag_seconds{service=\"fineract-production\",region=\"us-west-2\",vantage=\"metrics\"} ",
        "handover_availability_ratio{service=\"fineract-production\",region=\"us-east-1\",vantage=\"endpoint\"} 1\n",
    ];
    let text = loop {
        let (status, head, text) = ask(&address, "GET /metrics");
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
        if wanted.iter().all(|wanted| text.contains(wanted)) {
            break text;
        }
        assert!(Instant::now() < until, "{text}");
        std::thread::sleep(Duration::from_millis(100));
    };
    assert!(text.ends_with('\n'), "{text}");
    let announced: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE ")).collect();
    let names: std::collections::BTreeSet<&&str> = announced.iter().collect();
    assert_eq!(names.len(), announced.len(), "{text}");
    // A simulation says nothing of what real runs came to.
    assert!(!text.contains("failovers") && !text.contains("recovery"), "{text}");
    assert_eq!(ask(&address, "GET /").0, "HTTP/1.1 404 Not Found");
    assert_eq!(ask(&address, "GET /metrics/more").0, "HTTP/1.1 404 Not Found");
    let (status, head, _) = ask(&address, "POST /metrics");
    assert!(status == "HTTP/1.1 405 Method Not Allowed" && head.contains("allow: get, head"), "{head}");
    let (status, _, body) = ask(&address, "HEAD /metrics");
    assert!(status == "HTTP/1.1 200 OK" && body.is_empty(), "{body}");
    // Whoever connects and says nothing holds nobody up.
    let silent: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(&address).unwrap()).collect();
    assert_eq!(ask(&address, "GET /metrics").0, "HTTP/1.1 200 OK");
    assert_eq!(watch.signal(Signal::TERM).code(), Some(0));
    drop(silent);
    assert!(TcpStream::connect(&address).is_err());
    assert_eq!(std::fs::read_dir(watch.home.path()).unwrap().count(), 0, "it has written something");
}

#[test]
fn what_changes_is_printed_and_it_ends_by_sigint() {
    let mut watch = Watch::start(&["--simulated", "region-outage", "--preset", "fineract", "--speed", "20", "--json"]);
    let first: Value = serde_json::from_str(&watch.line(|_| true)).unwrap();
    assert_eq!((first["watching"].as_str(), first["metrics"].is_null()), (Some("fineract-production"), true));
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let of = |line: &str, place: &str, health: &str| {
        let value = read(line);
        value["place"] == place && value["component"] == "endpoint" && value["health"] == health
    };
    let line = read(&watch.line(|line| of(line, "us-east-1", "down")));
    assert!(line["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{line}");
    assert!(line["says"].as_str().unwrap().contains("timeout"), "{line}");
    assert_eq!(watch.signal(Signal::INT).code(), Some(0));
}

#[test]
fn it_ends_when_its_time_is_over() {
    let mut watch = Watch::start(&["--simulated", "calm", "--preset", "fineract", "--speed", "20", "--for", "40s"]);
    let line = watch.line(|line| line.contains(" us-east-1 ") && line.contains(" endpoint "));
    assert!(line.as_bytes()[8] == b'Z' && line.contains(" healthy "), "{line}");
    assert_eq!(watch.ends().code(), Some(0));
}

#[test]
fn no_address_that_others_can_reach_is_listened_on_and_a_screen_there_is_none() {
    let says = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_handover")).arg("watch").args(args).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    for address in ["0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464"] {
        let (status, err) = says(&["--headless", "--simulated", "calm", "--preset", "fineract", "--metrics", address]);
        assert!(status == 2 && err.contains("loopback"), "{address}: {err}");
    }
    let (status, err) = says(&["--headless", "--metrics", "localhost"]);
    assert!(status == 2 && err.contains("an address and a port"), "{err}");
    let (status, err) = says(&[]);
    assert!(status == 2 && err.contains("--headless"), "{err}");
    let (status, err) = says(&["--headless", "--speed", "3"]);
    assert!(status == 2 && err.contains("--simulated"), "{err}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (status, err) = says(&["--headless", "--simulated", "calm", "--preset", "fineract", "--metrics", &address]);
    assert!(status == 1 && err.contains("cannot listen on"), "{err}");
}

/// A service file that publishes: the simulated CloudWatch takes it, and nothing is amiss.
#[test]
fn publishing_in_a_simulation_stays_in_it() {
    let home = tempfile::tempdir().unwrap();
    let preset = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets/fineract/service.toml");
    let text = std::fs::read_to_string(preset).unwrap() + "\n[metrics]\nevery = \"10s\"\n";
    let file = home.path().join("service.toml");
    std::fs::write(&file, text).unwrap();
    let service = file.to_str().unwrap();
    let args = ["--service", service, "--simulated", "calm", "--speed", "20", "--for", "1m", "--json"];
    let mut watch = Watch::start(&args);
    assert_eq!(watch.ends().code(), Some(0));
    let lines: Vec<String> = watch.lines.iter().collect();
    assert!(lines.len() > 5 && lines.iter().all(|line| !line.contains("published")), "{lines:#?}");
}
