//! The DNS probe against real servers on loopback: a UDP one made by hand, and its TCP side.

use std::net::{Ipv4Addr, SocketAddr};

use handover::domain::reading::Why;
use handover::ports::Resolver;
use handover::providers::dns::Dns;
use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, CNAME};
use hickory_proto::rr::{Name, RData, Record};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// The answer to a question, as a server makes it.
fn answering(question: &Message) -> Message {
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.authoritative = true;
    answer.add_query(question.queries[0].clone());
    answer
}

fn cname(answer: &mut Message, name: &str, to: &str, ttl: u32) {
    let data = RData::CNAME(CNAME(Name::from_ascii(to).unwrap()));
    answer.add_answer(Record::from_rdata(Name::from_ascii(name).unwrap(), ttl, data));
}

/// A server that answers each datagram with these packets.
async fn serve(answers: impl Fn(&Message) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            for packet in answers(&question) {
                socket.send_to(&packet, from).await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn an_alias_is_read_with_its_ttl_and_not_followed() {
    let server = serve(|question| {
        let mut answer = answering(question);
        cname(&mut answer, "API.example.com.", "West.Example.com.", 60);
        let address = RData::A(A(Ipv4Addr::new(192, 0, 2, 1)));
        answer.add_answer(Record::from_rdata(Name::from_ascii("west.example.com.").unwrap(), 5, address));
        vec![answer.to_vec().unwrap()]
    })
    .await;
    let answer = Dns::new().ask(&server.to_string(), "api.example.com", "CNAME").await.unwrap();
    assert_eq!((answer.values, answer.ttl, answer.authoritative), (vec!["west.example.com".into()], 60, true));
}

#[tokio::test]
async fn forged_and_broken_datagrams_are_passed_over() {
    let server = serve(|question| {
        let mut forged = answering(question);
        forged.metadata.id = question.metadata.id.wrapping_add(1);
        cname(&mut forged, "api.example.com.", "evil.example.com.", 60);
        let mut other = answering(question);
        other.queries[0].name = Name::from_ascii("other.example.com.").unwrap();
        cname(&mut other, "api.example.com.", "evil.example.com.", 60);
        let mut good = answering(question);
        cname(&mut good, "api.example.com.", "west.example.com.", 60);
        let packet = |message: &Message| message.to_vec().unwrap();
        vec![b"\xff\x00garbage".to_vec(), packet(&forged), packet(&other), packet(&good)]
    })
    .await;
    let answer = Dns::new().ask(&server.to_string(), "api.example.com", "CNAME").await.unwrap();
    assert_eq!(answer.values, ["west.example.com"]);
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_again_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        let mut cut = answering(&Message::from_vec(&buffer[..length]).unwrap());
        cut.metadata.truncation = true;
        socket.send_to(&cut.to_vec().unwrap(), from).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut packet = vec![0; usize::from(length)];
        stream.read_exact(&mut packet).await.unwrap();
        let question = Message::from_vec(&packet).unwrap();
        let mut answer = answering(&question);
        for last in 1..=200 {
            let address = RData::A(A(Ipv4Addr::new(192, 0, 2, last)));
            answer.add_answer(Record::from_rdata(question.queries[0].name.clone(), 30, address));
        }
        let packet = answer.to_vec().unwrap();
        stream.write_u16(u16::try_from(packet.len()).unwrap()).await.unwrap();
        stream.write_all(&packet).await.unwrap();
    });
    let answer = Dns::new().ask(&address.to_string(), "api.example.com", "A").await.unwrap();
    assert_eq!((answer.values.len(), answer.ttl), (200, 30));
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = serve(move |question| {
        if count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            return vec![];
        }
        let mut answer = answering(question);
        cname(&mut answer, "api.example.com.", "west.example.com.", 60);
        vec![answer.to_vec().unwrap()]
    })
    .await;
    assert!(Dns::new().ask(&server.to_string(), "api.example.com", "CNAME").await.is_ok());
}

#[tokio::test]
async fn what_no_server_says_is_told_apart() {
    for (code, why) in [
        (ResponseCode::NXDomain, Why::NotFound),
        (ResponseCode::Refused, Why::Denied),
        (ResponseCode::ServFail, Why::ServerError),
    ] {
        let server = serve(move |question| {
            let mut answer = answering(question);
            answer.metadata.response_code = code;
            vec![answer.to_vec().unwrap()]
        })
        .await;
        assert_eq!(Dns::new().ask(&server.to_string(), "a.example", "A").await.unwrap_err().why, why);
    }
    let silent = serve(|_| vec![]).await;
    let unread = Dns::new().ask(&silent.to_string(), "a.example", "A").await.unwrap_err();
    assert_eq!(unread.why, Why::TimedOut);
    let closed = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unread = Dns::new().ask(&closed.to_string(), "a.example", "A").await.unwrap_err();
    assert_eq!(unread.why, Why::Unreachable, "{unread}");
    let unread = Dns::new().ask("127.0.0.1:port", "a.example", "A").await.unwrap_err();
    assert_eq!(unread.why, Why::Other, "{unread}");
    assert_eq!(Dns::new().ask("127.0.0.1", "a.example", "MX").await.unwrap_err().why, Why::Other);
}
