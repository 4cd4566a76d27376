//! A journal that cannot be written stops everything; one that was changed is refused, and told where.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use common::faults::Fault;
use common::short::{Short, count, entries, mutations, said, side_by_side};

/// The kinds of a journal's whole lines.
fn kinds(journal: &[u8]) -> Vec<String> {
    entries(journal).iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

/// Every file of a folder with its bytes, but for the lock, which says who last asked.
fn everything(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "lock" {
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Plays a run whose journal fails from its `at`th write or sync on, and checks that everything stopped there.
fn stops(short: &Short, fault: Fault, at: usize, why: &str) -> Vec<u8> {
    let data = format!("{fault:?}");
    let output = short.play(&data, "calm", &fault.env(None));
    let all = said(&output);
    assert_eq!(output.status.code(), Some(1), "{fault:?}: {all}");
    assert!(all.contains("read-only") && all.contains(why), "{fault:?}: {all}");
    let journal = short.journal(&data);
    let lines = journal.iter().filter(|byte| **byte == b'\n').count();
    assert!(lines <= at, "{fault:?}: {lines} lines, and the journal failed at {at}");
    // The program that fails to sync has not been told that its line is durable: it must not act on it.
    let named: Vec<String> = entries(&journal)
        .into_iter()
        .take(at - 1)
        .filter(|entry| entry["kind"] == "intent")
        .map(|entry| entry["step"].as_str().unwrap().to_owned())
        .collect();
    for operation in mutations(&short.folder(&data)).keys() {
        let step = match operation.as_str() {
            "sql:Fence" => "fence",
            "sql:Admit" => "admit",
            "route53:ChangeResourceRecordSets" => "point",
            // Settling a promotion tries a write, which leaves nothing behind.
            _ => "promote",
        };
        assert!(named.iter().any(|named| named == step), "{fault:?}: {operation} without a durable intent: {named:?}");
    }
    journal
}

/// Takes a run up after its disk works again, to its end, which must be verified with every mutation made once.
fn goes_on(short: &Short, data: &str) {
    let output = short.resume(data, &[]);
    if short.journal(data).is_empty() || said(&output).contains("nothing was recorded") {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        return;
    }
    assert!(output.status.success() || said(&output).contains("is closed"), "{data}: {}", said(&output));
    let mut made = mutations(&short.folder(data));
    made.remove("sql:TestWrite");
    assert!(made.len() == 4 && made.values().all(|count| *count == 1), "{data}: {made:?}");
    let verified = short.run(data, &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
}

/// The records of a whole run: where its intents are, and a place near its end. Runs differ by a few records, as readings
/// change a little earlier or later: the very last place may not be there in the next.
fn whole() -> (Short, Vec<usize>, usize) {
    let short = Short::new();
    let output = short.play("whole", "calm", &[]);
    assert!(output.status.success(), "{}", said(&output));
    let kinds = kinds(&short.journal("whole"));
    let intents = kinds.iter().enumerate().filter(|(_, kind)| *kind == "intent").map(|(at, _)| at + 1).collect();
    (short, intents, kinds.len() * 9 / 10)
}

#[test]
fn a_failing_sync_stops_everything_and_the_run_can_be_taken_up() {
    let (short, intents, late) = whole();
    // Around the intents, where a call would follow; and at the ends.
    let mut points: Vec<usize> = vec![1, 2, 3, late];
    points.extend(intents.iter().flat_map(|intent| [*intent, intent + 1, intent + 2]));
    points.sort_unstable();
    points.dedup();
    side_by_side(&points, |at| {
        let at = *at;
        // The first sync is that of the empty file.
        let fault = Fault::EioSync(u32::try_from(at).unwrap() + 1);
        let journal = stops(&short, fault, at, "Input/output error");
        assert_eq!(journal.iter().filter(|byte| **byte == b'\n').count(), at, "{fault:?}: nothing after the failure");
        goes_on(&short, &format!("{fault:?}"));
    });
    let fault = Fault::EioSync(1);
    let output = short.play("first", "calm", &fault.env(None));
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(mutations(&short.folder("first")).is_empty() && short.journal("first").is_empty());
}

#[test]
fn a_full_disk_stops_everything_and_the_run_can_be_taken_up() {
    let (short, intents, late) = whole();
    let mut points: Vec<usize> = vec![1, 2, late];
    points.extend(intents.iter().flat_map(|intent| [*intent, intent + 1]));
    points.sort_unstable();
    points.dedup();
    side_by_side(&points, |at| {
        let at = *at;
        let fault = Fault::EnospcWrite(u32::try_from(at).unwrap());
        let journal = stops(&short, fault, at, "No space left");
        assert_eq!(journal.iter().filter(|byte| **byte == b'\n').count(), at - 1, "{fault:?}");
        goes_on(&short, &format!("{fault:?}"));
    });
}

/// A run that was killed in the middle, so that it could be taken up.
fn half() -> Short {
    let (short, intents, _) = whole();
    // How many readings come between differs from run to run: somewhere between the second intent and the third.
    let after = u32::try_from(usize::midpoint(intents[1], intents[2])).unwrap();
    let output = short.play("half", "calm", &Fault::KillBeforeWrite(after).env(None));
    assert_eq!(output.status.code(), None, "{}", said(&output));
    let intents = count(&short.journal("half"), "intent");
    assert!((1..=3).contains(&intents), "{intents}");
    short
}

fn refused(short: &Short, status: i32) -> Output {
    let before = everything(&short.path("half"));
    let output = short.resume("half", &[]);
    assert_eq!(output.status.code(), Some(status), "{}", said(&output));
    assert_eq!(everything(&short.path("half")), before, "a refused resume changed something");
    output
}

/// `journal verify` and `resume` refuse, naming one of these lines.
fn broken(short: &Short, what: &str, lines: &[usize]) {
    let named = |text: &str| lines.iter().any(|line| text.contains(&format!("line {line}:")));
    let verified = short.run("half", &["journal", "verify"]);
    assert_eq!(verified.status.code(), Some(4), "{what}: {}", said(&verified));
    assert!(named(&said(&verified)), "{what}, not {lines:?}: {}", said(&verified));
    let resumed = refused(short, 4);
    assert!(named(&said(&resumed)), "{what}, not {lines:?}: {}", said(&resumed));
}

#[test]
fn an_edited_journal_is_refused_and_the_line_named() {
    let short = half();
    let path = short.folder("half").join("journal.jsonl");
    let good = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = good.split_inclusive(|byte| *byte == b'\n').collect();
    let all = lines.len();
    assert_eq!(all, 29);

    // A byte of each line, at another place in each; and all of the line breaks but the last.
    for step in 0..all * 2 {
        let line = step / 2;
        let start: usize = lines[..line].iter().map(|line| line.len()).sum();
        let at = start + if step % 2 == 0 { (line * 37) % (lines[line].len() - 1) } else { lines[line].len() - 1 };
        if at == good.len() - 1 {
            continue;
        }
        let mut bad = good.clone();
        bad[at] ^= 1 << (line % 7);
        fs::write(&path, &bad).unwrap();
        broken(&short, &format!("byte {at} flipped"), &[line + 1, line + 2]);
    }
    for line in [0, 1, all / 2, all - 2] {
        let without: Vec<u8> =
            lines.iter().enumerate().filter(|(at, _)| *at != line).flat_map(|(_, line)| line.to_vec()).collect();
        fs::write(&path, without).unwrap();
        broken(&short, &format!("line {} removed", line + 1), &[line + 1]);
        let mut doubled = lines.clone();
        doubled.insert(line, lines[line]);
        fs::write(&path, doubled.concat()).unwrap();
        broken(&short, &format!("line {} doubled", line + 1), &[line + 2]);
    }
    let mut swapped = lines.clone();
    swapped.swap(10, 11);
    fs::write(&path, swapped.concat()).unwrap();
    broken(&short, "lines 11 and 12 swapped", &[11]);

    fs::write(&path, &good).unwrap();
    goes_on(&short, "half");
}

#[test]
fn an_incomplete_last_line_is_said_and_set_aside() {
    let short = half();
    let path = short.folder("half").join("journal.jsonl");
    let good = fs::read(&path).unwrap();
    let tail = br#"{"at":"2026-01-01T00:00:00Z","by":"ann"#;
    fs::write(&path, [good.as_slice(), tail].concat()).unwrap();

    let verified = short.run("half", &["journal", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(said(&verified).contains(&format!("incomplete ({} bytes)", tail.len())), "{}", said(&verified));
    assert_eq!(fs::read(&path).unwrap().len(), good.len() + tail.len(), "verifying changes nothing");
    let shown = short.run("half", &["journal", "show"]);
    assert!(shown.status.success(), "{}", said(&shown));

    let output = short.resume("half", &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("recovered-tail"), "{}", said(&output));
    let journal = short.journal("half");
    assert_eq!(&journal[..good.len()], good.as_slice());
    let recovered = entries(&journal).into_iter().find(|entry| entry["kind"] == "recovered-tail").unwrap();
    assert_eq!(recovered["bytes"], tail.len());
    assert_eq!(fs::read(recovered["kept_in"].as_str().unwrap()).unwrap(), tail);
    let verified = short.run("half", &["journal", "verify"]);
    assert!(verified.status.success() && !said(&verified).contains("incomplete"), "{}", said(&verified));
}

#[test]
fn edited_copies_of_the_files_are_refused() {
    let short = half();
    let folder = short.folder("half");
    for name in ["service.toml", "runbooks/failover.toml"] {
        let path = folder.join(name);
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{good}\n# a remark\n")).unwrap();
        let output = refused(&short, 1);
        assert!(said(&output).contains("were changed"), "{name}: {}", said(&output));

        // Nor is an incomplete last line touched by a resume that is refused.
        let journal = folder.join("journal.jsonl");
        let whole = fs::read(&journal).unwrap();
        fs::write(&journal, [whole.as_slice(), b"{\"at\""].concat()).unwrap();
        refused(&short, 1);
        fs::write(&journal, whole).unwrap();

        fs::write(&path, "no toml [").unwrap();
        refused(&short, 1);
        fs::remove_file(&path).unwrap();
        refused(&short, 1);
        fs::write(&path, good).unwrap();
    }
    let wire = folder.join("wire.jsonl");
    let kept = fs::read(&wire).unwrap();
    fs::remove_file(&wire).unwrap();
    refused(&short, 1);
    fs::write(&wire, kept).unwrap();
    goes_on(&short, "half");
}
