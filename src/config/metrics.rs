//! `[metrics]`: where metrics of the service are published.

use std::time::Duration;

use super::form;
use super::reader::Node;
use crate::domain::region::HomeRole;
use crate::domain::service::Metrics;

/// What the published documents call theirs.
const NAMESPACE: &str = "MultiRegion";
/// Standard resolution: CloudWatch keeps one value a minute.
const EVERY: Duration = Duration::from_mins(1);
/// More often is a bill, and no news.
const LEAST: Duration = Duration::from_secs(10);
/// What is rarer is no alarm.
const MOST: Duration = Duration::from_hours(1);

/// Reads it.
pub(super) fn read(node: &Node<'_, '_>) -> Option<Metrics> {
    let table = node.table("a table, which may be empty, with `namespace`, `every` and `region`")?;
    let namespace = table.get("namespace").map_or(Some(NAMESPACE.to_owned()), |node| namespace(&node));
    let every = table.get("every").map_or(Some(EVERY), |node| node.duration(LEAST, MOST));
    let regions = [("standby", HomeRole::Standby), ("primary", HomeRole::Primary)];
    let region = table.get("region").map_or(Some(HomeRole::Standby), |node| node.word(&regions));
    table.finish();
    Some(Metrics { namespace: namespace?, every: every?, region: region? })
}

/// CloudWatch API reference, PutMetricData: these characters, none of AWS's own namespaces, and no colon at the start.
fn namespace(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "a namespace of CloudWatch, such as \"MultiRegion\"";
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_/#:".contains(&b);
    let text = form::token(node, EXPECTED, 255, allowed)?;
    let wrong = if text.starts_with("AWS/") {
        "namespaces that begin with AWS/ are AWS's own"
    } else if text.starts_with(':') {
        "a namespace does not begin with a colon"
    } else {
        return Some(text);
    };
    node.context().push(node.found(wrong).expected(EXPECTED));
    None
}
