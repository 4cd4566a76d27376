//! What an operator asks of the engine, and what it answers.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::account::Account;
use super::consent::How;
use super::disruption::Tally;
use super::gate::GateResult;
use super::history::History;
use super::journal::{Entry, RunOutcome};
use super::people::OnCall;
use super::plan::{Plan, Refusal};
use super::preflight::Preflight;
use super::reading::{ComponentId, Observation, Unread};
use super::region::Place;
use super::replay::{Playback, Replayed};
use super::runbook::StepId;
use super::timeline::Milestone;
use super::worst::Worst;

/// What an operator asks for. Everything that writes anything is journaled.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Makes writes confirmable.
    Arm,
    /// Makes the console read-only again.
    Disarm,
    /// Resolves a step to its exact plan, and looks at its gates.
    Plan(StepId),
    /// Confirms the plan with this hash.
    Confirm {
        /// The step.
        step: StepId,
        /// The hash of the plan that was on the screen.
        plan_hash: String,
        /// How.
        how: How,
    },
    /// Starts a check or a wait, or runs a program without hazard.
    Start(StepId),
    /// Says that the statement of an attest step is so.
    Attest {
        /// The step.
        step: StepId,
        /// What the person adds.
        note: String,
        /// When the moment that the step marks was, if the person knows better than "now".
        when: Option<Timestamp>,
    },
    /// Overrides one gate of a step.
    Override {
        /// The step.
        step: StepId,
        /// The gate's name.
        gate: String,
        /// Why.
        reason: String,
    },
    /// Leaves a step out.
    Skip {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Says that a step could not be done and that its risk is accepted.
    AcceptRisk {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Says that a person did a step by hand; the engine asks the cloud where it can.
    ByHand {
        /// The step.
        step: StepId,
        /// What was done.
        reason: String,
    },
    /// Says that the call of an unsure step was never made, so that it can be tried again.
    NotDone {
        /// The step.
        step: StepId,
        /// How the person knows.
        reason: String,
    },
    /// Says that nobody can do a step now, and that the run goes on without it.
    Impossible {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Does the fence by the service's next way.
    NextWay {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Opens a step again that was left undone.
    Reopen {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Asks for the step that takes another one back.
    RollBack {
        /// The step that is to be taken back.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Holds the run: nothing is started until it goes on.
    Pause {
        /// Why.
        reason: String,
    },
    /// Goes on with a run that was held.
    Continue,
    /// Goes on without the source: what waits for it is left out, what takes it along takes over by force.
    Ungraceful {
        /// Why.
        reason: String,
    },
    /// Ends a running check, wait or program.
    Cancel(StepId),
    /// Reads everything now.
    Refresh,
    /// Asks what a run will need.
    Preflight,
    /// Writes something down.
    Note(String),
    /// Says who is on the incident call, all of them.
    OnCall(Vec<OnCall>),
    /// Gives the lead up, for somebody to take; the engine ends with it.
    HandOver {
        /// To whom.
        to: String,
        /// Why.
        reason: String,
    },
    /// Enters or corrects a moment of the recovery.
    Mark {
        /// Which.
        milestone: Milestone,
        /// When.
        when: Timestamp,
        /// How that is known.
        source: String,
    },
    /// Ends the run.
    Close {
        /// How.
        outcome: RunOutcome,
        /// In a sentence.
        says: String,
    },
    /// Another step is looked at: what was on the screen is kept with the run.
    Selected(StepId),
    /// Moves a replay.
    Play(Playback),
    /// Leaves the console; running steps are journaled as left.
    Leave,
}

/// What the engine tells.
#[derive(Debug, Clone)]
pub enum Event {
    /// An entry is durable.
    Entry(Arc<Entry>),
    /// A component was looked at.
    Looked {
        /// The component.
        component: ComponentId,
        /// Where.
        place: Place,
        /// When.
        at: Timestamp,
        /// For how long it counts as fresh.
        fresh_for: Duration,
        /// What was seen, or why nothing was.
        result: Arc<Result<Observation, Unread>>,
    },
    /// What the disruption meter has counted.
    Metered(Arc<Vec<Tally>>),
    /// A step was resolved, or could not be.
    Planned {
        /// The step.
        step: StepId,
        /// Its plan and gates, or why there is none.
        result: Result<(Arc<Plan>, Vec<GateResult>), Refusal>,
    },
    /// AWS said whose account our credentials are for.
    Account(Arc<Account>),
    /// It was asked what a run will need.
    Preflight(Arc<Preflight>),
    /// A running program wrote a line.
    Output {
        /// The step.
        step: StepId,
        /// The line, safe to show.
        line: String,
    },
    /// How a running step gets on.
    Progress {
        /// The step.
        step: StepId,
        /// What it waits for.
        text: String,
        /// When it looks next.
        next: Option<Timestamp>,
    },
    /// A step's exact call was asked for.
    Asked(StepId),
    /// Another step is looked at.
    Selected(StepId),
    /// In a replay, a process came here that knew nothing yet.
    Began,
    /// In a replay, how each Region was when the run was opened.
    Stood {
        /// The worst health in each Region, and since when.
        worst: Worst,
    },
    /// The past runs were read.
    History(Arc<History>),
    /// A replay has moved.
    Replayed(Arc<Replayed>),
    /// A command was not carried out.
    Refused {
        /// Why, and what to do.
        why: String,
    },
    /// The journal can no longer be written: nothing can be done any more, only watched.
    Latched {
        /// Why.
        why: String,
    },
    /// Every command so far has been carried out, and the engine has ended.
    Ended,
}
