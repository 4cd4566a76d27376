//! Every preset and every runbook of it, played to its end by the simulation's own operator in the real program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use handover::config::{Project, locate};
use handover::domain::runbook::Way;
use serde_json::Value;

/// The gates that a lost Region makes unreadable, so that the operator must override them: by preset and runbook, the
/// steps. Whatever else is overridden is a fault of the runbook.
const OVERRIDDEN: &[(&str, &str, &[&str])] =
    &[
        ("fineract", "failover", &["fence", "promote"]),
        ("regami", "failover", &["fence", "promote"]),
        ("matbakh", "failover", &["fence", "promote"]),
    ];

/// How many runs go on at once.
const AT_ONCE: usize = 2;

fn handover(data: &std::path::Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_handover"))
        .args(args)
        .current_dir(data)
        .env("HANDOVER_DATA_DIR", data)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

struct Played {
    name: String,
    wrong: Vec<String>,
}

/// Plays one runbook, and says what is wrong with how it went.
fn play(preset: &str, runbook: &str, way: Way) -> Played {
    let data = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let args = ["demo", preset, "--runbook", runbook, "--autoplay", "--headless", "--speed", "200"];
    let out = handover(data.path(), &args);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.code() != Some(0) {
        let last: Vec<&str> = said.lines().rev().take(3).collect();
        wrong.push(format!("exit {:?}: {last:?} {}", out.status.code(), String::from_utf8_lossy(&out.stderr)));
    }
    if handover(data.path(), &["journal", "verify"]).status.code() != Some(0) {
        wrong.push("its journal does not verify".to_owned());
    }
    let journal = handover(data.path(), &["journal", "show", "--json"]);
    let entries: Vec<Value> =
        journal.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    if entries.is_empty() {
        wrong.push("its journal is empty".to_owned());
    }
    let may = OVERRIDDEN.iter().find(|(of, id, _)| *of == preset && *id == runbook).map_or(&[][..], |(.., may)| may);
    for entry in &entries {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        match text("kind").as_str() {
            "override" if !may.contains(&text("step").as_str()) => {
                wrong.push(format!("the gate {:?} of {} was overridden", text("gate"), text("step")));
            }
            // What comes home must have lost nothing on the way.
            "data-loss" if way == Way::Failback => {
                let loss = &entry["loss"];
                let nothing = loss["rows"].as_u64() == Some(0) || loss.to_string().contains("nothing");
                if !nothing {
                    wrong.push(format!("the way home lost data: {loss}"));
                }
            }
            _ => {}
        }
    }
    Played { name: format!("{preset}/{runbook}"), wrong }
}

#[test]
fn every_runbook_of_every_preset_is_played_to_verified() {
    let mut all: Vec<(String, String, Way)> = Vec::new();
    for preset in locate::presets() {
        let project = Project::from_preset(preset);
        assert!(project.diagnostics.is_empty(), "{}: {}", preset.name, project.diagnostics);
        for way in Way::ALL {
            let has = project.runbooks.iter().any(|runbook| runbook.way == way);
            assert!(has, "{} has no {}", preset.name, way.as_str());
        }
        all.extend(project.runbooks.iter().map(|runbook| (preset.name.to_owned(), runbook.id.clone(), runbook.way)));
    }
    let next = AtomicUsize::new(0);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let worker = || {
            let mut found = Vec::new();
            while let Some((preset, runbook, way)) = all.get(next.fetch_add(1, Ordering::SeqCst)) {
                let played = play(preset, runbook, *way);
                found.extend(played.wrong.into_iter().map(|why| format!("{}: {why}", played.name)));
            }
            found
        };
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} runs of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}
