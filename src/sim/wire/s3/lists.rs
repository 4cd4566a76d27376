//! Lists of buckets, objects and versions.

use std::collections::BTreeSet;

use super::{NAMESPACE, Target, etag, xml_time};
use crate::domain::region::HomeRole;
use crate::sim::steps::Ms;
use crate::sim::wire::xml::Xml;
use crate::sim::world::s3::{Body, Stored};
use crate::sim::world::{ApiError, World};

/// When the buckets were made.
const CREATED: Ms = -86_400_000 * 120;
/// S3 lists no more at a time.
const MOST: usize = 1_000;

pub(super) fn buckets(world: &World) -> Vec<u8> {
    let mut xml = Xml::root("ListAllMyBucketsResult", NAMESPACE);
    let mut names: Vec<(&String, &str)> = Vec::new();
    for storage in world.storages() {
        for role in [HomeRole::Primary, HomeRole::Standby] {
            names.push((storage.spec.bucket.get(role), world.service().regions.get(role).as_str()));
        }
    }
    names.sort();
    xml.nest("Owner", |xml| {
        xml.text("ID", "simulated");
    });
    xml.nest("Buckets", |xml| {
        for (name, region) in names {
            xml.nest("Bucket", |xml| {
                xml.text("Name", name).text("CreationDate", xml_time(world, CREATED)).text("BucketRegion", region);
            });
        }
    });
    xml.end("ListAllMyBucketsResult")
}

fn most(target: &Target) -> Result<usize, ApiError> {
    let Some(asked) = target.param("max-keys") else { return Ok(MOST) };
    let wrong = |_| {
        ApiError::new(400, "InvalidArgument", "Provided max-keys not an integer or within integer range".to_owned())
    };
    asked.parse::<usize>().map(|most| most.min(MOST)).map_err(wrong)
}

/// A key as it is written into a list: `url` is what boto3 and the AWS CLI ask for.
fn written(target: &Target, key: &str) -> String {
    if target.param("encoding-type") != Some("url") {
        return key.to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    key.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

pub(super) fn objects(world: &World, region: &str, target: &Target) -> Result<Vec<u8>, ApiError> {
    let (storage, role) = world.bucket_in(region, &target.bucket)?;
    let most = most(target)?;
    let (prefix, delimiter) =
        (target.param("prefix").unwrap_or_default(), target.param("delimiter").unwrap_or_default());
    // The token of these lists is the last name that was given.
    let after = target.param("continuation-token").or(target.param("start-after")).unwrap_or_default();
    let mut folders: BTreeSet<String> = BTreeSet::new();
    let mut listed: Vec<Stored> = Vec::new();
    let mut last = None;
    let mut more = false;
    for stored in storage.objects(world, role, world.now()) {
        let key = stored.version.key.clone();
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        let cut = rest.find(delimiter).filter(|_| !delimiter.is_empty()).map(|at| at + delimiter.len());
        let folder = cut.and_then(|cut| rest.get(..cut)).map(|rest| format!("{prefix}{rest}"));
        let name = folder.clone().unwrap_or(key);
        if name.as_str() <= after || folders.contains(&name) {
            continue;
        }
        if listed.len() + folders.len() == most {
            more = true;
            break;
        }
        last = Some(name.clone());
        match folder {
            Some(folder) => drop(folders.insert(folder)),
            None => listed.push(stored),
        }
    }
    let mut xml = Xml::root("ListBucketResult", NAMESPACE);
    xml.text("Name", &target.bucket).text("Prefix", written(target, prefix));
    xml.maybe("Delimiter", (!delimiter.is_empty()).then_some(delimiter))
        .maybe("EncodingType", target.param("encoding-type"));
    xml.text("KeyCount", listed.len() + folders.len()).text("MaxKeys", most).text("IsTruncated", more);
    xml.maybe("ContinuationToken", target.param("continuation-token"));
    xml.maybe("NextContinuationToken", last.filter(|_| more));
    for stored in &listed {
        let bytes = stored.version.body.as_ref().map(Body::bytes).unwrap_or_default();
        xml.nest("Contents", |xml| {
            xml.text("Key", written(target, &stored.version.key))
                .text("LastModified", xml_time(world, stored.version.at))
                .text("ETag", etag(storage, &bytes))
                .text("Size", bytes.len())
                .text("StorageClass", "STANDARD");
        });
    }
    for folder in &folders {
        xml.nest("CommonPrefixes", |xml| {
            xml.text("Prefix", written(target, folder));
        });
    }
    Ok(xml.end("ListBucketResult"))
}

/// Every version and delete marker. Only whole lists are simulated: a longer one is refused.
pub(super) fn versions(world: &World, region: &str, target: &Target) -> Result<Vec<u8>, ApiError> {
    let (storage, role) = world.bucket_in(region, &target.bucket)?;
    let (prefix, most) = (target.param("prefix").unwrap_or_default(), most(target)?);
    let mut all = storage.versions(world, role, world.now());
    all.retain(|stored| stored.version.key.starts_with(prefix));
    if all.len() > most || target.param("delimiter").is_some() || target.param("key-marker").is_some() {
        let message = "The simulated S3 lists versions all at once: ask for fewer by a prefix.".to_owned();
        return Err(ApiError::new(501, "NotImplemented", message));
    }
    let mut xml = Xml::root("ListVersionsResult", NAMESPACE);
    xml.text("Name", &target.bucket).text("Prefix", written(target, prefix));
    xml.maybe("EncodingType", target.param("encoding-type")).text("MaxKeys", most).text("IsTruncated", false);
    let mut before = "";
    for stored in &all {
        let (version, newest) = (&stored.version, before != stored.version.key);
        before = &version.key;
        let element = if version.body.is_some() { "Version" } else { "DeleteMarker" };
        xml.nest(element, |xml| {
            xml.text("Key", written(target, &version.key))
                .text("VersionId", &version.id)
                .text("IsLatest", newest)
                .text("LastModified", xml_time(world, version.at));
            if let Some(body) = &version.body {
                let bytes = body.bytes();
                xml.text("ETag", etag(storage, &bytes)).text("Size", bytes.len()).text("StorageClass", "STANDARD");
            }
        });
    }
    Ok(xml.end("ListVersionsResult"))
}
