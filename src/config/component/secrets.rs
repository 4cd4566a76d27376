//! `secret-replica`.

use super::hosts;
use crate::config::form;
use crate::config::reader::Table;
use crate::domain::service::{SecretHost, SecretReplica};

pub(super) fn secret(table: &Table<'_, '_>) -> Option<SecretReplica> {
    const EXPECTED: &str = "a secret's name, such as \"/fineract/production/master-key\"";
    let node = table.need("secret", EXPECTED)?;
    let name = form::token(&node, EXPECTED, 512, |b| b.is_ascii_alphanumeric() || b"/_+=.@-:".contains(&b))?;
    if name.contains(':') {
        let found = node.found("this is an ARN, which differs by Region").expected(EXPECTED);
        node.context().push(found.help("write the name, which is the same in both Regions"));
        return None;
    }
    let host = table.optional("host", |node| {
        let table = node.table("a table { key = \"…\", value = { primary = \"…\", standby = \"…\" } }")?;
        let (key, value) = hosts(&table);
        table.finish();
        Some(SecretHost { key: key?, value: value? })
    });
    Some(SecretReplica { secret: name, host: host.ok()? })
}
