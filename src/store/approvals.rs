//! Approvals in a run's folder: a file each, written by whoever approves, read by whoever leads.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::domain::approval::Approval;
use crate::domain::hash;
use crate::ports;

/// The most that an approval may be.
const LARGEST: u64 = 16 * 1024;
/// The most files that are looked at.
const MOST: usize = 1_000;

/// The approvals of a run.
#[derive(Debug, Clone)]
pub struct Approvals {
    folder: PathBuf,
}

impl Approvals {
    /// Those in a folder, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps an approval; gives its file. It is there whole, or not at all.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn keep(&self, approval: &Approval) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let name = hash::of(approval).get(..16).unwrap_or_default().to_owned();
        let (new, path) = (self.folder.join(format!(".{name}.new")), self.folder.join(format!("{name}.json")));
        let mut file = fs::File::create(&new)?;
        file.write_all(hash::canonical(approval).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        Ok(path)
    }
}

impl ports::Approvals for Approvals {
    fn read(&self) -> Vec<Approval> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let files = entries.filter_map(Result::ok).take(MOST).map(|entry| entry.path());
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            // What is no approval lets nothing pass: it is as if it were not there.
            .filter(|path| path.symlink_metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST))
            .filter_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::approval::{Key, Statement};
    use crate::ports::Approvals as _;

    #[test]
    fn what_is_kept_is_read_and_what_is_no_approval_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let approvals = Approvals::new(folder.path().join("approvals"));
        assert_eq!(approvals.read(), Vec::new());
        let (key, _) = Key::generate().unwrap();
        let at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let text = |text: &str| text.to_owned();
        let approval = key.sign(Statement {
            run: text("run"),
            step: text("promote"),
            plan: text("hash"),
            approver: text("bert"),
            at,
            user: text("bert"),
            host: text("here"),
        });
        approvals.keep(&approval).unwrap();
        approvals.keep(&approval).unwrap();
        for (name, text) in [("a.json", "{}"), ("b.json", "\u{0}"), ("c.txt", "x")] {
            fs::write(folder.path().join("approvals").join(name), text).unwrap();
        }
        fs::write(folder.path().join("approvals/d.json"), vec![b' '; 20_000]).unwrap();
        assert_eq!(approvals.read(), [approval]);
    }
}
