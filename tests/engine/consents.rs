//! The plan shown is the plan performed.

use handover::domain::command::Command;
use handover::domain::consent::How;
use handover::domain::run::Ending;
use handover::sim::world::mutation::Change;

use crate::audit::audit_beside;
use crate::rig::{Desk, Rig, confirm};

async fn fenced(rig: &Rig) -> Desk {
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    assert_eq!(desk.carry_out("fence").await, Ending::Done);
    desk
}

async fn nothing_promoted(rig: &Rig, desk: &mut Desk, promotions: usize) {
    desk.pass(60).await;
    assert_eq!(rig.ledger.made("promote").len(), 0);
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), promotions);
    let entries = rig.lines.entries();
    assert!(entries.iter().any(|entry| entry.body.kind() == "void"), "{}", rig.lines.text());
    audit_beside(rig, promotions);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_somebody_else_promotes_voids_the_consent() {
    let rig = Rig::short("calm");
    let mut desk = fenced(&rig).await;
    let (plan, _) = desk.plan("promote").await.unwrap();
    let instance = "fineract-production-replica".to_owned();
    rig.regions
        .act(|world, id| world.apply("us-west-2", id, Change::Promote { instance }).map(|_| ()))
        .unwrap()
        .unwrap();
    rig.pass(40).await;
    desk.refused(confirm(&plan)).await;
    nothing_promoted(&rig, &mut desk, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_backup_that_begins_after_the_plan_voids_the_consent() {
    let rig = Rig::short_with("calm", "[[event]]\nat='3m'\nregion='standby'\nfault='backing-up'\n");
    let mut desk = fenced(&rig).await;
    let (plan, _) = desk.plan("promote").await.unwrap();
    rig.pass(70).await;
    let why = desk.refused(confirm(&plan)).await;
    assert!(why.contains("gates") || why.contains("changed"), "{why}");
    nothing_promoted(&rig, &mut desk, 0).await;
}

#[tokio::test(start_paused = true)]
async fn no_consent_but_the_exact_one_is_good() {
    let rig = Rig::short("calm");
    let mut desk = fenced(&rig).await;
    let (plan, _) = desk.plan("promote").await.unwrap();
    let typed = |phrase: &str| How::Typed { phrase: phrase.to_owned() };
    for (hash, how) in [
        (plan.hash(), How::TwoKeys),
        (plan.hash(), typed("promote us-east-1")),
        (plan.hash(), typed("")),
        (String::new(), typed("promote us-west-2")),
        ("0".repeat(64), typed("promote us-west-2")),
    ] {
        desk.refused(Command::Confirm { step: "promote".into(), plan_hash: hash, how }).await;
    }
    nothing_promoted(&rig, &mut desk, 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_consent_that_waits_for_its_plan_too_long_has_expired() {
    // The planning takes its 30 s and is given up: whatever comes of it, no call does.
    let slow = "[[event]]\nat='2m15s'\nregion='standby'\npart='rds'\nfault='slow'\nby='90s'\n";
    let rig = Rig::short_with("calm", slow);
    let mut desk = fenced(&rig).await;
    rig.pass(20).await;
    desk.say(Command::Confirm {
        step: "promote".into(),
        plan_hash: String::new(),
        how: How::Typed { phrase: "promote us-west-2".into() },
    });
    nothing_promoted(&rig, &mut desk, 0).await;
}
