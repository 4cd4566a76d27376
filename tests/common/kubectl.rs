//! The kubectl of this machine.

use std::path::PathBuf;

/// The kubectl in `PATH`; `None`, and a word of it, where there is none and it is not demanded.
pub fn kubectl() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("kubectl")).find(|file| file.is_file());
    if found.is_none() {
        let demanded = std::env::var_os("HANDOVER_NEEDS_KUBECTL").is_some_and(|value| value == "1");
        assert!(!demanded, "there is no kubectl (Debian: apt install kubernetes-client)");
        eprintln!("skipped: there is no kubectl");
    }
    found
}
