//! No command leads into a state that none leads out of.

use handover::domain::command::Command;
use handover::domain::consent::How;

use crate::audit::audit;
use crate::rig::Rig;

#[tokio::test(start_paused = true)]
async fn confirming_what_makes_no_call_does_not_block_it() {
    let rig = Rig::full("region-outage");
    let mut desk = rig.boot();
    desk.pass(60).await;
    desk.arm().await;
    let command = Command::Confirm { step: "confirm-outage".into(), plan_hash: String::new(), how: How::TwoKeys };
    let why = desk.refused(command).await;
    assert!(why.contains("nothing to confirm"), "{why}");
    let why = desk.refused(Command::Plan("confirm-outage".into())).await;
    assert!(why.contains("no plan"), "{why}");
    desk.say(Command::Start("confirm-outage".into()));
    desk.ended("confirm-outage").await;
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_program_that_was_stopped_half_way_is_in_doubt_and_led_out_of_it() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    for step in ["fence", "promote", "verify-writes", "admit"] {
        desk.say(Command::Skip { step: step.into(), reason: "not today".into() });
    }
    desk.confirm("script").await;
    desk.pass(1).await;
    desk.say(Command::Cancel("script".into()));
    desk.pass(2).await;
    assert!(
        matches!(desk.run.state("script"), handover::domain::run::State::Unsure(_)),
        "{:?}",
        desk.run.state("script")
    );
    desk.say(Command::NotDone { step: "script".into(), reason: "looked".into() });
    desk.pass(1).await;
    desk.carry_out("script").await;
    audit(&rig);
}
