//! The figures of a run against the truth of the simulation: each is equal to it, or says that it is an estimate and bounds it, or
//! says that nobody knows. `HANDOVER_FIGURES` sets how many runs.

use std::time::Duration;

use handover::domain::command::{Command, Event};
use handover::domain::disruption::Asks;
use handover::domain::figures::{Figures, Span};
use handover::domain::gate::Verdict;
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::region::HomeRole;
use handover::domain::run::{Ending, Run, State};
use handover::domain::runbook::Action;
use handover::domain::timeline::{Loss, Milestone};
use handover::ports::Clock as _;
use handover::report::run::{Material, report};
use jiff::Timestamp;

use crate::audit::audit;
use crate::rig::{Desk, Rig, SHORT, confirm, with};

const SCENARIOS: [&str; 4] = ["calm", "region-outage", "throttled", "old-primary-returns"];

/// What was so, as the person of the test and the simulation have it.
struct Truth {
    /// When the impact began.
    began: Timestamp,
    /// How long nothing was under way, from the opening on.
    idle: Duration,
    opened: Timestamp,
    closed: Timestamp,
}

/// Begins a step and waits until it is over; when it was begun, or nothing where there is nothing to do. What a throttle stands
/// in the way of is begun again.
async fn begun(desk: &mut Desk, rig: &Rig, id: &str) -> Option<Timestamp> {
    for _ in 0..20 {
        let waits = matches!(rig.runbook.step(id).unwrap().action, Action::Wait { .. });
        let command = if waits {
            Command::Start(id.to_owned())
        } else {
            let (plan, gates) = match desk.plan(id).await {
                Ok(planned) => planned,
                Err(refusal) if refusal.reason.contains("hrottl") => {
                    desk.pass(3).await;
                    continue;
                }
                Err(_) => return None,
            };
            for gate in gates.into_iter().filter(|gate| gate.verdict != Verdict::Pass) {
                desk.say(Command::Override {
                    step: id.to_owned(),
                    gate: gate.name,
                    reason: "it must go on".to_owned(),
                });
            }
            desk.pass(1).await;
            confirm(&plan)
        };
        let began_at = rig.clock.now();
        desk.say(command);
        let over = desk.until(|run, event| match event {
            Event::Entry(entry) if matches!(entry.body, Body::Void { .. }) => Some(false),
            _ => matches!(run.state(id), State::Ended(_) | State::Failed(_) | State::Unsure(_)).then_some(true),
        });
        if over.await {
            return Some(began_at);
        }
    }
    panic!("{id} does not begin")
}

/// Somebody who takes their time before every step, and opens by name whatever gate is shut.
async fn walk(desk: &mut Desk, rig: &Rig, pause: impl Fn(u64) -> u64) -> Truth {
    desk.pass(20).await;
    // Two minutes of every scenario are over when a console is opened.
    let began = rig.clock.now() - Duration::from_secs(200);
    let opened = rig.clock.now();
    desk.arm().await;
    let mut idle_since = rig.clock.now();
    let mut idle = Duration::ZERO;
    desk.say(Command::Mark { milestone: Milestone::ImpactBegan, when: began, source: "the pager".to_owned() });
    let steps: Vec<String> = rig.runbook.steps().map(|(_, step)| step.id.clone()).collect();
    for (index, id) in (0u64..).zip(&steps) {
        desk.pass(pause(index)).await;
        let Some(began_at) = begun(desk, rig, id).await else {
            // Nothing to be let in where nothing was locked out.
            desk.say(Command::Skip { step: id.clone(), reason: "there is nothing to do".to_owned() });
            desk.ended(id).await;
            continue;
        };
        let record = desk.run.record(id);
        idle += Duration::try_from(began_at.duration_since(idle_since)).unwrap();
        idle_since = rig.clock.now();
        match record.state {
            State::Ended(_) => {}
            // A fence that cannot be had; a program that a simulation does not run.
            State::Failed(_) | State::Unsure(_) if id == "fence" => {
                desk.say(Command::AcceptRisk { step: id.clone(), reason: "out of reach".to_owned() });
                desk.ended(id).await;
            }
            state => {
                if matches!(state, State::Unsure(_)) {
                    desk.say(Command::NotDone { step: id.clone(), reason: "the cloud does not show it".to_owned() });
                }
                desk.say(Command::Skip { step: id.clone(), reason: format!("{state:?}") });
                desk.ended(id).await;
            }
        }
    }
    desk.say(Command::Close { outcome: RunOutcome::Verified, says: "done".to_owned() });
    desk.until(|run, _| run.closed.map(|_| ())).await;
    Truth { began, idle, opened, closed: rig.clock.now() }
}

fn near(span: Span, truth: Duration, slack: Duration, what: &str) {
    let time = span.time().unwrap_or_else(|| panic!("{what}: not measured"));
    assert!(time.abs_diff(truth) <= slack, "{what}: {time:?} and in truth {truth:?}");
}

/// What the meter has counted against what was so, from a moment to the next.
fn disruption(rig: &Rig, run: &Run, what: &str) {
    const STEP: u64 = 100;
    let requests = run.disruption.iter().filter(|tally| tally.vantage.asks == Asks::Request && tally.asked > 0);
    let mut watched = 0;
    for tally in requests {
        watched += 1;
        let role = match tally.vantage.from.as_str() {
            "us-east-1" => Some(HomeRole::Primary),
            "us-west-2" => Some(HomeRole::Standby),
            _ => None,
        };
        let (mut longest, mut current, mut at) = (0, 0, tally.first);
        while at <= tally.last {
            let truth = rig.regions.truth_at(at);
            // The public name leads to where the first resolver says.
            let serves = role.or(truth.traffic).is_some_and(|role| *truth.serves.get(role));
            current = if serves { 0 } else { current + STEP };
            longest = longest.max(current);
            at += Duration::from_millis(STEP);
        }
        let what = format!("{what} from {}: in truth {longest} ms, told {:?}", tally.vantage.from, tally.longest());
        match tally.longest() {
            None => assert!(longest < 2_500, "{what}"),
            Some(gap) => {
                assert!(gap.at_least_ms <= longest + 2 * STEP, "{what}");
                assert!(gap.at_most_ms.is_none_or(|most| most + 2 * STEP >= longest), "{what}");
                let width = gap.at_most_ms.map_or(0, |most| most - gap.at_least_ms);
                assert!(width < 20_000, "bounds that say nothing: {what}");
            }
        }
    }
    assert!(watched >= 2, "{what}: nothing was watched");
}

#[tokio::test(start_paused = true)]
async fn every_figure_is_the_truth_or_bounds_it_or_is_not_claimed() {
    let cases = std::env::var("HANDOVER_FIGURES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24u64);
    for seed in 0..cases {
        let scenario = SCENARIOS[usize::try_from(seed).unwrap() % SCENARIOS.len()];
        let rig = Rig::new(SHORT, &with(scenario, ""), seed);
        let mut desk = rig.boot();
        let truth = walk(&mut desk, &rig, |index| 3 + (seed * 7 + index * 13) % 50).await;
        desk.die().await;
        audit(&rig);
        let entries = rig.lines.entries();
        let run = Run::from_journal(&entries).unwrap();
        let whole = Run::new(&run.service, rig.runbook.clone(), rig.mode, run.direction.clone()).fold(&entries);
        let figures = Figures::of(&whole, truth.closed);
        let what = |name: &str| format!("seed {seed}, {scenario}: {name}");
        let hangs = scenario != "calm";
        let span = |from: Timestamp, to: Timestamp| Duration::try_from(to.duration_since(from)).unwrap();
        // It was never sustained, so it is at least so long, and no more is claimed.
        assert!(matches!(figures.total, Span::AtLeast(_)), "{}", what("total"));
        near(figures.total, span(truth.began, truth.closed), Duration::from_millis(5), &what("total"));
        near(figures.execution, span(truth.opened, truth.closed), Duration::from_millis(5), &what("execution"));
        // A plan is read again before its intent is recorded, and that may find a source that hangs.
        let slack = if hangs { 15 } else { 1 };
        near(figures.waiting, truth.idle, Duration::from_secs(slack), &what("waiting"));
        let known = rig.regions.truth();
        let loss = known.loss.unwrap_or_default();
        match figures.loss.as_ref() {
            None => assert_eq!(known.rows_lost, None, "{}", what("nothing is said of the loss")),
            Some(Loss::Exact { rows, .. }) => {
                assert_eq!(i64::try_from(*rows).ok(), known.rows_lost, "{}", what("rows"));
            }
            Some(Loss::Estimate { at_most_ms: Some(most), .. }) => {
                assert!(u128::from(*most) >= loss.as_millis(), "{}: {most} ms, in truth {loss:?}", what("loss"));
            }
            Some(Loss::Unbounded { .. } | Loss::Unknown { .. }) => {}
            Some(other) => panic!("{}: {other:?}", what("loss")),
        }
        disruption(&rig, &whole, &what("disruption"));
        let material = Material {
            entries: &entries,
            broken: None,
            service: &rig.service,
            runbook: &rig.runbook,
            copies_hold: true,
            now: truth.closed,
        };
        let told = report(&material).unwrap();
        assert_eq!(told.steps.len(), 7);
        assert!(told.steps.iter().all(|step| step.ended.is_some()), "{}", what("steps"));
        let claimed: Vec<&str> = told.timeline.iter().filter(|row| row.at.is_some()).map(|row| row.milestone).collect();
        assert!(!claimed.contains(&"sustained"), "{}: {claimed:?}", what("timeline"));
        let step_done = whole.state("promote") == State::Ended(Ending::Done);
        assert_eq!(claimed.contains(&"promoted"), step_done, "{}: {claimed:?}", what("timeline"));
    }
}
