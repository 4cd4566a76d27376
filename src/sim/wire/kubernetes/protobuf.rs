//! What `kubectl create namespace` and `kubectl auth can-i` send: the API's own envelope around a protocol buffer.

use serde_json::{Value, json};

/// What stands before every object that is written as a protocol buffer.
pub(super) const MAGIC: &[u8] = b"k8s\0";

/// A namespace by its name; `None` for whatever else there is.
pub(super) fn namespace(body: &[u8]) -> Option<Value> {
    // runtime.Unknown { typeMeta = 1 { apiVersion = 1, kind = 2 }, raw = 2 }
    let envelope = body.strip_prefix(MAGIC)?;
    let kind = field(field(envelope, 1)?, 2)?;
    // Namespace { metadata = 1 { name = 1 } }
    let name = field(field(field(envelope, 2)?, 1)?, 1)?;
    let name = std::str::from_utf8(name).ok()?;
    (kind == b"Namespace").then(|| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }))
}

/// A question whether something would be allowed; `None` for whatever else there is.
pub(super) fn review(body: &[u8]) -> Option<Value> {
    let envelope = body.strip_prefix(MAGIC)?;
    let kind = field(field(envelope, 1)?, 2)?;
    if kind != b"SelfSubjectAccessReview" {
        return None;
    }
    // SelfSubjectAccessReview { spec = 2 { resourceAttributes = 1 { namespace = 1, verb = 2, group = 3, resource = 5,
    // subresource = 6, name = 7 } } }
    let asked = field(field(field(envelope, 2)?, 2)?, 1)?;
    let text = |number| field(asked, number).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    let (namespace, verb, group) = (text(1), text(2), text(3));
    let (resource, subresource, name) = (text(5), text(6), text(7));
    Some(json!({ "spec": { "resourceAttributes": {
        "namespace": namespace, "verb": verb, "group": group, "resource": resource, "subresource": subresource,
        "name": name,
    } } }))
}

/// A field with a length, by its number.
fn field(mut message: &[u8], number: u64) -> Option<&[u8]> {
    while !message.is_empty() {
        let (tag, rest) = varint(message)?;
        let (content, rest) = match tag & 7 {
            0 => (None, varint(rest)?.1),
            1 => (None, rest.get(8..)?),
            2 => {
                let (length, rest) = varint(rest)?;
                let (content, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(content), rest)
            }
            5 => (None, rest.get(4..)?),
            _ => return None,
        };
        if let Some(content) = content.filter(|_| tag >> 3 == number) {
            return Some(content);
        }
        message = rest;
    }
    None
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(at * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_read_and_nothing_else() {
        let sent = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x0a\x0a\x08\x0a\x06drill1";
        assert_eq!(namespace(sent).unwrap()["metadata"]["name"], "drill1");
        let secret = b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x0a\x0a\x08\x0a\x06drill1";
        assert_eq!(namespace(secret), None);
        for cut in 0..sent.len() {
            let _ = namespace(&sent[..cut]);
            let _ = review(&sent[..cut]);
        }
        assert_eq!(namespace(b"k8s\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }
}
