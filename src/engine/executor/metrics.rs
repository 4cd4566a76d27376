//! Metrics of the service and of this run, for whoever keeps them: while a run is open, and until its console is left.

use super::Executor;
use crate::domain::metrics::{Achieved, Metric, Sources, collect};
use crate::domain::run::Mode;
use crate::engine::publish::{Publisher, Word};

impl Executor {
    /// Begins to publish once the run is open: a console that is only looked at writes nothing anywhere.
    pub(super) fn keep_publishing(&mut self) {
        if let Some(wanted) = self.service.metrics.as_ref().filter(|_| self.publisher.is_none() && self.announced) {
            self.publisher = Publisher::start(&self.world, wanted.every);
        }
    }

    /// Gives the publisher what it wants, or says what became of it.
    pub(super) fn published(&self, word: Word) {
        match word {
            Word::Wanted(asking) => {
                // It may have been ended meanwhile.
                let _ = asking.send(self.metrics());
            }
            Word::Failing(why) => self.refuse(format!("metrics are not published: {why}; they are tried again")),
            Word::Recovered => tracing::info!("metrics are published again"),
        }
    }

    fn metrics(&self) -> Vec<Metric> {
        // A simulation says nothing of real events.
        let mut record = self.record_of_runs.clone().filter(|_| self.run.mode != Mode::Simulation);
        if let Some(record) = &mut record {
            record.add(Achieved::of(&self.run, self.now()));
        }
        let sources =
            Sources { service: &self.service, board: &self.board, recent: &self.recent, record: record.as_ref() };
        collect(sources, self.now())
    }
}
