//! The reel: a run's folder, ready to be played back. Nothing in it is changed, and nothing else is asked.

use std::io;
use std::sync::Arc;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::stage::{NoStage, check_files};
use crate::app::{Capabilities, Keymap, Model, Opening, Role};
use crate::config::Project;
use crate::domain::journal::{Body, Entry};
use crate::domain::kept::{self, Kept};
use crate::domain::replay::{From, Tape};
use crate::domain::run::Run;
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;
use crate::domain::{duration, hash, text};
use crate::engine::replay::Player;
use crate::store::file::OpenError;
use crate::store::runs::RunFolder;

/// A run, ready to be played back.
#[derive(Debug)]
pub struct Reel {
    service: Arc<Service>,
    fresh: Run,
    entries: Vec<Arc<Entry>>,
    player: Player,
    missing: Option<String>,
}

impl Reel {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// If the journal does not verify, or the files are not those that it was made with.
    pub fn open(folder: &RunFolder, speed: f64, playing: bool) -> Result<Self, NoStage> {
        let io = |what: String| move |error| NoStage::Io { what, error };
        let path = folder.journal();
        let read = folder.read().map_err(io(path.display().to_string()))?;
        let verified = read.map_err(|broken| OpenError::Broken { path, broken })?;
        let project = Project::from_file(&folder.service());
        let (Some(service), Some(runbook)) = (project.service(), project.runbooks.first()) else {
            return Err(NoStage::Files(format!("the run's own files do not load:\n{}", project.diagnostics)));
        };
        let files = folder.files(&runbook.id).map_err(io(folder.path.display().to_string()))?;
        check_files(verified.entries.first(), &files)?;
        let Some(Body::RunOpened { run, mode, direction, .. }) = verified.entries.first().map(|entry| &entry.body)
        else {
            return Err(NoStage::Files("the journal does not begin with the opening of a run".to_owned()));
        };
        let mut fresh = Run::new(&service.name, runbook.clone(), *mode, direction.clone());
        fresh.id.clone_from(run);
        let (kept, missing) = readings(folder, &verified.entries)?;
        let entries: Vec<Arc<Entry>> = verified.entries.into_iter().map(Arc::new).collect();
        let player = Player::new(Tape::new(&entries, kept), speed, playing);
        Ok(Self { service: Arc::new(service.clone()), fresh, entries, player, missing })
    }

    /// The console of the replay, before its beginning, and what plays it.
    pub fn console(self, keymap: Keymap, capabilities: Capabilities) -> (Model, Player) {
        let model = Model::new(Opening {
            service: self.service,
            runbooks: Shelf::default(),
            run: self.fresh,
            journal: Vec::new(),
            role: Role::Replay,
            operator: String::new(),
            speed: 1.0,
            keymap,
            capabilities,
            now: self.player.at(),
        });
        (model.replaying(self.player.position(), self.missing), self.player)
    }

    /// A place in the run, as somebody writes it: an entry's number, a time, `+5m`, or words of a phase's title.
    ///
    /// # Errors
    /// If it is none of these, with what there is.
    pub fn place(&self, wanted: &str) -> Result<From, String> {
        let count = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        if let Ok(seq) = wanted.parse::<u64>() {
            let beyond = || format!("there is no entry {seq}: the run has {count}");
            return if seq <= count { Ok(From::Entry(seq)) } else { Err(beyond()) };
        }
        let begin = self.entries.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
        if let Some(span) = wanted.strip_prefix('+') {
            let span = duration::parse(span).map_err(|bad| bad.to_string())?;
            return begin.checked_add(span).map(From::Time).map_err(|error| error.to_string());
        }
        if let Ok(at) = wanted.parse::<Timestamp>() {
            return Ok(From::Time(at));
        }
        if let Ok(time) = wanted.trim_end_matches('Z').parse::<Time>() {
            return of_day(begin, time).map(From::Time).ok_or_else(|| format!("{time} is at no day of this run"));
        }
        let words = wanted.to_lowercase();
        let phase = self.fresh.runbook.phases.iter().find(|phase| phase.title.to_lowercase().contains(&words));
        let titles = || {
            let all: Vec<&str> = self.fresh.runbook.phases.iter().map(|phase| phase.title.as_str()).collect();
            format!("{:?} is no entry, no time and no phase; the phases are: {}", text::visible(wanted), all.join(", "))
        };
        let phase = phase.ok_or_else(titles)?;
        let of_phase =
            |entry: &&Arc<Entry>| entry.body.step().is_some_and(|id| phase.steps.iter().any(|step| step.id == *id));
        match self.entries.iter().find(of_phase) {
            Some(entry) => Ok(From::Entry(entry.seq.saturating_sub(1))),
            None => Err(format!("nothing was done of the phase {:?} in this run", phase.title)),
        }
    }
}

/// The first time after a run's beginning at which a clock shows this.
fn of_day(begin: Timestamp, time: Time) -> Option<Timestamp> {
    let day = begin.to_zoned(TimeZone::UTC).date();
    let at = day.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    // A minute is meant whole: 14:07 of a run that began at 14:07:20 is its beginning.
    if at.checked_add(1.minute()).ok()? >= begin {
        return Some(at);
    }
    Some(day.tomorrow().ok()?.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// What was kept of the readings, and why it is not all of them.
fn readings(folder: &RunFolder, entries: &[Entry]) -> Result<(Vec<Kept>, Option<String>), NoStage> {
    let path = folder.readings();
    let sealed = entries.iter().rev().find_map(|entry| match &entry.body {
        Body::ReadingsKept { sha256, missing, .. } => Some((sha256.clone(), missing.clone())),
        _ => None,
    });
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Vec::new(), Some("readings were not kept".to_owned())));
        }
        Err(error) => return Err(NoStage::Io { what: path.display().to_string(), error }),
    };
    if let Some((Some(sha256), _)) = &sealed
        && *sha256 != hash::sha256(&bytes)
    {
        // What somebody changed is not what the console showed.
        return Ok((Vec::new(), Some("readings were changed since, and are not shown".to_owned())));
    }
    let (kept, bad) = kept::read(&bytes);
    let missing = match sealed {
        Some((_, Some(_))) => Some("readings were kept in part".to_owned()),
        _ if bad > 0 => Some(format!("{bad} lines of readings cannot be read")),
        _ => None,
    };
    Ok((kept, missing))
}
