//! Read-only until armed.

use handover::domain::command::Command;
use handover::domain::consent::How;
use handover::domain::run::Mode;

use crate::audit::audit;
use crate::rig::{Rig, confirm};

#[tokio::test(start_paused = true)]
async fn no_writing_command_is_obeyed_before_the_console_is_armed() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    let (step, reason) = (|| "fence".to_owned(), || "because".to_owned());
    for command in [
        confirm(&plan),
        Command::Confirm { step: step(), plan_hash: plan.hash(), how: How::Autoplay },
        Command::Override { step: step(), gate: "database answers".into(), reason: reason() },
        Command::Skip { step: step(), reason: reason() },
        Command::AcceptRisk { step: step(), reason: reason() },
        Command::ByHand { step: step(), reason: reason() },
        Command::NotDone { step: step(), reason: reason() },
    ] {
        let why = desk.refused(command.clone()).await;
        assert!(why.contains("arm it first"), "{command:?}: {why}");
    }
    desk.pass(60).await;
    assert_eq!((rig.ledger.count(), rig.changes()), (0, 0));
    assert!(rig.lines.bytes().is_empty(), "a console that was only looked at left a run behind");
}

#[tokio::test(start_paused = true)]
async fn disarming_between_consent_and_call_stops_the_call() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    desk.say(confirm(&plan));
    desk.say(Command::Disarm);
    desk.pass(60).await;
    assert_eq!((rig.ledger.count(), rig.changes()), (0, 0));
    assert!(rig.lines.text().contains("\"kind\":\"void\""), "{}", rig.lines.text());
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_not_sent_again_once_disarmed() {
    let throttled =
        "[[event]]\nat='0s'\nregion='standby'\npart='rds'\noperation='PromoteReadReplica'\nfault='throttle'\nfirst=2\n";
    let rig = Rig::short_with("calm", throttled);
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.carry_out("fence").await;
    desk.confirm("promote").await;
    desk.until(|_, event| match event {
        handover::domain::command::Event::Entry(entry) if entry.body.kind() == "attempt" => Some(()),
        _ => None,
    })
    .await;
    desk.say(Command::Disarm);
    desk.pass(60).await;
    assert_eq!(rig.ledger.made("promote").len(), 1);
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    assert!(desk.run.is_ready("promote"), "{:?}", desk.run.state("promote"));
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_a_run_up_must_arm_it_again() {
    let mut rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    desk.die().await;
    rig.operator = "bert".to_owned();
    let mut desk = rig.boot();
    desk.pass(10).await;
    let why = desk.refused(confirm(&plan)).await;
    assert!(why.contains("arm it first"), "{why}");
    assert_eq!(rig.ledger.count(), 0);
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn autoplay_confirms_nothing_outside_a_simulation() {
    let mut rig = Rig::short("calm");
    rig.mode = Mode::Live;
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    let command = Command::Confirm { step: "fence".into(), plan_hash: plan.hash(), how: How::Autoplay };
    let why = desk.refused(command).await;
    assert!(why.contains("simulations only"), "{why}");
    desk.pass(60).await;
    assert_eq!((rig.ledger.count(), rig.changes()), (0, 0));
    audit(&rig);
}
