//! `elasticache-global`.

use super::both;
use crate::config::form;
use crate::config::reader::Table;
use crate::domain::region::Pair;
use crate::domain::service::ElasticacheGlobal;

pub(super) fn global(table: &Table<'_, '_>) -> Option<ElasticacheGlobal> {
    const GLOBAL: &str = "the global datastore's id with its prefix, such as \"ldgnf-sessions\"";
    const GROUP: &str = "the replication group's id: letters, digits and hyphens, at most 40";
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let global = table.need("global", GLOBAL).and_then(|node| {
        let id = form::token(&node, GLOBAL, 63, plain)?;
        // Every id begins with a prefix of five letters that stands for the Region in which it was made.
        let prefixed = id.split_once('-').is_some_and(|(prefix, rest)| prefix.len() == 5 && !rest.is_empty());
        if !prefixed {
            let found = node.found(format!("\"{id}\" has no prefix: it is only the suffix of an id"));
            let help = "`aws elasticache describe-global-replication-groups` tells the whole id";
            node.context().push(found.expected(GLOBAL).help(help));
            return None;
        }
        Some(id)
    });
    let group = both(table, "{ group = \"…\" }", |side| form::token(&side.need("group", GROUP)?, GROUP, 40, plain));
    let Pair { primary, standby } = group?;
    Some(ElasticacheGlobal { global: global?, group: Pair { primary, standby } })
}
