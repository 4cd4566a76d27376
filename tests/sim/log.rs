//! The wire log: a simulation goes on where a killed process left it.

use std::io::Write as _;

use handover::sim::{log, scenario};
use serde_json::Value;

use crate::support::{REPLICA, SEED, ZONE, east, rig_of};
use crate::wire::swap;

#[tokio::test(start_paused = true)]
async fn a_replayed_log_gives_the_same_world() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wire.jsonl");
    let scenario = scenario::load("calm").unwrap();
    let first = rig_of(&scenario, SEED, Some(path.clone()));
    first.regions.sql().fence(&east()).await.unwrap();
    first.pass(5).await;
    first.promote().await;
    let records = first.records().await;
    let batch = swap(&records[0], "west.fineract.com", records[1].health_check_id());
    first.route53().change_resource_record_sets().hosted_zone_id(ZONE).change_batch(batch).send().await.unwrap();
    first.pass(30).await;
    let clock = std::sync::Arc::clone(&first.clock);
    let service = crate::support::fineract();
    let second = handover::sim::Regions::start(&service, &scenario, SEED, clock, Some(path.clone())).unwrap();
    assert_eq!(second.mutations(), first.regions.mutations());
    for at in (0..600_000).step_by(5_000) {
        assert_eq!(second.look(|world| world.truth(at)), first.regions.look(|world| world.truth(at)));
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let operations: Vec<_> = lines.iter().filter_map(|line| line["operation"].as_str()).collect();
    assert_eq!(operations, ["sql:Fence", "rds:PromoteReadReplica", "route53:ChangeResourceRecordSets"]);
    assert_eq!(lines[2]["params"]["DBInstanceIdentifier"], REPLICA);
    assert_eq!(lines[2]["region"], "us-west-2");
    assert_eq!(lines[2]["request_id"].as_str().unwrap().len(), 36);
    let header = log::header(&path).unwrap().unwrap();
    assert_eq!((header.scenario.as_str(), header.seed), ("calm", SEED));
}

#[tokio::test(start_paused = true)]
async fn a_second_process_follows_and_cannot_do_again_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wire.jsonl");
    let scenario = scenario::load("region-outage").unwrap();
    let (lead, observer) = (rig_of(&scenario, SEED, Some(path.clone())), rig_of(&scenario, SEED, Some(path)));
    lead.promote().await;
    observer.regions.refresh().unwrap();
    assert_eq!(observer.regions.mutations(), lead.regions.mutations());
    let again = observer.rds("us-west-2").promote_read_replica().db_instance_identifier(REPLICA).send().await;
    assert!(again.unwrap_err().into_service_error().is_invalid_db_instance_state_fault());
    assert_eq!(lead.regions.mutations().len(), 1);
    lead.pass(60).await;
    assert_eq!(observer.instance("us-west-2", REPLICA).await.db_instance_status(), Some("modifying"));
}

#[test]
fn a_simulation_s_clock_goes_on_while_its_process_is_dead() {
    let opened = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(10);
    let start: jiff::Timestamp = "2026-03-03T14:00:00Z".parse().unwrap();
    let header = log::Header {
        service: String::new(),
        scenario: String::new(),
        seed: 0,
        epoch: start,
        start,
        opened,
        speed: 60.0,
        surprise: None,
    };
    let gone = header.clock().start().duration_since(start).as_secs();
    assert!((600..700).contains(&gone), "{gone}");
}

#[tokio::test(start_paused = true)]
async fn a_torn_last_line_was_never_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wire.jsonl");
    let scenario = scenario::load("calm").unwrap();
    rig_of(&scenario, SEED, Some(path.clone()));
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":\"2026").unwrap();
    let next = rig_of(&scenario, SEED, Some(path.clone()));
    assert!(next.regions.mutations().is_empty());
    next.promote().await;
    let third = rig_of(&scenario, SEED, Some(path.clone()));
    assert_eq!(third.regions.mutations().len(), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_simulation_s_log_and_a_damaged_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wire.jsonl");
    let (calm, outage) = (scenario::load("calm").unwrap(), scenario::load("region-outage").unwrap());
    let first = rig_of(&calm, SEED, Some(path.clone()));
    let open = |scenario, seed| {
        let clock = std::sync::Arc::clone(&first.clock);
        handover::sim::Regions::start(&crate::support::fineract(), scenario, seed, clock, Some(path.clone()))
    };
    assert!(open(&outage, SEED).err().unwrap().to_string().contains("another simulation"));
    assert!(open(&calm, 8).err().unwrap().to_string().contains("seed 7"));
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
    assert!(open(&calm, SEED).is_err());
    assert!(first.regions.refresh().is_err());
}
