//! Lambda: REST with JSON.

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::{Called, WireRequest, WireResponse, form, respond, unknown_operation};
use crate::domain::region::HomeRole;
use crate::sim::world::lambda::{Function, RESERVED, VERSION, named};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

fn parts(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(|part| form::decode(part.as_bytes())).collect()
}

/// The operation behind a method and a path; empty where there is none.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let parts = parts(path);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let get = *method == Method::GET;
    match parts.as_slice() {
        ["2015-03-31", "functions", _] if get => "GetFunction",
        ["2015-03-31", "functions", _, "configuration"] if get => "GetFunctionConfiguration",
        ["2019-09-30", "functions", _, "concurrency"] if get => "GetFunctionConcurrency",
        ["2015-03-31", "functions", _, "invocations"] if *method == Method::POST => "Invoke",
        ["2015-03-31", "event-source-mappings"] if get => "ListEventSourceMappings",
        _ => "",
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let parts = parts(request.uri().path());
    let name = parts.get(2).map_or("", String::as_str);
    let query = form::parse(request.uri().query().unwrap_or_default().as_bytes());
    let param = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (region, qualifier) = (called.region.as_str(), param("Qualifier"));
    let answer = match called.operation.as_str() {
        "GetFunctionConfiguration" => configuration(world, region, name, qualifier)?,
        "GetFunction" => json!({
            "Configuration": configuration(world, region, name, qualifier)?,
            "Concurrency": { "ReservedConcurrentExecutions": RESERVED },
        }),
        "GetFunctionConcurrency" => {
            world.function(region, name, qualifier)?;
            json!({ "ReservedConcurrentExecutions": RESERVED })
        }
        "ListEventSourceMappings" => {
            let mappings = match param("FunctionName") {
                // No function of that name has no triggers.
                Some(name) => world
                    .function(region, name, None)
                    .ok()
                    .map(|(function, role)| mapping(world, region, function, role)),
                None => None,
            };
            json!({ "EventSourceMappings": mappings.into_iter().collect::<Vec<_>>() })
        }
        "Invoke" => return invoke(world, called, request, (name, qualifier), id),
        _ => return Err(unknown_operation(called)),
    };
    Ok(respond(200, "application/json", id, answer.to_string().into_bytes()))
}

fn invoke(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    (name, qualifier): (&str, Option<&str>),
    id: &str,
) -> Result<WireResponse, ApiError> {
    let kind = request.headers().get("x-amz-invocation-type").and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind != "RequestResponse") {
        let message = "The simulated Lambda invokes RequestResponse, and nothing else.".to_owned();
        return Err(ApiError::new(400, "InvalidParameterValueException", message));
    }
    let unparsable = |error: serde_json::Error| {
        ApiError::new(400, "InvalidRequestContentException", format!("Could not parse request body into json: {error}"))
    };
    if !request.body().is_empty() {
        serde_json::from_slice::<Value>(request.body()).map_err(unparsable)?;
    }
    let (function, role) = world.function(&called.region, name, qualifier)?;
    let state = *function.state.get(role).at(world.now());
    // Even a call that is refused wakes a function.
    world.apply(&called.region, id, Change::InvokeFunction { function: named(name).0.to_owned() })?;
    World::function_ready(state)?;
    let answered = world.run_function(role, world.now());
    let mut response = respond(200, "application/json", id, answered.payload.into_bytes());
    let headers = [("x-amz-executed-version", Some(version(qualifier))), ("x-amz-function-error", answered.error)];
    for (name, value) in headers {
        if let Some(value) = value {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// What a qualifier stands for.
fn version(qualifier: Option<&str>) -> &'static str {
    if qualifier.is_some_and(|qualifier| qualifier != "$LATEST") { VERSION } else { "$LATEST" }
}

fn configuration(world: &World, region: &str, name: &str, qualifier: Option<&str>) -> Result<Value, ApiError> {
    let (function, role) = world.function(region, name, qualifier)?;
    let state = *function.state.get(role).at(world.now());
    let name = function.spec.function.get(role);
    let mut told = json!({
        "FunctionName": name,
        "FunctionArn": format!("arn:aws:lambda:{region}:{}:function:{name}", world.account()),
        "Runtime": "python3.11",
        "Handler": "monitor.handler",
        "CodeSize": 4_096,
        "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "Timeout": 3,
        "MemorySize": 256,
        "LastModified": "2026-01-05T09:00:00.000+0000",
        "Version": version(qualifier),
        "State": state,
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
    });
    if let Some(told) = told.as_object_mut() {
        let reason = match state {
            "Inactive" => Some(("Idle", "The function was idle for so long that its resources were reclaimed.")),
            "Pending" => Some(("Restoring", "The function is being restored from an idle state.")),
            _ => None,
        };
        if let Some((code, said)) = reason {
            told.insert("StateReasonCode".into(), json!(code));
            told.insert("StateReason".into(), json!(said));
        }
    }
    Ok(told)
}

/// Its one trigger: at rest, it is off.
fn mapping(world: &World, region: &str, function: &Function, role: HomeRole) -> Value {
    let name = function.spec.function.get(role);
    json!({
        "UUID": world.chance().uuid(name, 1),
        "BatchSize": 10,
        "EventSourceArn": format!("arn:aws:sqs:{region}:{}:{name}", world.account()),
        "FunctionArn": format!("arn:aws:lambda:{region}:{}:function:{name}", world.account()),
        "State": if role == HomeRole::Primary { "Enabled" } else { "Disabled" },
    })
}
