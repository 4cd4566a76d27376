//! DNS servers, asked one question each (RFC 1035): over UDP, and over TCP where the answer was cut.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, lookup_host};
use tokio::time::timeout;

use crate::domain::reading::{Unread, Why};
use crate::domain::text;
use crate::ports::{DnsAnswer, Resolver};

/// How long a server has for its answer.
const LIMIT: Duration = Duration::from_secs(2);
/// After how long the question is sent again: a datagram may be lost.
const AGAIN: Duration = Duration::from_millis(700);

/// Asks over the network.
#[derive(Debug, Clone, Default)]
pub struct Dns {}

impl Dns {
    /// A resolver that keeps nothing.
    pub fn new() -> Self {
        Self {}
    }
}

#[async_trait]
impl Resolver for Dns {
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<DnsAnswer, Unread> {
        let what = format!("{name} {record_type} at {server}");
        let question = question(name, record_type).map_err(|why| Unread::new(Why::Other, format!("{what}: {why}")))?;
        match timeout(LIMIT, exchange(server, &question)).await {
            Ok(Ok(answer)) => {
                read(&question, &answer).map_err(|(why, said)| Unread::new(why, format!("{what}: {said}")))
            }
            Ok(Err(err)) => Err(Unread::new(why_of(&err), format!("{what}: {err}"))),
            Err(_) => Err(Unread::new(Why::TimedOut, format!("{what}: no answer in {} s", LIMIT.as_secs()))),
        }
    }
}

fn question(name: &str, record_type: &str) -> Result<Message, String> {
    let record_type = match record_type {
        "A" => RecordType::A,
        "CNAME" => RecordType::CNAME,
        other => return Err(format!("record type {other:?} is not asked for; expected A or CNAME")),
    };
    let mut name = Name::from_ascii(name).map_err(|err| format!("no DNS name: {err}"))?;
    name.set_fqdn(true);
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, record_type));
    message.set_edns(Edns::new());
    Ok(message)
}

/// Sends the question and waits for the answer that belongs to it.
async fn exchange(server: &str, question: &Message) -> io::Result<Message> {
    let address = address(server).await?;
    let packet = question.to_vec().map_err(io::Error::other)?;
    let local: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((local, 0)).await?;
    // Connected, so that only this server's datagrams arrive, and a refusal does too.
    socket.connect(address).await?;
    socket.send(&packet).await?;
    let mut buffer = vec![0; 65_535];
    let answer = loop {
        let Ok(length) = timeout(AGAIN, socket.recv(&mut buffer)).await else {
            socket.send(&packet).await?;
            continue;
        };
        // What does not belong to the question is passed over: it may be forged, or late.
        if let Ok(answer) = Message::from_vec(buffer.get(..length?).unwrap_or_default())
            && belongs(question, &answer)
        {
            break answer;
        }
    };
    if answer.metadata.truncation { over_tcp(address, question, &packet).await } else { Ok(answer) }
}

async fn over_tcp(address: SocketAddr, question: &Message, packet: &[u8]) -> io::Result<Message> {
    let mut stream = TcpStream::connect(address).await?;
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), packet].concat()).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    let answer =
        Message::from_vec(&buffer).map_err(|err| io::Error::new(io::ErrorKind::InvalidData, err.to_string()))?;
    if belongs(question, &answer) {
        Ok(answer)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is to another question"))
    }
}

/// `host:port`, `host`, `address`, `[v6]:port`, `v6`.
async fn address(server: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = server.parse::<SocketAddr>() {
        return Ok(address);
    }
    if let Ok(ip) = server.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, 53));
    }
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => {
            let port = port
                .parse()
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("{server:?} is not host:port")))?;
            (host, port)
        }
        None => (server, 53),
    };
    lookup_host((host, port))
        .await?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")))
}

fn belongs(question: &Message, answer: &Message) -> bool {
    let same = match (question.queries.first(), answer.queries.first()) {
        (Some(asked), Some(said)) => asked.name.eq_ignore_root(&said.name) && asked.query_type == said.query_type,
        // Some servers leave the question out of an error.
        (Some(_), None) => answer.metadata.response_code != ResponseCode::NoError,
        _ => false,
    };
    same && question.metadata.id == answer.metadata.id
        && answer.metadata.message_type == hickory_proto::op::MessageType::Response
}

/// The records that the answer has for the very name and type that were asked for; aliases are not followed.
fn read(question: &Message, answer: &Message) -> Result<DnsAnswer, (Why, String)> {
    match answer.metadata.response_code {
        ResponseCode::NoError => {}
        ResponseCode::NXDomain => return Err((Why::NotFound, "no such name (NXDOMAIN)".to_owned())),
        ResponseCode::Refused => return Err((Why::Denied, "the server refuses to answer (REFUSED)".to_owned())),
        code => return Err((Why::ServerError, format!("the server answered {code}"))),
    }
    let Some(asked) = question.queries.first() else { return Err((Why::Other, "nothing was asked".to_owned())) };
    let mut values = Vec::new();
    let mut ttl = None;
    for record in answer.answers.iter().filter(|record| record.name.eq_ignore_root(&asked.name)) {
        let value = match &record.data {
            RData::A(address) if asked.query_type == RecordType::A => address.0.to_string(),
            RData::CNAME(name) if asked.query_type == RecordType::CNAME => {
                text::bounded(name.0.to_ascii().trim_end_matches('.'), 300).to_ascii_lowercase()
            }
            _ => continue,
        };
        ttl = Some(ttl.map_or(record.ttl, |least: u32| least.min(record.ttl)));
        values.push(value);
    }
    values.sort();
    Ok(DnsAnswer { values, ttl: ttl.unwrap_or(0), authoritative: answer.metadata.authoritative })
}

fn why_of(err: &io::Error) -> Why {
    match err.kind() {
        io::ErrorKind::TimedOut => Why::TimedOut,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Why::Malformed,
        io::ErrorKind::InvalidInput => Why::Other,
        _ => Why::Unreachable,
    }
}
