//! `[trail]`: where journals are kept besides this machine, and for how long.

use std::time::Duration;

use super::component::{bucket, prefix};
use super::form;
use super::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::{LockMode, Trail};

/// What an audit of an outage asks for at least.
const LEAST: Duration = Duration::from_hours(90 * 24);
/// Ten years; what is locked for longer was mistyped, and nobody could take it back.
const MOST: Duration = Duration::from_hours(3_653 * 24);

/// Reads it.
pub(super) fn read(node: &Node<'_, '_>) -> Option<Trail> {
    let table = node.table("a table with `log_group`, `bucket` or both")?;
    let log_group = table.optional("log_group", |node| {
        // CloudWatch Logs API reference, CreateLogGroup.
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-/.#".contains(&b);
        form::token(node, "a log group's name, such as \"/handover/journals\"", 512, allowed)
    });
    let buckets = table.optional("bucket", buckets);
    let prefix = table.get("prefix").map_or(Some("handover/".to_owned()), |node| prefix(&node));
    let retention = table.get("retention").map_or(Some(LEAST), |node| node.duration(LEAST, MOST));
    let locks = [("governance", LockMode::Governance), ("compliance", LockMode::Compliance)];
    let lock = table.get("lock").map_or(Some(LockMode::Governance), |node| node.word(&locks));
    let redact = table.get("redact").map_or(Some(Vec::new()), |node| variables(&node));
    table.finish();
    let (log_group, buckets) = (log_group.ok()?, buckets.ok()?);
    if log_group.is_none() && buckets.is_none() {
        node.context().push(node.found("the journal would go nowhere").expected("`log_group`, `bucket` or both"));
        return None;
    }
    Some(Trail { log_group, bucket: buckets, prefix: prefix?, retention: retention?, lock: lock?, redact: redact? })
}

fn buckets(node: &Node<'_, '_>) -> Option<Pair<String>> {
    const EXPECTED: &str = "{ primary = \"…\", standby = \"…\" }: a bucket in each Region";
    let table = node.table(EXPECTED)?;
    let side = |key, table: &Table<'_, '_>| table.need(key, EXPECTED).and_then(|node| bucket(&node));
    let (primary, standby) = (side("primary", &table), side("standby", &table));
    table.finish();
    let pair = Pair { primary: primary?, standby: standby? };
    if pair.primary == pair.standby {
        let message = "primary and standby are the same bucket: what it keeps may be gone with its Region";
        node.context().push(node.found(message).expected("a bucket in each Region"));
        return None;
    }
    Some(pair)
}

fn variables(node: &Node<'_, '_>) -> Option<Vec<String>> {
    let items = node.list("a list of names of environment variables, such as [\"SHOP_API_TOKEN\"]")?;
    items.iter().map(form::variable).collect()
}
