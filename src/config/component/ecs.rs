//! `ecs`.

use super::both;
use crate::config::form;
use crate::config::reader::Table;
use crate::domain::region::Pair;
use crate::domain::service::Ecs;

/// ECS lets a service have 5,000 tasks (its service quotas).
const MOST: i64 = 5_000;

pub(super) fn ecs(table: &Table<'_, '_>) -> Option<Ecs> {
    let rest = table.get("rest").map_or(Some(0), |node| node.integer(0, MOST));
    let sides = both(table, "{ cluster = \"…\", service = \"…\", count = 2 }", |side| {
        let name = |key, what| {
            let node = side.need(key, what)?;
            form::token(&node, what, 255, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        let cluster = name("cluster", "the cluster's name: letters, digits, hyphens and underscores");
        let service = name("service", "the service's name: letters, digits, hyphens and underscores");
        let count = side.need("count", "how many tasks this Region runs when it carries the service");
        // A Region that runs nothing carries nothing.
        let count = count.and_then(|node| node.integer(1, MOST));
        Some((cluster?, service?, u32::try_from(count?).ok()?))
    });
    let Pair { primary, standby } = sides?;
    let rest = u32::try_from(rest?).ok()?;
    if let Some(node) = table.get("rest")
        && rest > primary.2.min(standby.2)
    {
        node.error("a Region at rest would run more tasks than one that carries the service");
        return None;
    }
    Some(Ecs {
        cluster: Pair { primary: primary.0, standby: standby.0 },
        service: Pair { primary: primary.1, standby: standby.1 },
        count: Pair { primary: primary.2, standby: standby.2 },
        rest,
    })
}
