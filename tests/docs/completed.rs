//! The completion scripts: shells take them, and they offer what there is.

use std::fs;

use handover::config::locate;

use super::{asked, handover};

const SHELLS: [(&str, &[&str]); 3] = [("bash", &["-n"]), ("zsh", &["-n"]), ("fish", &["--no-execute"])];

#[test]
fn the_completions_are_valid_in_their_shells_and_offer_presets_scenarios_and_themes() {
    let dir = tempfile::tempdir().unwrap();
    for (shell, check) in SHELLS {
        let script = handover(dir.path(), &["completions", shell]).stdout;
        let file = dir.path().join(format!("handover.{shell}"));
        fs::write(&file, &script).unwrap();
        let script = String::from_utf8(script).unwrap();
        let presets = locate::presets().iter().map(|preset| preset.name);
        for name in presets.chain(["lagging-replica", "colour-blind", "journal"]) {
            assert!(script.contains(name), "{shell}: {name} is not offered");
        }
        let args: Vec<&str> = check.iter().copied().chain([file.to_str().unwrap()]).collect();
        if let Some(out) = asked(shell, &args) {
            let said = String::from_utf8_lossy(&out.stderr);
            assert!(out.status.success() && said.is_empty(), "{shell}: {said}");
        }
    }
}

/// What bash offers after some words.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("handover.bash");
    fs::write(&file, handover(dir.path(), &["completions", "bash"]).stdout).unwrap();
    let [.., before, last] = words else { panic!("{words:?}") };
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; _handover handover '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        file.display(),
        quoted.join(" "),
        words.len() - 1,
    );
    let out = asked("bash", &["-c", &script])?;
    Some(String::from_utf8(out.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[test]
fn bash_offers_what_fits() {
    let Some(found) = offered(&["handover", "demo", "--scenario", "l"]) else { return };
    assert_eq!(found, ["lagging-replica"]);
    let found = offered(&["handover", "demo", "f"]).unwrap();
    assert_eq!(found, ["fineract"]);
    let found = offered(&["handover", "--theme", "n"]).unwrap();
    assert_eq!(found, ["nord"]);
    let found = offered(&["handover", "journal", "v"]).unwrap();
    assert_eq!(found, ["verify"]);
}
