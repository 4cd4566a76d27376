//! `ssm-parameter`.

use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::SsmParameter;

/// A standard parameter holds 4 KB.
const LONGEST: usize = 4_096;

pub(super) fn parameter(table: &Table<'_, '_>) -> Option<SsmParameter> {
    const NAME: &str = "a parameter's name, such as \"/shop/active-region\"";
    const VALUE: &str = "{ primary = \"…\", standby = \"…\" }: the value that means each Region";
    let name = table.need("name", NAME).and_then(|node| name(&node, NAME));
    let value = table.need("value", VALUE).and_then(|node| {
        let sides = node.table(VALUE)?;
        let side = |key| sides.need(key, "the value that means this Region")?.line("a value", LONGEST);
        let (primary, standby) = (side("primary"), side("standby"));
        sides.finish();
        let (primary, standby) = (primary?, standby?);
        if primary == standby {
            node.error("the same value would mean both Regions");
            return None;
        }
        Some(Pair { primary, standby })
    });
    Some(SsmParameter { name: name?, value: value? })
}

fn name(node: &Node<'_, '_>, expected: &str) -> Option<String> {
    let name = form::token(node, expected, 1_011, |b| b.is_ascii_alphanumeric() || b"/_.-:".contains(&b))?;
    let wrong = if name.contains(':') {
        "this is an ARN or has a version, and there is one parameter in each Region"
    } else if name.contains('/') && !name.starts_with('/') {
        "a name with a path begins with a slash"
    } else if name.ends_with('/') || name.contains("//") {
        "a part of the name's path is empty"
    } else {
        return Some(name);
    };
    node.context().push(node.found(wrong).expected(expected));
    None
}
