//! The archive: the past runs of this machine, each by its own journal and its own copy of the service file.

use std::io;

use jiff::civil::Date;

use crate::config::Project;
use crate::domain::history::{Cadence, History, Line, Past};
use crate::domain::journal::RunOutcome;
use crate::domain::metrics::Record;
use crate::domain::run::Mode;
use crate::domain::service::Service;
use crate::domain::usual;
use crate::store::runs::{RunFolder, Runs};

/// How many folders are opened at most for the usual times.
const LOOKED_AT: usize = 20;

/// The past runs: of one service, or all of them.
#[derive(Debug, Clone)]
pub struct Archive {
    runs: Runs,
    service: Option<String>,
    every: Option<Cadence>,
    mode: Option<Mode>,
}

impl Archive {
    /// The runs of a service; without one, of every service.
    pub fn new(runs: Runs, service: Option<&Service>) -> Self {
        let every = service.and_then(|service| service.drills.every);
        Self { runs, service: service.map(|service| service.name.clone()), every, mode: None }
    }

    /// Only runs of a service of this name.
    #[must_use]
    pub fn of(mut self, service: Option<String>) -> Self {
        if service.is_some() {
            self.service = service;
        }
        self
    }

    /// Only live runs, drills or simulations.
    #[must_use]
    pub fn only(mut self, mode: Option<Mode>) -> Self {
        self.mode = mode;
        self
    }

    /// Reads them. One that cannot be read is told of, not left out; where only some are asked for, it may be one of them.
    ///
    /// # Errors
    /// If the folder of runs cannot be read.
    pub fn read(&self) -> io::Result<History> {
        let mut lines = Vec::new();
        let mut newest = None;
        for folder in self.runs.list()? {
            let (line, every) = line(&folder);
            if let Ok(past) = &line.past {
                let other_service = self.service.as_ref().is_some_and(|service| *service != past.service);
                if other_service {
                    continue;
                }
                newest.get_or_insert((past.service.clone(), every));
                if self.mode.is_some_and(|mode| mode != past.mode) {
                    continue;
                }
            }
            lines.push(line);
        }
        // Without a service file at hand, what the latest run's says.
        let every = self.every.or_else(|| newest.as_ref().and_then(|(_, every)| *every));
        let service = self.service.clone().or_else(|| newest.map(|(service, _)| service));
        let last_drill: Option<Date> = match &service {
            Some(service) => self.runs.last_drill(service)?,
            None => None,
        };
        Ok(History { lines, every, last_drill })
    }

    /// What the runs came to, as metrics tell it; nothing if the folder of runs cannot be read.
    pub fn record(&self) -> Option<Record> {
        self.read().map(|history| Record::from(&history)).ok()
    }

    /// One run, by its id or enough of it.
    ///
    /// # Errors
    /// If there is none, or it cannot be told of.
    pub fn one(&self, part: &str) -> io::Result<Past> {
        let folder = self.runs.find(Some(part))?;
        line(&folder).0.past.map_err(|why| io::Error::other(format!("{}: {why}", folder.id)))
    }

    /// The latest runs of a runbook and mode that were carried through, the latest first; as many as tell how long its steps
    /// usually take. Only the folders that bear its name are opened: this is read before the first screen.
    pub fn latest(&self, runbook: &str, mode: Mode) -> Vec<Past> {
        let name = format!("-{}-{runbook}-", self.service.as_deref().unwrap_or_default());
        let ours = |past: &Past| {
            past.runbook == runbook
                && past.mode == mode
                && self.service.as_ref() == Some(&past.service)
                && past.outcome == Some(RunOutcome::Verified)
        };
        let folders = self.runs.list().unwrap_or_default().into_iter().filter(|folder| folder.id.contains(&name));
        let found = folders.take(LOOKED_AT).filter_map(|folder| line(&folder).0.past.ok());
        found.filter(ours).take(usual::RUNS).collect()
    }

    /// The runs' folders.
    pub fn runs(&self) -> &Runs {
        &self.runs
    }
}

/// A run, and how often its service wants a drill.
fn line(folder: &RunFolder) -> (Line, Option<Cadence>) {
    let project = Project::from_file(&folder.service());
    let service = project.service();
    let objectives = service.map(|service| service.objectives);
    let past = match folder.read() {
        Ok(Ok(verified)) => {
            Past::of(&folder.id, &verified.entries, objectives).ok_or_else(|| "begins with no run".to_owned())
        }
        Ok(Err(broken)) => Err(format!("does not verify: {broken}")),
        Err(error) => Err(error.to_string()),
    };
    (Line { run: folder.id.clone(), past }, service.and_then(|service| service.drills.every))
}
