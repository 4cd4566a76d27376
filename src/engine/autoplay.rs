//! The simulation's own operator: does what a person at the console would, for walkthroughs, recordings and tests.
//! The engine takes its consents in simulations only.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::domain::command::{Command, Event};
use crate::domain::consent::How;
use crate::domain::gate::Verdict;
use crate::domain::journal::{Body, RunOutcome};
use crate::domain::run::{Run, State};
use crate::domain::runbook::{Action, Hazard, Step};
use crate::domain::timeline::Milestone;
use crate::ports::{Clock, within};

/// How long the operator thinks before each move.
const THINK: Duration = Duration::from_secs(4);
/// How long it waits before it tries a failed step again.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it tries a check before it believes it.
const TRIES: u32 = 6;
/// How often it looks at a gate that fails before it overrides it: what is only not so yet comes about.
const LOOKS: u32 = 24;

/// What the operator does when the run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Leaves, which ends the engine.
    Leave,
    /// Stays: somebody else looks at the console.
    Stay,
}

/// Plays a run to its end, and returns how it ended; `None` if the engine ended first.
pub async fn play(
    mut run: Run,
    clock: Arc<dyn Clock>,
    commands: mpsc::UnboundedSender<Command>,
    mut events: mpsc::UnboundedReceiver<Event>,
    then: Then,
) -> Option<RunOutcome> {
    let mut tries = Tries::default();
    loop {
        if let Some((outcome, _)) = run.closed {
            if then == Then::Leave {
                let _ = commands.send(Command::Leave);
            }
            return Some(outcome);
        }
        clock.sleep(THINK).await;
        while let Ok(event) = events.try_recv() {
            if take(&mut run, &event) {
                return run.closed.map(|(outcome, _)| outcome);
            }
        }
        let Some(command) = decide(&run, &mut tries, clock.as_ref()).await else { continue };
        let planning = matches!(command, Command::Plan(_));
        commands.send(command).ok()?;
        // What follows a plan is said at once; after anything else, what came of it is waited for.
        while let Some(event) = within(clock.as_ref(), PATIENCE, events.recv()).await {
            let event = event?;
            if take(&mut run, &event) {
                return run.closed.map(|(outcome, _)| outcome);
            }
            match event {
                Event::Planned { step, result } if planning => {
                    let answer = answer(&run, &step, result, &mut tries);
                    let looks_again = matches!(answer, Command::Refresh);
                    commands.send(answer).ok()?;
                    if looks_again {
                        clock.sleep(PATIENCE).await;
                    }
                    break;
                }
                Event::Entry(entry)
                    if !matches!(entry.body, Body::Reading { .. } | Body::Preflight { .. } | Body::Metered { .. }) =>
                {
                    break;
                }
                Event::Refused { .. } => break,
                _ => {}
            }
        }
    }
}

/// Takes an event in; says whether it was the last.
fn take(run: &mut Run, event: &Event) -> bool {
    if let Event::Entry(entry) = event {
        run.apply(entry);
    }
    matches!(event, Event::Latched { .. } | Event::Ended)
}

/// What follows a plan: override what is in the way, one gate at a time, then confirm.
fn answer(
    run: &Run,
    step: &str,
    result: Result<
        (Arc<crate::domain::plan::Plan>, Vec<crate::domain::gate::GateResult>),
        crate::domain::plan::Refusal,
    >,
    tries: &mut Tries,
) -> Command {
    match result {
        Ok((plan, gates)) => match run.open_questions(step, &gates).first() {
            // What cannot be read will not be read by waiting; what fails may pass in a while.
            Some(gate) if gate.verdict == Verdict::Fail && tries.looks(step) < LOOKS => Command::Refresh,
            Some(gate) => Command::Override {
                step: step.to_owned(),
                gate: gate.name.clone(),
                reason: format!(
                    "accepted in a simulation: {} is {}",
                    gate.evidence.reading,
                    gate.evidence.freshness.as_str()
                ),
            },
            None => Command::Confirm { step: step.to_owned(), plan_hash: plan.hash(), how: How::Autoplay },
        },
        Err(refusal) if refusal.already => Command::Start(step.to_owned()),
        Err(_) if tries.looks(step) < LOOKS => Command::Refresh,
        Err(refusal) => Command::Close {
            outcome: if run.has_written() { RunOutcome::Abandoned } else { RunOutcome::StoodDown },
            says: format!("{step}: {}", refusal.reason),
        },
    }
}

/// How often something was tried or waited for, by step.
#[derive(Default)]
struct Tries {
    failed: HashMap<String, u32>,
    unsure: HashMap<String, u32>,
    looks: HashMap<String, u32>,
}

impl Tries {
    /// How often a step's gates were looked at before.
    fn looks(&mut self, step: &str) -> u32 {
        let looks = self.looks.entry(step.to_owned()).or_default();
        *looks += 1;
        *looks - 1
    }
}

async fn decide(run: &Run, tries: &mut Tries, clock: &dyn Clock) -> Option<Command> {
    if run.is_complete() {
        let says = "every step is over".to_owned();
        return Some(Command::Close { outcome: RunOutcome::Verified, says });
    }
    if run.armed.is_none() {
        return Some(Command::Arm);
    }
    // Steps of which nobody knows. The cloud is being asked about a call, and its answer is waited for; a program in a
    // simulation does nothing; and what cannot be fenced has to be accepted.
    let unsure = run.runbook.steps().find(|(_, step)| matches!(run.state(&step.id), State::Unsure(_)));
    if let Some((_, step)) = unsure {
        // Apart from failures: however long the cloud takes to tell, a step that turns out not to be done is tried again.
        let tried = tries.unsure.entry(step.id.clone()).or_default();
        *tried += 1;
        let id = step.id.clone();
        return match &step.action {
            Action::Exec(_) => Some(Command::ByHand { step: id, reason: "simulated programs do nothing".to_owned() }),
            Action::Act { action, .. } if action == "fence" && *tried > TRIES => {
                let reason = "the source cannot be reached to be fenced".to_owned();
                Some(Command::AcceptRisk { step: id, reason })
            }
            _ => None,
        };
    }
    let step = run.ready().next()?.clone();
    let State::Failed(why) = run.state(&step.id) else { return Some(begin(run, &step)) };
    let tried = tries.failed.entry(step.id.clone()).or_default();
    *tried += 1;
    let fence = matches!(&step.action, Action::Act { action, .. } if action == "fence");
    if fence && *tried > 1 {
        let reason = "the source cannot be reached to be fenced".to_owned();
        return Some(Command::AcceptRisk { step: step.id, reason });
    }
    if *tried > TRIES {
        let says = format!("{}: {why}", step.id);
        let outcome = if run.has_written() { RunOutcome::Abandoned } else { RunOutcome::StoodDown };
        return Some(Command::Close { outcome, says });
    }
    clock.sleep(PATIENCE).await;
    Some(begin(run, &step))
}

/// How a step is begun.
fn begin(run: &Run, step: &Step) -> Command {
    let id = step.id.clone();
    match &step.action {
        Action::Attest { .. } => {
            // The impact began before anybody looked; a person would know when.
            let when = (step.marks == Some(Milestone::ImpactBegan)).then_some(run.opened).flatten();
            Command::Attest { step: id, note: "autoplay".to_owned(), when }
        }
        Action::Check { .. } | Action::Wait { .. } => Command::Start(id),
        Action::Exec(_) if step.hazard == Hazard::None => Command::Start(id),
        Action::Act { .. } | Action::Exec(_) => Command::Plan(id),
    }
}
