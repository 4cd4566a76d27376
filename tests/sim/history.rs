//! One seed, one history: whoever knows the same mutations sees the same world.

use handover::domain::region::HomeRole;
use handover::sim::scenario;
use handover::sim::world::World;
use handover::sim::world::mutation::Change;
use handover::sim::world::store::Store;

use crate::support::{RECORD, REPLICA, RESOLVERS, fineract};

fn world(name: &str, seed: u64) -> World {
    World::new(fineract(), scenario::load(name).unwrap(), seed, "2026-03-03T14:00:00Z".parse().unwrap())
}

/// Everything that can be seen at a moment, as a text.
fn picture(world: &World, at: i64) -> String {
    let database = &world.databases()[0];
    let dns: Vec<_> = RESOLVERS.iter().map(|server| world.resolved(server, RECORD, "CNAME", at)).collect();
    let servers: Vec<_> = (0..4).map(|server| world.authoritative(server, RECORD, "CNAME", at)).collect();
    format!(
        "{:?} {:?} {:?} {dns:?} {servers:?} {} {} {:?}",
        world.truth(at),
        world.instances(HomeRole::Standby, at),
        world.alarms("us-west-2", at),
        database.lineage.lag_at(at),
        database.lineage.replayed(HomeRole::Standby, at),
        world.checks().iter().map(|check| check.healthy(at)).collect::<Vec<_>>(),
    )
}

#[test]
fn two_worlds_with_the_same_seed_and_mutations_agree_however_they_were_asked() {
    // Where it was promoted before, it cannot be again.
    for name in scenario::names().into_iter().filter(|name| scenario::load(name).unwrap().failed_over.is_none()) {
        let (mut one, mut two) = (world(name, 5), world(name, 5));
        one.advance(150_000);
        two.advance(30_000);
        for moment in (0..150_000).step_by(7_000) {
            picture(&two, moment);
        }
        two.advance(150_000);
        one.apply("us-west-2", "r", Change::Promote { instance: REPLICA.into() }).unwrap();
        for mutation in one.mutations().to_vec() {
            two.accept(mutation);
        }
        for moment in (0..900_000).step_by(3_333) {
            assert_eq!(picture(&one, moment), picture(&two, moment), "{name} at {moment}");
        }
        assert_ne!(picture(&one, 60_000), picture(&world(name, 6), 60_000));
    }
}

#[test]
fn a_mutation_changes_nothing_before_its_time() {
    let mut world = world("region-outage", 11);
    let before = world.clone();
    world.advance(150_000);
    world.apply("us-west-2", "r", Change::Promote { instance: REPLICA.into() }).unwrap();
    world.advance(400_000);
    world.apply("us-west-2", "r", Change::Fence {}).unwrap();
    for moment in (0..150_000).step_by(1_111) {
        // The loss is told from the promotion on, of which the past has none.
        let (mut now, was) = (world.truth(moment), before.truth(moment));
        (now.rows_lost, now.loss) = (None, None);
        assert_eq!(now, was, "at {moment}");
    }
}

#[test]
fn rows_and_replay_never_go_back() {
    use handover::domain::region::HomeRole::{Primary, Standby};
    // Where it was promoted before, it cannot be again.
    for name in scenario::names().into_iter().filter(|name| scenario::load(name).unwrap().failed_over.is_none()) {
        for seed in 0..20 {
            let mut world = world(name, seed);
            world.advance(160_000);
            world.apply("us-west-2", "r", Change::Promote { instance: REPLICA.into() }).unwrap();
            let database = world.databases()[0].clone();
            let mut last = (0, 0, i64::MIN, i64::MIN);
            for moment in (0..1_500_000).step_by(997) {
                let now = (
                    world.mark(Store::Rds(&database), Primary, moment),
                    world.mark(Store::Rds(&database), Standby, moment),
                    database.lineage.received(Standby, moment),
                    database.lineage.replayed(Standby, moment),
                );
                assert!(
                    now.0 >= last.0 && now.1 >= last.1 && now.2 >= last.2 && now.3 >= last.3,
                    "{name} {seed} at {moment}: {last:?} then {now:?}"
                );
                assert!(now.3 <= now.2 && now.2 <= moment, "{name} {seed} at {moment}: {now:?}");
                last = now;
            }
        }
    }
}
