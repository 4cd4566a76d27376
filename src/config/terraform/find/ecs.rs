//! `ecs`: a service in each Region.

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::names::arn;
use crate::config::terraform::pairs::{lonely, twins};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::Sides;

/// The cluster's name; a service has its ARN or its name.
fn cluster(service: &Resource) -> Option<&str> {
    let cluster = service.text("cluster")?;
    match arn(cluster) {
        Some(arn) => arn.resource.strip_prefix("cluster/"),
        None => Some(cluster),
    }
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (pairs, left) = twins(estate, "aws_ecs_service", sides, |one| one.text("name"));
    let mut blocks = Vec::new();
    for twins in pairs {
        let (primary, standby) = (twins.primary, twins.standby);
        let mut block =
            Block::new("compute", "ecs").title(primary.text("name").unwrap_or_default()).from([primary, standby]);
        twins.tell(&mut block);
        let counts = [primary, standby].map(|one| one.count("desired_count"));
        if counts.iter().any(Option::is_some) {
            block.say("The counts are as Terraform last saw them.");
        }
        match counts {
            // Both Regions run the same: what each runs is what it needs to carry the service.
            [Some(one), Some(other)] if one == other && one > 0 => {}
            [Some(_), Some(other)] => block.put_off(Note::Unsure(format!(
                "how many tasks {} runs when it carries the service; at rest it runs {other}",
                sides.standby
            ))),
            _ => block.put_off(Note::Missing("how many tasks each Region runs when it carries the service".to_owned())),
        }
        for (key, one) in [("primary", primary), ("standby", standby)] {
            // What the standby runs at rest is not what it would need: the primary's count is only put there to look at.
            let count = counts[0].map_or(Val::Gap, Val::Number);
            let side = vec![("cluster", text(cluster(one))), ("service", text(one.text("name"))), ("count", count)];
            block.set(key, Val::Table(side));
        }
        block.set_if("rest", counts[1].map(Val::Number));
        blocks.push(block);
    }
    Part { what: "ECS services", blocks, left: lonely(&left, sides) }
}
