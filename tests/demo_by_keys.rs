//! The demo, taken from alarm to verified by somebody with nothing but keys.

#![cfg(target_os = "linux")]
#![allow(dead_code, unreachable_pub, reason = "as in the other helpers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;

#[path = "common/person.rs"]
mod person;

use std::process::Command;
use std::time::Duration;

use common::pty::Pty;
use handover::config::{Project, locate};
use handover::domain::journal::RunOutcome;
use handover::domain::run::{Ending, Mode, Run, State};
use jiff::Timestamp;
use person::{Person, TARGET};

/// How many times faster than time the simulated Regions go; the person is as quick as a person.
const SPEED: &str = "60";

#[test]
fn a_live_outage_is_taken_from_alarm_to_verified_by_keys_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().display().to_string();
    let env = [("HANDOVER_DATA_DIR", data.as_str()), ("HANDOVER_OPERATOR", "anna")];
    let pty = Pty::spawn(env!("CARGO_BIN_EXE_handover"), &["demo", "--speed", SPEED], &env, 120, 40);
    let project = Project::from_preset(&locate::presets()[0]);
    let service = project.service().unwrap();
    let empty =
        Run::new(&service.name, project.runbook("failover").unwrap().clone(), Mode::Simulation, service.failover());
    let mut person = Person::at(pty, dir.path().join("runs"), empty, &[]);
    person.arm();
    person.walk();
    person.close();

    let run = person.run();
    assert_eq!(run.closed.map(|(outcome, _)| outcome), Some(RunOutcome::Verified));
    assert_eq!(person.phrases, [format!("promote {TARGET}")]);
    // The source hangs: nobody can fence it, and somebody said that they accept that.
    assert_eq!(run.state("fence"), State::Ended(Ending::RiskAccepted));
    assert!(run.timeline.recovery(Timestamp::now()).is_some_and(|took| took > Duration::from_mins(1)));
    let verified = Command::new(env!("CARGO_BIN_EXE_handover")).args(["journal", "verify"]).envs(env).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}
