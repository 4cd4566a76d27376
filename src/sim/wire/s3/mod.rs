//! S3: REST with XML, the bucket in the path or in the host.

mod lists;
mod objects;
mod rules;

use http::{HeaderName, HeaderValue, Method};
use jiff::tz::TimeZone;

use super::xml::Xml;
use super::{Called, WireRequest, WireResponse, form, respond};
use crate::sim::steps::Ms;
use crate::sim::world::mutation::Change;
use crate::sim::world::s3::{Storage, Versioning};
use crate::sim::world::{ApiError, World};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What a request is about.
struct Target {
    bucket: String,
    key: String,
    query: Vec<(String, String)>,
}

impl Target {
    fn of(request: &WireRequest) -> Self {
        let host = request.uri().authority().map(|authority| authority.as_str().to_owned());
        let header = || request.headers().get("host").and_then(|host| host.to_str().ok()).map(str::to_owned);
        let host = host.or_else(header).unwrap_or_default();
        let path = request.uri().path().trim_start_matches('/');
        let (bucket, key) = match in_host(&host) {
            Some(bucket) => (bucket.to_owned(), path),
            None => path.split_once('/').map_or((path.to_owned(), ""), |(bucket, key)| (bucket.to_owned(), key)),
        };
        // A plus in a path is a plus.
        let key = form::decode(key.replace('+', "%2B").as_bytes());
        Self { bucket, key, query: form::parse(request.uri().query().unwrap_or_default().as_bytes()) }
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The bucket that a host's name begins with: `BUCKET.s3.REGION.amazonaws.com`, or `BUCKET.localhost` on loopback.
fn in_host(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    if let Some(bucket) = host.strip_suffix(".localhost") {
        return Some(bucket);
    }
    let aws = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let (bucket, _) =
        aws.split_once(".s3.").or_else(|| aws.split_once(".s3-")).or_else(|| Some((aws.strip_suffix(".s3")?, "")))?;
    Some(bucket)
}

/// Parts of a bucket that S3 has and that are not simulated, as it names them in a query.
const OTHERS: [&str; 22] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "publicAccessBlock",
    "requestPayment",
    "restore",
    "tagging",
    "uploads",
    "website",
];

/// The operation behind a request; empty where there is none here.
pub(super) fn operation(request: &WireRequest) -> &'static str {
    let target = Target::of(request);
    let has = |name: &str| target.param(name).is_some();
    if OTHERS.iter().any(|name| has(name)) || has("uploadId") {
        return "";
    }
    let (get, head) = (*request.method() == Method::GET, *request.method() == Method::HEAD);
    let (put, delete) = (*request.method() == Method::PUT, *request.method() == Method::DELETE);
    match (target.bucket.is_empty(), target.key.is_empty()) {
        (true, _) if get => "ListBuckets",
        (false, true) if head => "HeadBucket",
        (false, true) if get && has("location") => "GetBucketLocation",
        (false, true) if get && has("versioning") => "GetBucketVersioning",
        (false, true) if put && has("versioning") => "PutBucketVersioning",
        (false, true) if get && has("replication") => "GetBucketReplication",
        (false, true) if put && has("replication") => "PutBucketReplication",
        (false, true) if delete && has("replication") => "DeleteBucketReplication",
        (false, true) if get && has("versions") => "ListObjectVersions",
        (false, true) if get && target.param("list-type") == Some("2") => "ListObjectsV2",
        (false, false) if head => "HeadObject",
        (false, false) if get => "GetObject",
        (false, false) if put && request.headers().contains_key("x-amz-copy-source") => "",
        (false, false) if put => "PutObject",
        (false, false) if delete => "DeleteObject",
        _ => "",
    }
}

pub(super) fn answer(
    world: &mut World,
    called: &Called,
    request: &WireRequest,
    id: &str,
) -> Result<WireResponse, ApiError> {
    let target = Target::of(request);
    let region = called.region.as_str();
    let now = world.now();
    let mut response = match called.operation.as_str() {
        "ListBuckets" => page(lists::buckets(world), id),
        "HeadBucket" => {
            world.bucket_in(region, &target.bucket)?;
            let mut response = respond(200, "application/xml", id, Vec::new());
            put(&mut response, "x-amz-bucket-region", region);
            response
        }
        "GetBucketLocation" => page(location(world, &target.bucket)?, id),
        "GetBucketVersioning" => {
            let (storage, role) = world.bucket_in(region, &target.bucket)?;
            let mut xml = Xml::root("VersioningConfiguration", NAMESPACE);
            let enabled = storage.versioning(role, now) == Versioning::Enabled;
            xml.text("Status", if enabled { "Enabled" } else { "Suspended" });
            page(xml.end("VersioningConfiguration"), id)
        }
        "PutBucketVersioning" => {
            let enabled = rules::versioning(request.body())?;
            world.apply(region, id, Change::PutVersioning { bucket: target.bucket.clone(), enabled })?;
            page(Vec::new(), id)
        }
        "GetBucketReplication" => {
            let (storage, role) = world.bucket_in(region, &target.bucket)?;
            page(rules::written(storage.config(role, now).ok_or_else(rules::none)?), id)
        }
        "PutBucketReplication" => {
            let (role, rules) = rules::read(world, request.body())?;
            world.apply(region, id, Change::PutReplication { bucket: target.bucket.clone(), role, rules })?;
            page(Vec::new(), id)
        }
        "DeleteBucketReplication" => {
            let (bucket, role, rules) = (target.bucket.clone(), String::new(), Vec::new());
            world.apply(region, id, Change::PutReplication { bucket, role, rules })?;
            respond(204, "application/xml", id, Vec::new())
        }
        "ListObjectsV2" => page(lists::objects(world, region, &target)?, id),
        "ListObjectVersions" => page(lists::versions(world, region, &target)?, id),
        "HeadObject" | "GetObject" => objects::get(world, region, &target, request, id)?,
        "PutObject" => objects::put(world, region, &target, request, id)?,
        "DeleteObject" => objects::delete(world, region, &target, id)?,
        _ => {
            let message = "A header or query you provided implies functionality that is not implemented.".to_owned();
            return Err(ApiError::new(501, "NotImplemented", message));
        }
    };
    stamp(&mut response, world, id);
    Ok(response)
}

/// Where a bucket is; us-east-1 is not said.
fn location(world: &World, bucket: &str) -> Result<Vec<u8>, ApiError> {
    let (_, role) = world.storage(bucket).ok_or_else(crate::sim::world::s3::no_such_bucket)?;
    let region = world.service().regions.get(role).as_str();
    let mut document = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"{NAMESPACE}\"");
    document.push_str(&if region == "us-east-1" { "/>".to_owned() } else { format!(">{region}</LocationConstraint>") });
    Ok(document.into_bytes())
}

/// An error as S3 writes it: to a HEAD request, the status alone.
pub(super) fn error(error: &ApiError, called: &Called, id: &str) -> WireResponse {
    let mut response = if called.operation.starts_with("Head") {
        respond(error.status, "application/xml", id, Vec::new())
    } else {
        let mut xml = Xml::root("Error", "");
        xml.text("Code", error.code).text("Message", &error.message).text("RequestId", id).text("HostId", "simulated");
        respond(error.status, "application/xml", id, xml.end("Error"))
    };
    put(&mut response, "x-amz-request-id", id);
    response
}

/// The error of a bucket in the other Region: S3 says where it is.
pub(super) fn redirected(world: &World, request: &WireRequest, mut response: WireResponse) -> WireResponse {
    if let Some((_, role)) = world.storage(&Target::of(request).bucket) {
        put(&mut response, "x-amz-bucket-region", world.service().regions.get(role).as_str());
    }
    response
}

fn page(body: Vec<u8>, id: &str) -> WireResponse {
    respond(200, "application/xml", id, body)
}

fn put(response: &mut WireResponse, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

/// What S3 puts on every answer.
fn stamp(response: &mut WireResponse, world: &World, id: &str) {
    put(response, "x-amz-request-id", id);
    put(response, "x-amz-id-2", "simulated");
    put(response, "server", "AmazonS3");
    put(response, "date", &http_time(world, world.now()));
}

/// A time as HTTP writes it, in whole seconds.
fn http_time(world: &World, at: Ms) -> String {
    world.timestamp(at).to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A time as S3's documents write it.
fn xml_time(world: &World, at: Ms) -> String {
    world.timestamp(at).to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// The tag of what is in an object.
fn etag(storage: &Storage, bytes: &[u8]) -> String {
    let digest = crate::domain::hash::sha256(&[storage.spec.bucket.primary.as_bytes(), bytes].concat());
    format!("\"{}\"", digest.chars().take(32).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::in_host;

    #[test]
    fn a_bucket_is_in_the_host_or_in_the_path() {
        assert_eq!(in_host("shop.assets.s3.eu-west-1.amazonaws.com"), Some("shop.assets"));
        assert_eq!(in_host("shop.s3.amazonaws.com"), Some("shop"));
        assert_eq!(in_host("shop.localhost:4599"), Some("shop"));
        assert_eq!(in_host("s3.eu-west-1.amazonaws.com"), None);
        assert_eq!(in_host("127.0.0.1:4599"), None);
        assert_eq!(in_host("localhost:4599"), None);
    }
}
