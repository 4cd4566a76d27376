//! The gates that every run has, whatever its runbook says; and the watch for two sides that take writes.

use std::time::Duration;

use handover::domain::board::Board;
use handover::domain::command::{Command, Event};
use handover::domain::consent::How;
use handover::domain::gate::{GateResult, Verdict};
use handover::domain::journal::Body;
use handover::domain::reading::{Observation, Unread, Value, Why};
use handover::domain::region::{Place, Region};
use handover::domain::run::{Ending, State};
use handover::domain::safeguard::Takeover;
use handover::domain::writers::Watch;
use handover::ports::Clock as _;

use crate::audit::audit;
use crate::rig::{Desk, Rig, SHORT, confirm, project};

async fn open(desk: &mut Desk, step: &str) -> Vec<String> {
    let (_, gates) = desk.plan(step).await.unwrap();
    desk.run.open_questions(step, &gates).into_iter().map(|gate| gate.name.clone()).collect()
}

fn because() -> String {
    "because".to_owned()
}

/// Skips steps, and waits until that is so.
async fn skip(desk: &mut Desk, steps: &[&str]) {
    for step in steps {
        desk.say(Command::Skip { step: (*step).to_owned(), reason: because() });
        assert_eq!(desk.ended(step).await, Ending::Skipped);
    }
}

#[tokio::test(start_paused = true)]
async fn no_database_takes_over_before_the_other_is_fenced_or_its_risk_accepted() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    skip(&mut desk, &["fence"]).await;
    assert_eq!(open(&mut desk, "promote").await, ["the old primary is fenced"]);
    desk.confirm("promote").await;
    desk.pass(60).await;
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    // What was left out can be done after all, and then the gate holds.
    desk.say(Command::Reopen { step: "fence".into(), reason: because() });
    desk.until(|run, _| (run.state("fence") == State::Pending).then_some(())).await;
    desk.carry_out("fence").await;
    assert!(open(&mut desk, "promote").await.is_empty());
    desk.carry_out("promote").await;
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn no_traffic_goes_where_the_database_takes_no_writes() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    skip(&mut desk, &["fence", "promote", "verify-writes", "admit", "script"]).await;
    let closed = open(&mut desk, "point").await;
    assert_eq!(closed, ["target takes writes", "verify-writes is done"]);
    desk.confirm("point").await;
    desk.pass(60).await;
    assert_eq!(rig.mutations("route53:ChangeResourceRecordSets"), 0);
    // One alone does not open it.
    for gate in closed {
        assert_eq!(rig.mutations("route53:ChangeResourceRecordSets"), 0);
        desk.say(Command::Override { step: "point".into(), gate, reason: because() });
        desk.pass(5).await;
        desk.confirm("point").await;
        desk.pass(5).await;
    }
    assert_eq!(desk.ended("point").await, Ending::Done);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn what_was_handed_over_within_the_hour_is_not_without_somebody_saying_so() {
    let mut rig = Rig::short("calm");
    let at = |minutes: i64| rig.clock.now() - jiff::SignedDuration::from_mins(minutes);
    let (young, old) = (at(20), at(70));
    let name = "nothing was handed over in the last hour";
    rig.last = Some(Takeover { run: "yesterday".into(), at: old });
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.carry_out("fence").await;
    assert!(open(&mut desk, "promote").await.is_empty());
    desk.die().await;
    rig.last = Some(Takeover { run: "just-now".into(), at: young });
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    let (_, gates) = desk.plan("promote").await.unwrap();
    let gate: &GateResult = gates.iter().find(|gate| gate.name == name).unwrap();
    assert_eq!(gate.verdict, Verdict::Fail);
    assert!(gate.evidence.reading.contains("just-now"), "{:?}", gate.evidence);
    desk.confirm("promote").await;
    desk.pass(30).await;
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    desk.say(Command::Override { step: "promote".into(), gate: name.into(), reason: because() });
    desk.pass(2).await;
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_loss_beyond_what_was_promised_is_typed_with_its_figure() {
    let mut rig = Rig::short("region-outage");
    // The lag that the scenario ends with is more than this service may lose.
    let mut service = (*rig.service).clone();
    service.objectives.rpo = Duration::from_millis(100);
    rig.service = std::sync::Arc::new(service);
    let mut desk = rig.boot();
    desk.pass(30).await;
    desk.arm().await;
    skip(&mut desk, &["fence"]).await;
    for gate in open(&mut desk, "promote").await {
        desk.say(Command::Override { step: "promote".into(), gate, reason: because() });
    }
    desk.pass(2).await;
    let (plan, _) = desk.plan("promote").await.unwrap();
    let phrase = plan.phrase.clone().unwrap();
    assert!(phrase.starts_with("promote us-west-2 losing "), "{phrase}");
    let typed = How::Typed { phrase: "promote us-west-2".into() };
    let weak = Command::Confirm { step: "promote".into(), plan_hash: plan.hash(), how: typed };
    let why = desk.refused(weak).await;
    assert!(why.contains("not carried out"), "{why}");
    desk.pass(60).await;
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    let (plan, _) = desk.plan("promote").await.unwrap();
    desk.say(confirm(&plan));
    assert_eq!(desk.ended("promote").await, Ending::Done);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_comes_back_raises_the_alarm_until_it_is_fenced() {
    let rig = Rig::short("old-primary-returns");
    let mut desk = rig.boot();
    desk.pass(30).await;
    desk.arm().await;
    for gate in open(&mut desk, "fence").await {
        desk.say(Command::Override { step: "fence".into(), gate, reason: because() });
    }
    desk.pass(2).await;
    desk.confirm("fence").await;
    desk.until(|run, _| matches!(run.state("fence"), State::Failed(_) | State::Unsure(_)).then_some(())).await;
    desk.say(Command::AcceptRisk { step: "fence".into(), reason: "out of reach".into() });
    assert_eq!(desk.ended("fence").await, Ending::RiskAccepted);
    for gate in open(&mut desk, "promote").await {
        desk.say(Command::Override { step: "promote".into(), gate, reason: because() });
    }
    desk.pass(2).await;
    desk.carry_out("promote").await;
    assert!(desk.run.splits.is_empty());
    let alarm = desk
        .until(|run, event| match event {
            Event::Entry(entry) if matches!(&entry.body, Body::SplitBrain { splits } if !splits.is_empty()) => {
                Some((run.splits.clone(), rig.regions.truth()))
            }
            _ => None,
        })
        .await;
    assert_eq!(alarm.0[0].to_string(), "database takes writes in us-east-1 and in us-west-2");
    assert!(alarm.1.takes_writes.primary && alarm.1.takes_writes.standby);
    // It stays until one side says that it takes none.
    desk.pass(120).await;
    assert!(!desk.run.splits.is_empty());
    desk.say(Command::Reopen { step: "fence".into(), reason: "it is back".into() });
    desk.until(|run, _| (run.state("fence") == State::Pending).then_some(())).await;
    desk.carry_out("fence").await;
    desk.until(|run, _| run.splits.is_empty().then_some(())).await;
    assert!(!rig.regions.truth().takes_writes.primary);
    desk.die().await;
    audit(&rig);
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn says(board: &mut Board, region: &Region, second: i64, takes: Option<bool>) {
    let seen = match takes {
        Some(takes) => {
            let mut seen = Observation::new("test");
            seen.fact("takes_writes", Value::Bool(takes));
            Ok(seen)
        }
        None => Err(Unread::new(Why::TimedOut, "gone")),
    };
    board.record("database", &Place::Region(region.clone()), at(second), Duration::from_secs(15), &seen);
}

#[test]
fn what_was_said_before_the_other_took_over_raises_nothing_and_silence_ends_nothing() {
    let (service, _) = project(SHORT);
    let (east, west) = (&service.regions.primary, &service.regions.standby);
    let (mut board, mut watch) = (Board::default(), Watch::default());
    says(&mut board, east, 0, Some(true));
    says(&mut board, west, 0, Some(false));
    assert!(watch.look(&service, &board, at(0), &[]).is_empty());
    // It was fenced at once, and its last word is still fresh.
    says(&mut board, west, 8, Some(true));
    assert!(watch.look(&service, &board, at(8), &[]).is_empty());
    // It says so again: now there are two.
    says(&mut board, east, 10, Some(true));
    let split = watch.look(&service, &board, at(10), &[]);
    assert_eq!(split[0].to_string(), "database takes writes in us-east-1 and in us-west-2");
    // Out of reach it may go on.
    says(&mut board, east, 15, None);
    assert_eq!(watch.look(&service, &board, at(16), &split), split);
    assert_eq!(watch.look(&service, &board, at(900), &split), split);
    says(&mut board, east, 901, Some(false));
    assert!(watch.look(&service, &board, at(901), &split).is_empty());
}
