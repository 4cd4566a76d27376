//! `cloudfront`: a distribution with an origin in each Region.

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::hosts::region_of;
use crate::config::terraform::resource::{Estate, Resource, inner};
use crate::config::terraform::sides::Sides;
use crate::domain::region::Region;

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left) = (Vec::new(), Vec::new());
    for distribution in estate.of("aws_cloudfront_distribution") {
        if distribution.list("origin").is_empty() {
            left.push(Note::Missing(format!("the origins of {}", distribution.told())));
            continue;
        }
        let origins = [&sides.primary, &sides.standby].map(|region| origins(estate, distribution, region));
        // What has its origins in one Region alone does not move with the service.
        if origins.iter().all(Vec::is_empty) {
            left.push(Note::Missing(format!("in which Regions the origins of {} are", distribution.told())));
            continue;
        }
        let mut block =
            Block::new("cdn", "cloudfront").title(distribution.key().unwrap_or_default()).from([distribution]);
        block.set("distribution", text(distribution.key()));
        let mut sides_of = Vec::new();
        for (key, region, found) in [("primary", &sides.primary, &origins[0]), ("standby", &sides.standby, &origins[1])]
        {
            match found.as_slice() {
                [only] => sides_of.push((key, text(*only))),
                found => {
                    block.note(if found.is_empty() {
                        Note::Missing(format!("an origin in {region}"))
                    } else {
                        Note::Unsure(format!("which of {} origins in {region} is meant", found.len()))
                    });
                    sides_of.push((key, Val::Gap));
                }
            }
        }
        block.set("origin", Val::Table(sides_of));
        blocks.push(block);
    }
    Part { what: "distributions", blocks, left }
}

/// The ids of the origins in a Region.
fn origins<'e>(estate: &Estate, distribution: &'e Resource, region: &Region) -> Vec<&'e str> {
    let here = distribution.list("origin").iter().filter(|origin| {
        inner(origin, "domain_name").and_then(|host| region_of(estate, host)).as_ref() == Some(region)
    });
    here.filter_map(|origin| inner(origin, "origin_id")).collect()
}
