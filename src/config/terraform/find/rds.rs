//! `rds-replica`: an instance and its cross-Region read replica, by `replicate_source_db`.

use super::{Part, sql};
use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::names::arn;
use crate::config::terraform::resource::{Estate, Resource};
use crate::config::terraform::sides::{Evidence, Sides};
use crate::domain::region::{HomeRole, Region};

const KIND: &str = "aws_db_instance";

/// A replica in another Region than its source. Within a Region, `replicate_source_db` has no ARN.
struct Replica<'e> {
    source: &'e str,
    from: Region,
    instance: &'e Resource,
}

fn replicas(estate: &Estate) -> impl Iterator<Item = Replica<'_>> {
    estate.of(KIND).filter_map(|replica| {
        let source = arn(replica.text("replicate_source_db")?).filter(|arn| arn.service == "rds")?;
        let from = source.region.filter(|from| !replica.is_in(from))?;
        Some(Replica { source: source.resource.strip_prefix("db:")?, from, instance: replica })
    })
}

pub(in crate::config::terraform) fn evidence(estate: &Estate) -> Vec<Evidence> {
    let copy = |found: Replica<'_>| Evidence {
        what: format!("{} is a replica of the database in {}", found.instance.told(), found.from),
        from: Some(found.from),
        to: found.instance.region.clone(),
    };
    replicas(estate).map(copy).collect()
}

/// The names of the instances of each pair in the two Regions.
pub(super) fn pairs(estate: &Estate, sides: &Sides) -> Vec<(String, String)> {
    let pair = |Replica { source, from, instance: replica }: Replica<'_>| {
        let (primary, standby) =
            sides.sort((Some(&from), source), (replica.region.as_ref(), replica.key().unwrap_or_default()))?;
        Some((primary.to_owned(), standby.to_owned()))
    };
    replicas(estate).filter_map(pair).collect()
}

pub(super) fn find(estate: &Estate, sides: &Sides) -> Part {
    let (mut blocks, mut left, mut used) = (Vec::new(), Vec::new(), Vec::<&Resource>::new());
    for Replica { source, from, instance: replica } in replicas(estate) {
        used.push(replica);
        let instance = estate.one(KIND, source, &from);
        used.extend(instance);
        let ends = ((Some(&from), (Some(source), instance)), (replica.region.as_ref(), (replica.key(), Some(replica))));
        let Some((primary, standby)) = sides.sort(ends.0, ends.1) else {
            left.push(Note::Check(format!("{} replicates from {from}, and is not in this service", replica.told())));
            continue;
        };
        let mut block = Block::new("database", "rds-replica")
            .title(primary.0.unwrap_or_default())
            .from([primary.1, standby.1].into_iter().flatten());
        if from == sides.standby {
            block.note(Note::Check(format!("it replicates from the standby, {from}, to the primary now")));
        }
        if instance.is_none() {
            block.note(Note::Missing(format!("the source itself, {source} in {from}: its name is from its replica")));
        }
        body(&mut block, primary.0, standby.0);
        rebuild(&mut block, primary.1, standby.1);
        sql::hint(&mut block, primary.1, standby.1);
        blocks.push(block);
    }
    let unused: Vec<&Resource> = estate
        .of(KIND)
        // A replica within its Region goes where its source goes.
        .filter(|one| !used.iter().any(|used| std::ptr::eq(*used, *one)) && one.text("replicate_source_db").is_none())
        .filter(|one| one.is_in(&sides.primary) || one.is_in(&sides.standby))
        .collect();
    match unused.as_slice() {
        [one, other] if blocks.is_empty() => {
            let ends = ((one.region.as_ref(), *one), (other.region.as_ref(), *other));
            if let Some((primary, standby)) = sides.sort(ends.0, ends.1) {
                blocks.push(unsaid(primary, standby));
            } else {
                left.extend(unused.iter().map(|one| alone(one)));
            }
        }
        _ => left.extend(unused.iter().map(|one| alone(one))),
    }
    Part { what: "databases", blocks, left }
}

fn alone(one: &Resource) -> Note {
    Note::Missing(format!("a replica in the other Region of {}", one.told()))
}

/// An instance in each Region, of which neither says that it is the other's replica.
fn unsaid(primary: &Resource, standby: &Resource) -> Block {
    let mut block = Block::new("database", "rds-replica").from([primary, standby]);
    // Outputs have no resources; then what their author calls them counts.
    if (primary.said, standby.said) == (Some(HomeRole::Primary), Some(HomeRole::Standby)) {
        block.note(Note::Check("which is the replica is from the names of the outputs".to_owned()));
    } else {
        block.put_off(Note::Unsure("an instance in each Region, and neither replicates from the other".to_owned()));
    }
    body(&mut block, primary.key(), standby.key());
    rebuild(&mut block, Some(primary), Some(standby));
    sql::hint(&mut block, Some(primary), Some(standby));
    block
}

fn body(block: &mut Block, primary: Option<&str>, standby: Option<&str>) {
    for (key, id) in [("primary", primary), ("standby", standby)] {
        block.set(key, Val::Table(vec![("instance", text(id))]));
    }
}

/// What a new replica is made with: as the instance of that Region has it now.
fn rebuild(block: &mut Block, primary: Option<&Resource>, standby: Option<&Resource>) {
    let side = |one: Option<&Resource>| {
        let read = |key| text(one.and_then(|one| one.text(key)));
        let mut pairs = vec![("subnet_group", read("db_subnet_group_name")), ("kms_key", read("kms_key_id"))];
        let groups = one.map(|one| one.list("vpc_security_group_ids")).unwrap_or_default();
        let groups: Vec<Val> = groups.iter().filter_map(|group| Some(text(group.as_str()?))).collect();
        if !groups.is_empty() {
            pairs.push(("security_groups", Val::List(groups)));
        }
        for (key, attribute) in [("parameter_group", "parameter_group_name"), ("class", "instance_class")] {
            pairs.extend(one.and_then(|one| one.text(attribute)).map(|value| (key, text(value))));
        }
        pairs
    };
    let sides = [side(primary), side(standby)];
    let has = |pairs: &[(&str, Val)]| !pairs.iter().any(|(_, value)| matches!(value, Val::Gap));
    let whole = sides.iter().all(|pairs| has(pairs));
    if !whole && sides.iter().all(|pairs| pairs.iter().all(|(_, value)| matches!(value, Val::Gap))) {
        block.note(Note::Missing("what a new replica is made with: subnet groups and KMS keys".to_owned()));
        return;
    }
    block.table("rebuild", whole);
    block.say("What a new replica of each Region is made with: as its instance has it now.");
    if !whole {
        let note = "a subnet group and a KMS key in each Region; an instance that is not encrypted has no key";
        block.note(Note::Missing(note.to_owned()));
    }
    let [primary, standby] = sides;
    block.set("primary", Val::Table(primary));
    block.set("standby", Val::Table(standby));
}
