//! A name server of the hosted zone, and a resolver before it: real servers on real sockets, whose answers are moto's
//! records as they are now.

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::sync::{Mutex, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hickory_proto::op::{Metadata, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::UdpSocket;

use crate::common::peers::Peers;

/// The name that the service is reached by.
pub const RECORD: &str = "api.fineract.com";

/// How long a resolver keeps an answer here: shorter than the record's TTL, so that a test need not wait for that.
const KEPT: Duration = Duration::from_secs(3);

/// The value and TTL of the zone's PRIMARY record.
pub fn primary_record(peers: &Peers) -> Option<(String, u32)> {
    let records = peers.records().ok()?;
    let record = records.iter().find(|record| record["Failover"] == "PRIMARY")?;
    let value = record["ResourceRecords"][0]["Value"].as_str()?;
    let ttl = record["TTL"].as_u64().or_else(|| record["TTL"].as_str()?.parse().ok()).unwrap_or(60);
    Some((value.trim_end_matches('.').to_owned(), u32::try_from(ttl).ok()?))
}

/// A server of one of the two kinds.
struct Answers {
    peers: Weak<Peers>,
    authoritative: bool,
    cache: Mutex<Option<(Instant, String)>>,
}

impl Answers {
    async fn ask_the_zone(&self) -> Option<(String, u32)> {
        let peers = self.peers.clone();
        tokio::task::spawn_blocking(move || primary_record(&*peers.upgrade()?)).await.ok()?
    }

    async fn value(&self) -> Option<(String, u32)> {
        if self.authoritative {
            return self.ask_the_zone().await;
        }
        let kept = self.cache.lock().unwrap().clone().filter(|(since, _)| since.elapsed() < KEPT);
        let (since, value) = match kept {
            Some(kept) => kept,
            None => (Instant::now(), self.ask_the_zone().await?.0),
        };
        *self.cache.lock().unwrap() = Some((since, value.clone()));
        let left = KEPT.saturating_sub(since.elapsed()).as_secs();
        Some((value, u32::try_from(left).unwrap_or(0)))
    }
}

#[async_trait]
impl RequestHandler for Answers {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.authoritative = self.authoritative;
        metadata.recursion_available = !self.authoritative;
        let mut answers = Vec::new();
        match request.request_info().map(|info| (Name::from(info.query.name()), info.query.query_type())) {
            Ok((name, kind)) if name.to_ascii().trim_end_matches('.').eq_ignore_ascii_case(RECORD) => {
                match self.value().await {
                    Some((value, ttl)) if kind == RecordType::CNAME => {
                        let target = Name::from_str(&format!("{value}.")).unwrap();
                        answers.push(Record::from_rdata(name, ttl, RData::CNAME(CNAME(target))));
                    }
                    Some(_) => {}
                    None => metadata.response_code = ResponseCode::ServFail,
                }
            }
            Ok(_) => metadata.response_code = ResponseCode::NXDomain,
            Err(_) => metadata.response_code = ResponseCode::FormErr,
        }
        let builder = MessageResponseBuilder::from_message_request(request);
        let response = builder.build(metadata, &answers, &[], &[], &[]);
        handle.send_response(response).await.unwrap()
    }
}

/// Starts a server on a port of its own; it ends with its runtime.
pub async fn serve(peers: Weak<Peers>, authoritative: bool) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut server = Server::new(Answers { peers, authoritative, cache: Mutex::new(None) });
    server.register_socket(socket);
    tokio::spawn(async move { server.block_until_done().await });
    address
}
