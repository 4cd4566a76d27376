//! A service with its runbooks, read from files or from a preset.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::locate::{self, Preset};
use super::runbook::{self, Scope};
use super::service;
use super::source::Source;
use crate::domain::runbook::Runbook;
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;

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

/// The files of a service, before anything in them is read.
#[derive(Debug, Clone)]
pub struct Files {
    origin: Origin,
    service: Source,
    /// The names of the runbooks' files, and what is in them.
    runbooks: Vec<(String, Cow<'static, [u8]>)>,
    /// What could not even be looked at.
    unread: Vec<Diagnostic>,
}

/// A service with the runbook that somebody waits for.
#[derive(Debug, Clone)]
pub struct Ahead {
    /// The service.
    pub service: Arc<Service>,
    /// The runbook.
    pub runbook: Runbook,
    /// All runbooks, read when they are asked for.
    pub runbooks: Shelf,
    /// The text of the service file.
    pub service_toml: String,
    /// The text of the runbook.
    pub runbook_toml: String,
}

impl Files {
    /// A service file and the runbooks beside it.
    ///
    /// # Errors
    /// What is wrong, if there is no service file to be read.
    pub fn of_file(path: &Path) -> Result<Self, Diagnostics> {
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| {
            Diagnostics::of_file(vec![Diagnostic::file(&name, format!("cannot read the service file: {error}"))])
        })?;
        let mut unread = Vec::new();
        let mut runbooks = Vec::new();
        match locate::runbook_files(path) {
            Ok(files) => {
                for file in files {
                    let name = file.display().to_string();
                    match std::fs::read(&file) {
                        Ok(bytes) => runbooks.push((name, Cow::Owned(bytes))),
                        Err(error) => unread.push(Diagnostic::file(&name, format!("cannot read the runbook: {error}"))),
                    }
                }
            }
            Err(error) => {
                let folder = path.with_file_name("runbooks").display().to_string();
                unread.push(Diagnostic::file(&folder, format!("cannot list the runbooks: {error}")));
            }
        }
        Ok(Self { origin: Origin::File(path.to_owned()), service: Source::new(name, &bytes), runbooks, unread })
    }

    /// A preset's.
    pub fn of_preset(preset: &Preset) -> Self {
        let name = |file: &str| format!("presets/{}/{file}", preset.name);
        let runbook =
            |(file, text): &(&str, &'static str)| (name(&format!("runbooks/{file}")), Cow::Borrowed(text.as_bytes()));
        Self {
            origin: Origin::Preset(preset.name),
            service: Source::new(name("service.toml"), preset.service_toml.as_bytes()),
            runbooks: preset.runbooks.iter().map(runbook).collect(),
            unread: Vec::new(),
        }
    }

    /// Where they came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Reads the service and one of its runbooks, by its id. `None` if that is not there, or if either has errors:
    /// [`Self::project`] then says which.
    pub fn ahead(&self, id: &str) -> Option<Ahead> {
        let is_it = |(name, _): &&(String, _)| Path::new(name).file_stem().is_some_and(|stem| stem == id);
        let (name, bytes) = self.runbooks.iter().find(is_it)?;
        let service = Arc::new(service::read(&self.service).sound().ok()?);
        let source = Source::new(name, bytes);
        let runbook = runbook::read(&source, &Scope::new(&service, &[])).sound().ok()?;
        let all = self.runbooks.clone();
        let runbooks = {
            let service = Arc::clone(&service);
            Shelf::later(move || {
                let read = |(name, bytes): &(String, Cow<'_, [u8]>)| {
                    runbook::read(&Source::new(name, bytes), &Scope::new(&service, &[])).sound().ok()
                };
                all.iter().filter_map(read).collect()
            })
        };
        let (service_toml, runbook_toml) = (self.service.text().to_owned(), source.text().to_owned());
        Some(Ahead { service, runbook, runbooks, service_toml, runbook_toml })
    }

    /// Reads all of them.
    pub fn project(self) -> Project {
        let runbooks: Vec<Source> = self.runbooks.iter().map(|(name, bytes)| Source::new(name, bytes)).collect();
        let mut project = Project::from_sources(self.origin, &self.service, &runbooks);
        project.diagnostics.extend(Diagnostics::of_file(self.unread));
        project
    }
}

impl Project {
    /// Reads a service file and the runbooks beside it.
    pub fn from_file(path: &Path) -> Self {
        match Files::of_file(path) {
            Ok(files) => files.project(),
            Err(found) => Self::without_service(Origin::File(path.to_owned()), found),
        }
    }

    /// Reads a preset.
    pub fn from_preset(preset: &Preset) -> Self {
        Files::of_preset(preset).project()
    }

    /// Reads texts that are already at hand.
    pub fn from_sources(origin: Origin, service: &Source, runbooks: &[Source]) -> Self {
        let loaded = service::read(service);
        let sound = loaded.value.is_some() && !loaded.diagnostics.has_errors();
        let mut diagnostics = loaded.diagnostics;
        let mut good = Vec::new();
        if let Some(service) = &loaded.value {
            let scope = Scope::new(service, &loaded.left_out);
            for loaded in runbooks.iter().map(|source| runbook::read(source, &scope)) {
                diagnostics.extend(loaded.diagnostics.clone());
                good.extend(loaded.sound().ok());
            }
        }
        Self { origin, runbooks: good, diagnostics, service: loaded.value, sound }
    }

    fn without_service(origin: Origin, diagnostics: Diagnostics) -> Self {
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
