//! An operator who does anything at any time, on Regions where anything goes wrong, in a process that may die.
//! `HANDOVER_ENGINE_CASES` sets how many; by default few enough for every run of the tests.

use handover::domain::command::{Command, Event};
use handover::domain::consent::How;
use handover::domain::journal::RunOutcome;
use handover::domain::runbook::{Action, Hazard};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::audit::audit;
use crate::rig::{Desk, Fault, Rig, SHORT, confirm, with};

#[derive(Debug, Clone)]
enum Move {
    Wait(u64),
    /// What a sensible person would do next.
    Sensible,
    /// The last plan that was shown is confirmed, so many times in a row.
    ConfirmLast(u8),
    /// A command of this kind about this step.
    Any(u8, u8),
    Die,
    /// The journal fails after so many more entries, and then the process dies.
    FailAfter(usize, u8),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        4 => (1u64..90).prop_map(Move::Wait),
        10 => Just(Move::Sensible),
        2 => (1u8..4).prop_map(Move::ConfirmLast),
        4 => (0u8..26, 0u8..9).prop_map(|(kind, step)| Move::Any(kind, step)),
        1 => Just(Move::Die),
        1 => (0usize..12, 0u8..3).prop_map(|(after, how)| Move::FailAfter(after, how)),
    ];
    prop::collection::vec(one, 5..45)
}

fn faults() -> impl Strategy<Value = String> {
    let parts = ["rds", "route53", "database", "api", "cloudwatch", "replication"];
    let kinds = ["hang", "refuse", "error", "throttle", "lose-answer"];
    let one = (
        0u64..300,
        1u64..200,
        any::<bool>(),
        prop::sample::select(parts.to_vec()),
        prop::sample::select(kinds.to_vec()),
        1u32..9,
    )
        .prop_map(|(at, long, primary, part, kind, first)| {
            let region = if primary { "primary" } else { "standby" };
            let first = if kind == "lose-answer" { format!("first={first}\n") } else { String::new() };
            let (at, until) = (at, at + long);
            format!(
                "[[event]]\nat='{at}s'\nuntil='{until}s'\nregion='{region}'\npart='{part}'\nfault='{kind}'\n{first}"
            )
        });
    prop::collection::vec(one, 0..4).prop_map(|events| events.concat())
}

/// What a sensible person would do next.
fn sensible(desk: &mut Desk) {
    if desk.run.armed.is_none() {
        desk.say(Command::Arm);
        return;
    }
    let Some(step) = desk.run.ready().next().cloned() else { return };
    match &step.action {
        Action::Attest { .. } => {
            desk.say(Command::Attest { step: step.id, note: String::new(), when: None });
        }
        Action::Exec(_) if step.hazard == Hazard::None => desk.say(Command::Start(step.id)),
        Action::Check { .. } | Action::Wait { .. } => desk.say(Command::Start(step.id)),
        Action::Act { .. } | Action::Exec(_) => desk.say(Command::Plan(step.id)),
    }
}

fn any_command(kind: u8, step: &str) -> Command {
    let (step, reason) = (step.to_owned(), "because".to_owned());
    match kind {
        0 => Command::Arm,
        1 => Command::Disarm,
        2 => Command::Start(step),
        3 => Command::Skip { step, reason },
        4 => Command::AcceptRisk { step, reason },
        5 => Command::ByHand { step, reason },
        6 => Command::NotDone { step, reason },
        7 => Command::Cancel(step),
        8 => Command::Refresh,
        9 => Command::Confirm { step, plan_hash: "0".repeat(64), how: How::Autoplay },
        10 => Command::Override { step, gate: "data loss within the RPO".into(), reason },
        11 => Command::Override { step, gate: "database answers".into(), reason },
        12 => Command::Close { outcome: RunOutcome::Verified, says: reason },
        13 => Command::Attest { step, note: reason, when: None },
        14 => Command::Impossible { step, reason },
        15 => Command::Reopen { step, reason },
        16 => Command::RollBack { step, reason },
        17 => Command::Pause { reason },
        18 | 19 => Command::Continue,
        20 => Command::Ungraceful { reason },
        21 => Command::Override { step, gate: "the old primary is fenced".into(), reason },
        22 => Command::NextWay { step, reason },
        23 | 24 => Command::NextWay { step: "fence".into(), reason },
        _ => Command::Plan(step),
    }
}

async fn operate(rig: &Rig, moves: Vec<Move>) {
    let mut desk = rig.boot();
    let mut last = None;
    for one in moves {
        match one {
            Move::Wait(seconds) => rig.pass(seconds).await,
            Move::Sensible => sensible(&mut desk),
            Move::ConfirmLast(times) => {
                for _ in 0..times {
                    if let Some(command) = &last {
                        desk.say(Command::clone(command));
                    }
                }
            }
            Move::Any(kind, step) => {
                let steps: Vec<_> = desk.run.runbook.steps().map(|(_, step)| step.id.clone()).collect();
                let step = steps.get(usize::from(step)).map_or("no-such-step", String::as_str);
                desk.say(any_command(kind, step));
            }
            Move::Die => {
                desk.die().await;
                desk = rig.boot();
            }
            Move::FailAfter(after, how) => {
                desk.die().await;
                let from = rig.lines.entries().len();
                let fault = [Fault::Before, Fault::Torn, Fault::After][usize::from(how)];
                desk = rig.boot_with(Some((fault, Box::new(move |seq, _| seq > from + after))));
            }
        }
        for event in desk.pass(3).await {
            if let Event::Planned { step, result: Ok((plan, gates)) } = event {
                for gate in desk.run.open_questions(&step, &gates) {
                    let (step, gate) = (step.clone(), gate.name.clone());
                    desk.say(Command::Override { step, gate, reason: "it must go on".to_owned() });
                }
                last = Some(confirm(&plan));
                desk.say(confirm(&plan));
            }
        }
        if desk.latched {
            desk.die().await;
            desk = rig.boot();
        }
        let broken = rig.ledger.broken.lock().unwrap().clone();
        assert!(broken.is_empty(), "{broken:#?}\n{}", rig.lines.text());
    }
    rig.pass(60).await;
    desk.die().await;
    audit(rig);
}

#[test]
fn whatever_an_operator_does_the_rules_hold() {
    let cases = std::env::var("HANDOVER_ENGINE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    let scenarios = ["calm", "region-outage", "throttled", "old-primary-returns"];
    let mut runner =
        TestRunner::new(Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() });
    let input = (prop::sample::select(scenarios.to_vec()), faults(), any::<u64>(), moves());
    runner
        .run(&input, |(scenario, faults, seed, moves)| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let rig = Rig::new(SHORT, &with(scenario, &faults), seed);
                operate(&rig, moves).await;
            });
            Ok(())
        })
        .unwrap();
}
