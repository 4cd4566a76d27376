//! AWS JSON 1.0 and 1.1: the operation in a header, a JSON object in and out.

use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{WireRequest, WireResponse, respond};
use crate::sim::world::ApiError;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The operation: what follows the service's own prefix.
pub(super) fn operation(request: &WireRequest) -> Option<String> {
    let target = request.headers().get("x-amz-target")?.to_str().ok()?;
    target.split_once('.').map(|(_, operation)| operation.to_owned())
}

pub(super) fn body(request: &WireRequest) -> Result<Value, ApiError> {
    serde_json::from_slice(request.body())
        .map_err(|error| ApiError::new(400, "SerializationException", error.to_string()))
}

pub(super) fn ok(answer: &Value, id: &str) -> WireResponse {
    respond(200, CONTENT_TYPE, id, answer.to_string().into_bytes())
}

/// An error; its message stands under `message`, or, as Secrets Manager writes it, under `Message`.
pub(super) fn error(error: &ApiError, message: &str, id: &str) -> WireResponse {
    let body = json!({ "__type": error.code, message: error.message });
    let mut response = respond(error.status, CONTENT_TYPE, id, body.to_string().into_bytes());
    if let Ok(code) = HeaderValue::from_str(error.code) {
        response.headers_mut().insert(HeaderName::from_static("x-amzn-errortype"), code);
    }
    response
}
