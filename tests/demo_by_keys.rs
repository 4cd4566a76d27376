//! The demo of every preset, there and back and its drill, taken to verified by somebody with nothing but keys.

#![cfg(target_os = "linux")]
#![allow(dead_code, unreachable_pub, reason = "as in the other helpers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;

#[path = "common/person.rs"]
mod person;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use common::{pty::Pty, short};
use handover::config::{Project, locate};
use handover::domain::figures::Figures;
use handover::domain::journal::RunOutcome;
use handover::domain::run::{Ending, Mode, Run, State};
use handover::domain::runbook::{Hazard, Way};
use jiff::Timestamp;
use person::{Person, TARGET};

/// How many times faster than time the simulated Regions go; the person is as quick as a person.
const SPEED: &str = "60";
/// Where half an hour is watched, again and again.
const FAST: &str = "120";

/// Plays a runbook of a preset to its end; gives how it went.
fn play(preset: &locate::Preset, runbook: &str, speed: &str) -> (Run, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let env = [("HANDOVER_DATA_DIR", data.as_str()), ("HANDOVER_OPERATOR", "anna")];
    let args = ["demo", preset.name, "--runbook", runbook, "--speed", speed];
    let pty = Pty::spawn(env!("CARGO_BIN_EXE_handover"), &args, &env, 120, 40);
    let project = Project::from_preset(preset);
    let service = project.service().unwrap();
    let runbook = project.runbook(runbook).unwrap().clone();
    let direction = if runbook.way == Way::Failback { service.failback() } else { service.failover() };
    let empty = Run::new(&service.name, runbook, Mode::Simulation, direction);
    let mut person = Person::at(pty, dir.path().join("runs"), empty, &[]);
    person.arm();
    person.walk();
    person.close();

    let run = person.run();
    assert_eq!(run.closed.as_ref().map(|(outcome, _)| *outcome), Some(RunOutcome::Verified));
    let verified = Command::new(env!("CARGO_BIN_EXE_handover")).args(["journal", "verify"]).envs(env).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
    (run, person.phrases)
}

#[test]
fn a_live_outage_is_taken_from_alarm_to_verified_by_keys_alone() {
    let (run, phrases) = play(&locate::presets()[0], "failover", SPEED);
    assert_eq!(phrases, [format!("promote {TARGET}")]);
    // The source hangs: nobody can fence it, and somebody said that they accept that.
    assert_eq!(run.state("fence"), State::Ended(Ending::RiskAccepted));
    assert!(Figures::of(&run, Timestamp::now()).total.time().is_some_and(|took| took > Duration::from_mins(1)));
}

#[test]
fn every_preset_goes_there_and_back_and_drills_by_keys_alone() {
    // Such as `regami/drill`, to look at one alone.
    let only = std::env::var("ONLY").unwrap_or_default();
    let jobs: Vec<(usize, &str)> = (0..locate::presets().len())
        .flat_map(|preset| ["failover", "failback", "drill"].map(|runbook| (preset, runbook)))
        .filter(|job| *job != (0, "failover"))
        .filter(|(preset, runbook)| format!("{}/{runbook}", locate::presets()[*preset].name).starts_with(&only))
        .collect();
    short::side_by_side(&jobs, |(preset, runbook)| {
        let (run, phrases) = play(&locate::presets()[*preset], runbook, FAST);
        // Nothing that cannot be undone was done without its phrase.
        let undoable = run.runbook.steps().filter(|(_, step)| step.hazard == Hazard::Irreversible);
        let done: BTreeSet<&str> = undoable
            .filter(|(_, step)| run.state(&step.id) == State::Ended(Ending::Done))
            .map(|(_, step)| step.id.as_str())
            .collect();
        assert!(phrases.len() >= done.len(), "{done:?} by {phrases:?}");
    });
}

#[test]
fn a_guided_drill_with_a_surprise_is_taken_to_its_debrief_by_keys_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let env = [("HANDOVER_DATA_DIR", data.as_str()), ("HANDOVER_OPERATOR", "anna")];
    let args = ["drill", "--demo", "regami", "--guided", "--surprise", "resolver-ignores-ttl", "--speed", SPEED];
    let mut pty = Pty::spawn(env!("CARGO_BIN_EXE_handover"), &args, &env, 120, 40);
    // The first page explains the run; nothing is done by going back from it.
    pty.wait_for("what this is, and how it works", Duration::from_secs(60));
    pty.wait_for("simulated in this process", Duration::from_secs(10));
    pty.send_keys("<esc>");
    let project = Project::from_preset(locate::presets().iter().find(|preset| preset.name == "regami").unwrap());
    let (service, runbook) = (project.service().unwrap(), project.runbook("failover").unwrap());
    let detect = runbook.step("detect").unwrap().learn.clone().unwrap();
    let empty = Run::new(&service.name, runbook.clone(), Mode::Simulation, service.failover());
    let mut person = Person::at(pty, dir.path().join("runs"), empty, &[]);
    let screen = person.screen();
    let begins = |text: &str| text.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    assert!(screen.contains("guide 0.1") && screen.contains("enter compares"), "{screen}");
    assert!(screen.contains(&begins(&detect.why)) && screen.contains(&begins(&detect.wrong)), "{screen}");
    person.arm();
    person.walk();
    let before = std::fs::read_to_string(person.journal()).unwrap();
    assert!(
        before.contains("surprise-sealed") && !before.contains("resolver-ignores-ttl"),
        "it is told before the run is over"
    );
    person.note("a resolver gave the old answer for minutes, whatever its TTL said");
    person.close_run();
    let title = person.debrief(&["A resolver ignores the TTL", "handled", "its seal is in the journal"]);
    assert!(title.contains("of 100 points"), "{title}");
    person.leave();

    let handover = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_handover")).args(args).envs(env).output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let score: serde_json::Value = serde_json::from_str(&handover(&["runs", "score", "--json"])).unwrap();
    let score = &score["score"];
    assert!(title.contains(&format!("debrief: {} of 100", score["points"])), "{title}: {score}");
    assert_eq!(score["surprise"]["sealed"], true, "{score}");
    assert_eq!(score["surprise"]["handled"], true, "{score}");
    assert_eq!(score["surprise"]["told"]["name"], "resolver-ignores-ttl");
    assert!(score["surprise"]["noticed"]["entry"].is_u64(), "{score}");
    assert!(handover(&["runs", "score"]).contains("A resolver ignores the TTL"));
    let report = handover(&["report"]);
    assert!(report.contains("## Exercise") && report.contains("## Debrief"), "{report}");
    handover(&["journal", "verify"]);
}
