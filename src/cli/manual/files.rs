//! The files that the program reads and writes: one table for the documents and the manual, held against a run's real
//! folder by a test.

/// In which folder a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The user's configuration directory.
    Config,
    /// The user's data directory, or `$HANDOVER_DATA_DIR`.
    Data,
    /// Wherever the service file is.
    Service,
    /// Where an option or an argument says.
    Named,
    /// Somewhere else on the machine, in nobody's folder of ours.
    Elsewhere,
}

impl Place {
    /// Each, in the order of the documents.
    pub const ALL: [Self; 5] = [Self::Service, Self::Config, Self::Data, Self::Named, Self::Elsewhere];

    /// What the folder is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Config => "The configuration directory",
            Self::Data => "The data directory",
            Self::Service => "Beside the service file",
            Self::Named => "Where you say",
            Self::Elsewhere => "Of others",
        }
    }

    /// Where it is.
    pub fn says(self) -> &'static str {
        match self {
            Self::Config => {
                "`$XDG_CONFIG_HOME/handover`, `~/.config/handover` without it; on macOS `~/Library/Application Support/handover`."
            }
            Self::Data => {
                "`$HANDOVER_DATA_DIR`; without it `$XDG_DATA_HOME/handover`, `~/.local/share/handover`; on macOS \
                 `~/Library/Application Support/handover`. A folder below `runs` for each run is made with its first entry."
            }
            Self::Service => {
                "The service file is the one of `--service`, else `./service.toml`, else the configuration directory's."
            }
            Self::Named => {
                "Relative to where you are. What is made anew never takes the place of a file that is there."
            }
            Self::Elsewhere => "Read as every program of their kind does, and never written.",
        }
    }
}

/// Who may read a file that the program makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is only read.
    Read,
    /// The owner alone (mode 0600).
    Owner,
    /// Whom the umask lets.
    Umask,
}

impl Access {
    /// As it stands in a table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "only read",
            Self::Owner => "0600, you alone",
            Self::Umask => "by your umask",
        }
    }
}

/// A file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// In which folder.
    pub place: Place,
    /// Its path there; words in capitals stand for names that differ.
    pub path: &'static str,
    /// What it is written in.
    pub format: &'static str,
    /// Who may read it.
    pub access: Access,
    /// What it is for, and when it is written.
    pub says: &'static str,
}

impl File {
    /// Whether a path below the place is such a file.
    pub fn is(&self, path: &str) -> bool {
        let (pattern, path): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(path).all(|(pattern, part)| fits(pattern, part))
    }
}

/// Whether a name is one that a pattern stands for: its one word in capitals is anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some(from) = pattern.find(|c: char| c.is_ascii_uppercase()) else { return pattern == name };
    let (before, rest) = pattern.split_at(from);
    let after = rest.trim_start_matches(|c: char| c.is_ascii_uppercase());
    name.len() > before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
}

const fn file(place: Place, path: &'static str, format: &'static str, access: Access, says: &'static str) -> File {
    File { place, path, format, access, says }
}

use Access::{Owner, Read, Umask};
use Place::{Config, Data, Elsewhere, Named, Service};

/// Each of them.
pub const FILES: &[File] = &[
    file(
        Service,
        "service.toml",
        "TOML",
        Read,
        "what the service is made of; `handover init` writes one, and never over another",
    ),
    file(Service, "runbooks/ID.toml", "TOML", Read, "its checklists, one a file"),
    file(Config, "service.toml", "TOML", Read, "the service that is opened where none is named and none is here"),
    file(Config, "runbooks/ID.toml", "TOML", Read, "its checklists"),
    file(
        Config,
        "services/NAME/service.toml",
        "TOML",
        Read,
        "a service that `--service NAME` opens, and without it where it is the only one",
    ),
    file(Config, "services/NAME/runbooks/ID.toml", "TOML", Read, "its checklists"),
    file(
        Config,
        "approver.key",
        "64 hexadecimal digits",
        Owner,
        "your private key (Ed25519) for `handover approve`; `--new-key` makes it once",
    ),
    file(
        Data,
        "runs/RUN/journal.jsonl",
        "JSON Lines, [hash-chained](journal.md)",
        Owner,
        "everything that was seen, decided and done; synced before each call; only ever appended to",
    ),
    file(
        Data,
        "runs/RUN/journal.tail-N",
        "bytes",
        Umask,
        "an incomplete last line that a killed process left, set aside by whoever goes on",
    ),
    file(
        Data,
        "runs/RUN/readings.jsonl",
        "JSON Lines",
        Owner,
        "what the console was told besides, for `handover replay`; 100 MB at most, its SHA-256 in the journal",
    ),
    file(
        Data,
        "runs/RUN/lock",
        "JSON",
        Owner,
        "locked by whoever leads the run; says who, on which host, in which process",
    ),
    file(
        Data,
        "runs/RUN/service.toml",
        "TOML",
        Umask,
        "a copy of the service file; its hash is in the journal's first entry",
    ),
    file(Data, "runs/RUN/runbooks/ID.toml", "TOML", Umask, "a copy of the runbook, likewise"),
    file(Data, "runs/RUN/approvals/HASH.json", "JSON", Umask, "a second person's signed approval of one plan"),
    file(
        Data,
        "runs/RUN/wire.jsonl",
        "JSON Lines",
        Umask,
        "of a simulation: the calls that its Regions have accepted, so that it goes on where it was",
    ),
    file(Data, "copied.txt", "text", Owner, "what was copied last in the console, for terminals that take no copies"),
    file(Data, "handover.log", "text", Umask, "a log, where HANDOVER_LOG asks for one; appended to"),
    file(
        Named,
        "report --to FILE",
        "Markdown, HTML, JSON or YAML",
        Umask,
        "a run's report; made anew with its folders",
    ),
    file(
        Named,
        "journal show --markdown --to FILE",
        "Markdown",
        Umask,
        "the journal as a document; made anew with its folders",
    ),
    file(Named, "journal verify --anchors FILE", "lines of SEQ HASH", Read, "hashes that were kept elsewhere"),
    file(Named, "journal verify --against-cloudtrail FILE", "JSON", Read, "an export of CloudTrail's events"),
    file(
        Named,
        "init PRESET DIR",
        "TOML",
        Umask,
        "a service file and its runbooks to start from; all of them, or nothing where one is there",
    ),
    file(
        Named,
        "init --from-terraform FILE",
        "JSON",
        Read,
        "a state (version 4), or what `terraform show -json` or `output -json` prints",
    ),
    file(Named, "sim --kubeconfig FILE", "JSON", Umask, "a kubeconfig of the simulated clusters; written over"),
    file(Named, "replay --cast FILE", "asciicast version 2", Umask, "a film of a run; made anew with its folders"),
    file(Named, "man --dir DIR", "roff", Umask, "the manual's pages; written over"),
    file(
        Named,
        "--theme FILE",
        "TOML",
        Read,
        "a theme of your own, and those that it inherits; its edits show in the open console",
    ),
    file(Named, "--keymap FILE", "TOML", Read, "a keymap of your own"),
    file(Elsewhere, "~/.aws/config, ~/.aws/credentials", "INI", Read, "profiles and credentials, by the AWS SDK"),
    file(Elsewhere, "~/.kube/config", "YAML", Read, "contexts, by kubectl, where a component is of kind `kubernetes`"),
    file(Elsewhere, "the system's certificates", "PEM", Read, "whom to trust, by rustls"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_known_by_its_pattern() {
        let known =
            |path: &str| FILES.iter().find(|file| file.place == Place::Data && file.is(path)).map(|file| file.path);
        assert_eq!(known("runs/20260101T000000Z-a/journal.jsonl"), Some("runs/RUN/journal.jsonl"));
        assert_eq!(known("runs/a/journal.tail-12"), Some("runs/RUN/journal.tail-N"));
        assert_eq!(known("runs/a/runbooks/fail-over.toml"), Some("runs/RUN/runbooks/ID.toml"));
        assert_eq!(known("runs/a/runbooks/.toml"), None);
        assert_eq!(known("runs/journal.jsonl"), None);
        assert_eq!(known("runs/a/b/journal.jsonl"), None);
    }

    #[test]
    fn no_two_are_the_same() {
        for (at, file) in FILES.iter().enumerate() {
            let again = FILES.iter().skip(at + 1).any(|other| (other.place, other.path) == (file.place, file.path));
            assert!(!again, "{}", file.path);
        }
    }
}
