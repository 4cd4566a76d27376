//! A plan: an action resolved to the exact call that would be made, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::gate::{GateResult, Verdict};
use super::hash;
use super::reading::Evidence;
use super::region::{Direction, Place};
use super::runbook::{Hazard, StepId};

/// What a step asks of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The step.
    pub step: StepId,
    /// The component.
    pub component: String,
    /// Its action, such as `promote`.
    pub action: String,
    /// Where.
    pub on: Place,
    /// Which way the run goes.
    pub direction: Direction,
    /// The run's id: what is made for it can be named after it.
    pub run: String,
    /// When the impact began, where somebody has entered it.
    pub impact: Option<Timestamp>,
}

/// The exact call that a step makes: nothing is left to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The step.
    pub step: StepId,
    /// The component; empty for an exec step.
    pub component: String,
    /// The action.
    pub action: String,
    /// Which way the run goes.
    pub direction: Direction,
    /// Where it acts.
    pub on: Place,
    /// The call.
    pub call: Call,
    /// The equivalent command line, for a person to paste.
    pub by_hand: String,
    /// What it can do to the world.
    pub hazard: Hazard,
    /// What it will change, a sentence each.
    pub changes: Vec<String>,
    /// What the plan rests on: read again at apply, and if any value differs, the consent is void.
    pub basis: Vec<Basis>,
    /// What the component itself demands, looked at when the plan was made.
    pub gates: Vec<GateResult>,
    /// The phrase that a person types to consent, for an irreversible step.
    pub phrase: Option<String>,
    /// What is being accepted, in a sentence above the phrase, such as the data loss and its age.
    pub accepting: Option<String>,
}

/// One value that a plan rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// What was read.
    pub what: String,
    /// Its value.
    pub value: String,
}

/// A call, resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The service, such as `rds`, `route53`, `sql` or `exec`.
    pub service: String,
    /// The operation, such as `PromoteReadReplica`.
    pub operation: String,
    /// The Region whose control plane must answer.
    pub control_plane: String,
    /// Every parameter.
    pub params: Vec<(String, String)>,
}

impl Call {
    /// A parameter by name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `rds:PromoteReadReplica in us-west-2`.
    pub fn headline(&self) -> String {
        format!("{}:{} in {}", self.service, self.operation, self.control_plane)
    }
}

impl Plan {
    /// What consent is given to: the call, where, what it rests on. Gates and ages change by the second and are looked
    /// at again at apply, so they are not part of it.
    pub fn hash(&self) -> String {
        #[derive(Serialize)]
        struct Exact<'a> {
            step: &'a str,
            component: &'a str,
            action: &'a str,
            direction: &'a Direction,
            on: &'a Place,
            call: &'a Call,
            hazard: Hazard,
            basis: &'a [Basis],
            phrase: Option<&'a str>,
        }
        hash::of(&Exact {
            step: &self.step,
            component: &self.component,
            action: &self.action,
            direction: &self.direction,
            on: &self.on,
            call: &self.call,
            hazard: self.hazard,
            basis: &self.basis,
            phrase: self.phrase.as_deref(),
        })
    }

    /// The gates that do not pass.
    pub fn closed_gates(&self) -> impl Iterator<Item = &GateResult> {
        self.gates.iter().filter(|gate| gate.verdict != Verdict::Pass)
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// What is wrong, and what to do.
    pub reason: String,
    /// Whether it is refused because it is already so.
    pub already: bool,
}

impl Refusal {
    /// A refusal.
    pub fn new(reason: impl AsRef<str>) -> Self {
        Self { reason: super::text::bounded(reason.as_ref(), 600), already: false }
    }

    /// A refusal because what is asked for already is so.
    pub fn already(reason: impl AsRef<str>) -> Self {
        Self { already: true, ..Self::new(reason) }
    }
}

/// The answer to a mutation that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The request id, where the other side gives one.
    pub request_id: Option<String>,
    /// What the other side said.
    pub answer: String,
    /// A handle with which to follow the change, such as a Route 53 change id.
    pub handle: Option<String>,
}

/// Why a mutation was not accepted, or may have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PerformError {
    /// It was certainly not done, and trying again cannot do it twice: throttled, never sent.
    #[error("not done, may be tried again: {message}")]
    NotYet {
        /// What came back.
        message: String,
        /// The request id, if there is one.
        request_id: Option<String>,
    },
    /// It was certainly not done: the other side said no.
    #[error("refused: {message}")]
    Refused {
        /// What came back.
        message: String,
        /// The request id, if there is one.
        request_id: Option<String>,
    },
    /// Nobody knows: sent, and no answer came. Only `settle` can tell.
    #[error("no answer: {message}")]
    Unknown {
        /// What happened.
        message: String,
    },
}

/// How far a plan has come, as the cloud tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing has happened, and by now it would have.
    NotStarted(Vec<Evidence>),
    /// It is under way, or it is too early to say that it isn't.
    InProgress(String, Vec<Evidence>),
    /// It is done, by this evidence.
    Done(Vec<Evidence>),
    /// It has failed.
    Failed(String, Vec<Evidence>),
    /// The cloud cannot be asked now, or cannot tell: the operator decides.
    CannotTell(String),
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> Plan {
        Plan {
            step: "promote".into(),
            component: "database".into(),
            action: "promote".into(),
            direction: Direction { source: "us-east-1".parse().unwrap(), target: "us-west-2".parse().unwrap() },
            on: Place::Region("us-west-2".parse().unwrap()),
            call: Call {
                service: "rds".into(),
                operation: "PromoteReadReplica".into(),
                control_plane: "us-west-2".into(),
                params: vec![("DBInstanceIdentifier".into(), "replica".into())],
            },
            by_hand: "aws rds promote-read-replica".into(),
            hazard: Hazard::Irreversible,
            changes: vec![],
            basis: vec![Basis { what: "status".into(), value: "available".into() }],
            gates: vec![],
            phrase: Some("promote us-west-2".into()),
            accepting: None,
        }
    }

    #[test]
    fn the_hash_follows_what_consent_is_about_and_nothing_else() {
        let first = plan();
        let mut same = plan();
        same.accepting = Some("3.2 s of data, 12 s ago".into());
        assert_eq!(first.hash(), same.hash());
        for change in [
            |plan: &mut Plan| plan.call.params[0].1 = "other".into(),
            |plan: &mut Plan| plan.basis[0].value = "backing-up".into(),
            |plan: &mut Plan| plan.on = Place::Region("us-east-1".parse().unwrap()),
            |plan: &mut Plan| plan.hazard = Hazard::Write,
            |plan: &mut Plan| plan.step = "other".into(),
        ] {
            let mut other = plan();
            change(&mut other);
            assert_ne!(first.hash(), other.hash());
        }
    }
}
