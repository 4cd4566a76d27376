//! An HTTP receiver on loopback that throttles, hangs, fails or cuts the connection, in the order in which it is told to, and then
//! takes everything.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What it does with a request, once it has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    Take,
    /// 429, with so many seconds in Retry-After.
    Throttle(u64),
    Status(u16),
    Hang,
    Cut,
    /// Sends somebody elsewhere.
    Redirect,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) did: Does,
}

/// The receiver.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    pub(crate) fn start(script: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let shared = Arc::clone(&got);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, got) = (Arc::clone(&script), Arc::clone(&shared));
                thread::spawn(move || answer(stream, &script, &got));
            }
        });
        Self { port, got }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every request so far.
    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// What was taken.
    pub(crate) fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.did == Does::Take).collect()
    }
}

fn answer(mut stream: TcpStream, script: &Mutex<VecDeque<Does>>, got: &Mutex<Vec<Got>>) {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // A connection is kept, as it would be.
    while let Some((path, headers, body)) = request(&mut stream) {
        let did = script.lock().unwrap().pop_front().unwrap_or(Does::Take);
        let body = serde_json::from_slice(&body).expect("it is JSON");
        got.lock().unwrap().push(Got { at: Instant::now(), path, headers, body, did });
        let (status, more) = match did {
            Does::Take => (200, String::new()),
            Does::Throttle(seconds) => (429, format!("Retry-After: {seconds}\r\n")),
            Does::Status(status) => (status, String::new()),
            Does::Redirect => (307, "Location: http://127.0.0.1:9/elsewhere\r\n".to_owned()),
            Does::Hang => {
                thread::sleep(Duration::from_secs(60));
                return;
            }
            Does::Cut => return,
        };
        let words = if status == 200 { "ok" } else { "no \u{1b}[31m" };
        let length = words.len();
        let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n{more}\r\n{words}");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<(String, BTreeMap<String, String>, Vec<u8>)> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = read[end + 4..].to_vec();
    while body.len() < length {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => body.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
    Some((path, headers, body))
}
