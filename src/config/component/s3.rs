//! `s3-replication`.

use super::{both, differ};
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::service::S3Replication;
use crate::domain::text::bounded;

/// Where canaries go unless the file says otherwise.
const CANARY: &str = "handover-canary/";

pub(super) fn s3_replication(table: &Table<'_, '_>) -> Option<S3Replication> {
    let buckets = both(table, "{ bucket = \"…\" }", |side| {
        side.need("bucket", "the bucket's name in this Region").and_then(|node| bucket(&node))
    });
    let role = table.optional("role", role);
    let canary = table.get("canary").map_or(Some(CANARY.to_owned()), |node| prefix(&node));
    let flag = |key| table.get(key).map_or(Some(false), |node| node.boolean());
    let (rtc, delete_markers) = (flag("rtc"), flag("delete_markers"));
    Some(S3Replication {
        bucket: differ(table, buckets, "bucket")?,
        role: role.ok()?,
        canary: canary?,
        rtc: rtc?,
        delete_markers: delete_markers?,
    })
}

/// A bucket's name, by S3's own rules for general purpose buckets.
pub(in crate::config) fn bucket(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots";
    let name = form::token(node, EXPECTED, 255, |b| b.is_ascii_alphanumeric() || b"-.:/_".contains(&b))?;
    let help = (name.contains(':') || name.contains('/')).then_some("write the bare name, no ARN and no URL");
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let sound = (3..=63).contains(&name.len())
        && name.bytes().all(|b| plain(b) || b == b'-' || b == b'.')
        && name.bytes().next().is_some_and(plain)
        && name.bytes().last().is_some_and(plain)
        && !name.contains("..");
    if sound {
        return Some(name);
    }
    let found = node.found(format!("\"{}\" is not a bucket's name", bounded(&name, 80)));
    node.context().push(found.expected(EXPECTED).help_if(help));
    None
}

fn role(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "the ARN of an IAM role, such as \"arn:aws:iam::123456789012:role/s3-replication\"";
    let arn = form::token(node, EXPECTED, 2_048, |b| b.is_ascii_alphanumeric() || b"+=,.@-_:/".contains(&b))?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let sound = match parts.as_slice() {
        ["arn", partition, "iam", "", account, name] => {
            partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && name.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
        }
        _ => false,
    };
    if sound {
        return Some(arn);
    }
    node.context().push(node.found(format!("\"{}\" is no role's ARN", bounded(&arn, 120))).expected(EXPECTED));
    None
}

pub(in crate::config) fn prefix(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a key prefix that ends with a slash, such as \"handover-canary/\"";
    let text = form::token(node, EXPECTED, 200, |b| b.is_ascii_alphanumeric() || b"!-_.*'()/".contains(&b))?;
    // The bucket's own objects must not be among the canaries.
    if text.ends_with('/') && !text.starts_with('/') && !text.contains("//") {
        return Some(text);
    }
    node.context().push(node.found(format!("\"{}\" is no such prefix", bounded(&text, 80))).expected(EXPECTED));
    None
}
