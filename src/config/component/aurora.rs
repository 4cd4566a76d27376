//! `aurora-global`.

use super::both;
use super::sql::sql;
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::service::AuroraGlobal;
use crate::domain::text::bounded;

const EXPECTED: &str = "an identifier: letters, digits and hyphens, at most 63, a letter first";

pub(super) fn aurora(table: &Table<'_, '_>) -> Option<AuroraGlobal> {
    let global = table.need("global", "the global cluster's identifier").and_then(|node| identifier(&node));
    let cluster = both(table, "{ cluster = \"…\" }", |side| {
        identifier(&side.need("cluster", "the cluster's identifier in this Region")?)
    });
    let sql = table.optional("sql", |node| {
        let table = node.table("a table")?;
        let sql = sql(&table);
        table.finish();
        sql
    });
    Some(AuroraGlobal { global: global?, cluster: cluster?, sql: sql.ok()? })
}

/// RDS keeps identifiers in lower case, and so are they read.
fn identifier(node: &Node<'_, '_>) -> Option<String> {
    let id = form::token(node, EXPECTED, 255, |b| b.is_ascii_alphanumeric() || b"-:".contains(&b))?;
    let help = id.contains(':').then_some("write the bare identifier, not the ARN");
    if id.len() > 63 || help.is_some() || !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let found = node.found(format!("\"{}\" is not an identifier of a cluster", bounded(&id, 80)));
        node.context().push(found.expected(EXPECTED).help_if(help));
        return None;
    }
    Some(id.to_ascii_lowercase())
}
