//! A service with its runbooks, read from files or from a preset.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::locate::{self, Preset};
use super::runbook::{self, Scope};
use super::service;
use super::source::Source;
use crate::domain::runbook::Runbook;
use crate::domain::service::Service;

/// What reading one file gave.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// What could be read. Where the file has errors it is incomplete: good for looking at, never for acting.
    pub value: Option<T>,
    /// The ids of parts that are in the file and could not be read.
    pub left_out: Vec<String>,
    /// All that is wrong.
    pub diagnostics: Diagnostics,
}

impl<T> Loaded<T> {
    /// The value, if the file has no errors at all.
    pub fn sound(self) -> Result<T, Diagnostics> {
        match self.value {
            Some(value) if !self.diagnostics.has_errors() => Ok(value),
            _ => Err(self.diagnostics),
        }
    }
}

/// Where a project came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A service file.
    File(PathBuf),
    /// A preset by name.
    Preset(&'static str),
}

/// A service with its runbooks.
#[derive(Debug, Clone)]
pub struct Project {
    /// Where it came from.
    pub origin: Origin,
    /// The runbooks without errors, in the order of their files.
    pub runbooks: Vec<Runbook>,
    /// All that is wrong in any file.
    pub diagnostics: Diagnostics,
    service: Option<Service>,
    sound: bool,
}

impl Project {
    /// Reads a service file and the runbooks beside it.
    pub fn from_file(path: &Path) -> Self {
        let name = path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let found = Diagnostic::file(&name, format!("cannot read the service file: {error}"));
                return Self::without_service(Origin::File(path.to_owned()), found);
            }
        };
        let mut unread = Vec::new();
        let mut runbooks = Vec::new();
        match locate::runbook_files(path) {
            Ok(files) => {
                for file in files {
                    let name = file.display().to_string();
                    match std::fs::read(&file) {
                        Ok(bytes) => runbooks.push(Source::new(name, &bytes)),
                        Err(error) => unread.push(Diagnostic::file(&name, format!("cannot read the runbook: {error}"))),
                    }
                }
            }
            Err(error) => {
                let folder = path.with_file_name("runbooks").display().to_string();
                unread.push(Diagnostic::file(&folder, format!("cannot list the runbooks: {error}")));
            }
        }
        let mut project = Self::from_sources(Origin::File(path.to_owned()), &Source::new(name, &bytes), &runbooks);
        project.diagnostics.extend(Diagnostics::of_file(unread));
        project
    }

    /// Reads a preset.
    pub fn from_preset(preset: &Preset) -> Self {
        let name = |file: &str| format!("presets/{}/{file}", preset.name);
        let service = Source::new(name("service.toml"), preset.service_toml.as_bytes());
        let runbooks: Vec<Source> = preset
            .runbooks
            .iter()
            .map(|(file, text)| Source::new(name(&format!("runbooks/{file}")), text.as_bytes()))
            .collect();
        Self::from_sources(Origin::Preset(preset.name), &service, &runbooks)
    }

    /// Reads texts that are already at hand.
    pub fn from_sources(origin: Origin, service: &Source, runbooks: &[Source]) -> Self {
        let loaded = service::read(service);
        let sound = loaded.value.is_some() && !loaded.diagnostics.has_errors();
        let mut diagnostics = loaded.diagnostics;
        let mut good = Vec::new();
        if let Some(service) = &loaded.value {
            let scope = Scope::new(service, &loaded.left_out);
            for loaded in side_by_side(runbooks, |source| runbook::read(source, &scope)) {
                diagnostics.extend(loaded.diagnostics.clone());
                good.extend(loaded.sound().ok());
            }
        }
        Self { origin, runbooks: good, diagnostics, service: loaded.value, sound }
    }

    fn without_service(origin: Origin, found: Diagnostic) -> Self {
        let diagnostics = Diagnostics::of_file(vec![found]);
        Self { origin, runbooks: Vec::new(), diagnostics, service: None, sound: false }
    }

    /// The service, if its file has no errors: only then may anything be changed by it.
    pub fn service(&self) -> Option<&Service> {
        self.service.as_ref().filter(|_| self.sound)
    }

    /// The service as far as it could be read: to look at.
    pub fn readable(&self) -> Option<&Service> {
        self.service.as_ref()
    }

    /// A runbook by id.
    pub fn runbook(&self, id: &str) -> Option<&Runbook> {
        self.runbooks.iter().find(|runbook| runbook.id == id)
    }
}

/// What `read` makes of each source, in their order, on as many processors as there are: somebody waits for it.
fn side_by_side<T: Send>(sources: &[Source], read: impl Fn(&Source) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let some = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        numbers.map_while(|number| Some((number, read(sources.get(number)?)))).collect::<Vec<_>>()
    };
    let others = std::thread::available_parallelism().map_or(1, usize::from).min(sources.len()).saturating_sub(1);
    let mut all = std::thread::scope(|scope| {
        // Where there can be no thread, this one reads all of them.
        let others: Vec<_> =
            (0..others).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, some).ok()).collect();
        let mut all = some();
        for thread in others {
            all.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, one)| one).collect()
}
