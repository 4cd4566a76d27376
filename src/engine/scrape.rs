//! `GET /metrics`: what is known now, in Prometheus' text format, for whoever asks on this machine.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::domain::metrics::{self, Metric, exposition};

/// Whoever wants to know what is known now.
pub(super) type Asking = oneshot::Sender<Vec<Metric>>;

/// How long a connection may take to say what it wants.
const SILENCE: Duration = Duration::from_secs(30);
/// How many connections are answered at once.
const OPEN: usize = 32;

/// Answers whoever connects, until it is dropped.
pub(super) async fn serve(listener: TcpListener, ask: mpsc::UnboundedSender<Asking>) {
    let room = Arc::new(Semaphore::new(OPEN));
    loop {
        // Never closed.
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let ask = ask.clone();
                tokio::spawn(async move {
                    connection(stream, ask).await;
                    drop(place);
                });
            }
            // Too many open files, most likely: those that are open end in time.
            Err(error) if error.kind() != io::ErrorKind::ConnectionAborted => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(_) => {}
        }
    }
}

async fn connection(stream: TcpStream, ask: mpsc::UnboundedSender<Asking>) {
    let answer = service_fn(|request| answer(request, &ask));
    // Whoever goes away, or sends what is no HTTP, is not waited for.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    ask: &mpsc::UnboundedSender<Asking>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() != "/metrics" {
        return Ok(plain(StatusCode::NOT_FOUND, "there is only /metrics here\n"));
    }
    // The body of an answer to HEAD is left out by hyper.
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "/metrics is only read\n");
        refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(refused);
    }
    let (asking, known) = oneshot::channel();
    let known = if ask.send(asking).is_ok() { known.await.ok() } else { None };
    let Some(known) = known else {
        return Ok(plain(StatusCode::SERVICE_UNAVAILABLE, "nothing is watched any more\n"));
    };
    let mut told = Response::new(Full::new(Bytes::from(exposition(&known))));
    told.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    Ok(told)
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
