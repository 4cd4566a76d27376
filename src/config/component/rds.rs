//! `rds-replica`.

use super::both;
use super::sql::sql;
use crate::config::form;
use crate::config::reader::Table;
use crate::domain::service::RdsReplica;
use crate::domain::text::bounded;

pub(super) fn rds_replica(table: &Table<'_, '_>) -> Option<RdsReplica> {
    const EXPECTED: &str = "an instance identifier: letters, digits and hyphens, at most 63";
    let instance = both(table, "{ instance = \"…\" }", |side| {
        let node = side.need("instance", "the instance identifier in this Region")?;
        let id = form::token(&node, EXPECTED, 255, |b| b.is_ascii_alphanumeric() || b"-:".contains(&b))?;
        let help = id.contains(':').then_some("write the bare identifier, not the ARN");
        if id.len() > 63 || help.is_some() || !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let found = node.found(format!("\"{}\" is not an instance identifier", bounded(&id, 80)));
            node.context().push(found.expected(EXPECTED).help_if(help));
            return None;
        }
        Some(id)
    });
    let sql = table.optional("sql", |node| {
        let table = node.table("a table")?;
        let sql = sql(&table);
        table.finish();
        sql
    });
    Some(RdsReplica { instance: instance?, sql: sql.ok()? })
}
