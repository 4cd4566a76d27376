//! Where a step stands, and how it ended.

use serde::{Deserialize, Serialize};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The cloud says that it is done.
    Done,
    /// A person said so.
    Attested,
    /// What was to be checked is so.
    Checked,
    /// What was waited for holds.
    Waited,
    /// The program ended well.
    Ran,
    /// It was found done already.
    AlreadyDone,
    /// A person did it by hand.
    ByHand,
    /// It could not be done, and the risk was accepted by name: an unreachable fence, say.
    RiskAccepted,
    /// It was left out, with a reason.
    Skipped,
    /// Nobody can do it now, and the run goes on without it.
    Impossible,
}

impl Ending {
    /// The words for a screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Attested => "attested",
            Self::Checked => "checked",
            Self::Waited => "holds",
            Self::Ran => "ran",
            Self::AlreadyDone => "already done",
            Self::ByHand => "done by hand",
            Self::RiskAccepted => "risk accepted",
            Self::Skipped => "skipped",
            Self::Impossible => "impossible",
        }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum State {
    /// Not started.
    #[default]
    Pending,
    /// Its plan has been shown.
    Planned,
    /// A check or a wait is looking.
    Looking,
    /// The intent is recorded; whether the call was made is not.
    InFlight,
    /// The call was accepted; it settles.
    Settling,
    /// Nobody knows; only settling, or a person, can tell.
    Unsure(String),
    /// It failed, and can be tried again.
    Failed(String),
    /// It is over.
    Ended(Ending),
}

impl Ending {
    /// Whether the step was left undone, so that it can still be done.
    pub fn is_undone(self) -> bool {
        matches!(self, Self::RiskAccepted | Self::Skipped | Self::Impossible)
    }
}

impl State {
    /// Whether something is going on that must not be forgotten.
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Looking | Self::InFlight | Self::Settling)
    }

    /// Whether it is over.
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}
