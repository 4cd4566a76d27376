//! `secret-replica`: a secret with a replica in the other Region.

use std::collections::{BTreeMap, BTreeSet};

use super::Part;
use crate::config::terraform::block::{Block, Note, text};
use crate::config::terraform::names::arn;
use crate::config::terraform::resource::{Estate, Resource, inner};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::Region;

const KIND: &str = "aws_secretsmanager_secret";

/// The Regions to which a secret is replicated, by its `replica` blocks.
fn replicas(secret: &Resource) -> impl Iterator<Item = Region> {
    secret.list("replica").iter().filter_map(|replica| inner(replica, "region")?.parse().ok())
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let all = estate.of(KIND).flat_map(|secret| {
        let what = format!("{} is replicated", secret.told());
        replicas(secret).map(move |to| Evidence { from: secret.region.clone(), to: Some(to), what: what.clone() })
    });
    all.collect()
}

/// What a secret and its replica have in common: their ARNs differ in the Region alone.
fn common(secret: &Resource) -> Option<(&str, &str)> {
    arn(secret.text("arn")?).map(|arn| (arn.account, arn.resource))
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left) = (Vec::new(), Vec::new());
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut alike: BTreeMap<_, Vec<&Resource>> = BTreeMap::new();
    for secret in estate.of(KIND) {
        alike.entry(common(secret)).or_default().push(secret);
    }
    for secret in estate.of(KIND) {
        let Some(name) = secret.key().filter(|name| !used.contains(*name)) else { continue };
        let common = common(secret);
        let twins = alike.get(&common).filter(|_| common.is_some()).map(Vec::as_slice).unwrap_or_default();
        let twin = twins.iter().copied().find(|other| other.region != secret.region);
        let mut to: Vec<Region> = replicas(secret).collect();
        to.extend(twin.and_then(|twin| twin.region.clone()));
        let pair = to.iter().any(|to| sides.sort((secret.region.as_ref(), ()), (Some(to), ())).is_some());
        if pair {
            used.insert(name);
            let mut block =
                Block::new("secrets", "secret-replica").title(name).from(std::iter::once(secret).chain(twin));
            if secret.is_in(&sides.standby) && twin.is_none() {
                block.note(Note::Check("it is the standby's, replicated to the primary".to_owned()));
            }
            block.set("secret", text(name));
            blocks.push(block);
        } else if secret.is_in(&sides.primary) {
            left.push(Note::Missing(format!("a replica in {} of the secret {}", sides.standby, secret.told())));
        }
    }
    Part { what: "secrets", blocks, left }
}
