//! The HTTP probe against real sockets.

use std::time::Duration;

use handover::domain::reading::Why;
use handover::ports::HttpProbe;
use handover::providers::http::Http;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers every request with these bytes; with none, it never answers.
async fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    url
}

const LIMIT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_answer_is_read_with_its_status_body_and_time() {
    let url = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nok\x1b[m\xff".to_vec()).await;
    let answer = Http::new().get(&url, LIMIT).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\\u{1b}[m\u{fffd}"));
    assert!(answer.took < LIMIT && answer.peer.unwrap().ip().is_loopback());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let url = serve(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec()).await;
    assert_eq!(Http::new().get(&url, LIMIT).await.unwrap().status, 302);
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.extend(vec![b'x'; 1 << 21]);
    let answer = Http::new().get(&serve(answer).await, LIMIT).await.unwrap();
    assert_eq!(answer.body.len(), 64 * 1024);
}

#[tokio::test]
async fn silence_refusal_and_nonsense_are_told_apart() {
    let limit = Duration::from_millis(200);
    let unread = Http::new().get(&serve(vec![]).await, limit).await.unwrap_err();
    assert_eq!(unread.why, Why::TimedOut, "{unread}");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unread = Http::new().get(&format!("http://{closed}/"), LIMIT).await.unwrap_err();
    assert_eq!(unread.why, Why::Unreachable, "{unread}");
    let unread = Http::new().get(&serve(b"SSH-2.0-x\r\n".to_vec()).await, LIMIT).await.unwrap_err();
    assert!(matches!(unread.why, Why::Malformed | Why::Unreachable), "{unread}");
    let unread = Http::new().get("no url", LIMIT).await.unwrap_err();
    assert_eq!(unread.why, Why::Other, "{unread}");
}
