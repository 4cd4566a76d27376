//! Noticing that a theme's files were edited.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Draft, Theme, open};
use crate::config::Diagnostics;

/// A theme file, and all that it inherits from.
#[derive(Debug)]
pub struct Watch {
    wanted: String,
    files: Vec<(PathBuf, Stamp)>,
}

/// What changes when a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    fn of(path: &Path) -> Self {
        Self(std::fs::metadata(path).ok().and_then(|about| Some((about.modified().ok()?, about.len()))))
    }
}

fn stamped(files: &[PathBuf]) -> Vec<(PathBuf, Stamp)> {
    files.iter().map(|path| (path.clone(), Stamp::of(path))).collect()
}

impl Watch {
    /// Watches what a theme was read from; nothing, if that is built in. An edit since then is lost only if it came between
    /// the reading and this.
    pub fn of(wanted: &str, draft: &Draft) -> Option<Self> {
        let files = stamped(&draft.files);
        (!files.is_empty()).then(|| Self { wanted: wanted.to_owned(), files })
    }

    /// The theme, if a file of it has changed since the last look, or what is wrong with it now. A file that is not there
    /// is being replaced: editors write another and rename it.
    pub fn look(&mut self) -> Option<Result<Theme, String>> {
        let now: Vec<_> = self.files.iter().map(|(path, _)| (path.clone(), Stamp::of(path))).collect();
        if now == self.files || now.iter().any(|(_, stamp)| stamp.0.is_none()) {
            return None;
        }
        self.files = now;
        let loaded = match open(&self.wanted) {
            Ok(loaded) => loaded,
            Err(error) => return Some(Err(format!("{}: {error}", self.wanted))),
        };
        match loaded.value {
            Some(draft) if !loaded.diagnostics.has_errors() => {
                self.files = stamped(&draft.files);
                Some(Ok(draft.theme()))
            }
            _ => Some(Err(first(&loaded.diagnostics))),
        }
    }
}

/// The first of what is wrong, in one line.
fn first(diagnostics: &Diagnostics) -> String {
    let found = diagnostics.iter().next();
    let more = if diagnostics.len() > 1 { format!(", and {} more", diagnostics.len() - 1) } else { String::new() };
    found.map_or_else(String::new, |found| {
        format!("{}:{}:{}: {}{more}", found.file, found.line, found.column, found.message)
    })
}
