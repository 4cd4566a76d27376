//! The ways out of a run: held, taken back, impossible, gone on with ungracefully.

use handover::config::locate;
use handover::domain::command::Command;
use handover::domain::run::{Ending, State};
use handover::domain::runbook::Action;

use crate::audit::audit;
use crate::rig::{Desk, Rig};

fn because() -> String {
    "because".to_owned()
}

async fn ready(rig: &Rig) -> Desk {
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk
}

#[tokio::test(start_paused = true)]
async fn nothing_is_started_while_the_run_is_held_and_what_runs_goes_on() {
    let rig = Rig::short("calm");
    let mut desk = ready(&rig).await;
    assert!(desk.refused(Command::Pause { reason: " ".into() }).await.contains("reason"));
    desk.confirm("fence").await;
    desk.until(|run, _| (run.state("fence") == State::Settling).then_some(())).await;
    desk.say(Command::Pause { reason: because() });
    desk.until(|run, _| run.paused.is_some().then_some(())).await;
    // What was called settles; nothing else begins, whatever is asked for.
    assert_eq!(desk.ended("fence").await, Ending::Done);
    let (step, reason) = (|| "promote".to_owned(), because);
    for command in [
        Command::Start(step()),
        Command::Confirm {
            step: step(),
            plan_hash: "0".repeat(64),
            how: handover::domain::consent::How::Typed { phrase: "promote us-west-2".into() },
        },
        Command::Skip { step: step(), reason: reason() },
        Command::ByHand { step: step(), reason: reason() },
    ] {
        let why = desk.refused(command.clone()).await;
        assert!(why.contains("holds the run"), "{command:?}: {why}");
    }
    // Whoever takes it up finds it held.
    desk.die().await;
    let mut desk = ready(&rig).await;
    assert!(desk.run.paused.is_some());
    desk.pass(60).await;
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 0);
    desk.say(Command::Continue);
    desk.until(|run, _| run.paused.is_none().then_some(())).await;
    assert!(desk.refused(Command::Continue).await.contains("nobody holds"));
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_taken_back_by_a_step_that_is_confirmed_like_any() {
    let rig = Rig::short("calm");
    let mut desk = ready(&rig).await;
    let back = |step: &str| Command::RollBack { step: step.into(), reason: because() };
    assert!(desk.refused(back("fence")).await.contains("not done"));
    desk.carry_out("fence").await;
    assert!(!rig.regions.truth().takes_writes.primary);
    desk.say(back("fence"));
    desk.until(|run, _| run.runbook.step("undo-fence").is_some().then_some(())).await;
    desk.pass(30).await;
    assert!(!rig.regions.truth().takes_writes.primary, "nothing is done before it is confirmed");
    assert!(desk.refused(back("fence")).await.contains("already"));
    // It is found again by whoever takes the run up.
    desk.die().await;
    let mut desk = ready(&rig).await;
    assert_eq!(desk.carry_out("undo-fence").await, Ending::Done);
    assert!(rig.regions.truth().takes_writes.primary);
    // A promotion is never taken back.
    desk.carry_out("promote").await;
    assert!(desk.refused(back("promote")).await.contains("nothing takes promote back"));
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_can_do_is_said_to_be_impossible_and_marks_nothing() {
    let rig = Rig::short("calm");
    let mut desk = ready(&rig).await;
    desk.say(Command::Impossible { step: "fence".into(), reason: because() });
    assert_eq!(desk.ended("fence").await, Ending::Impossible);
    desk.pass(5).await;
    assert!(desk.run.timeline.at(handover::domain::timeline::Milestone::Fenced).is_none());
    let (_, gates) = desk.plan("promote").await.unwrap();
    let closed: Vec<_> = desk.run.open_questions("promote", &gates).into_iter().map(|gate| gate.name.clone()).collect();
    assert_eq!(closed, ["the old primary is fenced"]);
    desk.die().await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_planned_move_goes_on_without_the_source_when_that_is_lost_in_the_middle() {
    let preset = locate::presets().iter().find(|preset| preset.name == "aurora-financial").unwrap();
    let rig = Rig::of(preset, "planned-failover", Some("region-outage"));
    let mut desk = ready(&rig).await;
    let action = |desk: &Desk| match &desk.run.runbook.step("switch").unwrap().action {
        Action::Act { action, .. } => action.clone(),
        other => panic!("{other:?}"),
    };
    // Everything before it was done while both Regions were well.
    while desk.run.state("switch") == State::Pending && !desk.run.is_ready("switch") {
        let next: Vec<String> = desk.run.ready().map(|step| step.id.clone()).collect();
        for step in next {
            desk.say(Command::Skip { step: step.clone(), reason: because() });
            desk.ended(&step).await;
        }
    }
    assert_eq!(action(&desk), "switchover");
    assert!(desk.refused(Command::Ungraceful { reason: String::new() }).await.contains("reason"));
    desk.say(Command::Ungraceful { reason: "us-east-1 is gone".into() });
    desk.until(|run, _| run.ungraceful.is_some().then_some(())).await;
    assert_eq!(action(&desk), "failover");
    desk.die().await;
    let mut desk = ready(&rig).await;
    assert_eq!(action(&desk), "failover", "whoever takes it up finds it so");
    assert!(desk.refused(Command::Ungraceful { reason: because() }).await.contains("nothing to change"));
    let (plan, gates) = desk.plan("switch").await.unwrap();
    assert!(plan.phrase.as_deref().unwrap().starts_with("failover us-west-2"), "{:?}", plan.phrase);
    for gate in desk.run.open_questions("switch", &gates) {
        desk.say(Command::Override { step: "switch".into(), gate: gate.name.clone(), reason: because() });
    }
    desk.pass(2).await;
    assert_eq!(desk.carry_out("switch").await, Ending::Done);
    assert!(rig.regions.truth().takes_writes.standby);
}
