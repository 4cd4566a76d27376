//! What is known of a step in a run.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::state::State;
use crate::domain::fencing::FenceWay;
use crate::domain::gate::GateResult;
use crate::domain::journal::{Body, Entry, OutcomeOf};
use crate::domain::plan::{Plan, Receipt};
use crate::domain::reading::Evidence;

/// Everything that is known of a step in a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepRecord {
    /// Where it stands.
    pub state: State,
    /// How many tries were intended.
    pub tries: u32,
    /// The latest plan.
    pub plan: Option<Plan>,
    /// Its gates when it was shown.
    pub gates: Vec<GateResult>,
    /// The latest receipt.
    pub receipt: Option<Receipt>,
    /// The request ids of every call.
    pub request_ids: Vec<String>,
    /// Where it is a fence: the ways that it was done by before.
    pub ways: Vec<FenceWay>,
    /// Gates that were overridden, with the reasons.
    pub overrides: BTreeMap<String, String>,
    /// The plan that a second person was asked to approve last, and its hash.
    pub asked: Option<(Plan, String)>,
    /// The plans that were approved, and by whom.
    pub approved: BTreeMap<String, String>,
    /// When it started.
    pub started: Option<Timestamp>,
    /// When the latest intent was recorded.
    pub intended: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Who ended it.
    pub by: String,
    /// The words with which it ended or failed.
    pub says: String,
    /// The evidence by which it ended.
    pub evidence: Vec<Evidence>,
    /// What its program wrote last.
    pub output: Vec<String>,
}

impl StepRecord {
    pub(super) fn apply(&mut self, entry: &Entry) {
        if let Body::Reopened { .. } = &entry.body {
            self.state = State::Pending;
            self.ended = None;
            self.plan = None;
            self.overrides.clear();
            return;
        }
        if self.state.is_ended() {
            // What is over stays over, whatever comes late: only what was heard is kept.
            match &entry.body {
                Body::Attempt { request_id: Some(id), .. } => self.request_ids.push(id.clone()),
                Body::Output { lines, .. } => self.output.clone_from(lines),
                _ => {}
            }
            return;
        }
        match &entry.body {
            Body::Started { .. } => {
                self.state = State::Looking;
                self.started.get_or_insert(entry.at);
            }
            Body::Plan { plan, gates, .. } => {
                if !self.state.is_ended() && !self.state.is_running() {
                    self.state = State::Planned;
                }
                self.plan = Some((**plan).clone());
                self.gates.clone_from(gates);
            }
            Body::Void { .. } if self.state == State::InFlight => {
                self.state = State::Planned;
            }
            Body::Intent { attempt, .. } => {
                self.state = State::InFlight;
                self.tries = *attempt;
                self.receipt = None;
                self.started.get_or_insert(entry.at);
                self.intended = Some(entry.at);
            }
            Body::Attempt { request_id: Some(id), .. } => self.request_ids.push(id.clone()),
            Body::Outcome { outcome, .. } => match outcome {
                OutcomeOf::Accepted { answer, handle } => {
                    self.state = State::Settling;
                    self.receipt = Some(Receipt {
                        request_id: self.request_ids.last().cloned(),
                        answer: answer.clone(),
                        handle: handle.clone(),
                    });
                }
                OutcomeOf::Refused { message } => {
                    self.state = State::Failed(message.clone());
                    self.says.clone_from(message);
                }
                // Still in flight as far as anybody knows: settling tells.
                OutcomeOf::Unknown { message } => self.state = State::Unsure(message.clone()),
            },
            Body::Settled { ending, says, evidence, .. } => {
                self.state = State::Ended(*ending);
                self.says.clone_from(says);
                self.evidence.clone_from(evidence);
                self.by.clone_from(&entry.by);
                self.started.get_or_insert(entry.at);
                self.ended = Some(entry.at);
            }
            Body::Failed { reason, evidence, .. } => {
                self.state = State::Failed(reason.clone());
                self.says.clone_from(reason);
                self.evidence.clone_from(evidence);
                self.by.clone_from(&entry.by);
            }
            Body::Unsure { reason, .. } => self.state = State::Unsure(reason.clone()),
            Body::ApprovalAsked { plan, plan_hash, .. } => self.asked = Some(((**plan).clone(), plan_hash.clone())),
            Body::Approved { approval, .. } => {
                let said = &approval.statement;
                self.approved.insert(said.plan.clone(), said.approver.clone());
            }
            Body::Override { gate, reason, .. } => {
                self.overrides.insert(gate.clone(), reason.clone());
            }
            Body::Output { lines, .. } => self.output.clone_from(lines),
            _ => {}
        }
    }
}
