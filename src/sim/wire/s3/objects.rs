//! One object: head, get, put, delete.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use http::{HeaderName, HeaderValue, Method};

use super::{Target, etag, http_time, put as header};
use crate::domain::region::HomeRole;
use crate::sim::wire::{WireRequest, WireResponse, respond};
use crate::sim::world::mutation::Change;
use crate::sim::world::s3::{NULL, Put, Storage, Stored, Versioning, version_id};
use crate::sim::world::{ApiError, World};

/// The log keeps what is put.
const LARGEST: usize = 256 << 10;

fn no_such_key() -> ApiError {
    ApiError::new(404, "NoSuchKey", "The specified key does not exist.".to_owned())
}

/// The version that a request means: the one that it names, or the newest.
fn find(world: &World, storage: &Storage, role: HomeRole, target: &Target) -> Option<Stored> {
    let mut versions =
        storage.versions(world, role, world.now()).into_iter().filter(|one| one.version.key == target.key);
    match target.param("versionId") {
        Some(id) => versions.find(|one| one.version.id == id),
        None => versions.next(),
    }
}

pub(super) fn get(
    world: &World,
    region: &str,
    target: &Target,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let (storage, role) = world.bucket_in(region, &target.bucket)?;
    let found = find(world, storage, role, target);
    let stored = found.ok_or_else(|| match target.param("versionId") {
        Some(_) => ApiError::new(404, "NoSuchVersion", "The specified version does not exist.".to_owned()),
        None => no_such_key(),
    })?;
    let Some(body) = &stored.version.body else {
        return Err(match target.param("versionId") {
            Some(_) => {
                let message = "The specified method is not allowed against this resource.".to_owned();
                ApiError::new(405, "MethodNotAllowed", message)
            }
            None => no_such_key(),
        });
    };
    for name in ["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
        if request.headers().contains_key(name) {
            let message = format!("The simulated S3 does not know the header {name}.");
            return Err(ApiError::new(501, "NotImplemented", message));
        }
    }
    let bytes = body.bytes();
    let (size, tag) = (bytes.len().to_string(), etag(storage, &bytes));
    let kind = stored.version.headers.get("content-type").map_or("binary/octet-stream", String::as_str);
    let head = *request.method() == Method::HEAD;
    let mut response = respond(200, kind, id, if head { Vec::new() } else { bytes });
    header(&mut response, "content-length", &size);
    header(&mut response, "etag", &tag);
    header(&mut response, "accept-ranges", "bytes");
    header(&mut response, "last-modified", &http_time(world, stored.version.at));
    header(&mut response, "x-amz-version-id", &stored.version.id);
    header(&mut response, "x-amz-server-side-encryption", "AES256");
    if let Some(status) = stored.status {
        header(&mut response, "x-amz-replication-status", status);
    }
    for (name, value) in stored.version.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

pub(super) fn put(
    world: &mut World,
    region: &str,
    target: &Target,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if text("content-encoding").is_some_and(|coding| coding.contains("aws-chunked"))
        || text("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"))
        || text("x-amz-tagging").is_some()
        || text("if-match").is_some()
        || text("if-none-match").is_some_and(|wanted| wanted != "*")
    {
        let message = "A header you provided implies functionality that is not implemented.".to_owned();
        return Err(ApiError::new(501, "NotImplemented", message));
    }
    if request.body().len() > LARGEST {
        let message = "Your proposed upload exceeds the maximum allowed object size.".to_owned();
        return Err(ApiError::new(400, "EntityTooLarge", message));
    }
    let (storage, role) = world.bucket_in(region, &target.bucket)?;
    let newest = storage.versions(world, role, world.now()).into_iter().find(|one| one.version.key == target.key);
    if text("if-none-match").is_some() && newest.is_some_and(|newest| newest.version.body.is_some()) {
        let message = "At least one of the pre-conditions you specified did not hold".to_owned();
        return Err(ApiError::new(412, "PreconditionFailed", message));
    }
    let tag = etag(storage, request.body());
    let versioned = storage.versioning(role, world.now()) == Versioning::Enabled;
    let version = if versioned { new_version(world, target) } else { NULL.to_owned() };
    let named = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let kept = named.filter(|(name, _)| *name == "content-type" || name.starts_with("x-amz-meta-"));
    let headers: BTreeMap<String, String> = kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let body = base64::encode(request.body());
    let put = Put { key: target.key.clone(), version: version.clone(), body, headers };
    world.apply(region, id, Change::PutObject { bucket: target.bucket.clone(), put })?;
    let mut response = respond(200, "application/xml", id, Vec::new());
    header(&mut response, "etag", &tag);
    header(&mut response, "x-amz-server-side-encryption", "AES256");
    if versioned {
        header(&mut response, "x-amz-version-id", &version);
    }
    Ok(response)
}

/// Without a version's id a marker is laid over the key; with one, that version is gone for good.
pub(super) fn delete(world: &mut World, region: &str, target: &Target, id: &str) -> Result<WireResponse, ApiError> {
    let (storage, role) = world.bucket_in(region, &target.bucket)?;
    let found = find(world, storage, role, target);
    let versioned = storage.versioning(role, world.now()) == Versioning::Enabled;
    let (bucket, key) = (target.bucket.clone(), target.key.clone());
    let mut response = respond(204, "application/xml", id, Vec::new());
    if let Some(version) = target.param("versionId") {
        if found.as_ref().is_some_and(|found| found.version.body.is_none()) {
            header(&mut response, "x-amz-delete-marker", "true");
        }
        header(&mut response, "x-amz-version-id", version);
        // What is not there is deleted with the same answer.
        if found.is_some() {
            world.apply(region, id, Change::DeleteVersion { bucket, key, version: version.to_owned() })?;
        }
        return Ok(response);
    }
    let marker = if versioned { new_version(world, target) } else { NULL.to_owned() };
    header(&mut response, "x-amz-delete-marker", "true");
    header(&mut response, "x-amz-version-id", &marker);
    world.apply(region, id, Change::DeleteObject { bucket, key, marker })?;
    Ok(response)
}

/// The id of another version of a key. Two in one millisecond differ by how many there were before.
fn new_version(world: &World, target: &Target) -> String {
    let before = i64::try_from(world.mutations().len()).unwrap_or(0);
    version_id(
        world,
        &format!("{}/{}", target.bucket, target.key),
        world.now().wrapping_mul(4_096).wrapping_add(before),
    )
}
