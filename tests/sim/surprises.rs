//! Surprises: held back until the run comes to their moment, and then what they say; in the log, so that other processes agree.

use std::path::PathBuf;
use std::sync::Arc;

use handover::domain::debrief::{Handled, Secret};
use handover::ports::Trainer as _;
use handover::sim::world::faults::{ApiCall, Met, Verdict};
use handover::sim::{Regions, SimClock, log, scenario, surprise};
use jiff::Timestamp;

use crate::support::{RECORD, RESOLVERS, Rig, SECRET, SEED, ZONE, fineract};
use crate::wire::swap;

fn secret(name: &str) -> Secret {
    Secret { name: name.into(), nonce: "4".into() }
}

/// Regions that hold a surprise back.
fn regions(scenario: &str, name: &str, log: Option<PathBuf>) -> (Arc<Regions>, Arc<SimClock>) {
    let clock = Arc::new(SimClock::new("2026-03-03T14:00:20Z".parse().unwrap(), 1.0));
    let scenario = scenario::load(scenario).unwrap();
    let regions =
        Regions::start_with(&fineract(), &scenario, SEED, Arc::clone(&clock), log, Some(secret(name))).unwrap();
    (regions, clock)
}

fn now(regions: &Regions) -> i64 {
    regions.look(handover::sim::world::World::now)
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_before_its_moment_and_it_comes_once() {
    let (regions, _) = regions("region-outage", "old-primary-returns", None);
    assert_eq!(regions.held_back().unwrap().name, "old-primary-returns");
    let (_, told) = regions.debrief();
    assert_eq!(told.unwrap().sprung, None);
    regions.spring().unwrap();
    assert_eq!(regions.held_back(), None);
    regions.spring().unwrap();
    assert_eq!(regions.mutations().len(), 1);
    let (_, told) = regions.debrief();
    let told = told.unwrap();
    assert_eq!((told.sprung, told.handled), (Some(regions.mutations()[0].at), Handled::OneWriter));
    assert_eq!(told.secret, secret("old-primary-returns"));
}

#[tokio::test(start_paused = true)]
async fn the_old_primary_returns_with_clients_that_write_to_it() {
    let (regions, _) = regions("region-outage", "old-primary-returns", None);
    let rows = |at| regions.look(|world| world.truth(at).marks.primary);
    let serves = |at| regions.look(|world| world.truth(at).serves.primary);
    let at = now(&regions);
    let before = rows(at - 200_000);
    assert!(!serves(at + 120_000), "the outage has no end of its own");
    regions.spring().unwrap();
    assert!(!serves(at + 59_000) && serves(at + 61_000));
    assert_eq!(rows(at - 200_000), before, "what was is not changed by it");
    assert!(rows(at + 120_000) > rows(at + 59_000), "its clients write");
}

#[tokio::test(start_paused = true)]
async fn the_replica_stalls_for_five_minutes_and_catches_up() {
    let (regions, _) = regions("calm", "replica-stalls", None);
    regions.spring().unwrap();
    let at = now(&regions);
    let behind = |at| {
        let marks = regions.look(|world| world.truth(at).marks);
        marks.primary - marks.standby
    };
    assert!(behind(at + 50_000) < 100);
    assert!(behind(at + 350_000) > 4_000, "20 rows a second for nearly five minutes: {}", behind(at + 350_000));
    assert!(behind(at + 380_000) < 100, "{}", behind(at + 380_000));
}

#[tokio::test(start_paused = true)]
async fn the_apis_do_what_the_surprise_says_and_only_for_so_long() {
    let verdict = |regions: &Regions, service, region, operation, at| {
        let call = ApiCall { region, service, operation };
        regions.look(|world| world.verdict(&call, at, &mut Met::new()).0)
    };
    let (throttled, _) = regions("region-outage", "throttled-promotion", None);
    let at = now(&throttled);
    let rds = |at| verdict(&throttled, "rds", "us-west-2", "PromoteReadReplica", at);
    assert_eq!(rds(at + 1_000), Verdict::Answer);
    throttled.spring().unwrap();
    assert_eq!(
        (rds(at + 1_000), rds(at + 89_000), rds(at + 91_000)),
        (Verdict::Throttle, Verdict::Throttle, Verdict::Answer)
    );

    let (gone, _) = regions("calm", "control-plane-gone", None);
    let at = now(&gone);
    gone.spring().unwrap();
    let route53 = |at| verdict(&gone, "route53", "us-east-1", "ChangeResourceRecordSets", at);
    assert_eq!((route53(at + 1_000), route53(at + 301_000)), (Verdict::Hang, Verdict::Answer));
    let database = verdict(&gone, "rds", "us-east-1", "DescribeDBInstances", at + 1_000);
    assert_eq!(database, Verdict::Answer, "the Region itself is well");
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_changed_and_its_replica_follows_late() {
    let (regions, _) = regions("calm", "secret-not-replicated", None);
    let at = now(&regions);
    let described = |region: &str, at| regions.look(|world| world.describe_secret(region, SECRET, at)).unwrap();
    let first = described("us-east-1", at).versions.0;
    regions.spring().unwrap();
    let during = (described("us-east-1", at + 50_000), described("us-west-2", at + 50_000));
    assert_ne!(during.0.versions.0, first);
    assert_eq!(during.1.versions.0, first, "the replica is there, readable, and old");
    assert_eq!(during.0.replica.unwrap().1, "InProgress");
    let after = (described("us-east-1", at + 101_000), described("us-west-2", at + 101_000));
    assert_eq!(after.0.versions.0, after.1.versions.0);
}

#[tokio::test(start_paused = true)]
async fn one_resolver_gives_the_old_answer_whatever_its_ttl() {
    let (regions, clock) = regions("calm", "resolver-ignores-ttl", None);
    let rig = Rig { regions, clock };
    let begun = now(&rig.regions);
    // It comes with the intent; the call is made after it.
    rig.regions.spring().unwrap();
    rig.pass(2).await;
    let records = rig.records().await;
    let batch = swap(&records[0], "west.fineract.com", records[1].health_check_id());
    rig.route53().change_resource_record_sets().hosted_zone_id(ZONE).change_batch(batch).send().await.unwrap();
    let answer = |resolver: &str, after: i64| {
        rig.regions.look(|world| world.resolved(resolver, RECORD, "CNAME", begun + after).unwrap().values)
    };
    let old = answer(RESOLVERS[0], 0);
    assert_ne!(answer(RESOLVERS[0], 300_000), old, "the others follow within minutes");
    assert_ne!(answer(RESOLVERS[1], 300_000), old);
    assert_eq!(answer(RESOLVERS[2], 300_000), old, "it gives the old answer still");
    assert_ne!(answer(RESOLVERS[2], 425_000), old, "and follows in the end");
}

#[tokio::test(start_paused = true)]
async fn another_process_of_the_simulation_meets_the_same_surprise() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wire.jsonl");
    let (first, _) = regions("region-outage", "old-primary-returns", Some(path.clone()));
    assert_eq!(log::header(&path).unwrap().unwrap().surprise, Some(secret("old-primary-returns")));
    // It is told nothing: the log knows what is held back.
    let clock = Arc::new(SimClock::new(Timestamp::now(), 1.0));
    let scenario = scenario::load("region-outage").unwrap();
    let second = Regions::start(&fineract(), &scenario, SEED, clock, Some(path)).unwrap();
    assert_eq!(second.held_back().map(|surprise| surprise.name), Some("old-primary-returns".to_owned()));
    first.spring().unwrap();
    second.refresh().unwrap();
    assert_eq!(second.held_back(), None);
    let at = now(&first) + 120_000;
    let truth = |regions: &Regions| regions.look(|world| world.truth(at));
    assert_eq!(truth(&first), truth(&second));
    assert!(truth(&second).serves.primary);
    assert_eq!(second.mutations()[0].change.operation(), "simulation:Surprise");
}

#[test]
fn every_surprise_can_come_in_some_run_of_a_preset_and_is_refused_where_it_cannot() {
    use handover::config::{Project, locate};
    for name in surprise::names() {
        let found = surprise::load(name).unwrap();
        let fits = locate::presets().iter().any(|preset| {
            let project = Project::from_preset(preset);
            let service = project.service().unwrap();
            project
                .runbooks
                .iter()
                .any(|runbook| found.suits.iter().any(|scenario| found.unfit(service, runbook, scenario).is_none()))
        });
        assert!(fits, "{name} can come nowhere");
    }
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let (service, runbook) = (project.service().unwrap(), project.runbook("failover").unwrap());
    let returns = surprise::load("old-primary-returns").unwrap();
    assert!(returns.unfit(service, runbook, "calm").unwrap().contains("suits region-outage"));
    let drill = project.runbook("drill").unwrap();
    assert!(
        surprise::load("control-plane-gone").unwrap().unfit(service, drill, "calm").unwrap().contains("never comes to")
    );
    // What is drawn is one of those that fit, and the same for the same seed.
    let fitting: Vec<String> =
        surprise::fitting(service, runbook, "region-outage").into_iter().map(|found| found.name).collect();
    let drawn = |seed| surprise::drawn(service, runbook, "region-outage", seed).unwrap().name;
    let all: std::collections::BTreeSet<String> = (0..200).map(drawn).collect();
    assert_eq!(all, fitting.into_iter().collect());
    assert_eq!(drawn(7), drawn(7));
}
