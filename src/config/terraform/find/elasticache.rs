//! `elasticache-global`: a global datastore and its replication group in each Region.

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::Region;

const KIND: &str = "aws_elasticache_global_replication_group";
const GROUP: &str = "aws_elasticache_replication_group";

/// The groups of a global datastore: those that name it, and the one that it names as its first.
fn groups<'e>(estate: &'e Estate, global: &'e Resource) -> impl Iterator<Item = &'e Resource> {
    let first = global.text("primary_replication_group_id");
    estate.of(GROUP).filter(move |group| {
        let names = group.text("global_replication_group_id");
        names.is_some_and(|id| Some(id) == global.key()) || (names.is_none() && first.is_some() && group.key() == first)
    })
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let mut copies = Vec::new();
    for global in estate.of(KIND) {
        let first = global.text("primary_replication_group_id");
        let from = groups(estate, global).find(|group| group.key() == first).and_then(|group| group.region.clone());
        for other in groups(estate, global).filter(|group| group.key() != first) {
            let what = format!("{} has a group in another Region", global.told());
            copies.push(Evidence { from: from.clone(), to: other.region.clone(), what });
        }
    }
    copies
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let mut blocks = Vec::new();
    for global in estate.of(KIND) {
        let here = |region: &Region| {
            let mut here = groups(estate, global).filter(|group| group.is_in(region));
            here.next().filter(|_| here.next().is_none())
        };
        let (primary, standby) = (here(&sides.primary), here(&sides.standby));
        let mut block = Block::new("cache", "elasticache-global")
            .title(global.key().unwrap_or_default())
            .from(std::iter::once(global).chain(primary).chain(standby));
        block.set("global", text(global.key()));
        for (key, group, region) in [("primary", primary, &sides.primary), ("standby", standby, &sides.standby)] {
            if group.is_none() {
                block.note(Note::Missing(format!("its one replication group in {region}")));
            }
            block.set(key, Val::Table(vec![("group", text(group.and_then(Resource::key)))]));
        }
        blocks.push(block);
    }
    Part { what: "global datastores", blocks, left: Vec::new() }
}
