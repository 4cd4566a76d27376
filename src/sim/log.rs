//! The wire log: every accepted mutation, a line each, so that a simulation goes on where a killed process left it and
//! a second process can follow it.
//!
//! The first line says which simulation it is. A last line without its line break was never answered: it is ignored,
//! and the next writer cuts it off.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::SimClock;
use super::world::mutation::Mutation;
use crate::domain::debrief::Secret;

/// Which simulation a log is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The service's name.
    pub service: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The wall-clock time of the scenario's zero.
    pub epoch: Timestamp,
    /// What the simulation's clock showed when it was opened.
    pub start: Timestamp,
    /// The real time at that moment.
    pub opened: Timestamp,
    /// How much faster than real time it goes.
    pub speed: f64,
    /// The surprise that is held back, or has come.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub surprise: Option<Secret>,
}

impl Header {
    /// The simulation's clock as it would be had it never stopped.
    pub fn clock(&self) -> SimClock {
        let gone = Timestamp::now().duration_since(self.opened).max(SignedDuration::ZERO);
        let gone = SignedDuration::from_secs_f64((gone.as_secs_f64() * self.speed).min(1e9));
        SimClock::new(self.start.checked_add(gone).unwrap_or(self.start), self.speed)
    }
}

/// An open wire log.
#[derive(Debug)]
pub struct Log {
    file: File,
    header: Header,
    read_to: u64,
}

/// Which simulation the log at a path is of; `None` if there is no log yet.
pub fn header(path: &Path) -> io::Result<Option<Header>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    Ok(first_line(&mut file, path)?.map(|(header, _)| header))
}

fn first_line(file: &mut File, path: &Path) -> io::Result<Option<(Header, u64)>> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = text.get(..end).unwrap_or_default();
    let header = serde_json::from_slice(line).map_err(|error| bad(path, 1, &error))?;
    Ok(Some((header, u64::try_from(end).unwrap_or(0) + 1)))
}

fn bad(path: &Path, line: usize, error: &serde_json::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: line {line} of the wire log: {error}", path.display()))
}

impl Log {
    /// Opens a log, or begins one for a simulation that `fresh` describes. Another simulation's log is refused.
    pub fn open(path: &Path, fresh: &Header) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        file.lock()?;
        let opened = Self::begin(&mut file, path, fresh);
        file.unlock()?;
        let (header, read_to) = opened?;
        let same = header.service == fresh.service && header.scenario == fresh.scenario && header.seed == fresh.seed;
        if !same {
            let message = format!(
                "{} is of another simulation: {}, scenario {}, seed {}",
                path.display(),
                crate::domain::text::bounded(&header.service, 80),
                crate::domain::text::bounded(&header.scenario, 80),
                header.seed
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(Self { file, header, read_to })
    }

    fn begin(file: &mut File, path: &Path, fresh: &Header) -> io::Result<(Header, u64)> {
        if let Some(found) = first_line(file, path)? {
            return Ok(found);
        }
        file.set_len(0)?;
        let mut line = serde_json::to_vec(fresh)?;
        line.push(b'\n');
        file.write_all(&line)?;
        Ok((fresh.clone(), u64::try_from(line.len()).unwrap_or(0)))
    }

    /// Which simulation it is of.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether there is something to be read that another process wrote. One system call.
    pub fn has_news(&self) -> bool {
        self.file.metadata().is_ok_and(|about| about.len() > self.read_to)
    }

    /// Reads the mutations that were appended since the last look.
    pub fn catch_up(&mut self) -> io::Result<Vec<Mutation>> {
        if !self.has_news() {
            return Ok(Vec::new());
        }
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(self.read_to))?;
        self.file.read_to_end(&mut text)?;
        let mut mutations = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            let mutation = serde_json::from_slice(line).map_err(|error| {
                let message = format!("the wire log, at byte {}: {error}", self.read_to);
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            mutations.push(mutation);
            self.read_to += u64::try_from(line.len()).unwrap_or(0);
        }
        Ok(mutations)
    }

    /// Runs `act` while no other process appends.
    pub fn exclusively<R>(&mut self, act: impl FnOnce(&mut Self) -> io::Result<R>) -> io::Result<R> {
        self.file.lock()?;
        let out = act(self);
        self.file.unlock()?;
        out
    }

    /// Appends mutations, in one write.
    pub fn append(&mut self, mutations: &[Mutation]) -> io::Result<()> {
        let mut lines = Vec::new();
        for mutation in mutations {
            serde_json::to_writer(&mut lines, mutation)?;
            lines.push(b'\n');
        }
        self.file.set_len(self.read_to)?;
        self.file.write_all(&lines)?;
        self.read_to += u64::try_from(lines.len()).unwrap_or(0);
        Ok(())
    }
}
