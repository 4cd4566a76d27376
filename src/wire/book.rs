//! The book: a service with one of its runbooks, and the very texts that they were read from.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::project::Ahead;
use crate::config::{Files, Origin, Project, locate};
use crate::domain::runbook::{Runbook, Way};
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;

/// A service with one of its runbooks, and the texts that they were read from.
#[derive(Debug, Clone)]
pub struct Book {
    /// The service.
    pub service: Arc<Service>,
    /// The runbook.
    pub runbook: Runbook,
    /// Every runbook of the service: the review looks at all of them.
    pub runbooks: Shelf,
    /// The text of the service file.
    pub service_toml: String,
    /// The text of the runbook.
    pub runbook_toml: String,
    /// The folder of the service file: where relative programs run.
    pub dir: Option<PathBuf>,
}

/// As [`book`], for somebody who waits for this one runbook: the others are read when they are asked for.
///
/// # Errors
/// What is wrong with the files, or that there is no such runbook.
pub fn open(files: Files, runbook: Option<&str>) -> Result<Book, String> {
    let dir = folder(files.origin());
    match files.ahead(runbook.unwrap_or(Way::Failover.as_str())) {
        Some(Ahead { service, runbook, runbooks, service_toml, runbook_toml }) => {
            Ok(Book { service, runbook, runbooks, service_toml, runbook_toml, dir })
        }
        None => book(&files.project(), runbook),
    }
}

/// A service file or preset with the runbook that is wanted, or the one that is called `failover`, or its first failover.
pub fn book(project: &Project, runbook: Option<&str>) -> Result<Book, String> {
    let Some(service) = project.service() else {
        return Err(format!("{}", project.diagnostics));
    };
    let known = || project.runbooks.iter().map(|runbook| runbook.id.as_str()).collect::<Vec<_>>().join(", ");
    let found = match runbook {
        Some(id) => project.runbook(id).ok_or_else(|| {
            let faults = project.diagnostics.to_string();
            let (which, faults) =
                if project.diagnostics.has_errors() { (" without errors", faults) } else { ("", String::new()) };
            format!("there is no runbook {id:?}{which}; there is: {}\n{faults}", known()).trim_end().to_owned()
        })?,
        None => project
            .runbooks
            .iter()
            .find(|runbook| runbook.id == Way::Failover.as_str())
            .or_else(|| project.runbooks.iter().find(|runbook| runbook.way == Way::Failover))
            .or(project.runbooks.first())
            .ok_or_else(|| format!("the service has no runbook without errors\n{}", project.diagnostics))?,
    };
    let (service_toml, runbook_toml) = texts(project, &found.id).map_err(|error| error.to_string())?;
    Ok(Book {
        service: Arc::new(service.clone()),
        runbook: found.clone(),
        runbooks: project.runbooks.clone().into(),
        service_toml,
        runbook_toml,
        dir: folder(&project.origin),
    })
}

/// The folder of a service file.
fn folder(origin: &Origin) -> Option<PathBuf> {
    match origin {
        Origin::File(path) => path.parent().map(PathBuf::from),
        Origin::Preset(_) => None,
    }
}

fn texts(project: &Project, runbook: &str) -> io::Result<(String, String)> {
    let file = format!("{runbook}.toml");
    match &project.origin {
        Origin::File(path) => {
            let runbook = path.with_file_name("runbooks").join(file);
            Ok((std::fs::read_to_string(path)?, std::fs::read_to_string(runbook)?))
        }
        Origin::Preset(name) => {
            let preset = locate::preset(name).ok_or_else(|| io::Error::other("the preset is gone"))?;
            let text = preset.runbooks.iter().find(|(known, _)| *known == file).map(|(_, text)| *text);
            let text = text.ok_or_else(|| io::Error::other("the preset's runbook is gone"))?;
            Ok((preset.service_toml.to_owned(), text.to_owned()))
        }
    }
}
