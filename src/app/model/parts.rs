//! What the model is made of: panes, rows, plans, messages.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::action::Context;
use crate::domain::gate::GateResult;
use crate::domain::plan::{Plan, Refusal};
use crate::domain::runbook::StepId;

/// Which pane keys go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The checklist.
    Checklist,
    /// The selected step.
    Step,
    /// The journal's tail.
    Journal,
}

impl Focus {
    /// The context in which its keys are looked up.
    pub fn context(self) -> Context {
        match self {
            Self::Checklist => Context::Checklist,
            Self::Step | Self::Journal => Context::Pane,
        }
    }
}

/// One step of the checklist as it stands; made anew whenever an entry changes the run, so that drawing does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The index of its phase.
    pub phase: usize,
    /// Its place in the phase.
    pub place: usize,
    /// Its id.
    pub id: StepId,
    /// Its number on the screen, such as `2.1`.
    pub number: String,
    /// Whether it may be started now.
    pub ready: bool,
    /// The numbers of the steps that it waits for.
    pub waits_for: Vec<String>,
}

/// What the engine said when it resolved a step.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The plan and its gates, or why there is none.
    pub result: Result<(Arc<Plan>, Vec<GateResult>), Refusal>,
    /// The plan's hash; empty without one.
    pub hash: String,
    /// When that was, by the run's clock.
    pub at: Timestamp,
}

/// How a running step gets on.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What it waits for.
    pub text: String,
    /// When it looks next.
    pub next: Option<Timestamp>,
    /// When that was said.
    pub at: Timestamp,
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It answers a key.
    Info,
    /// It wants an eye.
    Warn,
    /// Something was not done.
    Bad,
}

/// A message in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Its words.
    pub text: String,
    /// How much it matters.
    pub level: Level,
    /// For how many more ticks it stays.
    pub left: u8,
}

/// How much of the screen may have changed since it was drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// Nothing.
    #[default]
    Nothing,
    /// The banner, in which the clocks are.
    Banner,
    /// What shows which step is selected, and that step: nothing else.
    Selection,
    /// Anything.
    Everything,
}
