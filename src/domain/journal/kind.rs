//! What kind of entry it is, and of which step it tells.

use super::body::Body;
use crate::domain::runbook::StepId;

impl Body {
    /// The word for this kind in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RunOpened { .. } => "run-opened",
            Self::Usual { .. } => "usual",
            Self::Resumed { .. } => "resumed",
            Self::Armed => "armed",
            Self::Disarmed { .. } => "disarmed",
            Self::LeadChange { .. } => "lead-change",
            Self::LeadOffered { .. } => "lead-offered",
            Self::OnCall { .. } => "on-call",
            Self::Reading { .. } => "reading",
            Self::Started { .. } => "started",
            Self::Plan { .. } => "plan",
            Self::Consent { .. } => "consent",
            Self::Void { .. } => "void",
            Self::Intent { .. } => "intent",
            Self::Attempt { .. } => "attempt",
            Self::Outcome { .. } => "outcome",
            Self::Settled { .. } => "settled",
            Self::Failed { .. } => "failed",
            Self::Unsure { .. } => "unsure",
            Self::Override { .. } => "override",
            Self::Output { .. } => "output",
            Self::Milestone { .. } => "milestone",
            Self::DataLoss { .. } => "data-loss",
            Self::SplitBrain { .. } => "split-brain",
            Self::Metered { .. } => "metered",
            Self::Preflight { .. } => "preflight",
            Self::ApprovalAsked { .. } => "approval-asked",
            Self::Approved { .. } => "approved",
            Self::Paused { .. } => "paused",
            Self::Continued => "continued",
            Self::Ungraceful { .. } => "ungraceful",
            Self::RollBack { .. } => "roll-back",
            Self::NextWay { .. } => "next-way",
            Self::Reopened { .. } => "reopened",
            Self::Told { .. } => "told",
            Self::Untold { .. } => "untold",
            Self::FollowUp { .. } => "follow-up",
            Self::Note { .. } => "note",
            Self::Left { .. } => "left",
            Self::RecoveredTail { .. } => "recovered-tail",
            Self::Kept { .. } => "kept",
            Self::Anchored { .. } => "anchored",
            Self::TrailBehind { .. } => "trail-behind",
            Self::TrailCaughtUp { .. } => "trail-caught-up",
            Self::ReadingsKept { .. } => "readings-kept",
            Self::SurpriseSealed { .. } => "surprise-sealed",
            Self::Debriefed { .. } => "debriefed",
            Self::RunClosed { .. } => "run-closed",
        }
    }

    /// The step that this is about, if it is about one.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::Started { step }
            | Self::Plan { step, .. }
            | Self::Consent { step, .. }
            | Self::Void { step, .. }
            | Self::Intent { step, .. }
            | Self::Attempt { step, .. }
            | Self::Outcome { step, .. }
            | Self::Settled { step, .. }
            | Self::Failed { step, .. }
            | Self::Unsure { step, .. }
            | Self::Override { step, .. }
            | Self::ApprovalAsked { step, .. }
            | Self::Approved { step, .. }
            | Self::NextWay { step, .. }
            | Self::Reopened { step, .. }
            | Self::Output { step, .. } => Some(step),
            _ => None,
        }
    }
}
