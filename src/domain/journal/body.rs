//! What an entry tells.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Files, OutcomeOf, RunOutcome};
use crate::domain::approval::Approval;
use crate::domain::consent::Consent;
use crate::domain::debrief::{Revealed, Truth};
use crate::domain::disruption::{LagSample, Tally};
use crate::domain::fencing::FenceWay;
use crate::domain::gate::GateResult;
use crate::domain::people::OnCall;
use crate::domain::plan::Plan;
use crate::domain::reading::Evidence;
use crate::domain::region::Direction;
use crate::domain::run::{Ending, Mode};
use crate::domain::runbook::StepId;
use crate::domain::timeline::{Loss, Milestone};
use crate::domain::undo::Undo;
use crate::domain::usual::Usuals;
use crate::domain::writers::Split;

/// The kinds of entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Body {
    /// A run began.
    RunOpened {
        /// The run's id.
        run: String,
        /// The service's name.
        service: String,
        /// The runbook's id.
        runbook: String,
        /// Live, drill or simulation.
        mode: Mode,
        /// Which way.
        direction: Direction,
        /// The files it is made of.
        files: Files,
        /// The version of this program.
        tool: String,
        /// The host it runs on.
        host: String,
        /// The shared-terminal program that it runs in, which makes attribution weak.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        shared_terminal: Option<String>,
        /// The scenario of a simulation.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scenario: Option<String>,
    },
    /// How long the steps usually take, by the runs that went before: what the forecast goes by.
    Usual {
        /// By step.
        steps: Usuals,
        /// Which runs, the latest first.
        runs: Vec<String>,
    },
    /// A process took the run up again.
    Resumed {
        /// The host.
        host: String,
        /// The version of this program.
        tool: String,
    },
    /// An operator armed the console: from here, writes can be confirmed.
    Armed,
    /// The console is read-only again.
    Disarmed {
        /// Why.
        reason: String,
    },
    /// The lead passed to somebody.
    LeadChange {
        /// To whom.
        lead: String,
        /// On which host.
        host: String,
    },
    /// The lead is given up, for somebody to take.
    LeadOffered {
        /// To whom.
        to: String,
        /// Why.
        reason: String,
    },
    /// Who is on the incident call, all of them.
    OnCall {
        /// The people; a later list takes the place of this one.
        people: Vec<OnCall>,
    },
    /// A notable reading, or a change of one.
    Reading {
        /// What was seen.
        evidence: Vec<Evidence>,
        /// What it means, in a sentence.
        says: String,
    },
    /// A step without a mutation started: a check, a wait.
    Started {
        /// The step.
        step: StepId,
    },
    /// A step's exact plan was shown.
    Plan {
        /// The step.
        step: StepId,
        /// The plan.
        plan: Box<Plan>,
        /// Its hash.
        plan_hash: String,
        /// Every gate, as it stood.
        gates: Vec<GateResult>,
    },
    /// A plan was confirmed.
    Consent {
        /// The step.
        step: StepId,
        /// The consent.
        consent: Consent,
    },
    /// A consent was not good for what it was given to.
    Void {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// The call is about to be made.
    Intent {
        /// The step.
        step: StepId,
        /// The hash of the plan.
        plan_hash: String,
        /// Which try of the step this is, from 1.
        attempt: u32,
        /// What was seen on both sides just before, where it bounds the loss.
        evidence: Vec<Evidence>,
    },
    /// One request was answered (or was not).
    Attempt {
        /// The step.
        step: StepId,
        /// Which try of the step.
        attempt: u32,
        /// Which request of this try: throttled ones are sent again.
        request: u32,
        /// The request id, if one came back.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        request_id: Option<String>,
        /// How long it took, in milliseconds.
        took_ms: u64,
        /// What came back, in a sentence.
        answer: String,
    },
    /// What became of the try.
    Outcome {
        /// The step.
        step: StepId,
        /// Which try of the step.
        attempt: u32,
        /// The outcome.
        #[serde(flatten)]
        outcome: OutcomeOf,
    },
    /// A step is over.
    Settled {
        /// The step.
        step: StepId,
        /// How it ended.
        ending: Ending,
        /// The words for the screen.
        says: String,
        /// By what evidence.
        evidence: Vec<Evidence>,
    },
    /// A step did not succeed, and can be tried again, skipped or done by hand.
    Failed {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
        /// By what evidence.
        evidence: Vec<Evidence>,
    },
    /// Nobody knows whether a step's call was made: the operator decides.
    Unsure {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// One gate was overridden, by name, with a reason.
    Override {
        /// The step.
        step: StepId,
        /// The gate's name.
        gate: String,
        /// Why.
        reason: String,
        /// How the gate stood.
        evidence: Evidence,
    },
    /// A line that a program wrote.
    Output {
        /// The step.
        step: StepId,
        /// The last lines, redacted.
        lines: Vec<String>,
    },
    /// A moment of the recovery.
    Milestone {
        /// Which.
        milestone: Milestone,
        /// When it was, by the wall clock.
        when: Timestamp,
        /// How that is known.
        source: String,
    },
    /// What was lost, as far as anybody knows.
    DataLoss {
        /// The figure.
        #[serde(flatten)]
        loss: Loss,
    },
    /// Both sides of a database take writes, or no longer do.
    SplitBrain {
        /// The databases of which both do; none when it is over.
        splits: Vec<Split>,
    },
    /// What the disruption meter has counted since the console was armed.
    Metered {
        /// From every vantage.
        tallies: Vec<Tally>,
        /// The samples of the replication lag since the entry before this one of its kind.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        lag: Vec<LagSample>,
    },
    /// Somebody asked beforehand what the run will need.
    Preflight {
        /// When that was begun.
        begun: Timestamp,
        /// As whom, where AWS said so.
        identity: Option<String>,
        /// By how much our clock and AWS's certainly differed, in milliseconds, where AWS answered.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        clock_ms: Option<u64>,
        /// How many answers were good, and how many not.
        says: String,
        /// What was not as it has to be.
        wrong: Vec<String>,
    },
    /// A plan waits for a second person to approve it.
    ApprovalAsked {
        /// The step.
        step: StepId,
        /// The plan.
        plan: Box<Plan>,
        /// Its hash.
        plan_hash: String,
    },
    /// A second person has approved a plan.
    Approved {
        /// The step.
        step: StepId,
        /// The approval, with its signature.
        approval: Approval,
    },
    /// The run is held: nothing is started until it goes on.
    Paused {
        /// Why.
        reason: String,
    },
    /// The run goes on.
    Continued,
    /// The run no longer waits for the source to take part.
    Ungraceful {
        /// Why.
        reason: String,
    },
    /// A step is to be taken back: a step that does so is there from here on.
    RollBack {
        /// The step that is taken back.
        step: StepId,
        /// What does so.
        undo: Undo,
        /// Why.
        reason: String,
    },
    /// The fence is to be done by another way.
    NextWay {
        /// The step.
        step: StepId,
        /// The way.
        way: FenceWay,
        /// Why.
        reason: String,
    },
    /// A step that was left undone is to be done after all.
    Reopened {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// A channel took what people were to be told.
    Told {
        /// The channel's name.
        channel: String,
        /// The keys of the notices: the run's id and the entry's number.
        keys: Vec<String>,
        /// Which try it was, from 1.
        attempt: u32,
        /// What the channel answered.
        answer: String,
    },
    /// A channel did not take what people were to be told.
    Untold {
        /// The channel's name.
        channel: String,
        /// The keys of the notices.
        keys: Vec<String>,
        /// Why.
        why: String,
        /// Whether it is left at that, until another process tries.
        given_up: bool,
    },
    /// Somebody is to see to something afterwards, or has.
    FollowUp {
        /// The entry that it is about: a deviation, or an earlier one of this kind; none for something new.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        about: Option<u64>,
        /// What is to be done.
        says: String,
        /// Who sees to it.
        owner: String,
        /// Until when.
        due: Date,
        /// How it was seen to, and by what retest that is known, where it was.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        done: Option<String>,
    },
    /// A person wrote something down.
    Note {
        /// What.
        text: String,
    },
    /// The console was left while a step ran.
    Left {
        /// The steps that were running.
        running: Vec<StepId>,
    },
    /// An incomplete last line was set aside.
    RecoveredTail {
        /// How many bytes it had.
        bytes: u64,
        /// The file that keeps them.
        kept_in: String,
    },
    /// How a place outside this machine keeps the journal.
    Kept {
        /// The place.
        to: String,
        /// For how many days; nothing where it is never deleted by itself.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        days: Option<u64>,
        /// For how many days the service file wants it kept.
        wanted_days: u64,
        /// How it is locked for that long, where it is: `governance` or `compliance`.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        lock: Option<String>,
        /// The environment variables whose contents are redacted, besides the shapes of secrets that always are.
        redacted: Vec<String>,
    },
    /// The hash of an entry is kept outside this machine.
    Anchored {
        /// The entry's number.
        #[serde(rename = "anchor")]
        at: u64,
        /// Its hash.
        head: String,
        /// The place.
        to: String,
    },
    /// A place outside this machine does not take the journal.
    TrailBehind {
        /// The place.
        to: String,
        /// Why.
        why: String,
        /// The first entry that it may not have.
        since: u64,
    },
    /// A place outside this machine has the whole journal again.
    TrailCaughtUp {
        /// The place.
        to: String,
        /// The last entry that it has.
        until: u64,
    },
    /// What was seen while the run went on is in a file beside the journal, and is not added to any more.
    ReadingsKept {
        /// The SHA-256 of the file; none if it could not be kept.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sha256: Option<String>,
        /// How many lines it has.
        lines: u64,
        /// Why it is not whole, if it is not.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        missing: Option<String>,
    },
    /// A surprise may come in a simulation: which, is told when the run is closed.
    SurpriseSealed {
        /// The SHA-256 of its name and a number that nobody knows, a line each.
        sha256: String,
    },
    /// What a simulation tells when its run is closed.
    Debriefed {
        /// What was really so.
        truth: Truth,
        /// The surprise, if there was one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        surprise: Option<Box<Revealed>>,
    },
    /// The run is over.
    RunClosed {
        /// How.
        outcome: RunOutcome,
        /// In a sentence.
        says: String,
    },
}
