//! Files of the repository that tests make: compared, or written where `HANDOVER_WRITE_DOCS=1` asks for it.

use std::path::{Path, PathBuf};

/// A path below the repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Whether files are to be written in place of being compared.
pub fn writes() -> bool {
    std::env::var("HANDOVER_WRITE_DOCS").is_ok_and(|value| value == "1")
}

/// Holds a file against what it should be. Where a program has another line end, it is still the same file.
pub fn keep(name: &str, wanted: &str) {
    let path = path(name);
    if writes() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(&path, wanted).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if there == wanted {
        return;
    }
    let line = there.lines().zip(wanted.lines()).take_while(|(a, b)| a == b).count();
    let at = |text: &str| text.lines().nth(line).unwrap_or("(its end)").chars().take(200).collect::<String>();
    panic!(
        "{name} is not what the program makes of it now, from line {} on:\n  there   {}\n  wanted  {}\n\
         HANDOVER_WRITE_DOCS=1 cargo test writes it anew; look at what changed",
        line + 1,
        at(&there),
        at(wanted),
    );
}

/// Holds a folder against the files that it should have: nothing else may be left in it.
pub fn only(folder: &str, wanted: &[String]) {
    for entry in std::fs::read_dir(path(folder)).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if wanted.contains(&name) {
            continue;
        }
        assert!(writes(), "{folder}/{name} is made by nothing: delete it");
        std::fs::remove_file(path(folder).join(name)).unwrap();
    }
}
