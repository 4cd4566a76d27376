//! The simulated Regions' AWS interfaces on a socket, for clients that are not ours.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

use super::plain;
use super::regions::Regions;
use super::wire::Called;

/// No request that is understood here is longer.
const LONGEST: usize = 1 << 20;
/// A connection on which nobody asks anything is ended after this long.
const SILENCE: Duration = Duration::from_mins(1);

/// A request that came in, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// What was called; `None` if the request was not signed.
    pub called: Option<Called>,
    /// The status that was answered; `None` if there was no answer.
    pub status: Option<u16>,
}

/// Why a connection ends without an answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("the simulated Region does not answer")]
    Broken,
    #[error("the request cannot be read: {0}")]
    Request(Box<dyn std::error::Error + Send + Sync>),
}

/// Answers whoever connects, until it is dropped. One address stands for every endpoint of AWS: the Region and the service
/// are those of a request's signature, which is not verified.
pub async fn serve(regions: Arc<Regions>, listener: TcpListener, tell: impl Fn(&Served) + Send + Sync + 'static) {
    let tell = Arc::new(tell);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, Arc::clone(&regions), Arc::clone(&tell)));
            }
            // Too many open files, most likely: those that are open end in time.
            Err(error) if error.kind() != io::ErrorKind::ConnectionAborted => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(_) => {}
        }
    }
}

async fn connection<F: Fn(&Served) + Send + Sync>(stream: TcpStream, regions: Arc<Regions>, tell: Arc<F>) {
    let answer = service_fn(|request| answer(request, &regions, tell.as_ref()));
    // Whoever goes away, or sends what is no HTTP, is not waited for.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

async fn answer<F: Fn(&Served)>(
    request: Request<Incoming>,
    regions: &Arc<Regions>,
    tell: &F,
) -> Result<Response<Full<Bytes>>, NoAnswer> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(NoAnswer::Request)?;
    let request = Request::from_parts(head, body.to_bytes().to_vec());
    if let Some(response) = plain::answer(&request, regions).await {
        let response = response.map_err(|_| NoAnswer::Broken)?;
        return Ok(response.map(|body| Full::new(Bytes::from(body))));
    }
    let called = Called::of(&request);
    let response = regions.serve(&request).await;
    tell(&Served { called, status: response.as_ref().ok().map(|response| response.status().as_u16()) });
    let response = response.map_err(|_| NoAnswer::Broken)?;
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}
