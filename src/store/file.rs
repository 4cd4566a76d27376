//! A journal in a file, and the lease beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::journal::{Broken, Verified, verify};
use crate::ports::{JournalStore, Lease};

/// An append-only journal file. The first failure to write or to sync latches it: from then on every append fails,
/// because after a failed `fdatasync` nobody knows what is on the disk.
#[derive(Debug)]
pub struct FileJournal {
    file: File,
    length: u64,
    latched: Option<String>,
}

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system said no.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The journal does not verify: nothing may be done on it.
    #[error(
        "{path}: {broken}\nThe journal has been changed or damaged. Nothing is done on a run whose record cannot be \
         trusted. Keep the file as it is; `handover journal show` prints what can still be read.",
        path = .path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and how.
        broken: Broken,
    },
}

/// A journal opened again.
#[derive(Debug)]
pub struct Reopened {
    /// The file, ready for the next line.
    pub journal: FileJournal,
    /// What it holds.
    pub verified: Verified,
    /// Where the bytes of an incomplete last line were put, and how many they were.
    pub recovered: Option<(PathBuf, u64)>,
}

impl FileJournal {
    /// Makes a new journal; the file must not exist. Its folder is synced too, so that the name survives a crash.
    pub fn create(path: &Path) -> Result<Self, OpenError> {
        let io = |error| OpenError::Io { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(io)?;
        file.sync_all().map_err(io)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        }
        Ok(Self { file, length: 0, latched: None })
    }

    /// Opens a journal to go on with it: verifies it, and sets an incomplete last line aside.
    pub fn reopen(path: &Path) -> Result<Reopened, OpenError> {
        let io = |error| OpenError::Io { path: path.to_owned(), error };
        let bytes = fs::read(path).map_err(io)?;
        let verified = verify(&bytes).map_err(|broken| OpenError::Broken { path: path.to_owned(), broken })?;
        let file = OpenOptions::new().append(true).open(path).map_err(io)?;
        let mut length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut recovered = None;
        if let Some(tail) = &verified.tail {
            let aside = free_name(path);
            let keep = |aside: &Path| -> io::Result<()> {
                let mut copy = OpenOptions::new().write(true).create_new(true).open(aside)?;
                copy.write_all(&tail.bytes)?;
                copy.sync_all()
            };
            keep(&aside).map_err(|error| OpenError::Io { path: aside.clone(), error })?;
            length = u64::try_from(tail.offset).unwrap_or(u64::MAX);
            OpenOptions::new()
                .write(true)
                .open(path)
                .and_then(|file| {
                    file.set_len(length)?;
                    file.sync_all()
                })
                .map_err(io)?;
            recovered = Some((aside, u64::try_from(tail.bytes.len()).unwrap_or(u64::MAX)));
        }
        Ok(Reopened { journal: Self { file, length, latched: None }, verified, recovered })
    }
}

/// The first free `journal.tail-N` beside a journal.
fn free_name(journal: &Path) -> PathBuf {
    let numbered = (1..10_000u32).map(|n| journal.with_extension(format!("tail-{n}")));
    numbered.into_iter().find(|path| !path.exists()).unwrap_or_else(|| journal.with_extension("tail"))
}

impl JournalStore for FileJournal {
    fn append(&mut self, line: &str) -> io::Result<()> {
        if let Some(why) = &self.latched {
            return Err(io::Error::other(why.clone()));
        }
        let mut write = || -> io::Result<()> {
            let length = self.file.metadata()?.len();
            if length != self.length {
                return Err(io::Error::other(format!(
                    "the file has {length} bytes where {} were written: somebody else changed it",
                    self.length
                )));
            }
            let mut bytes = Vec::with_capacity(line.len() + 1);
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            self.file.write_all(&bytes)?;
            self.file.sync_data()?;
            self.length += u64::try_from(bytes.len()).unwrap_or(0);
            Ok(())
        };
        let result = write();
        if let Err(error) = &result {
            self.latched = Some(format!("an earlier write failed ({error}); the journal is closed"));
        }
        result
    }
}

/// Who holds a run: the holder of the lock on a file beside the journal. The system releases it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct FileLease {
    _lock: File,
}

impl Lease for FileLease {
    fn held(&self) -> bool {
        true
    }
}

/// Who holds a lease, for those who don't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The operator's name.
    pub operator: String,
    /// The host.
    pub host: String,
    /// The process.
    pub pid: u32,
}

impl FileLease {
    /// Takes the lease on a run's folder; if somebody else has it, says who (as far as they said).
    pub fn take(folder: &Path, holder: &Holder) -> io::Result<Result<Self, Option<Holder>>> {
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut lock = options.open(&path)?;
        match lock.try_lock() {
            Ok(()) => {
                lock.set_len(0)?;
                lock.write_all(serde_json::to_string(holder).unwrap_or_default().as_bytes())?;
                Ok(Ok(Self { _lock: lock }))
            }
            Err(fs::TryLockError::WouldBlock) => Ok(Err(holder_of(folder))),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Who last took the lease on a run's folder.
pub fn holder_of(folder: &Path) -> Option<Holder> {
    serde_json::from_str(&fs::read_to_string(folder.join("lock")).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(name: &str) -> Holder {
        Holder { operator: name.into(), host: "host".into(), pid: 1 }
    }

    #[test]
    fn the_second_to_take_a_lease_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = FileLease::take(folder.path(), &holder("anna")).unwrap().unwrap();
        assert!(first.held());
        let second = FileLease::take(folder.path(), &holder("bert")).unwrap().unwrap_err();
        assert_eq!(second.unwrap().operator, "anna");
        drop(first);
        assert!(FileLease::take(folder.path(), &holder("bert")).unwrap().is_ok());
    }

    #[test]
    fn an_incomplete_last_line_is_set_aside_and_its_bytes_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        FileJournal::create(&path).unwrap();
        fs::write(&path, b"{\"half\":").unwrap();
        let reopened = FileJournal::reopen(&path).unwrap();
        let (aside, bytes) = reopened.recovered.unwrap();
        assert_eq!((bytes, fs::read(aside).unwrap().as_slice()), (8, b"{\"half\":".as_slice()));
        assert_eq!(fs::read(&path).unwrap(), b"");
    }

    #[test]
    fn a_file_that_somebody_else_changed_latches_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = FileJournal::create(&path).unwrap();
        journal.append("{}").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{}\n").unwrap();
        assert!(journal.append("{}").is_err());
        assert!(journal.append("{}").unwrap_err().to_string().contains("earlier write failed"));
    }

    #[test]
    fn a_journal_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        FileJournal::create(&path).unwrap();
        assert!(FileJournal::create(&path).is_err());
    }
}
