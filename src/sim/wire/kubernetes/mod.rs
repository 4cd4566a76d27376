//! The Kubernetes API: paths, JSON, and errors as a Status. Each Region's cluster is under `/kubernetes/<region>`.

mod discovery;
mod objects;
mod openapi;
mod patch;
mod protobuf;
mod resources;
mod select;

use http::{HeaderValue, Method};
use serde_json::{Value, json};

use self::resources::{ALL, Resource};
use super::{Called, Protocol, WireRequest, WireResponse, respond};
use crate::sim::world::{ApiError, World};

const ROOT: &str = "/kubernetes/";
const JSON: &str = "application/json";
/// Where it is asked whether something would be allowed.
const REVIEWS: &str = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/// How long a watch waits for something to change before it ends, in milliseconds.
pub const WATCH: i64 = 30_000;

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// `/version`, `/readyz`, `/api`, `/openapi/…`: without the slash.
    Path(String),
    /// The objects of a kind, in a namespace or in all.
    List(&'static Resource, Option<String>),
    /// One object, or a part of it such as `scale`.
    Object { resource: &'static Resource, namespace: String, name: String, part: Option<String> },
}

/// The Region and the path inside its cluster.
fn place(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix(ROOT)?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}

impl Target {
    fn of(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return Self::Path(path.trim_matches('/').to_owned()),
        };
        let find = |plural: &str, namespaced: bool| {
            ALL.iter().find(|resource| {
                resource.group == group
                    && resource.version == version
                    && resource.plural == plural
                    && resource.namespaced == namespaced
            })
        };
        let of = |resource, namespace: &str, name: &str, part: Option<&str>| Self::Object {
            resource,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            part: part.map(str::to_owned),
        };
        let found = match rest {
            ["namespaces", space, plural] => {
                find(plural, true).map(|found| Self::List(found, Some((*space).to_owned())))
            }
            ["namespaces", space, plural, name] => find(plural, true).map(|found| of(found, space, name, None)),
            ["namespaces", space, plural, name, part] => {
                find(plural, true).map(|found| of(found, space, name, Some(part)))
            }
            [plural] => find(plural, true).or_else(|| find(plural, false)).map(|found| Self::List(found, None)),
            [plural, name] => find(plural, false).map(|found| of(found, "", name, None)),
            [plural, name, part] => find(plural, false).map(|found| of(found, "", name, Some(part))),
            _ => None,
        };
        found.unwrap_or_else(|| Self::Path(path.trim_matches('/').to_owned()))
    }

    fn operation(&self, method: &Method, watches: bool) -> String {
        let verb = match (method.as_str(), self) {
            ("GET", _) if watches => "watch",
            ("GET", Self::List(..)) => "list",
            ("GET", _) => "get",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", _) => "delete",
            _ => "?",
        };
        match self {
            Self::Path(path) => format!("{verb} /{path}"),
            Self::List(resource, _) | Self::Object { resource, part: None, .. } => {
                format!("{verb} {}", resource.plural)
            }
            Self::Object { resource, part: Some(part), .. } => format!("{verb} {}/{part}", resource.plural),
        }
    }
}

/// Whose cluster a request goes to, and what it wants; `None` if it is not for Kubernetes.
pub(super) fn called(request: &WireRequest) -> Option<Called> {
    let (region, path) = place(request.uri().path())?;
    Some(Called {
        region: region.to_owned(),
        service: "kubernetes".to_owned(),
        operation: Target::of(path).operation(request.method(), watches(request)),
        protocol: Protocol::Kubernetes,
    })
}

/// Whether a request waits for changes.
pub fn watches(request: &WireRequest) -> bool {
    place(request.uri().path()).is_some() && matches!(query(request, "watch").as_deref(), Some("true" | "1"))
}

/// A parameter of the query.
fn query(request: &WireRequest, name: &str) -> Option<String> {
    let text = request.uri().query()?;
    let pair = text.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then_some(value)
    })?;
    Some(super::form::decode(pair.as_bytes()))
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let (region, path) = place(request.uri().path()).unwrap_or(("", ""));
    // Whether there is such a cluster at all.
    world.kube_objects(region, "namespaces", None, world.now())?;
    match Target::of(path) {
        Target::Path(path) if path == REVIEWS && request.method() == Method::POST => review(world, region, request, id),
        Target::Path(path) => general(region, &path, request, id),
        target => objects::answer(world, region, &target, request, id),
    }
    .map_err(|error| match error.code {
        "" => ApiError::new(
            404,
            "NotFound",
            format!("the server could not find the requested resource ({})", called.operation),
        ),
        _ => error,
    })
}

fn general(region: &str, path: &str, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let nothing = || ApiError::new(404, "", String::new());
    if request.method() != Method::GET {
        return Err(nothing());
    }
    let accepts = request.headers().get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = match path {
        "version" => discovery::version(),
        "readyz" | "livez" | "healthz" => return Ok(respond(200, "text/plain; charset=utf-8", id, b"ok".to_vec())),
        "api" => discovery::core_versions(),
        "apis" => discovery::groups(),
        "openapi/v2" if accepts.contains("proto-openapi") => {
            let kind = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
            return Ok(respond(200, kind, id, openapi::v2_protobuf()));
        }
        "openapi/v2" => openapi::v2_json(),
        "openapi/v3" => openapi::v3_index(&format!("{ROOT}{region}")),
        path => {
            let document = path.strip_prefix("openapi/v3/").map(openapi::v3);
            let group = path.strip_prefix("apis/").or_else(|| path.strip_prefix("api/"));
            document.unwrap_or_else(|| group.and_then(discovery::resources)).ok_or_else(nothing)?
        }
    };
    Ok(ok(&answer, id))
}

/// Whether something would be allowed: it is, unless the scenario denies it.
fn review(world: &World, region: &str, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let bad = |_| ApiError::new(400, "BadRequest", "the body is no SelfSubjectAccessReview".to_owned());
    let mut asked = match protobuf::review(request.body()) {
        Some(asked) => asked,
        None => serde_json::from_slice(request.body()).map_err(bad)?,
    };
    let of = |name: &str| asked.pointer(&format!("/spec/resourceAttributes/{name}")).and_then(Value::as_str);
    let part = of("subresource").filter(|part| !part.is_empty()).map(|part| format!("/{part}")).unwrap_or_default();
    let operation = format!("{} {}{part}", of("verb").unwrap_or_default(), of("resource").unwrap_or_default());
    let call = crate::sim::world::faults::ApiCall { region, service: "kubernetes", operation: &operation };
    let allowed = !world.denies(&call);
    if let Some(asked) = asked.as_object_mut() {
        asked.insert("kind".into(), json!("SelfSubjectAccessReview"));
        asked.insert("apiVersion".into(), json!("authorization.k8s.io/v1"));
        asked.insert("status".into(), json!({ "allowed": allowed }));
    }
    Ok(respond(201, JSON, id, asked.to_string().into_bytes()))
}

fn ok(answer: &Value, id: &str) -> WireResponse {
    respond(200, JSON, id, answer.to_string().into_bytes())
}

/// A Status, as the API server writes its errors.
pub(super) fn error(error: &ApiError, id: &str) -> WireResponse {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": error.message,
        "reason": error.code, "code": error.status,
    });
    let mut response = respond(error.status, JSON, id, status.to_string().into_bytes());
    if error.status == 429 {
        response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
    }
    response
}

/// What API priority and fairness answers.
pub(super) fn throttled() -> ApiError {
    let message = "too many requests, please try again later".to_owned();
    ApiError::new(429, "TooManyRequests", message)
}

/// Whether a watch has something to tell.
pub(in crate::sim) fn has_news(response: &WireResponse) -> bool {
    !response.body().is_empty() || !response.status().is_success()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_is_meant() {
        let operation = |method: &str, path: &str| {
            let request = http::Request::builder().method(method).uri(path).body(Vec::new()).unwrap();
            called(&request).map(|called| (called.region, called.operation))
        };
        let west = |operation: &str| Some(("us-west-2".to_owned(), operation.to_owned()));
        for (method, path, wanted) in [
            ("GET", "/kubernetes/us-west-2/readyz?verbose", "get /readyz"),
            ("GET", "/kubernetes/us-west-2/api/v1/nodes", "list nodes"),
            ("GET", "/kubernetes/us-west-2/api/v1/namespaces/a", "get namespaces"),
            ("GET", "/kubernetes/us-west-2/api/v1/namespaces/a/pods", "list pods"),
            ("PATCH", "/kubernetes/us-west-2/apis/apps/v1/namespaces/a/deployments/x/scale", "patch deployments/scale"),
            ("GET", "/kubernetes/us-west-2/apis/apps/v1/deployments?watch=true", "watch deployments"),
            ("GET", "/kubernetes/us-west-2/apis/apps/v1", "get /apis/apps/v1"),
            (
                "GET",
                "/kubernetes/us-west-2/apis/apps/v1/namespaces/a/nothing/x",
                "get /apis/apps/v1/namespaces/a/nothing/x",
            ),
        ] {
            assert_eq!(operation(method, path), west(wanted), "{path}");
        }
        assert_eq!(operation("GET", "/"), None);
    }
}
