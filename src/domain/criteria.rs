//! What a run has to show for it to count as a success: pass or fail for each, by what the run itself has recorded.

use super::figures::{Figures, Kept};
use super::journal::RunOutcome;
use super::run::{Ending, Run, State};
use super::runbook::StepId;
use super::service::Objectives;
use super::timeline::Loss;

/// Something that a run has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// What, in the words of whoever asks for it.
    pub says: String,
    /// By what it is shown.
    pub by: Proof,
}

/// By what a criterion is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// These steps were done.
    Steps(Vec<StepId>),
    /// An objective was kept.
    Objective(Promise),
    /// Nothing was lost.
    NoLoss,
    /// The run was verified.
    Verified,
    /// Nothing that a run could show: a person has to say so.
    Person,
}

/// One of the service's objectives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// The recovery time.
    Rto,
    /// The recovery point.
    Rpo,
    /// The longest time without an answer.
    Disruption,
    /// How long resolvers took to follow.
    Dns,
    /// How long an object took to the other Region.
    Replication,
}

impl Promise {
    /// Every one, with its word.
    pub const ALL: [(&'static str, Self); 5] = [
        ("rto", Self::Rto),
        ("rpo", Self::Rpo),
        ("disruption", Self::Disruption),
        ("dns", Self::Dns),
        ("replication", Self::Replication),
    ];

    /// Whether the service promises it.
    pub fn is_promised(self, objectives: Objectives) -> bool {
        match self {
            Self::Rto | Self::Rpo => true,
            Self::Disruption => objectives.disruption.is_some(),
            Self::Dns => objectives.dns.is_some(),
            Self::Replication => objectives.replication.is_some(),
        }
    }
}

/// What became of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// It was shown.
    Pass,
    /// The opposite was shown.
    Fail,
    /// Neither was.
    NotShown,
}

impl Passed {
    /// The word for a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotShown => "not shown",
        }
    }
}

impl From<Kept> for Passed {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Met => Self::Pass,
            Kept::Missed => Self::Fail,
            Kept::Unknown => Self::NotShown,
        }
    }
}

impl Criterion {
    /// What became of it in a run, and by what that is known; `kept` tells of an objective.
    pub fn judge(&self, run: &Run, figures: &Figures, kept: impl Fn(Promise) -> (Kept, String)) -> (Passed, String) {
        match &self.by {
            Proof::Steps(steps) => shown(run, steps),
            Proof::Objective(promise) => {
                let (kept, why) = kept(*promise);
                (kept.into(), why)
            }
            Proof::NoLoss => match &figures.loss {
                Some(loss @ (Loss::Nothing { .. } | Loss::Exact { rows: 0, .. })) => (Passed::Pass, loss.to_string()),
                Some(loss @ Loss::Exact { .. }) => (Passed::Fail, loss.to_string()),
                Some(loss) => (Passed::NotShown, loss.to_string()),
                None => (Passed::NotShown, "no database was taken over".to_owned()),
            },
            Proof::Verified => match run.closed {
                Some((RunOutcome::Verified, _)) => (Passed::Pass, "the run was verified".to_owned()),
                Some((outcome, _)) => (Passed::Fail, format!("the run was {}", outcome.as_str())),
                None => (Passed::NotShown, "the run is open".to_owned()),
            },
            Proof::Person => (Passed::NotShown, "no run can show it: a person has to say so".to_owned()),
        }
    }
}

/// Whether every one of some steps was done. One that was left out or accepted as a risk shows nothing, one that failed shows
/// the opposite.
fn shown(run: &Run, steps: &[StepId]) -> (Passed, String) {
    let mut verdict = Passed::Pass;
    let mut why = Vec::new();
    for id in steps {
        let state = run.state(id);
        let says = match &state {
            State::Ended(ending) => ending.as_str(),
            State::Failed(_) => "failed",
            State::Unsure(_) => "unsure",
            _ => "not done",
        };
        let one = match &state {
            State::Ended(Ending::RiskAccepted) | State::Failed(_) => Passed::Fail,
            State::Ended(ending) if !ending.is_undone() => Passed::Pass,
            _ => Passed::NotShown,
        };
        if one == Passed::Fail || verdict == Passed::Pass {
            verdict = one;
        }
        why.push(format!("{} {says}", run.runbook.number(id)));
    }
    (verdict, why.join(", "))
}
