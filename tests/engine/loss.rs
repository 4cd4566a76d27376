//! The loss that is reported is the loss that was.

use handover::domain::command::Command;
use handover::domain::timeline::Loss;

use crate::rig::{Desk, Rig};

async fn promoted(desk: &mut Desk) -> Loss {
    desk.pass(20).await;
    let gates = desk.plan("promote").await.unwrap().1;
    for gate in desk.run.open_questions("promote", &gates) {
        desk.say(Command::Override { step: "promote".into(), gate: gate.name.clone(), reason: "gone".into() });
    }
    desk.pass(1).await;
    desk.carry_out("promote").await;
    desk.until(|run, _| run.loss.clone()).await
}

#[tokio::test(start_paused = true)]
async fn fenced_and_readable_on_both_sides_it_is_exact() {
    for seed in 0..6 {
        let rig = Rig::new(crate::rig::SHORT, &crate::rig::with("calm", ""), seed);
        let mut desk = rig.boot();
        desk.pass(10).await;
        desk.arm().await;
        desk.carry_out("fence").await;
        let Loss::Exact { rows, source_mark, target_mark, at_most_ms } = promoted(&mut desk).await else { panic!() };
        let truth = rig.regions.truth();
        let lost = truth.loss.unwrap_or_default();
        assert!(at_most_ms.is_some_and(|most| u128::from(most) >= lost.as_millis()), "{at_most_ms:?} {lost:?}");
        assert_eq!(Some(i64::try_from(rows).unwrap()), truth.rows_lost, "seed {seed}");
        assert_eq!((source_mark, target_mark), (truth.marks.primary, truth.marks.standby));
    }
}

#[tokio::test(start_paused = true)]
async fn out_of_reach_the_estimate_bounds_it() {
    for seed in 0..6 {
        let rig = Rig::new(crate::rig::SHORT, &crate::rig::with("region-outage", ""), seed);
        let mut desk = rig.boot();
        desk.pass(10).await;
        desk.arm().await;
        desk.say(Command::Skip { step: "fence".into(), reason: "out of reach".into() });
        let Loss::Estimate { lag_ms, age_ms, at_most_ms, method } = promoted(&mut desk).await else { panic!() };
        let lost = rig.regions.truth().loss.unwrap();
        assert!(u128::from(lag_ms + age_ms) >= lost.as_millis(), "{lag_ms} {age_ms} {lost:?}");
        assert!(u128::from(at_most_ms.unwrap()) >= lost.as_millis(), "{at_most_ms:?} {lost:?}");
        assert!(method.contains("holds only if"), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_answers_and_was_not_fenced_makes_it_unbounded() {
    let rig = Rig::short("calm");
    let mut desk = rig.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.say(Command::Skip { step: "fence".into(), reason: "no time".into() });
    let loss = promoted(&mut desk).await;
    assert!(matches!(loss, Loss::Unbounded { .. }), "{loss:?}");
}
