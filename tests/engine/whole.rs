//! Whole runs, played by the simulation's own operator.

use std::time::Instant;

use handover::domain::journal::{Body, RunOutcome};
use handover::domain::region::HomeRole;
use handover::domain::run::Run;
use handover::domain::timeline::{Loss, Milestone};
use handover::sim::scenario::{self, Outcome};

use crate::audit::audit;
use crate::rig::Rig;

async fn play(name: &str, rig: &Rig) -> RunOutcome {
    let began = Instant::now();
    let outcome = rig.boot().play().await.unwrap();
    println!("{name}: {outcome:?}, {} entries, {:?}", rig.lines.entries().len(), began.elapsed());
    audit(rig);
    outcome
}

fn fold(rig: &Rig) -> Run {
    let entries = rig.lines.entries();
    Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.service.failover()).fold(&entries)
}

async fn as_expected(name: &str) {
    let rig = Rig::full(name);
    let outcome = play(name, &rig).await;
    let expected = scenario::load(name).unwrap().expected;
    let truth = rig.regions.truth();
    let run = fold(&rig);
    match expected.outcome {
        Outcome::Stayed => {
            assert_eq!(outcome, RunOutcome::StoodDown, "{}", rig.lines.text());
            assert_eq!(rig.regions.mutations().len(), 0);
            assert!(truth.takes_writes.primary && !truth.promoted);
            assert_eq!(truth.traffic, Some(HomeRole::Primary));
        }
        Outcome::FailedOver => {
            assert_eq!(outcome, RunOutcome::Verified, "{}", rig.lines.text());
            assert!(truth.promoted && truth.takes_writes.standby && truth.serves.standby, "{truth:?}");
            assert_eq!(truth.traffic, Some(HomeRole::Standby));
            assert_eq!(rig.mutations("rds:PromoteReadReplica"), 1);
            assert_eq!(rig.mutations("route53:ChangeResourceRecordSets"), 1);
            let lost = i64::try_from(truth.loss.unwrap().as_millis()).unwrap();
            assert!((expected.loss_at_least..=expected.loss_at_most).contains(&lost), "{lost}");
            let Some(Loss::Estimate { lag_ms, age_ms, .. }) = run.loss.clone() else { panic!("{:?}", run.loss) };
            // The last sample, and the time since then, bound what is gone.
            assert!(i64::try_from(lag_ms + age_ms).unwrap() >= lost, "{lag_ms} {age_ms} {lost}");
            assert!(truth.takes_writes.primary, "nobody could fence it");
            for milestone in [
                Milestone::ImpactBegan,
                Milestone::Decided,
                Milestone::Fenced,
                Milestone::PromoteCalled,
                Milestone::Promoted,
                Milestone::FirstWrite,
                Milestone::TrafficMoved,
                Milestone::InSync,
                Milestone::FirstSuccess,
                Milestone::Sustained,
            ] {
                assert!(run.timeline.at(milestone).is_some(), "{milestone:?}");
            }
        }
    }
    if expected.split_brain {
        assert!(truth.takes_writes.primary && truth.takes_writes.standby);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_region_is_failed_over_from() {
    as_expected("region-outage").await;
}

#[tokio::test(start_paused = true)]
async fn a_lagging_replica_is_promoted_with_its_loss_said() {
    as_expected("lagging-replica").await;
}

#[tokio::test(start_paused = true)]
async fn throttling_is_lived_through() {
    as_expected("throttled").await;
}

#[tokio::test(start_paused = true)]
async fn an_old_primary_that_returns_does_not_stop_the_run() {
    as_expected("old-primary-returns").await;
}

#[tokio::test(start_paused = true)]
async fn a_false_alarm_is_stood_down_from_untouched() {
    as_expected("false-alarm").await;
}

#[tokio::test(start_paused = true)]
async fn a_calm_day_is_left_alone() {
    as_expected("calm").await;
}

#[tokio::test(start_paused = true)]
async fn a_planned_move_on_a_calm_day_loses_nothing_unsaid() {
    let rig = Rig::short("calm");
    let outcome = play("calm, short", &rig).await;
    assert_eq!(outcome, RunOutcome::Verified, "{}", rig.lines.text());
    crate::audit::exactly_once(&rig, true);
}

#[tokio::test(start_paused = true)]
async fn every_milestone_is_recorded_once_for_each_step_that_marks_it() {
    let rig = Rig::full("region-outage");
    play("region-outage", &rig).await;
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for entry in rig.lines.entries() {
        if let Body::Milestone { source, milestone, .. } = &entry.body {
            *seen.entry(format!("{milestone:?} {source}")).or_default() += 1;
        }
    }
    assert!(seen.values().all(|count| *count == 1), "{seen:#?}");
}

#[test]
fn one_seed_one_history() {
    let history = |seed: u64| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new(crate::rig::SHORT, &scenario::load("calm").unwrap(), seed);
            rig.boot().play().await.unwrap();
            // Readings of the very same millisecond may come in either order; everything else is the same.
            let entries = rig.lines.entries();
            let mut all: Vec<String> =
                entries.iter().map(|entry| format!("{} {} {:?}", entry.at, entry.by, entry.body)).collect();
            all.sort();
            all
        })
    };
    let (one, two) = (history(3), history(3));
    for (a, b) in one.iter().zip(&two) {
        assert_eq!(a, b);
    }
    assert_eq!(one.len(), two.len());
    assert_ne!(one, history(4));
}
