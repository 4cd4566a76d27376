//! The intent is on disk before the call; what cannot be recorded is not done.

use handover::domain::command::{Command, Event};

use crate::audit::audit;
use crate::rig::{Fault, Rig, confirm};

async fn failing_at(kind: &'static str, fault: Fault) -> (Rig, crate::rig::Desk) {
    let rig = Rig::short("calm");
    let pattern = format!("\"kind\":\"{kind}\"");
    let mut desk = rig.boot_with(Some((fault, Box::new(move |_, line| line.contains(&pattern)))));
    desk.pass(10).await;
    desk.arm().await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    desk.say(confirm(&plan));
    desk.until(|_, event| matches!(event, Event::Latched { .. }).then_some(())).await;
    desk.pass(120).await;
    for command in [
        Command::Arm,
        confirm(&plan),
        Command::Start("fence".into()),
        Command::Plan("promote".into()),
        Command::Note("x".into()),
        Command::Skip { step: "fence".into(), reason: "x".into() },
        Command::Override { step: "promote".into(), gate: "x".into(), reason: "x".into() },
    ] {
        let why = desk.refused(command.clone()).await;
        assert!(why.contains("read-only"), "{command:?}: {why}");
    }
    desk.pass(120).await;
    (rig, desk)
}

#[tokio::test(start_paused = true)]
async fn without_its_intent_on_disk_no_call_is_made() {
    for kind in ["plan", "consent", "intent"] {
        for fault in [Fault::Before, Fault::Torn, Fault::After] {
            let (rig, desk) = failing_at(kind, fault).await;
            assert_eq!((rig.ledger.count(), rig.changes()), (0, 0), "{kind} {fault:?}");
            desk.die().await;
            audit(&rig);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_after_the_call_latches_and_the_run_is_taken_up() {
    for kind in ["attempt", "outcome", "settled"] {
        for fault in [Fault::Before, Fault::Torn, Fault::After] {
            let (rig, desk) = failing_at(kind, fault).await;
            assert_eq!(rig.ledger.made("fence").len(), 1, "{kind} {fault:?}");
            desk.die().await;
            let mut desk = rig.boot();
            desk.ended("fence").await;
            desk.die().await;
            assert_eq!(rig.mutations("sql:Fence"), 1);
            audit(&rig);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_step_runs_is_recorded_and_the_step_found_again() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.carry_out("fence").await;
    desk.confirm("promote").await;
    desk.pass(20).await;
    desk.say(Command::Leave);
    desk.until(|_, event| matches!(event, Event::Ended).then_some(())).await;
    assert!(rig.lines.text().contains("\"running\":[\"promote\"]"), "{}", rig.lines.text());
    let mut desk = rig.boot();
    desk.ended("promote").await;
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 1);
    audit(&rig);
}
