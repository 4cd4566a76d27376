//! `cloudfront`.

use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::CloudFront;

/// More wildcard paths than this cannot be under way at once.
const MOST_PATHS: usize = 15;

pub(super) fn cloudfront(table: &Table<'_, '_>) -> Option<CloudFront> {
    const ID: &str = "the distribution's id, such as \"E1U5RQF7T870K0\"";
    const ORIGIN: &str = "{ primary = \"…\", standby = \"…\" }: the id of the origin that means each Region";
    const DOMAIN: &str = "{ primary = \"…\", standby = \"…\" }: the domain name of each origin";
    let id = table.need("distribution", ID).and_then(|node| {
        let id = form::token(&node, ID, 32, |b| b.is_ascii_uppercase() || b.is_ascii_digit())?;
        if id.starts_with('E') {
            return Some(id);
        }
        node.context().push(node.found(format!("\"{id}\" is not a distribution's id")).expected(ID));
        None
    });
    let origin = table.need("origin", ORIGIN);
    let origin = origin.and_then(|node| sides(&node, ORIGIN, |side| side.line("an origin's id", 128)));
    let domain = table.optional("domain", |node| sides(node, DOMAIN, form::dns_name));
    let paths = table.get("paths").map_or(Some(vec!["/*".to_owned()]), |node| paths(&node));
    Some(CloudFront { distribution: id?, origin: origin?, domain: domain.ok()?, paths: paths? })
}

/// A value for each Region, two different ones.
fn sides(node: &Node<'_, '_>, expected: &str, one: impl Fn(&Node<'_, '_>) -> Option<String>) -> Option<Pair<String>> {
    let table = node.table(expected)?;
    let side = |key| table.need(key, expected).and_then(|node| one(&node));
    let (primary, standby) = (side("primary"), side("standby"));
    table.finish();
    let (primary, standby) = (primary?, standby?);
    if primary == standby {
        node.error("primary and standby are the same");
        return None;
    }
    Some(Pair { primary, standby })
}

fn paths(node: &Node<'_, '_>) -> Option<Vec<String>> {
    const EXPECTED: &str = "a list of paths, such as [\"/*\"]";
    let items = node.filled_list(EXPECTED)?;
    if items.len() > MOST_PATHS {
        node.error(format!("{} paths; at most {MOST_PATHS} wildcard paths can be under way", items.len()));
        return None;
    }
    let mut paths: Vec<String> = Vec::new();
    for item in items {
        let path = item.line("a path that begins with a slash", 4_000)?;
        if !path.starts_with('/') || path.chars().any(|c| c.is_whitespace() || !c.is_ascii()) || paths.contains(&path) {
            item.error("a path begins with a slash, has no spaces and only ASCII characters, and stands here once");
            return None;
        }
        paths.push(path);
    }
    Some(paths)
}
