//! `rds-replica`.

use super::both;
use super::sql::sql;
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::service::{CutOff, RdsReplica, Rebuild};
use crate::domain::text::bounded;

pub(super) fn rds_replica(table: &Table<'_, '_>) -> Option<RdsReplica> {
    let instance = both(table, "{ instance = \"…\" }", |side| {
        identifier(&side.need("instance", "the instance identifier in this Region")?)
    });
    let sql = table.optional("sql", |node| {
        let table = node.table("a table")?;
        let sql = sql(&table);
        table.finish();
        sql
    });
    let rebuild = table.optional("rebuild", |node| {
        let table = node.table("a table")?;
        let sides = both(&table, "{ subnet_group = \"…\", kms_key = \"…\" }", rebuild);
        table.finish();
        sides
    });
    let cut_off = table.optional("cut_off", |node| {
        let table = node.table("a table")?;
        let sides = both(&table, "{ closed = \"sg-…\", open = [\"sg-…\"] }", cut_off);
        table.finish();
        sides
    });
    Some(RdsReplica { instance: instance?, sql: sql.ok()?, rebuild: rebuild.ok()?, cut_off: cut_off.ok()? })
}

/// An instance identifier.
pub(super) fn identifier(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "an instance identifier: letters, digits and hyphens, at most 63";
    let id = form::token(node, EXPECTED, 255, |b| b.is_ascii_alphanumeric() || b"-:".contains(&b))?;
    let help = id.contains(':').then_some("write the bare identifier, not the ARN");
    if id.len() > 63 || help.is_some() || !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let found = node.found(format!("\"{}\" is not an instance identifier", bounded(&id, 80)));
        node.context().push(found.expected(EXPECTED).help_if(help));
        return None;
    }
    Some(id)
}

/// The security groups by which an instance is cut off, and let in again.
fn cut_off(side: &Table<'_, '_>) -> Option<CutOff> {
    const GROUP: &str = "a security group's id, such as \"sg-…\"";
    let group = |node: &Node<'_, '_>| {
        let id = form::token(node, GROUP, 255, |b| b.is_ascii_alphanumeric() || b == b'-')?;
        if id.starts_with("sg-") {
            return Some(id);
        }
        node.context().push(node.found(format!("\"{}\" is no security group's id", bounded(&id, 80))).expected(GROUP));
        None
    };
    let closed = side.need("closed", "the security group that lets nobody in").and_then(|node| group(&node));
    let open = side.need("open", "a list of the instance's own security groups").and_then(|node| {
        let items = node.filled_list("a list of the instance's own security groups")?;
        let open = items.iter().map(group).collect::<Option<Vec<_>>>()?;
        Some((open, node))
    });
    let (closed, (open, node)) = (closed?, open?);
    if open.contains(&closed) {
        node.context().push(node.found("the group that lets nobody in is among the instance's own"));
        return None;
    }
    Some(CutOff { closed, open })
}

/// What a new replica of a Region is made with.
pub(super) fn rebuild(side: &Table<'_, '_>) -> Option<Rebuild> {
    let subnet_group = side.need("subnet_group", "the DB subnet group of this Region");
    let subnet_group = subnet_group.and_then(|node| node.line("a DB subnet group's name", 255));
    let kms_key = side.need("kms_key", "the KMS key of this Region: its ARN, id or alias/…");
    let kms_key = kms_key.and_then(|node| node.line("a KMS key's ARN, id or alias", 2_048));
    let groups = side.optional("security_groups", |node| {
        let items = node.list("a list of security group ids")?;
        items.iter().map(|item| item.line("a security group's id, such as \"sg-…\"", 255)).collect::<Option<Vec<_>>>()
    });
    let parameter_group = side.optional("parameter_group", |node| node.line("a DB parameter group's name", 255));
    let class = side.optional("class", |node| node.line("an instance class, such as \"db.r6g.large\"", 63));
    Some(Rebuild {
        subnet_group: subnet_group?,
        kms_key: kms_key?,
        security_groups: groups.ok()?.unwrap_or_default(),
        parameter_group: parameter_group.ok()?,
        class: class.ok()?,
    })
}
