//! Selectors: which objects a list asks for.

use serde_json::Value;

use super::{WireRequest, query};
use crate::domain::text;
use crate::sim::world::ApiError;

/// Whether an object has the labels and fields that a list asks for.
pub(super) fn selected(object: &Value, request: &WireRequest) -> Result<bool, ApiError> {
    let label =
        |name: &str| object.pointer("/metadata/labels").and_then(|labels| labels.get(name)).and_then(Value::as_str);
    let wanted = query(request, "labelSelector").unwrap_or_default();
    for term in wanted.split(',').map(str::trim).filter(|term| !term.is_empty()) {
        let holds = if let Some((name, value)) = term.split_once("!=") {
            label(name.trim()) != Some(value.trim())
        } else if let Some((name, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            label(name.trim()) == Some(value.trim())
        } else if term.contains([' ', '(']) {
            let message = format!("the simulated API does not understand the selector {}", text::bounded(term, 80));
            return Err(ApiError::new(400, "BadRequest", message));
        } else if let Some(name) = term.strip_prefix('!') {
            label(name).is_none()
        } else {
            label(term).is_some()
        };
        if !holds {
            return Ok(false);
        }
    }
    let wanted = query(request, "fieldSelector").unwrap_or_default();
    for term in wanted.split(',').filter(|term| !term.is_empty()) {
        let (field, value) = term.split_once('=').unwrap_or((term, ""));
        let path = match field {
            "metadata.name" => "/metadata/name",
            "metadata.namespace" => "/metadata/namespace",
            other => {
                let message = format!("field label not supported: {}", text::bounded(other, 80));
                return Err(ApiError::new(400, "BadRequest", message));
            }
        };
        if object.pointer(path).and_then(Value::as_str) != Some(value.trim_start_matches('=')) {
            return Ok(false);
        }
    }
    Ok(true)
}
