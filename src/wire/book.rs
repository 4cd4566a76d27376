//! The book: a service with one of its runbooks, and the very texts that they were read from.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Project, locate};
use crate::domain::runbook::{Runbook, Way};
use crate::domain::service::Service;

/// A service with one of its runbooks, and the texts that they were read from.
#[derive(Debug, Clone)]
pub struct Book {
    /// The service.
    pub service: Arc<Service>,
    /// The runbook.
    pub runbook: Runbook,
    /// Every runbook of the service: the review looks at all of them.
    pub runbooks: Vec<Runbook>,
    /// The text of the service file.
    pub service_toml: String,
    /// The text of the runbook.
    pub runbook_toml: String,
    /// The folder of the service file: where relative programs run.
    pub dir: Option<PathBuf>,
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
    let (service_toml, runbook_toml, dir) = texts(project, &found.id).map_err(|error| error.to_string())?;
    let (service, runbooks) = (Arc::new(service.clone()), project.runbooks.clone());
    Ok(Book { service, runbook: found.clone(), runbooks, service_toml, runbook_toml, dir })
}

fn texts(project: &Project, runbook: &str) -> io::Result<(String, String, Option<PathBuf>)> {
    use crate::config::Origin;
    let file = format!("{runbook}.toml");
    match &project.origin {
        Origin::File(path) => {
            let dir = path.parent().map(PathBuf::from);
            let runbook = path.with_file_name("runbooks").join(file);
            Ok((std::fs::read_to_string(path)?, std::fs::read_to_string(runbook)?, dir))
        }
        Origin::Preset(name) => {
            let preset = locate::preset(name).ok_or_else(|| io::Error::other("the preset is gone"))?;
            let text = preset.runbooks.iter().find(|(known, _)| *known == file).map(|(_, text)| *text);
            let text = text.ok_or_else(|| io::Error::other("the preset's runbook is gone"))?;
            Ok((preset.service_toml.to_owned(), text.to_owned(), None))
        }
    }
}
