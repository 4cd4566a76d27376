//! Faults of the disk and of the process, at an exact write or sync of the journal: `tests/faults/shim.c`, preloaded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = include_str!("../faults/shim.c");

/// What goes wrong, and at which write or sync of a file called `journal.jsonl` (the first is 1) in the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Killed in place of the write.
    KillBeforeWrite(u32),
    /// Killed once it was written, before it is synced.
    KillAfterWrite(u32),
    /// Half of the bytes are written, then killed.
    TornWrite(u32),
    /// Killed once the sync returned.
    KillAfterSync(u32),
    /// This sync and all later ones fail with EIO.
    EioSync(u32),
    /// This write and all later ones fail with ENOSPC.
    EnospcWrite(u32),
    /// Nothing goes wrong: to count.
    Count,
}

impl Fault {
    /// The variables with which a program is started to have it. `log` gets a line for each write and sync; see [`counted`].
    pub fn env(self, log: Option<&Path>) -> Vec<(String, String)> {
        let fault = match self {
            Self::KillBeforeWrite(n) => format!("kill-before-write:{n}"),
            Self::KillAfterWrite(n) => format!("kill-after-write:{n}"),
            Self::TornWrite(n) => format!("torn-write:{n}"),
            Self::KillAfterSync(n) => format!("kill-after-sync:{n}"),
            Self::EioSync(n) => format!("eio-sync:{n}"),
            Self::EnospcWrite(n) => format!("enospc-write:{n}"),
            Self::Count => "count".to_owned(),
        };
        let library = library().to_str().unwrap().to_owned();
        let mut env = vec![("LD_PRELOAD".to_owned(), library), ("HANDOVER_FAULT".to_owned(), fault)];
        env.extend(log.map(|log| ("HANDOVER_FAULT_LOG".to_owned(), log.to_str().unwrap().to_owned())));
        env
    }
}

/// How many writes and syncs a log tells of.
pub fn counted(log: &Path) -> (u32, u32) {
    let text = fs::read_to_string(log).unwrap_or_default();
    let count = |kind: &str| u32::try_from(text.lines().filter(|line| line.starts_with(kind)).count()).unwrap();
    (count("write "), count("sync "))
}

/// The compiled library. Its name holds the hash of its source, and it is put in place by a rename, so that test binaries
/// that run side by side neither clash nor use an old one.
pub fn library() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    SOURCE.hash(&mut hasher);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(format!("faults-{:016x}.so", hasher.finish()));
    let lock = fs::File::create(folder.join("faults.lock")).unwrap();
    lock.lock().unwrap();
    if !path.exists() {
        let source = folder.join("faults.c");
        let new = folder.join("faults.so.new");
        fs::write(&source, SOURCE).unwrap();
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .args([&new, &source])
            .arg("-ldl")
            .output()
            .expect("the fault tests need a C compiler: cc");
        assert!(done.status.success(), "cc: {}", String::from_utf8_lossy(&done.stderr));
        fs::rename(&new, &path).unwrap();
    }
    path
}
