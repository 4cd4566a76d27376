//! Components that note every call that is made of them, and that die with their process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handover::domain::consent::Authorised;
use handover::domain::disruption::{Probe, Vantage};
use handover::domain::journal::{Body, verify};
use handover::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use handover::domain::reading::{Observation, Unread};
use handover::domain::region::Place;
use handover::ports::Component;
use tokio::sync::watch;

use crate::rig::Lines;

/// One request to change something.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) step: String,
    pub(crate) action: String,
    /// The try that the journal had on record when the request was made.
    pub(crate) attempt: u32,
    /// How it ended; `None` while nobody knows.
    pub(crate) ended: Option<Ended>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Accepted,
    NotYet,
    Refused,
    Unknown,
}

/// What has been asked of every component, by all engines of a test.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) made: Mutex<Vec<Made>>,
    /// What broke a rule.
    pub(crate) broken: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn made(&self, action: &str) -> Vec<Made> {
        self.made.lock().unwrap().iter().filter(|made| made.action == action).cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.made.lock().unwrap().len()
    }

    pub(crate) fn complain(&self, what: String) {
        self.broken.lock().unwrap().push(what);
    }
}

/// A component that is watched.
pub(crate) struct Spy {
    pub(crate) inner: Arc<dyn Component>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) lines: Lines,
    pub(crate) dead: watch::Receiver<bool>,
}

impl Spy {
    /// The journal, as it is on disk while the request leaves, must hold plan, consent and intent of this very plan.
    fn justify(&self, authorised: &Authorised) -> Result<u32, String> {
        let plan = authorised.plan();
        let entries = verify(&self.lines.bytes()).map_err(|broken| broken.to_string())?.entries;
        let about: Vec<_> = entries.iter().filter(|entry| entry.body.step() == Some(&plan.step)).collect();
        let at = about
            .iter()
            .rposition(|entry| matches!(entry.body, Body::Intent { .. }))
            .ok_or_else(|| format!("{}: a call without an intent", plan.step))?;
        let Body::Intent { plan_hash, attempt, .. } = &about[at].body else { unreachable!() };
        if *plan_hash != plan.hash() {
            return Err(format!("{}: the intent is for another plan", plan.step));
        }
        let Some(Body::Consent { consent, .. }) = at.checked_sub(1).map(|at| &about[at].body) else {
            return Err(format!("{}: no consent before the intent", plan.step));
        };
        if consent.plan != plan.hash() || consent.operator != authorised.operator() {
            return Err(format!("{}: the consent is for another plan or by another operator", plan.step));
        }
        let shown = about[..at].iter().rev().find_map(|entry| match &entry.body {
            Body::Plan { plan_hash, .. } => Some(plan_hash.clone()),
            _ => None,
        });
        if shown != Some(plan.hash()) {
            return Err(format!("{}: the plan that is carried out was not recorded", plan.step));
        }
        if about[at..].iter().any(|entry| matches!(entry.body, Body::Outcome { .. } | Body::Settled { .. })) {
            return Err(format!("{}: called again under an intent that has its outcome", plan.step));
        }
        let before = self.ledger.made.lock().unwrap();
        let same = before.iter().filter(|made| made.step == plan.step && made.attempt == *attempt);
        if let Some(other) = same.clone().find(|made| made.ended != Some(Ended::NotYet)) {
            return Err(format!("{}: called again after {:?} under one intent", plan.step, other.ended));
        }
        Ok(*attempt)
    }
}

#[async_trait]
impl Component for Spy {
    fn id(&self) -> &str {
        self.inner.id()
    }

    fn places(&self) -> Vec<Place> {
        self.inner.places()
    }

    fn pace(&self) -> Duration {
        self.inner.pace()
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        self.inner.observe(place).await
    }

    fn vantages(&self) -> Vec<Vantage> {
        self.inner.vantages()
    }

    async fn probe(&self, from: &Vantage) -> Option<Probe> {
        self.inner.probe(from).await
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        self.inner.plan(ask).await
    }

    async fn perform(&self, authorised: &Authorised) -> Result<Receipt, PerformError> {
        let mut dead = self.dead.clone();
        if *dead.borrow() {
            // The process is gone: nothing leaves it any more.
            std::future::pending::<()>().await;
        }
        let attempt = self.justify(authorised).unwrap_or_else(|what| {
            self.ledger.complain(what);
            0
        });
        let plan = authorised.plan();
        let at = {
            let mut made = self.ledger.made.lock().unwrap();
            made.push(Made { step: plan.step.clone(), action: plan.action.clone(), attempt, ended: None });
            made.len() - 1
        };
        let died = async {
            let _ = dead.wait_for(|dead| *dead).await;
        };
        let result = tokio::select! {
            biased;
            () = died => None,
            result = self.inner.perform(authorised) => Some(result),
        };
        let Some(result) = result else { return std::future::pending().await };
        self.ledger.made.lock().unwrap()[at].ended = Some(match &result {
            Ok(_) => Ended::Accepted,
            Err(PerformError::NotYet { .. }) => Ended::NotYet,
            Err(PerformError::Refused { .. }) => Ended::Refused,
            Err(PerformError::Unknown { .. }) => Ended::Unknown,
        });
        result
    }

    async fn settle(&self, plan: &Plan, receipt: Option<&Receipt>, since: Duration) -> Settlement {
        self.inner.settle(plan, receipt, since).await
    }
}
