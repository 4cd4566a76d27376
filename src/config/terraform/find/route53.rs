//! `route53-failover`: a PRIMARY and a SECONDARY record of one name.

use std::collections::BTreeMap;

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::hosts::{full_name, is_failover, region_of, target};
use crate::config::terraform::resource::{Estate, Resource, inner};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::Region;

/// Of three operators, as in the presets: what people's machines see, caches included.
const RESOLVERS: [&str; 3] = ["1.1.1.1:53", "8.8.8.8:53", "9.9.9.9:53"];

/// The two records of a name and type.
pub(super) struct RecordPair<'e> {
    pub(super) name: &'e str,
    pub(super) primary: Option<&'e Resource>,
    pub(super) secondary: Option<&'e Resource>,
}

fn role(record: &Resource) -> Option<&str> {
    inner(record.list("failover_routing_policy").first()?, "type")
}

/// Every failover pair, whole or not.
pub(super) fn pairs(estate: &Estate) -> Vec<RecordPair<'_>> {
    let mut pairs: Vec<RecordPair<'_>> = Vec::new();
    let mut known = BTreeMap::new();
    for record in estate.of("aws_route53_record").filter(|record| is_failover(record)) {
        let Some(name) = full_name(record) else { continue };
        let own = (record.text("zone_id"), record.text("type"), name.to_ascii_lowercase());
        let at = *known.entry(own).or_insert(pairs.len());
        if at == pairs.len() {
            pairs.push(RecordPair { name, primary: None, secondary: None });
        }
        if let Some(pair) = pairs.get_mut(at) {
            let side = if role(record) == Some("PRIMARY") { &mut pair.primary } else { &mut pair.secondary };
            side.get_or_insert(record);
        }
    }
    pairs
}

fn region_of_record(estate: &Estate, record: &Resource) -> Option<Region> {
    region_of(estate, target(record)?)
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let copy = |pair: RecordPair<'_>| {
        let (primary, secondary) = (pair.primary?, pair.secondary?);
        let (from, to) = (region_of_record(estate, primary), region_of_record(estate, secondary));
        let what = match &from {
            Some(from) => format!("the PRIMARY record {} points into {from}", primary.told()),
            None => format!("the PRIMARY record {} points where no Region is known", primary.told()),
        };
        Some(Evidence { from: from.filter(|from| Some(from) != to.as_ref()), to, what })
    };
    pairs(estate).into_iter().filter_map(copy).collect()
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left) = (Vec::new(), Vec::new());
    for pair in pairs(estate) {
        let (Some(primary), Some(secondary)) = (pair.primary, pair.secondary) else {
            let (has, lacks) = if pair.primary.is_some() { ("PRIMARY", "SECONDARY") } else { ("SECONDARY", "PRIMARY") };
            let records = [pair.primary, pair.secondary].into_iter().flatten().map(Resource::told);
            let records = records.collect::<Vec<_>>().join(", ");
            left.push(Note::Missing(format!("the {lacks} record to the {has} record {records}")));
            continue;
        };
        let kind = primary.text("type").unwrap_or_default();
        if kind == "AAAA" {
            left.push(Note::Check(format!("{}: AAAA records are not pointed by handover", primary.told())));
            continue;
        }
        blocks.push(block(estate, sides, (pair.name, kind), primary, secondary));
    }
    Part { what: "failover records", blocks, left }
}

fn block(
    estate: &Estate,
    sides: &Sides,
    (name, kind): (&str, &str),
    primary: &Resource,
    secondary: &Resource,
) -> Block {
    let mut block = Block::new("traffic", "route53-failover").title(name).from([primary, secondary]);
    let records = [primary, secondary];
    let aliases = records.map(|record| record.list("alias").first());
    let is_alias = aliases.iter().all(Option::is_some);
    if aliases.iter().any(Option::is_some) && !is_alias {
        block.put_off(Note::Unsure("one record is an alias and the other is none".to_owned()));
    }
    for (record, home) in records.into_iter().zip([&sides.primary, &sides.standby]) {
        match region_of_record(estate, record) {
            Some(region) if region == *home => {}
            Some(region) => block.note(Note::Check(format!("{} points into {region}, not {home}", record.told()))),
            None => block.note(Note::Missing(format!("that the target of {} is in {home}", record.told()))),
        }
        if record.list("records").len() > 1 {
            block.put_off(Note::Unsure(format!("{} has several values", record.told())));
        }
    }
    block.set("zone", text(primary.text("zone_id")));
    block.set("record", text(name));
    block.set("type", text(if is_alias { "alias" } else { kind }));
    for (key, record) in [("primary", primary), ("standby", secondary)] {
        let mut side = vec![("target", text(target(record)))];
        if is_alias {
            side.push(("target_zone", text(record.list("alias").first().and_then(|alias| inner(alias, "zone_id")))));
        }
        match record.text("health_check_id") {
            Some(check) => side.push(("health_check", text(check))),
            None => block.note(Note::Missing(format!("a health check of the record {}", record.told()))),
        }
        block.set(key, Val::Table(side));
    }
    let private = estate
        .of("aws_route53_zone")
        .any(|zone| zone.text("zone_id") == primary.text("zone_id") && !zone.list("vpc").is_empty());
    if private {
        let said = "a resolver that sees the private zone: private = true, resolvers = [\"HOST:53\"]";
        block.note(Note::Missing(said.to_owned()));
        if is_alias {
            block.set("private", Val::Flag(true));
            block.set("resolvers", Val::List(vec![Val::Gap]));
        }
    } else {
        block.say("Public resolvers; they are not from the state.");
        block.set("resolvers", Val::List(RESOLVERS.map(text).to_vec()));
    }
    block
}
