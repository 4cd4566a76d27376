//! Requests that are not for AWS: the service's own endpoints, by their names, and what is so behind all that can be seen.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::probes;
use super::regions::{Broken, Regions};
use super::wire::{WireRequest, WireResponse};
use super::world::World;
use super::world::health::Answering;
use crate::domain::region::{HomeRole, Pair};

/// Whoever asks an endpoint that hangs gives up before this.
const PATIENCE: Duration = Duration::from_hours(24);

/// Answers a request that is not signed and is for an endpoint of the service (by its `Host`, or as a proxy is asked), or
/// for `/truth`; `None` for every other.
pub(super) async fn answer(request: &WireRequest, regions: &Arc<Regions>) -> Option<Result<WireResponse, Broken>> {
    if request.method() != Method::GET || request.headers().contains_key(header::AUTHORIZATION) {
        return None;
    }
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(http::uri::Authority::as_str).or(named).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    if regions.look(|world| probes::is_endpoint(world, host)) {
        let asked = regions.http().get(&format!("http://{host}{path}"), PATIENCE).await;
        return Some(asked.map(|answer| respond(answer.status, answer.body)).map_err(|_| Broken::Refused));
    }
    (path == "/truth").then(|| Ok(respond(200, regions.look(truth).to_string())))
}

fn respond(status: u16, body: String) -> WireResponse {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What is so now. Regions are named by their home roles.
fn truth(world: &World) -> Value {
    let now = world.now();
    let truth = world.truth(now);
    let store = world.stores().next();
    let both = |of: &dyn Fn(HomeRole) -> Value| Pair { primary: of(HomeRole::Primary), standby: of(HomeRole::Standby) };
    let caches = world.caches().iter().filter_map(|cache| {
        let id = &cache.spec.global;
        Some((id.clone(), json!(world.cache_writers(id, now).ok()?)))
    });
    json!({
        "at": world.timestamp(now),
        "scenario_ms": now,
        "takes_writes": truth.takes_writes,
        "follows": both(&|role| json!(store.is_some_and(|store| store.streaming(role, now)))),
        "answers": both(&|role| json!(told(world.endpoint(role, now).0))),
        "serves": truth.serves,
        "traffic": truth.traffic,
        "rows": truth.marks,
        "promoted": truth.promoted,
        "rows_lost": truth.rows_lost,
        "loss_ms": truth.loss.map(|loss| u64::try_from(loss.as_millis()).unwrap_or(u64::MAX)),
        "damaged": truth.damaged,
        "caches": caches.collect::<serde_json::Map<_, _>>(),
    })
}

fn told(answering: Answering) -> &'static str {
    match answering {
        Answering::Ok => "ok",
        Answering::ReadOnly => "read-only",
        Answering::NoDatabase => "no-database",
        Answering::Empty => "empty",
        Answering::Error => "error",
        Answering::Hang => "hang",
        Answering::Refuse => "refuse",
    }
}
