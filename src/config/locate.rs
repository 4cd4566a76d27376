//! Where services and runbooks are found, and the presets that come with the program.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::words::meant;
use crate::domain::text::visible;

/// A service with runbooks that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Its service file.
    pub service_toml: &'static str,
    /// Its runbooks: file name and text.
    pub runbooks: &'static [(&'static str, &'static str)],
}

/// A preset of `assets/presets/`, with its runbooks.
macro_rules! preset {
    ($name:literal: $($runbook:literal),+) => {
        Preset {
            name: $name,
            service_toml: include_str!(concat!("../../assets/presets/", $name, "/service.toml")),
            runbooks: &[$((
                concat!($runbook, ".toml"),
                include_str!(concat!("../../assets/presets/", $name, "/runbooks/", $runbook, ".toml")),
            )),+],
        }
    };
}

const PRESETS: &[Preset] = &[
    preset!(
        "fineract": "failover", "planned-failover", "failback", "drill", "readiness", "backup-keys", "dual-write-keys"
    ),
    preset!(
        "regami": "failover", "planned-failover", "failback", "drill", "corruption", "deletion", "cloud-outage", "snapshot",
        "readiness"
    ),
    preset!(
        "provability-fabric": "failover", "failback", "drill", "migration", "migration-back", "test-normal", "test-failover",
        "test-recovery", "test-replication", "test-migration", "diagnostics", "review"
    ),
    preset!(
        "aurora-financial": "failover", "planned-failover", "failback", "drill", "detach", "restore", "readiness", "audit"
    ),
    preset!(
        "matbakh": "failover", "planned-failover", "failback", "drill", "restore", "split-brain", "test-health", "test-failover", "test-consistency",
        "test-performance", "daily", "weekly", "monthly", "readiness", "diagnose"
    ),
];

/// Every preset; the first is the demo's default.
pub fn presets() -> &'static [Preset] {
    PRESETS
}

/// A preset by name.
pub fn preset(name: &str) -> Option<Preset> {
    PRESETS.iter().copied().find(|preset| preset.name == name)
}

/// The user's configuration directory, such as `~/.config/handover`, where there is one.
pub fn config_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "handover").map(|dirs| dirs.config_dir().to_owned())
}

/// Why there is no service to open, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// `--service` names nothing that is there.
    Named {
        /// What was asked for.
        wanted: String,
        /// Where it was looked for.
        looked: Vec<PathBuf>,
        /// The services of the configuration directory.
        known: Vec<String>,
    },
    /// Nothing was named, and nothing was found.
    Nothing {
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// Nothing was named, and there are several.
    Several {
        /// Their names.
        known: Vec<String>,
    },
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, looked: &[PathBuf]| {
            looked.iter().try_for_each(|path| writeln!(f, "  {}", visible(&path.display().to_string())))
        };
        let names = |known: &[String]| known.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        match self {
            Self::Named { wanted, looked, known } => {
                writeln!(f, "there is no service \"{}\"; looked for", visible(wanted))?;
                list(f, looked)?;
                match meant(wanted, known.iter().map(String::as_str)) {
                    Some(meant) => write!(f, "{}", visible(&meant)),
                    None if known.is_empty() => f.write_str("give --service the path of a service.toml"),
                    None => write!(f, "the services in the configuration directory are {}", names(known)),
                }
            }
            Self::Nothing { looked } => {
                writeln!(f, "no service found; looked for")?;
                list(f, looked)?;
                f.write_str(
                    "to look around without an account or a network: handover demo\n\
                     to open a service: handover --service PATH\n\
                     to write a service.toml in this directory to start from: handover init fineract",
                )
            }
            Self::Several { known } => {
                write!(f, "there are several services: {}\nname one: handover --service NAME", names(known))
            }
        }
    }
}

impl std::error::Error for NotFound {}

const FILE: &str = "service.toml";

/// Finds the service file: the one that is named (a file, a directory that holds a `service.toml`, or a service of the
/// configuration directory by name), else `service.toml` in `here`, else the configuration directory's own or only one.
pub fn find(wanted: Option<&Path>, here: &Path, config: Option<&Path>) -> Result<PathBuf, NotFound> {
    if let Some(wanted) = wanted {
        return named(wanted, here, config);
    }
    let mut looked = vec![here.join(FILE)];
    looked.extend(config.map(|config| config.join(FILE)));
    if let Some(found) = looked.iter().find(|path| path.is_file()) {
        return Ok(found.clone());
    }
    let Some(config) = config else { return Err(NotFound::Nothing { looked }) };
    let known = services(config);
    match known.as_slice() {
        [only] => Ok(service_path(config, only)),
        [] => {
            looked.push(config.join("services").join("NAME").join(FILE));
            Err(NotFound::Nothing { looked })
        }
        _ => Err(NotFound::Several { known }),
    }
}

fn named(wanted: &Path, here: &Path, config: Option<&Path>) -> Result<PathBuf, NotFound> {
    let path = here.join(wanted);
    let mut looked = vec![path.clone(), path.join(FILE)];
    let mut known = Vec::new();
    if let Some(config) = config {
        known = services(config);
        // Only a plain name is looked up there: a path with `..` in it means the path.
        if let Some(name) = wanted.to_str().filter(|name| !name.contains(['/', '\\']) && !name.starts_with('.')) {
            looked.push(service_path(config, name));
        }
    }
    let found = looked.iter().find(|path| path.is_file()).cloned();
    found.ok_or_else(|| NotFound::Named { wanted: wanted.display().to_string(), looked, known })
}

fn service_path(config: &Path, name: &str) -> PathBuf {
    config.join("services").join(name).join(FILE)
}

/// The names of the services in the configuration directory, sorted.
pub fn services(config: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(config.join("services")) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| service_path(config, name).is_file())
        .collect();
    names.sort();
    names
}

/// The runbooks that belong to a service file: `runbooks/*.toml` beside it, sorted; none if there is no such folder.
pub fn runbook_files(service: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(service.with_file_name("runbooks")) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn the_nearest_file_wins_and_a_name_is_looked_up_in_the_configuration() {
        let dir = tempfile::tempdir().unwrap();
        let (here, config) = (dir.path().join("here"), dir.path().join("config"));
        let own = config.join("services").join("a").join(FILE);
        put(&own);
        assert_eq!(find(None, &here, Some(&config)), Ok(own.clone()));
        put(&config.join(FILE));
        assert_eq!(find(None, &here, Some(&config)), Ok(config.join(FILE)));
        put(&here.join(FILE));
        assert_eq!(find(None, &here, Some(&config)), Ok(here.join(FILE)));
        assert_eq!(find(Some(Path::new("a")), &here, Some(&config)), Ok(own));
        assert_eq!(find(Some(Path::new(".")), &here, Some(&config)).map(|p| p.is_file()), Ok(true));
    }

    #[test]
    fn with_nothing_found_the_error_says_what_to_do_and_where_it_looked() {
        let dir = tempfile::tempdir().unwrap();
        let text = find(None, dir.path(), Some(&dir.path().join("c"))).unwrap_err().to_string();
        for part in ["handover demo", "--service", "service.toml", "services"] {
            assert!(text.contains(part), "{text}");
        }
        for name in ["alpha", "beta"] {
            put(&dir.path().join("services").join(name).join(FILE));
        }
        let text = find(None, &dir.path().join("x"), Some(dir.path())).unwrap_err().to_string();
        assert!(text.contains("alpha, beta"), "{text}");
        let text = find(Some(Path::new("alpa")), &dir.path().join("x"), Some(dir.path())).unwrap_err().to_string();
        assert!(text.contains("did you mean \"alpha\"?"), "{text}");
        let text = find(Some(Path::new("../\u{1b}[2J")), dir.path(), None).unwrap_err().to_string();
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn runbooks_are_the_toml_files_beside_the_service_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let service = dir.path().join(FILE);
        assert_eq!(runbook_files(&service).unwrap(), Vec::<PathBuf>::new());
        for name in ["b.toml", "a.toml", "note.md"] {
            put(&dir.path().join("runbooks").join(name));
        }
        let names: Vec<_> = runbook_files(&service).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.toml", "b.toml"]);
    }
}
