//! What past runs came to, as far as metrics tell it: of real events and of drills, never both together, and never on average.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::figures::{Figures, Span};
use crate::domain::history::{History, Past};
use crate::domain::journal::RunOutcome;
use crate::domain::region::Region;
use crate::domain::run::{Mode, Run};
use crate::domain::timeline::Loss;

/// What one run came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Achieved {
    /// The run's id.
    pub run: String,
    /// Live, drill or simulation.
    pub mode: Mode,
    /// The Region that took over, or was to.
    pub target: Region,
    /// Whether a database was promoted or traffic was moved.
    pub handed_over: bool,
    /// Whether it was carried through.
    pub verified: bool,
    /// The recovery time, where it was measured from end to end.
    pub rto: Option<Duration>,
    /// The span from which nothing can have been lost but what was committed in it, where there is such a bound.
    pub rpo: Option<Duration>,
}

impl Achieved {
    /// What a run has come to by now.
    pub fn of(run: &Run, now: Timestamp) -> Self {
        let figures = Figures::of(run, now);
        let outcome = run.closed.as_ref().map(|(outcome, _)| *outcome);
        Self::new(&run.id, run.mode, &run.direction.target, run.has_handed_over(), outcome, &figures)
    }

    fn new(
        run: &str,
        mode: Mode,
        target: &Region,
        handed_over: bool,
        outcome: Option<RunOutcome>,
        figures: &Figures,
    ) -> Self {
        let rto = match figures.total {
            Span::Took(took) => Some(took),
            _ => None,
        };
        let rpo = figures.loss.as_ref().and_then(Loss::bound);
        let verified = outcome == Some(RunOutcome::Verified);
        Self { run: run.to_owned(), mode, target: target.clone(), handed_over, verified, rto, rpo }
    }
}

impl From<&Past> for Achieved {
    fn from(past: &Past) -> Self {
        Self::new(&past.run, past.mode, &past.target, past.handed_over, past.outcome, &past.figures)
    }
}

/// What every run of a service came to, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record(Vec<Achieved>);

impl Record {
    /// What this run came to, besides the others.
    pub fn add(&mut self, achieved: Achieved) {
        match self.0.iter_mut().find(|known| known.run == achieved.run) {
            Some(known) => *known = achieved,
            None => self.0.insert(0, achieved),
        }
    }

    /// The last run of a kind that was carried through: one that was stood down or given up says nothing of how long it takes.
    pub fn last(&self, mode: Mode) -> Option<&Achieved> {
        self.0.iter().find(|achieved| achieved.mode == mode && achieved.verified)
    }

    /// How many runs of a kind handed the service over to a Region, however they ended.
    pub fn handovers(&self, mode: Mode, to: &Region) -> u32 {
        let count = self.0.iter().filter(|run| run.mode == mode && run.handed_over && run.target == *to).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

impl From<&History> for Record {
    fn from(history: &History) -> Self {
        Self(history.readable().map(Achieved::from).collect())
    }
}
