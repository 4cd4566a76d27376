//! Replication and versioning configurations, read and written.

use roxmltree::{Document, Node};

use super::NAMESPACE;
use crate::sim::world::s3::{Config, version_id};
use crate::sim::world::{ApiError, World};

fn malformed() -> ApiError {
    let message = "The XML you provided was not well-formed or did not validate against our published schema";
    ApiError::new(400, "MalformedXML", message.to_owned())
}

/// The error of a bucket without a replication configuration.
pub(super) fn none() -> ApiError {
    let message = "The replication configuration was not found".to_owned();
    ApiError::new(404, "ReplicationConfigurationNotFoundError", message)
}

/// A configuration as `GetBucketReplication` answers with it.
pub(super) fn written(config: &Config) -> Vec<u8> {
    let rules: String = config.rules.iter().map(|rule| rule.xml.as_str()).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ReplicationConfiguration xmlns=\"{NAMESPACE}\"><Role>{}</Role>{rules}\
         </ReplicationConfiguration>",
        config.role
    )
    .into_bytes()
}

fn document(body: &[u8]) -> Result<Document<'_>, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    Document::parse(text).map_err(|_| malformed())
}

/// The role and the rules of a request. A rule without an ID gets one.
pub(super) fn read(world: &World, body: &[u8]) -> Result<(String, Vec<String>), ApiError> {
    let document = document(body)?;
    let root = document.root_element();
    if root.tag_name().name() != "ReplicationConfiguration" {
        return Err(malformed());
    }
    let role = root.children().find(|node| node.tag_name().name() == "Role").and_then(|node| node.text());
    let role = role.ok_or_else(malformed)?.to_owned();
    // It is written into documents again.
    if role.contains(['<', '&']) {
        return Err(ApiError::new(400, "InvalidArgument", "Invalid Role ARN".to_owned()));
    }
    let mut rules = Vec::new();
    for (number, node) in (0..).zip(root.children().filter(|node| node.tag_name().name() == "Rule")) {
        let named = node.children().any(|child| child.tag_name().name() == "ID" && child.text().is_some());
        let mut xml = String::from("<Rule>");
        if !named {
            xml.push_str(&format!("<ID>{}</ID>", version_id(world, "rule", world.now().wrapping_add(number))));
        }
        let inside = node.children().filter(|child| named || child.tag_name().name() != "ID");
        inside.for_each(|child| copy(child, &mut xml));
        xml.push_str("</Rule>");
        rules.push(xml);
    }
    if rules.is_empty() {
        return Err(malformed());
    }
    Ok((role, rules))
}

/// Copies an element without the namespaces and blanks that a client has written.
fn copy(node: Node<'_, '_>, out: &mut String) {
    if !node.is_element() {
        return;
    }
    let name = node.tag_name().name();
    out.push_str(&format!("<{name}>"));
    if node.children().any(|child| child.is_element()) {
        node.children().for_each(|child| copy(child, out));
    } else {
        let text = node.text().unwrap_or_default();
        out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    }
    out.push_str(&format!("</{name}>"));
}

/// Whether a request enables versioning, or suspends it.
pub(super) fn versioning(body: &[u8]) -> Result<bool, ApiError> {
    let document = document(body)?;
    let status = document.descendants().find(|node| node.tag_name().name() == "Status").and_then(|node| node.text());
    match status {
        Some("Enabled") => Ok(true),
        Some("Suspended") => Ok(false),
        _ => Err(malformed()),
    }
}
