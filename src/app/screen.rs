//! The screens, and what each of them remembers while another is looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::filter::Filter;
use crate::domain::review::Finding;

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Screen {
    /// Everything at a glance.
    #[default]
    Overview,
    /// The steps in full: what waits for what, planned and actual times.
    Checklist,
    /// The replication, live.
    Watch,
    /// Whether a run would get through now.
    Readiness,
    /// T0 to T13, and what the run has come to.
    Timeline,
    /// Every entry.
    Journal,
    /// Who takes part, and whom to call.
    People,
    /// The past runs.
    History,
}

impl Screen {
    /// Every screen, in the order of its number.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Checklist,
        Self::Watch,
        Self::Readiness,
        Self::Timeline,
        Self::Journal,
        Self::People,
        Self::History,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Checklist => "checklist",
            Self::Watch => "watch",
            Self::Readiness => "readiness",
            Self::Timeline => "timeline",
            Self::Journal => "journal",
            Self::People => "people",
            Self::History => "history",
        }
    }

    /// The screen of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|screen| screen.as_str() == name)
    }

    /// Its number: the key that goes there.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Under which screen its filter is kept.
    fn filtered_as(self) -> Self {
        if self == Self::Overview { Self::Checklist } else { self }
    }

    /// Whether steps are selected on it.
    pub fn has_steps(self) -> bool {
        matches!(self, Self::Overview | Self::Checklist)
    }
}

/// What the screens remember.
#[derive(Debug, Clone, Default)]
pub struct Screens {
    /// The one that is looked at.
    pub shown: Screen,
    /// What filters each; on the screens with steps, which share theirs, it finds and hides nothing.
    pub filters: BTreeMap<Screen, Filter>,
    /// Whether the wall hangs before it.
    pub wall: bool,
    /// How many lines of each are scrolled away.
    pub scroll: BTreeMap<Screen, usize>,
    /// The replication's.
    pub watch: Watch,
    /// The journal's.
    pub log: Log,
    /// What the review had found when the readiness was looked at last.
    pub findings: Vec<Finding>,
}

impl Screens {
    /// What filters the screen that is looked at, or finds a step on it; nothing, where there is nothing of the kind.
    pub fn filter(&self) -> Option<&Filter> {
        self.filters.get(&self.shown.filtered_as()).filter(|filter| filter.is_on())
    }

    /// The same, to be typed.
    pub(super) fn filter_mut(&mut self) -> &mut Filter {
        self.filters.entry(self.shown.filtered_as()).or_default()
    }
}

/// The spans of time that the charts can show, the shortest first.
pub const SPANS: [Duration; 4] =
    [Duration::from_mins(15), Duration::from_hours(1), Duration::from_hours(6), Duration::from_hours(24)];

/// What the replication's screen remembers.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    /// Which of [`SPANS`] is shown.
    pub span: usize,
    /// Since when the charts stand still, if they do.
    pub held: Option<Timestamp>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { span: 1, held: None }
    }
}

impl Watch {
    /// The span that is shown.
    pub fn span(&self) -> Duration {
        SPANS.get(self.span).copied().unwrap_or(Duration::from_hours(1))
    }
}

/// What the journal's screen remembers.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// The number of the entry that is selected; without one, the newest.
    pub selected: Option<u64>,
    /// Whether the selected one is shown whole.
    pub whole: bool,
}
