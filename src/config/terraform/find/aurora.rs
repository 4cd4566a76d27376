//! `aurora-global`: a global cluster and its member in each Region.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Part, sql};
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::names;
use crate::config::terraform::resource::{Estate, Resource, inner};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::Region;

const KIND: &str = "aws_rds_global_cluster";

/// A member of a global cluster.
struct Member<'e> {
    cluster: &'e str,
    region: Region,
    /// None where the state does not say it.
    writes: Option<bool>,
    resource: Option<&'e Resource>,
}

/// The members by the global cluster's own list, and by the clusters that name it.
fn members<'e>(estate: &'e Estate, global: &'e Resource) -> Vec<Member<'e>> {
    let listed = global.list("global_cluster_members").iter().flat_map(|member| {
        let writes = member.get("is_writer").and_then(Value::as_bool);
        let readers = member.get("readers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let own = inner(member, "db_cluster_arn").map(|arn| (arn, writes));
        own.into_iter().chain(readers.iter().filter_map(|reader| Some((reader.as_str()?, Some(false)))))
    });
    let mut members: Vec<Member<'e>> = Vec::new();
    for (arn, writes) in listed.filter_map(|(text, writes)| Some((names::arn(text)?, writes))) {
        let (Some(region), Some(cluster)) = (arn.region, arn.resource.strip_prefix("cluster:")) else { continue };
        if let Some(known) = members.iter_mut().find(|known| known.cluster == cluster && known.region == region) {
            known.writes = known.writes.max(writes);
        } else {
            let resource = estate.one("aws_rds_cluster", cluster, &region);
            members.push(Member { cluster, region, writes, resource });
        }
    }
    let Some(id) = global.key() else { return members };
    for cluster in estate.of("aws_rds_cluster").filter(|one| one.text("global_cluster_identifier") == Some(id)) {
        if let (Some(name), Some(region)) = (cluster.key(), cluster.region.clone())
            && !members.iter().any(|known| known.cluster == name && known.region == region)
        {
            members.push(Member { cluster: name, region, writes: None, resource: Some(cluster) });
        }
    }
    members
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let mut copies = Vec::new();
    for global in estate.of(KIND) {
        let members = members(estate, global);
        let writer = members.iter().find(|member| member.writes == Some(true));
        for reader in members.iter().filter(|member| member.writes != Some(true)) {
            let what = match writer {
                Some(writer) => format!("the writer of {} is in {}", global.told(), writer.region),
                None => format!("{} has a member in {}", global.told(), reader.region),
            };
            let from = writer.map(|writer| writer.region.clone());
            copies.push(Evidence { from, to: Some(reader.region.clone()), what });
        }
    }
    copies
}

/// The one member in a Region.
fn only<'m, 'e>(members: &'m [Member<'e>], region: &Region) -> Option<&'m Member<'e>> {
    let mut here = members.iter().filter(|member| member.region == *region);
    here.next().filter(|_| here.next().is_none())
}

/// The names of the clusters of each global cluster in the two Regions.
pub(super) fn pairs(estate: &Estate, sides: &Sides) -> Vec<(String, String)> {
    let pair = |global| {
        let members = members(estate, global);
        let (primary, standby) = (only(&members, &sides.primary)?, only(&members, &sides.standby)?);
        Some((primary.cluster.to_owned(), standby.cluster.to_owned()))
    };
    estate.of(KIND).filter_map(pair).collect()
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left) = (Vec::new(), Vec::new());
    let mut used: BTreeSet<*const Resource> = BTreeSet::new();
    for global in estate.of(KIND) {
        let members = members(estate, global);
        used.extend(members.iter().filter_map(|member| member.resource).map(std::ptr::from_ref));
        let (primary, standby) = (only(&members, &sides.primary), only(&members, &sides.standby));
        let mut block = Block::new("database", "aurora-global").title(global.key().unwrap_or_default()).from(
            std::iter::once(global)
                .chain([primary, standby].into_iter().flatten().filter_map(|member| member.resource)),
        );
        for member in members.iter().filter(|member| member.writes == Some(true) && member.region != sides.primary) {
            block.note(Note::Check(format!("its writer is in {} now", member.region)));
        }
        block.set("global", text(global.key()));
        for (key, member, region) in [("primary", primary, &sides.primary), ("standby", standby, &sides.standby)] {
            if member.is_none() {
                block.note(Note::Missing(format!("its one cluster in {region}")));
            }
            block.set(key, Val::Table(vec![("cluster", text(member.map(|member| member.cluster)))]));
        }
        sql::hint(&mut block, primary.and_then(|member| member.resource), standby.and_then(|member| member.resource));
        blocks.push(block);
    }
    let loose = |one: &&Resource| {
        (one.is_in(&sides.primary) || one.is_in(&sides.standby)) && !used.contains(&std::ptr::from_ref(*one))
    };
    let clusters = estate.of("aws_rds_cluster").filter(loose);
    left.extend(clusters.map(|one| Note::Missing(format!("the global cluster of {}", one.told()))));
    Part { what: "databases", blocks, left }
}
