//! The call itself: sent once, sent again only when it was certainly not carried out, and followed until it settles.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Found, MYSELF};
use crate::domain::command::Event;
use crate::domain::consent::Authorised;
use crate::domain::journal::{Body, OutcomeOf};
use crate::domain::plan::{PerformError, Plan, Receipt, Settlement};
use crate::domain::reading::age;
use crate::domain::run::{Ending, State};
use crate::engine::pace::Pace;
use crate::ports::{during, within};

/// How often a request that was certainly not carried out is sent again under one consent.
const REQUESTS: u32 = 6;
/// After this long without having been carried out, a request is not sent again: the operator decides.
const SEND_AGAIN_LIMIT: Duration = Duration::from_secs(15);
/// How long one request may take before it counts as unanswered.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How long one look at how far a plan has come may take.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);
/// For how long the cloud may be unable to tell before the operator is asked.
const CANNOT_TELL_LIMIT: Duration = Duration::from_mins(1);

impl Executor {
    /// Makes the one call, in a task of its own.
    pub(super) fn send(&mut self, authorised: Authorised, request: u32) {
        let Some(component) = self.world.components.get(&authorised.plan().component).cloned() else { return };
        let (found, clock) = (self.found.clone(), Arc::clone(&self.world.clock));
        // Not in `tasks`: a call that has been started must be heard to its end even while others are cancelled.
        tokio::spawn(async move {
            let began = clock.mono();
            let call = during(&authorised.plan().step, component.perform(&authorised));
            let result = within(clock.as_ref(), ANSWER_LIMIT, call).await;
            let late = || PerformError::Unknown { message: format!("no answer within {} s", ANSWER_LIMIT.as_secs()) };
            let result = result.unwrap_or_else(|| Err(late()));
            let took = clock.mono().saturating_sub(began);
            let _ = found.send(Found::Performed { authorised, request, took, result });
        });
    }

    /// Sends a request that was certainly not carried out again, unless the right to it is gone.
    pub(super) async fn send_again(&mut self, authorised: Authorised, request: u32) {
        if self.recorder.latched().is_some() {
            return;
        }
        if self.run.armed.as_deref() == Some(authorised.operator()) {
            return self.send(authorised, request);
        }
        let step = authorised.plan().step.clone();
        let attempt = self.run.record(&step).tries;
        let message = "not carried out, and not sent again: the console was disarmed".to_owned();
        self.record(MYSELF, Body::Outcome { step, attempt, outcome: OutcomeOf::Refused { message } }).await;
    }

    pub(super) async fn performed(
        &mut self,
        authorised: Authorised,
        request: u32,
        took: Duration,
        result: Result<Receipt, PerformError>,
    ) {
        let step = authorised.plan().step.clone();
        let attempt = self.run.record(&step).tries;
        let request_id = match &result {
            Ok(receipt) => receipt.request_id.clone(),
            Err(PerformError::NotYet { request_id, .. } | PerformError::Refused { request_id, .. }) => {
                request_id.clone()
            }
            Err(PerformError::Unknown { .. }) => None,
        };
        let answer = match &result {
            Ok(receipt) => format!("accepted: {}", receipt.answer),
            Err(error) => error.to_string(),
        };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let body = Body::Attempt { step: step.clone(), attempt, request, request_id, took_ms, answer };
        // Even if this cannot be recorded, the state of the world is read: the intent is on disk.
        let recorded = self.record(MYSELF, body).await;
        let tried_for = self.run.record(&step).intended.map_or(SEND_AGAIN_LIMIT, |at| age(at, self.now()));
        let outcome = match result {
            Err(PerformError::NotYet { message, .. })
                if request < REQUESTS && recorded && tried_for < SEND_AGAIN_LIMIT =>
            {
                let (found, clock) = (self.found.clone(), Arc::clone(&self.world.clock));
                let wait = Duration::from_millis(500 << request.min(4));
                let next = self.now() + wait;
                self.tell(Event::Progress {
                    step,
                    text: format!("not done: {message}; it is sent again"),
                    next: Some(next),
                });
                tokio::spawn(async move {
                    clock.sleep(wait).await;
                    let _ = found.send(Found::SendAgain { authorised, request: request + 1 });
                });
                return;
            }
            Ok(receipt) => OutcomeOf::Accepted { answer: receipt.answer, handle: receipt.handle },
            Err(PerformError::NotYet { message, .. } | PerformError::Refused { message, .. }) => {
                OutcomeOf::Refused { message }
            }
            Err(PerformError::Unknown { message }) => OutcomeOf::Unknown { message },
        };
        let refused = matches!(outcome, OutcomeOf::Refused { .. });
        self.record(MYSELF, Body::Outcome { step: step.clone(), attempt, outcome }).await;
        if !refused {
            let record = self.run.record(&step);
            self.follow(authorised.plan(), record.receipt.as_ref(), Duration::ZERO);
        }
    }

    /// Asks the cloud how far a plan has come until it is over, in a task of its own.
    pub(super) fn follow(&mut self, plan: &Plan, receipt: Option<&Receipt>, already: Duration) {
        let Some(component) = self.world.components.get(&plan.component).cloned() else { return };
        let (cancel, mut cancelled) = tokio::sync::watch::channel(false);
        self.cancels.insert(plan.step.clone(), cancel);
        let (plan, receipt) = (plan.clone(), receipt.cloned());
        let (found, clock) = (self.found.clone(), Arc::clone(&self.world.clock));
        self.tasks.spawn(async move {
            let began = clock.mono();
            let mut pace = Pace::new();
            let mut silent_since = None;
            let settlement = loop {
                let now = clock.mono();
                let since = already + now.saturating_sub(began);
                let look = component.settle(&plan, receipt.as_ref(), since);
                let settlement = tokio::select! {
                    settlement = within(clock.as_ref(), SETTLE_LIMIT, look) => settlement,
                    _ = cancelled.changed() => return,
                };
                let text = match settlement {
                    Some(Settlement::InProgress(text, _)) => {
                        silent_since = None;
                        text
                    }
                    None | Some(Settlement::CannotTell(_)) => {
                        let why = match settlement {
                            Some(Settlement::CannotTell(why)) => why,
                            _ => "no answer".to_owned(),
                        };
                        if now.saturating_sub(*silent_since.get_or_insert(now)) >= CANNOT_TELL_LIMIT {
                            break Settlement::CannotTell(why);
                        }
                        why
                    }
                    Some(over) => break over,
                };
                let wait = pace.wait();
                let next = clock.now() + wait;
                let _ = found.send(Found::Settling { step: plan.step.clone(), text, next });
                tokio::select! {
                    () = clock.sleep(wait) => {}
                    _ = cancelled.changed() => return,
                }
            };
            let _ = found.send(Found::Settlement { step: plan.step.clone(), settlement });
        });
    }

    /// Asks the cloud once more about a step of which nobody knows.
    pub(super) fn look_again(&mut self, id: &str, plan: &Plan) {
        if plan.component.is_empty() {
            return self.refuse(format!("{id}: nobody can be asked what a program did: look, and say"));
        }
        if self.cancels.contains_key(id) {
            return self.refuse(format!("{id}: the cloud is being asked"));
        }
        let record = self.run.record(id);
        let since = record.intended.map_or_else(Duration::default, |at| age(at, self.now()));
        self.follow(plan, record.receipt.as_ref(), since);
    }

    pub(super) async fn settlement(&mut self, id: &str, settlement: Settlement) {
        self.cancels.remove(id);
        if self.run.state(id).is_ended() {
            return;
        }
        let by_hand = self.by_hand.remove(id);
        match (settlement, by_hand) {
            (Settlement::Done(evidence), Some(reason)) => {
                let by = self.operator.clone();
                self.settle_step(&by, id, Ending::ByHand, reason, evidence).await;
            }
            (Settlement::Done(evidence), None) => {
                let says = match evidence.as_slice() {
                    [] => "the cloud says so".to_owned(),
                    seen => {
                        seen.iter().map(|e| format!("{} {}", short(&e.reading), e.value)).collect::<Vec<_>>().join(", ")
                    }
                };
                self.settle_step(MYSELF, id, Ending::Done, says, evidence).await;
            }
            (Settlement::NotStarted(_), Some(_)) => {
                self.refuse(format!("{id}: the cloud does not show what was done by hand"));
            }
            (Settlement::NotStarted(evidence), None) => {
                let accepted = matches!(self.run.state(id), State::Settling);
                let reason = if accepted {
                    "it was accepted, and then nothing happened"
                } else {
                    "it was not carried out: the cloud shows no trace of it"
                };
                self.fail_step(MYSELF, id, reason.to_owned(), evidence).await;
            }
            (Settlement::Failed(reason, evidence), _) => self.fail_step(MYSELF, id, reason, evidence).await,
            (Settlement::CannotTell(reason) | Settlement::InProgress(reason, _), _) => {
                self.record(MYSELF, Body::Unsure { step: id.to_owned(), reason }).await;
            }
        }
    }
}

/// The last word of a reading's name.
fn short(reading: &str) -> &str {
    reading.rsplit('.').next().unwrap_or(reading)
}
