//! `kubernetes`: a cluster in each Region. What runs in them is not in a state, so the block is never certain.

use super::Part;
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::pairs::{lonely, twins};
use crate::config::terraform::resource::Estate;
use crate::config::terraform::sides::Sides;

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (pairs, left) = twins(estate, "aws_eks_cluster", sides, |one| one.text("name"));
    let mut blocks = Vec::new();
    for twins in pairs {
        let (primary, standby) = (twins.primary, twins.standby);
        let mut block = Block::new("cluster", "kubernetes").from([primary, standby]);
        twins.tell(&mut block);
        block.say("The contexts are named as `aws eks update-kubeconfig` names them: by the cluster's ARN.");
        for (key, one) in [("primary", primary), ("standby", standby)] {
            block.set(key, Val::Table(vec![("context", text(one.text("arn")))]));
        }
        block.note(Note::Missing("the namespace, and the workloads in it".to_owned()));
        block.set("namespace", Val::Gap);
        blocks.push(block);
    }
    Part { what: "EKS clusters", blocks, left: lonely(&left, sides) }
}
