//! The folder of runs: one folder each, with the journal, the lease and copies of the files that the run is made of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::hash;
use crate::domain::journal::{Body, Broken, Files, RunOutcome, Verified, verify};
use crate::domain::run::{Mode, Run};
use crate::domain::safeguard::{SETTLE, Takeover};
use crate::domain::timeline::Milestone;
use crate::domain::trail::Line;

/// The folder that holds every run of this machine.
#[derive(Debug, Clone)]
pub struct Runs {
    root: PathBuf,
}

/// One run's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    /// The run's id.
    pub id: String,
    /// The folder.
    pub path: PathBuf,
}

impl Runs {
    /// The runs below a folder, which need not exist yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// A run's id: when, what and four characters that tell apart what began in the same second.
    pub fn new_id(now: Timestamp, service: &str, runbook: &str) -> String {
        let mut random = [0u8; 2];
        // Without randomness the id is merely less unlikely to be taken; `create` refuses one that is.
        let _ = getrandom::fill(&mut random);
        let [a, b] = random;
        format!("{}-{service}-{runbook}-{a:02x}{b:02x}", now.strftime("%Y%m%dT%H%M%SZ"))
    }

    /// Makes a run's folder with its copies of the files. It must not exist.
    pub fn create(&self, id: &str, service_toml: &str, (runbook, runbook_toml): (&str, &str)) -> io::Result<RunFolder> {
        fs::create_dir_all(&self.root)?;
        let path = self.root.join(id);
        fs::create_dir(&path)?;
        fs::create_dir(path.join("runbooks"))?;
        fs::write(path.join("service.toml"), service_toml)?;
        fs::write(path.join("runbooks").join(format!("{runbook}.toml")), runbook_toml)?;
        Ok(RunFolder { id: id.to_owned(), path })
    }

    /// Where a run's folder is, or will be.
    pub fn folder(&self, id: &str) -> RunFolder {
        RunFolder { id: id.to_owned(), path: self.root.join(id) }
    }

    /// Every run, the latest first.
    pub fn list(&self) -> io::Result<Vec<RunFolder>> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut runs: Vec<RunFolder> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().join("journal.jsonl").is_file())
            .map(|entry| RunFolder { id: entry.file_name().to_string_lossy().into_owned(), path: entry.path() })
            .collect();
        runs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(runs)
    }

    /// The last time that the run's service was handed over in another run, if that is not long ago.
    pub fn last_takeover(&self, run: &Run) -> io::Result<Option<Takeover>> {
        let mut last: Option<Takeover> = None;
        for folder in self.list()?.into_iter().filter(|folder| folder.id != run.id) {
            let changed = fs::metadata(folder.journal())?.modified()?;
            // A journal that nobody has written since cannot tell of anything later.
            if changed.elapsed().is_ok_and(|elapsed| elapsed > SETTLE) {
                continue;
            }
            let Ok(Ok(read)) = folder.read() else { continue };
            let ours = read.entries.first().is_some_and(|entry| {
                matches!(&entry.body, Body::RunOpened { service, mode: Mode::Live, .. } if *service == run.service)
            });
            let moved = read.entries.iter().rev().find_map(|entry| match &entry.body {
                Body::Milestone { milestone: Milestone::PromoteCalled | Milestone::TrafficMoved, when, .. } => {
                    Some(*when)
                }
                _ => None,
            });
            if let (true, Some(at)) = (ours, moved)
                && last.as_ref().is_none_or(|last| last.at < at)
            {
                last = Some(Takeover { run: folder.id, at });
            }
        }
        Ok(last)
    }

    /// The day on which the last drill of a service was carried through, simulations left out.
    pub fn last_drill(&self, service: &str) -> io::Result<Option<Date>> {
        for folder in self.list()? {
            // A run that was tampered with proves nothing.
            let Ok(Ok(read)) = folder.read() else { continue };
            let is_drill = read.entries.first().is_some_and(
                |entry| matches!(&entry.body, Body::RunOpened { service: of, mode: Mode::Drill, .. } if of == service),
            );
            let ended = read.entries.iter().rev().find_map(|entry| match &entry.body {
                Body::RunClosed { outcome: RunOutcome::Verified, .. } => Some(entry.at),
                _ => None,
            });
            if let (true, Some(at)) = (is_drill, ended) {
                return Ok(Some(at.to_zoned(TimeZone::UTC).date()));
            }
        }
        Ok(None)
    }

    /// The run that is open now: of those whose journal says so, the one that was written last. A run that does not verify
    /// is none of them.
    pub fn open_now(&self) -> io::Result<Option<RunFolder>> {
        let mut open: Vec<(std::time::SystemTime, RunFolder)> = Vec::new();
        for folder in self.list()? {
            let Ok(Ok(read)) = folder.read() else { continue };
            if !closes(&read) && !read.entries.is_empty() {
                open.push((fs::metadata(folder.journal())?.modified()?, folder));
            }
        }
        Ok(open.into_iter().max_by_key(|(written, _)| *written).map(|(_, folder)| folder))
    }

    /// A run by its id, or by an unmistakable part of it; without one, the latest.
    pub fn find(&self, part: Option<&str>) -> io::Result<RunFolder> {
        let missing = |text: String| io::Error::new(io::ErrorKind::NotFound, text);
        let runs = self.list()?;
        let Some(part) = part else {
            let nowhere = format!(
                "there is no run yet in {}; `handover demo` begins one on the simulated Regions",
                self.root.display()
            );
            return runs.into_iter().next().ok_or_else(|| missing(nowhere));
        };
        if let Some(exact) = runs.iter().find(|run| run.id == part) {
            return Ok(exact.clone());
        }
        let mut fitting = runs.into_iter().filter(|run| run.id.contains(part));
        match (fitting.next(), fitting.next()) {
            (Some(run), None) => Ok(run),
            (None, _) => {
                Err(missing(format!("no run {part:?} in {}; `handover runs` lists them", self.root.display())))
            }
            (Some(a), Some(b)) => Err(missing(format!("{part:?} may be {} or {}: give more of it", a.id, b.id))),
        }
    }
}

impl RunFolder {
    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// Where second persons leave their approvals.
    pub fn approvals(&self) -> PathBuf {
        self.path.join("approvals")
    }

    /// Where what the console was shown is kept.
    pub fn readings(&self) -> PathBuf {
        self.path.join("readings.jsonl")
    }

    /// Where the simulated wire's calls are logged.
    pub fn wire_log(&self) -> PathBuf {
        self.path.join("wire.jsonl")
    }

    /// The copy of the service file.
    pub fn service(&self) -> PathBuf {
        self.path.join("service.toml")
    }

    /// The hashes of the copies of the service file and the runbook.
    pub fn files(&self, runbook: &str) -> io::Result<Files> {
        let runbook = self.path.join("runbooks").join(format!("{runbook}.toml"));
        Ok(Files { service: hash::sha256(&fs::read(self.service())?), runbook: hash::sha256(&fs::read(runbook)?) })
    }

    /// Whether this was a simulation.
    pub fn is_simulation(&self) -> bool {
        self.wire_log().is_file()
    }

    /// The whole lines of the journal, as they stand in the file.
    pub fn lines(&self) -> io::Result<Vec<Line>> {
        let text = fs::read_to_string(self.journal())?;
        let whole = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let read = |line| Line::read(line).ok_or_else(|| io::Error::other("a line of the journal is no entry"));
        whole.map(read).collect()
    }

    /// The verified journal.
    pub fn read(&self) -> io::Result<Result<Verified, Broken>> {
        Ok(verify(&fs::read(self.journal())?))
    }

    /// Whether its journal holds, and says that the run is closed.
    pub fn is_closed(&self) -> bool {
        self.read().is_ok_and(|read| read.is_ok_and(|read| closes(&read)))
    }
}

fn closes(read: &Verified) -> bool {
    read.entries.iter().any(|entry| matches!(entry.body, Body::RunClosed { .. }))
}

/// Where runs are kept: `$HANDOVER_DATA_DIR`, or the user's data folder.
pub fn default_root() -> PathBuf {
    std::env::var_os("HANDOVER_DATA_DIR")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from)
        .or_else(|| directories::ProjectDirs::from("", "", "handover").map(|dirs| dirs.data_local_dir().to_owned()))
        .unwrap_or_else(|| Path::new(".handover").to_owned())
        .join("runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_an_unmistakable_part_of_its_id() {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::new(folder.path().join("runs"));
        assert!(runs.find(None).is_err());
        for id in ["20260101T000000Z-a-failover-0001", "20260102T000000Z-a-failover-0002"] {
            let run = runs.create(id, "", ("failover", "")).unwrap();
            fs::write(run.journal(), "").unwrap();
        }
        assert!(runs.find(None).unwrap().id.ends_with("0002"));
        assert!(runs.find(Some("0001")).unwrap().id.ends_with("0001"));
        assert!(runs.find(Some("failover")).unwrap_err().to_string().contains("give more of it"));
        assert!(runs.create("20260101T000000Z-a-failover-0001", "", ("failover", "")).is_err());
        assert!(runs.open_now().unwrap().is_none(), "a run of which nothing was recorded is not open");
    }
}
