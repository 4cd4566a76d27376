//! `lambda`: a function in each Region.

use super::Part;
use crate::config::terraform::block::{Block, Val, text};
use crate::config::terraform::pairs::{lonely, twins};
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::Sides;

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (pairs, left) = twins(estate, "aws_lambda_function", sides, Resource::key);
    let mut blocks = Vec::new();
    for twins in pairs {
        let (primary, standby) = (twins.primary, twins.standby);
        let mut block =
            Block::new("functions", "lambda").title(primary.key().unwrap_or_default()).from([primary, standby]);
        twins.tell(&mut block);
        for (key, one) in [("primary", primary), ("standby", standby)] {
            block.set(key, Val::Table(vec![("function", text(one.key()))]));
        }
        blocks.push(block);
    }
    Part { what: "functions", blocks, left: lonely(&left, sides) }
}
