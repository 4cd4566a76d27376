//! What each kind of component is found by: one file a kind.

pub(super) mod aurora;
pub(super) mod elasticache;
pub(super) mod metrics;
pub(super) mod rds;
pub(super) mod route53;
pub(super) mod s3;
pub(super) mod secrets;

mod cloudfront;
mod ecs;
mod eks;
mod endpoint;
mod lambda;
mod sql;
mod ssm;

use super::block::{Block, Note};
use super::resource::Estate;
use super::sides::Sides;

/// What was found for one kind.
pub(super) struct Part {
    /// Its like, in the plural.
    pub(super) what: &'static str,
    pub(super) blocks: Vec<Block>,
    /// What is of this kind and is no component.
    pub(super) left: Vec<Note>,
}

/// Every kind, in the order of the file.
pub(super) fn all(estate: &Estate, sides: &Sides) -> Vec<Part> {
    let mut databases = aurora::find(estate, sides);
    let instances = rds::find(estate, sides);
    databases.blocks.extend(instances.blocks);
    databases.left.extend(instances.left);
    vec![
        endpoint::find(estate, sides),
        databases,
        route53::find(estate, sides),
        ecs::find(estate, sides),
        eks::find(estate, sides),
        secrets::find(estate, sides),
        s3::find(estate, sides),
        elasticache::find(estate, sides),
        cloudfront::find(estate, sides),
        ssm::find(estate, sides),
        lambda::find(estate, sides),
        metrics::find(estate, sides),
    ]
}
