//! `rds-restore`.

use std::time::Duration;

use super::rds::{identifier, rebuild};
use super::{HOUR, both};
use crate::config::reader::Table;
use crate::domain::region::Pair;
use crate::domain::service::RdsRestore;

pub(super) fn rds_restore(table: &Table<'_, '_>) -> Option<RdsRestore> {
    let sides =
        both(table, "{ instance = \"…\", restored = \"…\", subnet_group = \"…\", kms_key = \"…\" }", |side| {
            let instance = side.need("instance", "the instance whose backups are used")?;
            let instance = identifier(&instance)?;
            let node = side.need("restored", "the name of the instance that is made")?;
            let restored = identifier(&node)?;
            let with = rebuild(side)?;
            if restored.eq_ignore_ascii_case(&instance) {
                node.error("what is restored would have the name of the instance that it is made from");
                return None;
            }
            Some((instance, restored, with))
        });
    let margin = table.get("margin").map_or(Some(Duration::from_mins(1)), |node| node.duration(Duration::ZERO, HOUR));
    let Pair { primary, standby } = sides?;
    Some(RdsRestore {
        instance: Pair { primary: primary.0, standby: standby.0 },
        restored: Pair { primary: primary.1, standby: standby.1 },
        with: Pair { primary: primary.2, standby: standby.2 },
        margin: margin?,
    })
}
