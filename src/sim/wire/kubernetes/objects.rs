//! Objects: read, listed, watched, made, changed and deleted.

use aws_smithy_types::base64;
use http::Method;
use serde_json::{Value, json};

use super::resources::Resource;
use super::select::selected;
use super::{Target, WireRequest, WireResponse, ok, patch, protobuf, query, respond};
use crate::domain::text;
use crate::sim::world::kube::{Key, set};
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// What the cluster itself says of an object.
const OWN: [&str; 5] = ["uid", "creationTimestamp", "resourceVersion", "generation", "managedFields"];

pub(super) fn answer(
    world: &mut World,
    region: &str,
    target: &Target,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let unknown = || {
        ApiError::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource".to_owned(),
        )
    };
    match (request.method().as_str(), target) {
        ("GET", Target::List(resource, namespace)) => list(world, region, resource, namespace.as_deref(), request, id),
        ("POST", Target::List(resource, namespace)) => {
            let at = Place { region, resource, namespace: namespace.clone().unwrap_or_default(), name: String::new() };
            create(world, &at, request, id)
        }
        (method, Target::Object { resource, namespace, name, part }) => {
            let place = Place { region, resource, namespace: namespace.clone(), name: name.clone() };
            match (method, part.as_deref()) {
                ("GET", None) => Ok(ok(&place.need(world)?, id)),
                ("PUT" | "PATCH", None) => write(world, &place, request, id),
                ("DELETE", None) => delete(world, &place, request, id),
                ("GET", Some("scale")) if resource.scales() => Ok(ok(&scale_of(&place.need(world)?), id)),
                ("PUT" | "PATCH", Some("scale")) if resource.scales() => scale(world, &place, request, id),
                (_, Some(part)) => {
                    let message = format!("{}/{part} is not simulated", resource.plural);
                    Err(ApiError::new(404, "NotFound", message))
                }
                _ => Err(unknown()),
            }
        }
        _ => Err(unknown()),
    }
}

/// Where an object is.
struct Place<'a> {
    region: &'a str,
    resource: &'static Resource,
    namespace: String,
    name: String,
}

impl Place<'_> {
    fn key(&self) -> Key {
        Key::new(&self.resource.name(), &self.namespace, &self.name)
    }

    fn get(&self, world: &World) -> Result<Option<Value>, ApiError> {
        world.kube_object(self.region, &self.key(), world.now())
    }

    fn need(&self, world: &World) -> Result<Value, ApiError> {
        self.get(world)?.ok_or_else(|| {
            let message = format!("{} \"{}\" not found", self.resource.name(), text::bounded(&self.name, 253));
            ApiError::new(404, "NotFound", message)
        })
    }

    fn invalid(&self, why: &str) -> ApiError {
        let of = self.resource;
        let kind = if of.group.is_empty() { of.kind.to_owned() } else { format!("{}.{}", of.kind, of.group) };
        ApiError::new(422, "Invalid", format!("{kind} \"{}\" is invalid: {why}", text::bounded(&self.name, 253)))
    }

    fn change(&self, object: Option<Value>) -> Change {
        let Key { resource, namespace, name } = self.key();
        Change::Object { resource, namespace, name, object }
    }
}

fn dry(request: &WireRequest) -> bool {
    query(request, "dryRun").as_deref() == Some("All")
}

fn body(request: &WireRequest) -> Result<Value, ApiError> {
    if request.body().starts_with(protobuf::MAGIC) {
        let message =
            "of protocol buffers the simulated API reads namespaces alone: send JSON, by kubectl apply".to_owned();
        return protobuf::namespace(request.body()).ok_or_else(|| ApiError::new(415, "UnsupportedMediaType", message));
    }
    serde_json::from_slice(request.body())
        .map_err(|error| ApiError::new(400, "BadRequest", format!("the body cannot be read as JSON: {error}")))
}

fn list(
    world: &World,
    region: &str,
    resource: &Resource,
    namespace: Option<&str>,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    // A selector that is not understood is refused of nothing, too.
    selected(&Value::Null, request)?;
    let mut found = Vec::new();
    for object in world.kube_objects(region, &resource.name(), namespace, world.now())? {
        if selected(&object, request)? {
            found.push(object);
        }
    }
    if super::watches(request) {
        return Ok(watch(&found, request, id));
    }
    let answer = json!({
        "kind": format!("{}List", resource.kind), "apiVersion": resource.group_version(),
        "metadata": { "resourceVersion": world.kube_version(world.now()) }, "items": found,
    });
    Ok(ok(&answer, id))
}

/// What is newer than the client knows; nothing yet is an empty answer.
fn watch(found: &[Value], request: &WireRequest, id: &str) -> WireResponse {
    let known = query(request, "resourceVersion").and_then(|version| version.parse::<i64>().ok()).unwrap_or(0);
    let version =
        |object: &Value| object.pointer("/metadata/resourceVersion").and_then(Value::as_str)?.parse::<i64>().ok();
    let news = found.iter().filter(|object| version(object).is_some_and(|version| version > known));
    let lines: Vec<String> =
        news.map(|object| json!({ "type": "MODIFIED", "object": object }).to_string() + "\n").collect();
    respond(200, super::JSON, id, lines.concat().into_bytes())
}

/// An object as it is kept: without what the cluster says of it.
fn kept(place: &Place<'_>, mut object: Value) -> Result<Value, ApiError> {
    let bad = |why: &str| ApiError::new(400, "BadRequest", why.to_owned());
    let fields = object.as_object_mut().ok_or_else(|| bad("the body is no object"))?;
    fields.remove("status");
    // Write-only, for those who would rather not encode.
    if let Some(Value::Object(plain)) = fields.remove("stringData") {
        let data = fields.entry("data").or_insert_with(|| json!({}));
        let data = data.as_object_mut().ok_or_else(|| bad("data is no map"))?;
        for (key, value) in plain {
            let value = value.as_str().ok_or_else(|| bad("stringData holds texts"))?;
            data.insert(key, json!(base64::encode(value)));
        }
    }
    let metadata =
        fields.get_mut("metadata").and_then(Value::as_object_mut).ok_or_else(|| bad("there is no metadata"))?;
    for name in OWN {
        metadata.remove(name);
    }
    metadata.insert("name".into(), json!(place.name));
    if place.resource.namespaced {
        metadata.insert("namespace".into(), json!(place.namespace));
    }
    for empty in ["annotations", "labels"] {
        if metadata.get(empty).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            metadata.remove(empty);
        }
    }
    if place.resource.scales() {
        let spec = fields
            .get_mut("spec")
            .and_then(Value::as_object_mut)
            .ok_or_else(|| place.invalid("spec: Required value"))?;
        let replicas = spec.entry("replicas").or_insert_with(|| json!(1));
        if replicas.as_i64().is_none_or(|count| count < 0) {
            return Err(
                place.invalid(&format!("spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0"))
            );
        }
        let containers = spec.get("template").and_then(|template| template.pointer("/spec/containers"));
        let named = |container: &Value| {
            ["name", "image"].iter().all(|field| container.get(field).is_some_and(Value::is_string))
        };
        if !containers.and_then(Value::as_array).is_some_and(|all| !all.is_empty() && all.iter().all(named)) {
            return Err(place.invalid("spec.template.spec.containers: Required value"));
        }
        let selector = spec.get("selector").and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
        let labels = spec.get("template").and_then(|template| template.pointer("/metadata/labels"));
        let selector = selector.ok_or_else(|| place.invalid("spec.selector: Required value"))?;
        if !selector.iter().all(|(name, value)| labels.and_then(|labels| labels.get(name)) == Some(value)) {
            return Err(place.invalid("spec.template.metadata.labels: `selector` does not match template `labels`"));
        }
    }
    if place.resource.plural == "secrets" {
        let data = fields.get("data").and_then(Value::as_object);
        let encoded = |value: &Value| value.as_str().is_some_and(|text| base64::decode(text).is_ok());
        if !data.into_iter().flatten().all(|(_, value)| encoded(value)) {
            return Err(bad("Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data"));
        }
        fields.entry("type").or_insert_with(|| json!("Opaque"));
    }
    if place.resource.plural == "namespaces" {
        fields.entry("spec").or_insert_with(|| json!({ "finalizers": ["kubernetes"] }));
    }
    Ok(object)
}

/// Writes an object, unless nothing would change or it is a dry run; answers with what it is then.
fn store(
    world: &mut World,
    place: &Place<'_>,
    object: Value,
    request: &WireRequest,
    status: u16,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let object = kept(place, object)?;
    let before = world.kube_written(place.region, &place.key(), world.now())?.cloned();
    if place.resource.scales() {
        let selector = |object: &Value| object.pointer("/spec/selector").cloned();
        if before.as_ref().is_some_and(|before| selector(before) != selector(&object)) {
            return Err(place.invalid("spec.selector: Invalid value: field is immutable"));
        }
    }
    let change = place.change(Some(object.clone()));
    if dry(request) {
        world.may(place.region, &change, world.now())?;
        let mut shown = place.get(world)?.unwrap_or_else(|| json!({ "metadata": {} }));
        let (own, state) = (shown.get("metadata").cloned(), shown.get("status").cloned());
        let same = before.as_ref() == Some(&object);
        shown = object;
        for name in OWN.iter().filter(|name| same || **name != "resourceVersion") {
            if let Some(value) = own.as_ref().and_then(|own| own.get(*name)) {
                set(&mut shown, "/metadata", name, value.clone());
            }
        }
        if let Some(state) = state {
            set(&mut shown, "", "status", state);
        }
        return Ok(respond(status, super::JSON, id, shown.to_string().into_bytes()));
    }
    if before.as_ref() != Some(&object) {
        world.apply(place.region, id, change)?;
    }
    let shown = place.need(world)?;
    Ok(respond(status, super::JSON, id, shown.to_string().into_bytes()))
}

fn create(world: &mut World, place: &Place<'_>, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let object = body(request)?;
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let place = Place { region: place.region, resource: place.resource, namespace: place.namespace.clone(), name };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
    if place.name.is_empty() || place.name.len() > 253 || !place.name.bytes().all(plain) {
        return Err(place.invalid("metadata.name: Invalid value: a lowercase RFC 1123 subdomain is needed"));
    }
    if place.get(world)?.is_some() {
        let message = format!("{} \"{}\" already exists", place.resource.name(), place.name);
        return Err(ApiError::new(409, "AlreadyExists", message));
    }
    store(world, &place, object, request, 201, id)
}

fn write(world: &mut World, place: &Place<'_>, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let kind = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let change = body(request)?;
    if kind == "application/apply-patch+yaml" && place.get(world)?.is_none() {
        return store(world, place, change, request, 201, id);
    }
    let current = place.need(world)?;
    let mut object = current.clone();
    match (request.method(), kind) {
        (&Method::PUT, _) => object = change,
        (_, "application/json-patch+json") => patch::json(&mut object, &change)?,
        (_, "application/strategic-merge-patch+json" | "application/apply-patch+yaml") if place.resource.built_in() => {
            patch::strategic(&mut object, &change);
        }
        // What a CRD defines is applied as plain JSON.
        (_, "application/merge-patch+json" | "application/apply-patch+yaml") => patch::merge(&mut object, &change),
        _ => {
            let message = "the body of the request was in an unknown format".to_owned();
            return Err(ApiError::new(415, "UnsupportedMediaType", message));
        }
    }
    let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    if version(&object).is_some_and(|told| told != json!("") && Some(told) != version(&current)) {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the \
             latest version and try again",
            place.resource.name(),
            place.name
        );
        return Err(ApiError::new(409, "Conflict", message));
    }
    if object.pointer("/metadata/name") != Some(&json!(place.name)) {
        return Err(ApiError::new(
            400,
            "BadRequest",
            "the name of the object does not match the name on the URL".to_owned(),
        ));
    }
    store(world, place, object, request, 200, id)
}

fn delete(world: &mut World, place: &Place<'_>, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let object = place.need(world)?;
    let change = place.change(None);
    if dry(request) {
        world.may(place.region, &change, world.now())?;
    } else {
        world.apply(place.region, id, change)?;
    }
    let details = json!({
        "name": place.name, "group": place.resource.group, "kind": place.resource.plural,
        "uid": object.pointer("/metadata/uid"),
    });
    Ok(ok(
        &json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details }),
        id,
    ))
}

fn scale_of(object: &Value) -> Value {
    let mut metadata = json!({});
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        let value = object.pointer("/metadata").and_then(|all| all.get(name)).cloned();
        set(&mut metadata, "", name, value.unwrap_or_default());
    }
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": { "replicas": object.pointer("/spec/replicas") },
        "status": { "replicas": object.pointer("/status/replicas").cloned().unwrap_or_else(|| json!(0)) },
    })
}

fn scale(world: &mut World, place: &Place<'_>, request: &WireRequest, id: &str) -> Result<WireResponse, ApiError> {
    let current = place.need(world)?;
    let before = scale_of(&current);
    let change = body(request)?;
    let mut after = before.clone();
    let kind = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match (request.method(), kind.split(';').next().unwrap_or_default()) {
        (&Method::PUT, _) => after = change,
        (_, "application/json-patch+json") => patch::json(&mut after, &change)?,
        _ => patch::merge(&mut after, &change),
    }
    let version = |object: &Value| object.pointer("/metadata/resourceVersion").cloned();
    if version(&after).is_some_and(|told| told != json!("") && Some(told) != version(&before)) {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the \
             latest version and try again",
            place.resource.name(),
            place.name
        );
        return Err(ApiError::new(409, "Conflict", message));
    }
    let mut object = current;
    if !after.pointer("/spec").is_some_and(Value::is_object) {
        return Err(ApiError::new(400, "BadRequest", "the body is no Scale".to_owned()));
    }
    let replicas = after.pointer("/spec/replicas").cloned().unwrap_or_else(|| json!(0));
    set(&mut object, "/spec", "replicas", replicas);
    store(world, place, object, request, 200, id)?;
    Ok(ok(&scale_of(&place.need(world)?), id))
}
