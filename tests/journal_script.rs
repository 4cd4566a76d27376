//! The script of `docs/journal.md`, which checks a journal with `jq` and `sha256sum` alone, on journals that hold and on doctored ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use handover::domain::journal::{Body, Chain, Entry, RunOutcome};
use handover::domain::redact::Redactor;
use handover::domain::run::Ending;
use jiff::Timestamp;

/// A journal of some kinds of entries, with texts that are hard to write; `note` is what its third says.
fn journal(note: &str) -> Vec<String> {
    let bodies = [
        Body::Armed,
        Body::LeadChange { lead: "Ångström \"the\" \\ lead / 東京 🚒".to_owned(), host: "here".to_owned() },
        Body::Note { text: note.to_owned() },
        Body::Settled {
            step: "promote".to_owned(),
            ending: Ending::Done,
            says: "tab\tline\nbreak \u{7f} \u{1b}[31m \u{202e}".to_owned(),
            evidence: Vec::new(),
        },
        Body::RunClosed { outcome: RunOutcome::Verified, says: String::new() },
    ];
    let mut chain = Chain::new(Redactor::new([]));
    bodies
        .into_iter()
        .enumerate()
        .map(|(index, body)| {
            let at = Timestamp::from_millisecond(1_800_000_000_123).unwrap();
            let sealed = chain.seal(at, Duration::from_millis(index as u64), "anna", body).unwrap();
            chain.advance(&sealed);
            sealed.line
        })
        .collect()
}

/// What the script says of a journal.
fn check(dir: &Path, lines: &[String], anchors: Option<&str>) -> (bool, String) {
    let docs = include_str!("../docs/journal.md");
    let script = docs.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the script");
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let mut command = Command::new("sh");
    command.arg(write("verify.sh", script));
    command.arg(write("journal.jsonl", &lines.iter().map(|line| format!("{line}\n")).collect::<String>()));
    if let Some(anchors) = anchors {
        command.arg(write("anchors", anchors));
    }
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn hash(line: &str) -> String {
    serde_json::from_str::<Entry>(line).unwrap().hash
}

#[test]
fn what_holds_holds_and_what_was_doctored_is_named() {
    let jq = Command::new("jq").arg("--version").stdout(Stdio::null()).status();
    if !jq.is_ok_and(|status| status.success()) {
        assert!(std::env::var_os("HANDOVER_NEEDS_JQ").is_none(), "there is no jq");
        eprintln!("passed over: there is no jq");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let good = journal("the primary does not answer");
    let head = hash(&good[4]);
    assert_eq!(check(dir.path(), &good, None), (true, format!("5 entries hold; head {head}\n")));
    let doctored = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = good.clone();
        change(&mut lines);
        check(dir.path(), &lines, None)
    };
    let says = |(holds, out): (bool, String), what: &str| assert!(!holds && out.starts_with(what), "{out}");
    says(doctored(&|lines| lines[2] = lines[2].replace("does not", "does")), "line 3: its hash");
    says(doctored(&|lines| lines[2] = lines[2].replace(":3", ": 3")), "line 3: edited");
    says(doctored(&|lines| drop(lines.remove(1))), "line 2: it does not follow");
    says(doctored(&|lines| lines.swap(1, 2)), "line 2: it does not follow");
    says(doctored(&|lines| lines.insert(1, lines[1].clone())), "line 3: it does not follow");
    says(doctored(&|lines| lines[3] = "{".to_owned()), "line 4: no JSON");
    // Made anew from an entry on, the chain holds: only what was kept elsewhere tells.
    let forged = journal("the primary answers");
    assert!(check(dir.path(), &forged, None).0);
    let anchors = format!("2 {}\n5 {head}\n", hash(&good[1]));
    assert!(check(dir.path(), &good, Some(&anchors)).0);
    says(check(dir.path(), &forged, Some(&anchors)), "line 5: an anchor says");
    says(check(dir.path(), &good[..4], Some(&format!("3 {}\n", hash(&forged[2])))), "line 3: an anchor says");
    // So does what was kept of an end that is gone, and of two places that differ one is wrong.
    says(check(dir.path(), &good[..4], Some(&anchors)), "line 4: cut off: an anchor says that there were 5");
    says(check(dir.path(), &[], Some(&anchors)), "line 0: cut off");
    let both = format!("3 {}\n3 {}\n3 {}\n", hash(&good[2]), hash(&good[2]), hash(&forged[2]));
    says(check(dir.path(), &good, Some(&both)), "line 3: an anchor says");
    assert!(check(dir.path(), &good, Some(&both[..2 * (both.len() / 3)])).0);
}
