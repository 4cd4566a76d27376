//! How long each step usually takes: by the runs that went before, of the same runbook and of the same kind.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::Past;
use super::run::Ending;
use super::runbook::{Action, Step, StepId};

/// From how many past runs it is taken at most, the latest first: what took long a year ago may have been mended.
pub const RUNS: usize = 5;

/// How long a step usually takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// The median of what it took, in milliseconds; of two in the middle, the longer.
    pub ms: u64,
    /// In how many runs it was carried through.
    pub runs: usize,
}

/// By step.
pub type Usuals = BTreeMap<StepId, Usual>;

impl Usual {
    /// How long it takes.
    pub fn time(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

/// What past runs say of each step that they carried through. A step that was skipped, done by hand or never begun says
/// nothing of how long it takes.
pub fn usual(runs: &[Past]) -> Usuals {
    let mut all: BTreeMap<StepId, Vec<u64>> = BTreeMap::new();
    let carried_through =
        [Ending::Done, Ending::Ran, Ending::Checked, Ending::Waited, Ending::Attested].map(Ending::as_str);
    for step in runs.iter().take(RUNS).flat_map(|run| &run.steps) {
        if let (Some(took), true) = (step.took, carried_through.contains(&step.state.as_str())) {
            all.entry(step.id.clone()).or_default().push(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        }
    }
    let median = |(id, mut took): (StepId, Vec<u64>)| {
        took.sort_unstable();
        Some((id, Usual { ms: *took.get(took.len() / 2)?, runs: took.len() }))
    };
    all.into_iter().filter_map(median).collect()
}

impl Step {
    /// How long the step takes until what it marks is so: as it usually did, else as its runbook expects. A window that
    /// has to hold counts from its start.
    pub fn takes_to_mark(&self, usuals: &Usuals) -> Duration {
        let Some(usual) = usuals.get(&self.id) else { return self.expected_to_mark() };
        match &self.action {
            Action::Wait { hold, .. } => usual.time().saturating_sub(*hold),
            _ => usual.time(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::history::PastStep;
    use crate::domain::history::tests::past;
    use crate::domain::journal::RunOutcome;
    use crate::domain::run::Mode;
    use crate::domain::runbook::Hazard;

    fn run(steps: &[(&str, Ending, u64)]) -> Past {
        let mut run = past("a", Mode::Drill, None, RunOutcome::Verified).past.unwrap();
        run.steps = steps
            .iter()
            .map(|(id, ending, seconds)| PastStep {
                id: (*id).into(),
                state: ending.as_str().into(),
                took: Some(Duration::from_secs(*seconds)),
                tries: 1,
                overridden: 0,
            })
            .collect();
        run
    }

    #[test]
    fn it_is_the_median_of_the_runs_that_carried_the_step_through() {
        let runs = [
            run(&[("promote", Ending::Done, 90), ("fence", Ending::ByHand, 600)]),
            run(&[("promote", Ending::Done, 4000), ("fence", Ending::Done, 7)]),
            run(&[("promote", Ending::Done, 80)]),
        ];
        let usual = usual(&runs);
        assert_eq!(usual.get("promote"), Some(&Usual { ms: 90_000, runs: 3 }));
        assert_eq!(usual.get("fence"), Some(&Usual { ms: 7000, runs: 1 }));
        assert_eq!(usual.len(), 2);
    }

    #[test]
    fn only_the_latest_runs_count() {
        let mut runs = vec![run(&[("promote", Ending::Done, 10)]); RUNS];
        runs.push(run(&[("promote", Ending::Done, 1_000_000), ("gone", Ending::Done, 1)]));
        let found = usual(&runs);
        assert_eq!(found.get("promote"), Some(&Usual { ms: 10_000, runs: RUNS }));
        assert_eq!(found.get("gone"), None);
    }

    #[test]
    fn a_window_that_has_to_hold_counts_from_its_start() {
        let hold = Duration::from_mins(5);
        let action = Action::Wait { until: Vec::new(), hold, timeout: Duration::from_mins(20) };
        let wait = Step { expected: Some(Duration::from_mins(6)), ..Step::bare("sustained", action, Hazard::None) };
        assert_eq!(wait.takes_to_mark(&Usuals::new()), Duration::from_mins(1));
        let usual = Usuals::from([("sustained".to_owned(), Usual { ms: 320_000, runs: 2 })]);
        assert_eq!(wait.takes_to_mark(&usual), Duration::from_secs(20));
    }
}
