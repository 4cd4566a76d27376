//! A process that dies at any moment does nothing twice, and its run can be taken up to the end.

use handover::domain::command::Command;
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::run::{Ending, State};
use handover::domain::timeline::Loss;

use crate::audit::{audit, exactly_once};
use crate::rig::{Desk, Fault, Rig};

/// How a process goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// At once; what it was just asking is never sent.
    Clean,
    /// Its last request still reaches the other side.
    AfterCall,
}

/// Plays until the journal fails, and lets the process die there; `true` if it got to the end instead.
async fn play_until_death(desk: Desk, death: Death) -> bool {
    let Desk { run, commands, events, engine, kill, mut failed, clock, .. } = desk;
    let player = tokio::spawn(handover::engine::autoplay::play(
        run,
        clock,
        commands,
        events,
        handover::engine::autoplay::Then::Leave,
    ));
    let ended = tokio::select! {
        biased;
        _ = failed.wait_for(|failed| *failed) => false,
        outcome = player => outcome.unwrap().is_some(),
    };
    if death == Death::Clean {
        kill.send_replace(true);
    }
    engine.abort();
    let _ = engine.await;
    ended
}

/// The entries at which to die: by default a quarter of those that are not mere readings, another one for each way to
/// die; all of them with `HANDOVER_ENGINE_ALL` set, which takes minutes.
async fn points(name: &str, fault: Fault, death: Death) -> Vec<usize> {
    let rig = Rig::short(name);
    assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified));
    let all = std::env::var_os("HANDOVER_ENGINE_ALL").is_some();
    let entries = rig.lines.entries();
    assert!(entries.len() > 30, "only {} entries", entries.len());
    let telling = entries.iter().enumerate().filter(|(_, entry)| all || entry.body.kind() != "reading");
    let first = (fault as usize + 2 * death as usize) % 4;
    telling.map(|(at, _)| at + 1).skip(if all { 0 } else { first }).step_by(if all { 1 } else { 4 }).collect()
}

/// Dies at entry after entry, and is taken up each time.
async fn sweep(name: &str, fault: Fault, death: Death, fenced: bool) {
    for at in points(name, fault, death).await {
        let rig = Rig::short(name);
        let desk = rig.boot_with(Some((fault, Box::new(move |seq, _| seq == at))));
        if play_until_death(desk, death).await {
            continue;
        }
        let outcome = rig.boot().play().await;
        assert_eq!(outcome, Some(RunOutcome::Verified), "{name} {fault:?} at {at}\n{}", rig.lines.text());
        audit(&rig);
        exactly_once(&rig, fenced);
        let run = handover::domain::run::Run::new("", rig.runbook.clone(), rig.mode, rig.service.failover())
            .fold(&rig.lines.entries());
        assert!(run.loss.is_some(), "{name} {fault:?} at {at}: the loss is lost\n{}", rig.lines.text());
        for milestone in rig.runbook.steps().filter_map(|(_, step)| step.marks) {
            assert!(run.timeline.at(milestone).is_some(), "{name} {fault:?} at {at}: {milestone:?}");
        }
    }
}

macro_rules! sweeps {
    ($($test:ident: $name:expr, $fault:expr, $death:expr, $fenced:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            sweep($name, $fault, $death, $fenced).await;
        }
    )*};
}

sweeps! {
    killed_before_every_entry_of_an_outage: "region-outage", Fault::Before, Death::Clean, false;
    killed_after_every_entry_of_an_outage: "region-outage", Fault::After, Death::Clean, false;
    killed_after_every_entry_with_the_call_on_its_way_in_an_outage: "region-outage", Fault::After, Death::AfterCall, false;
    killed_within_every_entry_of_a_planned_move: "calm", Fault::Torn, Death::Clean, true;
    killed_after_every_entry_of_a_planned_move: "calm", Fault::After, Death::Clean, true;
    killed_before_every_entry_with_the_call_on_its_way_in_a_planned_move: "calm", Fault::Before, Death::AfterCall, true;
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_is_lost_is_asked_about_and_not_made_again() {
    for (part, operation) in [
        ("rds", "PromoteReadReplica"),
        ("route53", "ChangeResourceRecordSets"),
        ("database", "Fence"),
        ("database", "Admit"),
    ] {
        let region = if matches!(operation, "Fence") { "primary" } else { "standby" };
        let event = format!(
            "[[event]]\nat='0s'\nregion='{region}'\npart='{part}'\noperation='{operation}'\nfault='lose-answer'\nfirst=1\n"
        );
        let rig = Rig::short_with("calm", &event);
        assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified), "{operation}\n{}", rig.lines.text());
        audit(&rig);
        exactly_once(&rig, true);
        let doubt = rig.lines.entries().iter().any(|entry| {
            matches!(&entry.body, Body::Outcome { outcome: handover::domain::journal::OutcomeOf::Unknown { .. }, .. })
        });
        assert!(doubt, "{operation}: the answer was not lost\n{}", rig.lines.text());
    }
}

#[tokio::test(start_paused = true)]
async fn two_confirmations_in_a_row_make_one_call() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(5).await;
    desk.arm().await;
    let (plan, _) = desk.plan("fence").await.unwrap();
    for _ in 0..5 {
        desk.say(crate::rig::confirm(&plan));
    }
    assert_eq!(desk.ended("fence").await, Ending::Done);
    desk.pass(60).await;
    assert_eq!(rig.ledger.made("fence").len(), 1);
    assert_eq!(rig.mutations("sql:Fence"), 1);
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_confirmed_while_the_cloud_is_asked_what_somebody_did_by_hand() {
    let rig = Rig::short("region-outage");
    let mut desk = rig.boot();
    desk.pass(15).await;
    desk.arm().await;
    desk.say(Command::Confirm {
        step: "fence".into(),
        plan_hash: String::new(),
        how: handover::domain::consent::How::TwoKeys,
    });
    desk.pass(30).await;
    desk.say(Command::Skip { step: "fence".into(), reason: "unreachable".into() });
    desk.ended("fence").await;
    desk.say(Command::ByHand { step: "promote".into(), reason: "in the web console".into() });
    desk.pass(5).await;
    let (plan, _) = desk.plan("promote").await.unwrap();
    let why = desk.refused(crate::rig::confirm(&plan)).await;
    assert!(why.contains("is being asked"), "{why}");
    // Cancelled, the word that it was done by hand is forgotten: what the engine then does is its own.
    desk.say(Command::Cancel("promote".into()));
    let gates = desk.plan_gates("promote").await;
    for gate in desk.run.open_questions("promote", &gates) {
        desk.say(Command::Override { step: "promote".into(), gate: gate.name.clone(), reason: "gone".into() });
    }
    desk.pass(5).await;
    assert_eq!(desk.carry_out("promote").await, Ending::Done);
    assert_eq!(rig.mutations("rds:PromoteReadReplica"), 1);
    assert!(matches!(desk.run.state("promote"), State::Ended(Ending::Done)));
    desk.pass(30).await;
    assert!(matches!(desk.run.loss, Some(Loss::Estimate { .. })), "{:?}", desk.run.loss);
    audit(&rig);
}

impl Desk {
    async fn plan_gates(&mut self, id: &str) -> Vec<handover::domain::gate::GateResult> {
        self.plan(id).await.unwrap().1
    }
}
