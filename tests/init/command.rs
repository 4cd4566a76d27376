//! The command itself.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::path;

struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Exit status, standard output and standard error.
    fn says(&self, args: &[&str], input: &[u8]) -> (i32, String, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            .env("HANDOVER_DATA_DIR", self.dir.path().join("data"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("HANDOVER_SERVICE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever does not read its input may have gone before it was written.
        let _ = child.stdin.take().unwrap().write_all(input);
        let out = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
    }

    fn has(&self, file: &str) -> bool {
        self.dir.path().join(file).exists()
    }
}

fn fixture(name: &str) -> String {
    path(name).display().to_string()
}

#[test]
fn a_state_becomes_a_service_file_that_check_finds_sound() {
    let shell = Shell::new();
    let state = fixture("regami.tfstate");
    let (status, out, err) = shell.says(&["init", "--from-terraform", &state, "my services/regami"], b"");
    assert_eq!(status, 0, "{err}");
    for part in [
        "wrote my services/regami/service.toml",
        "us-east-1 is the primary: aws_db_instance.replica (us-west-2) is a replica",
        "aws_db_instance.main (us-east-1)",
        "left to you",
        "objectives: not found in the state",
        "components.compute (commented out): not sure",
        "handover --service 'my services/regami/service.toml' check",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    assert!(!shell.has("my services/regami/runbooks") && !out.contains("plan failover"), "{out}");
    let check = ["--service", "my services/regami/service.toml", "check"];
    let (status, out, err) = shell.says(&[&check[..], &["--deny", "never"]].concat(), b"");
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("regami: sound"), "{out}");
    // What the state itself has wrong is found at once: only the primary's record has a health check.
    assert!(out.contains("danger HO007"), "{out}");
    assert_eq!(shell.says(&check, b"").0, 1);
}

#[test]
fn a_preset_that_nobody_has_touched_is_not_taken_for_somebodys_service() {
    let shell = Shell::new();
    assert_eq!(shell.says(&["init", "matbakh", "mine"], b"").0, 0);
    let check = ["--service", "mine/service.toml", "check", "--deny", "never"];
    let (status, out, err) = shell.says(&check, b"");
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("It is the preset matbakh as it came"), "{out}");
    let file = shell.dir.path().join("mine/service.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("# ours\n{text}")).unwrap();
    assert!(!shell.says(&check, b"").1.contains("as it came"));
}

#[test]
fn a_state_for_each_region_and_a_preset_for_its_runbooks() {
    let shell = Shell::new();
    let (east, west) = (fixture("fineract-us-east-1.tfstate"), fixture("fineract-us-west-2.tfstate"));
    let (status, out, err) =
        shell.says(&["init", "fineract", "bank", "--from-terraform", &east, "--from-terraform", &west], b"");
    assert_eq!(status, 0, "{err}");
    assert!(shell.has("bank/runbooks/failover.toml"), "{out}");
    assert!(out.contains("The runbooks do not fit this service yet") && out.contains("plan failover"), "{out}");
    let text = fs::read_to_string(shell.dir.path().join("bank/service.toml")).unwrap();
    assert!(text.contains("standby = { instance = \"fineract-production-replica\" }"), "{text}");
}

#[test]
fn one_argument_is_a_preset_if_there_is_one_of_that_name_and_else_a_folder() {
    let shell = Shell::new();
    let state = fixture("regami.tfstate");
    let (status, _, err) = shell.says(&["init", "fineract", "--from-terraform", &state], b"");
    assert_eq!(status, 0, "{err}");
    assert!(shell.has("service.toml") && shell.has("runbooks/failover.toml"));
    let (status, _, err) = shell.says(&["init", "./fineract", "--from-terraform", &state], b"");
    assert_eq!(status, 0, "{err}");
    assert!(shell.has("fineract/service.toml") && !shell.has("fineract/runbooks"));
    let (status, _, err) = shell.says(&["init", "bank", "dir", "--from-terraform", &state], b"");
    assert!(status == 1 && err.contains("there is no preset \"bank\"") && !shell.has("dir"), "{err}");
}

#[test]
fn standard_input_needs_no_file_with_secrets_on_the_disk() {
    let shell = Shell::new();
    let bytes = fs::read(path("claims.show.json")).unwrap();
    let (status, out, err) = shell.says(&["init", "--from-terraform", "-", "claims"], &bytes);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("eu-central-1 is the primary"), "{out}");
    let (status, _, err) = shell.says(&["init", "--from-terraform", "-", "other"], b"{\"version\":4,");
    assert!(status == 1 && err.contains("standard input: not JSON: EOF") && !shell.has("other"), "{err}");
    let (status, _, err) = shell.says(&["init", "--from-terraform", "-", "--from-terraform", "-"], b"");
    assert!(status == 1 && err.contains("once"), "{err}");
}

#[test]
fn what_is_there_is_never_overwritten() {
    let shell = Shell::new();
    let state = fixture("regami.tfstate");
    fs::write(shell.dir.path().join("service.toml"), "mine").unwrap();
    for args in [["init", "--from-terraform", &state].as_slice(), &["init", "fineract", "--from-terraform", &state]] {
        let (status, out, err) = shell.says(args, b"");
        assert!(status == 1 && err.contains("service.toml is there already; nothing was written"), "{err}");
        assert!(!out.contains("wrote"), "{out}");
    }
    assert_eq!(fs::read_to_string(shell.dir.path().join("service.toml")).unwrap(), "mine");
    assert!(!shell.has("runbooks"));
    // Nor a link that leads nowhere.
    #[cfg(unix)]
    {
        fs::create_dir(shell.dir.path().join("link")).unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", shell.dir.path().join("link/service.toml")).unwrap();
        let (status, _, err) = shell.says(&["init", "link", "--from-terraform", &state], b"");
        assert!(status == 1 && err.contains("is there already"), "{err}");
    }
}

#[test]
fn what_cannot_be_read_or_decided_writes_nothing() {
    let shell = Shell::new();
    let outputs = fixture("fineract.outputs.json");
    let at = |name: &str| shell.dir.path().join(name).display().to_string();
    fs::write(at("old.tfstate"), r#"{"version":3,"serial":1,"modules":[]}"#).unwrap();
    for (args, part) in [
        (["init", "--from-terraform", "nope.tfstate", "out"].as_slice(), "nope.tfstate could not be read"),
        (
            &["init", "--from-terraform", "old.tfstate", "out"],
            "old.tfstate: the state has version 3; version 4 is read",
        ),
        (&["init", "--from-terraform", &outputs, "out"], "--primary REGION"),
        (&["init", "--from-terraform", ".", "out"], "could not be read"),
    ] {
        let (status, out, err) = shell.says(args, b"");
        assert!(status == 1 && err.contains(part), "{part} is not in\n{err}");
        assert!(!shell.has("out") && !out.contains("wrote"), "{out}");
    }
    let (status, _, err) = shell.says(&["init", "out", "--from-terraform", &outputs, "--primary", "us-east-1"], b"");
    assert_eq!(status, 0, "{err}");
    // The Regions are for states alone, and a Region is a Region.
    assert_eq!(shell.says(&["init", "fineract", "--primary", "us-east-1"], b"").0, 2);
    assert_eq!(shell.says(&["init", "--from-terraform", &outputs, "--primary", "mars"], b"").0, 2);
    assert_eq!(shell.says(&["init"], b"").0, 2);
}

#[test]
fn nothing_of_a_secret_is_printed_written_or_logged() {
    let shell = Shell::new();
    for name in ["regami.tfstate", "payments.tfstate", "claims.show.json"] {
        let (status, out, err) = shell.says(&["init", name, "--from-terraform", &fixture(name)], b"");
        assert_eq!(status, 0, "{err}");
        assert!(!out.contains("planted") && !err.contains("planted"), "{out}{err}");
    }
    no_file_holds(shell.dir.path(), "planted");
}

fn no_file_holds(folder: &Path, word: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_holds(&path, word);
        } else {
            assert!(!fs::read_to_string(&path).unwrap().contains(word), "{}", path.display());
        }
    }
}
