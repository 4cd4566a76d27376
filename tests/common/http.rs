//! The service's HTTP endpoints: `/health` is what the database behind it says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Weak;
use std::thread;
use std::time::Duration;

use super::dns::primary_record;
use crate::common::peers::{Cluster, Peers};

/// Whose endpoint it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The Region that is out: its database may live, but nobody reaches the application.
    Out,
    /// The standby's: it serves as soon as its database takes writes.
    Standby,
    /// The public name, which goes where DNS points.
    Public,
}

/// Starts an endpoint on a port of its own.
pub fn serve(site: Site, peers: Weak<Peers>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Some(peers) = peers.upgrade() else { return };
            thread::spawn(move || answer(stream, serves(site, &peers)));
        }
    });
    port
}

/// Accepts connections and never answers.
pub fn hang() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        // Held open, every one of them.
        let held: Vec<TcpStream> = listener.incoming().flatten().collect();
        drop(held);
    });
    port
}

fn serves(site: Site, peers: &Peers) -> bool {
    match site {
        Site::Out => false,
        Site::Standby => takes_writes(peers),
        Site::Public => {
            primary_record(peers).is_some_and(|(value, _)| value.contains("us-west-2")) && takes_writes(peers)
        }
    }
}

/// Whether the standby's database takes the application's writes.
fn takes_writes(peers: &Peers) -> bool {
    let query = "select not pg_is_in_recovery() and rolcanlogin as yes from pg_roles where rolname = 'app'";
    peers.sql(Cluster::Standby, query).is_ok_and(|rows| rows.first().is_some_and(|row| row["yes"] == true))
}

fn answer(mut stream: TcpStream, serves: bool) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => head.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let (status, body) = match (head.starts_with(b"GET /health "), serves) {
        (false, _) => ("404 Not Found", "no such page"),
        (true, true) => ("200 OK", "{\"status\":\"UP\"}"),
        (true, false) => ("503 Service Unavailable", "{\"status\":\"DOWN\"}"),
    };
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}
