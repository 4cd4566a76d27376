//! `s3-replication`: a bucket, the rules of its replication, and the bucket they lead to.

use serde_json::Value;

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::names::arn;
use crate::config::terraform::resource::{Estate, Resource, inner};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::Region;

const KIND: &str = "aws_s3_bucket_replication_configuration";

/// The rules that are enabled, by the bucket that they lead to.
fn destinations(configuration: &Resource) -> Vec<(&str, Vec<&Value>)> {
    let mut found: Vec<(&str, Vec<&Value>)> = Vec::new();
    for rule in configuration.list("rule").iter().filter(|rule| is_enabled(Some(rule))) {
        let destination = rule.get("destination").and_then(|list| list.get(0));
        let bucket = destination.and_then(|destination| arn(inner(destination, "bucket")?)).map(|arn| arn.resource);
        let Some(bucket) = bucket else { continue };
        match found.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, rules)) => rules.push(rule),
            None => found.push((bucket, vec![rule])),
        }
    }
    found
}

fn is_enabled(block: Option<&Value>) -> bool {
    block.and_then(|block| inner(block, "status")) == Some("Enabled")
}

/// A bucket's name is one of its kind in the world, so it needs no Region to be found.
fn region_of(estate: &Estate, bucket: &str) -> Option<Region> {
    estate.of("aws_s3_bucket").find(|one| one.key() == Some(bucket))?.region.clone()
}

fn source<'e>(estate: &Estate, configuration: &'e Resource) -> Option<(&'e str, Option<Region>)> {
    let bucket = configuration.key()?;
    Some((bucket, region_of(estate, bucket).or_else(|| configuration.region.clone())))
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let mut copies = Vec::new();
    for configuration in estate.of(KIND) {
        let Some((_, from)) = source(estate, configuration) else { continue };
        for (bucket, _) in destinations(configuration) {
            let what = format!("{} is replicated", configuration.told());
            copies.push(Evidence { from: from.clone(), to: region_of(estate, bucket), what });
        }
    }
    copies
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left) = (Vec::new(), Vec::new());
    let mut used: Vec<[&str; 2]> = Vec::new();
    for configuration in estate.of(KIND) {
        let Some((bucket, from)) = source(estate, configuration) else { continue };
        for (destination, rules) in destinations(configuration) {
            if used.contains(&[destination, bucket]) {
                continue;
            }
            let to = region_of(estate, destination);
            let known = sides.sort((from.as_ref(), bucket), (to.as_ref(), destination));
            let one_known =
                [&from, &to].into_iter().flatten().all(|region| *region == sides.primary || *region == sides.standby);
            if known.is_none() && !one_known {
                left.push(Note::Check(format!("{} leads to another Region", configuration.told())));
                continue;
            }
            used.push([bucket, destination]);
            let mut block = Block::new("storage", "s3-replication").title(bucket).from([configuration]);
            let (primary, standby) = known.unwrap_or_else(|| {
                let lacks =
                    [(bucket, &from), (destination, &to)].map(|(name, region)| region.is_none().then_some(name));
                let lacks: Vec<&str> = lacks.into_iter().flatten().collect();
                block.put_off(if lacks.is_empty() {
                    Note::Unsure("both buckets are in one Region".to_owned())
                } else {
                    Note::Missing(format!("the Region of {}", lacks.join(" and of ")))
                });
                (bucket, destination)
            });
            if primary == destination {
                block.note(Note::Check("it replicates from the standby to the primary".to_owned()));
            }
            block.set("primary", Val::Table(vec![("bucket", text(primary))]));
            block.set("standby", Val::Table(vec![("bucket", text(standby))]));
            match configuration.text("role") {
                Some(role) => block.set("role", text(role)),
                None => block.note(Note::Missing("the role that S3 replicates with".to_owned())),
            }
            let any = |test: fn(&Value) -> bool| rules.iter().any(|rule| test(rule));
            let timed = any(|rule| {
                is_enabled(rule.get("destination").and_then(|to| to.get(0)?.get("replication_time")?.get(0)))
            });
            block.set("rtc", Val::Flag(timed));
            if any(|rule| is_enabled(rule.get("delete_marker_replication").and_then(|marks| marks.get(0)))) {
                block.set("delete_markers", Val::Flag(true));
            }
            blocks.push(block);
        }
    }
    Part { what: "replicated buckets", blocks, left }
}
