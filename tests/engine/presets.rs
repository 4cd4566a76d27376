//! There and back by the presets' own runbooks; and what a drill may do.

use std::time::Duration;

use handover::config::locate::{self, Preset};
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::run::{Ending, Run, State};
use handover::domain::runbook::Way;
use handover::domain::timeline::Loss;

use crate::rig::Rig;

fn fold(rig: &Rig) -> Run {
    let run = Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.direction.clone());
    run.fold(&rig.lines.entries())
}

/// Plays a runbook, and says what is wrong with how it went.
async fn wrong(rig: &Rig) -> Vec<String> {
    let outcome = rig.boot().play().await;
    let run = fold(rig);
    let mut wrong = Vec::new();
    if outcome != Some(RunOutcome::Verified) {
        let last = rig.lines.entries().last().map(|entry| entry.body.says());
        wrong.push(format!("it ended as {outcome:?}: {last:?}"));
    }
    for entry in rig.lines.entries() {
        if let Body::Override { step, gate, .. } = &entry.body {
            wrong.push(format!("the gate {gate:?} of {step} was overridden"));
        }
    }
    // What comes home loses nothing on the way.
    let nothing = matches!(run.loss, None | Some(Loss::Exact { rows: 0, .. } | Loss::Nothing { .. }));
    if rig.runbook.way == Way::Failback && !nothing {
        wrong.push(format!("the way home lost data: {:?}", run.loss));
    }
    wrong
}

/// Runs something on a runtime of its own, whose time stands still while there is something to do.
fn paused<R>(future: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn preset(name: &str) -> &'static Preset {
    locate::presets().iter().find(|preset| preset.name == name).unwrap()
}

#[test]
fn there_and_back_no_acknowledged_row_is_lost_when_both_regions_are_well() {
    for name in ["fineract", "regami", "aurora-financial", "matbakh"] {
        paused(async {
            let there = Rig::of(preset(name), "planned-failover", None);
            assert_eq!(wrong(&there).await, Vec::<String>::new(), "{name}");
            assert_eq!(there.regions.truth().rows_lost, Some(0), "{name}: planned, with the writes stopped");
            // Some come home only after four calm hours.
            tokio::time::sleep(Duration::from_hours(5)).await;
            let back = there.then(preset(name), "failback");
            assert_eq!(wrong(&back).await, Vec::<String>::new(), "{name}");
            let truth = back.regions.truth();
            assert_eq!(truth.rows_lost, Some(0), "{name}: {truth:?}");
            assert!(truth.takes_writes.primary && !truth.takes_writes.standby, "{name}: {truth:?}");
            assert!(truth.serves.primary, "{name}");
            // And once more: the standby is one again.
            let again = back.then(preset(name), "planned-failover");
            assert_eq!(wrong(&again).await, Vec::<String>::new(), "{name}");
            assert_eq!(again.regions.truth().rows_lost, Some(0), "{name}");
        });
    }
}

#[test]
fn the_way_home_after_a_lost_region_loses_nothing_beyond_what_the_outage_did() {
    for preset in locate::presets() {
        paused(async {
            let rig = Rig::of(preset, "failback", Some("failed-over"));
            let before = rig.regions.truth().rows_lost.unwrap();
            assert!(before > 0, "{}: the outage lost what was not replicated", preset.name);
            assert_eq!(wrong(&rig).await, Vec::<String>::new(), "{}", preset.name);
            assert_eq!(rig.regions.truth().rows_lost, Some(before), "{}", preset.name);
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_drill_is_refused_what_its_list_does_not_name_whatever_the_runbook_says() {
    // Its reader would not let this runbook through; the engine must not either.
    let mut rig = Rig::short("calm");
    rig.runbook.way = Way::Drill;
    let mut desk = rig.boot();
    desk.arm().await;
    for step in ["fence"] {
        let (plan, _) = desk.plan(step).await.unwrap();
        let why = desk.refused(crate::rig::confirm(&plan)).await;
        assert!(why.contains("a drill may not fence database"), "{why}");
    }
    assert_eq!(rig.changes(), 0);
    assert!(rig.lines.entries().iter().all(|entry| !matches!(entry.body, Body::Intent { .. })));
}

#[test]
fn what_cleans_up_may_be_started_as_soon_as_a_step_has_failed() {
    paused(async {
        let rig = Rig::of(preset("fineract"), "drill", None);
        let run = fold(&rig);
        assert!(!run.is_ready("discard-database"), "nothing has failed");
        let mut run = run;
        let record = run.steps.entry("restore-database".to_owned()).or_default();
        record.state = State::Failed("no capacity".to_owned());
        assert!(run.is_ready("discard-database") && run.is_ready("discard-namespace"));
        assert!(!run.is_ready("test-database"), "what does not clean up waits");
        let record = run.steps.entry("controller".to_owned()).or_default();
        record.state = State::Looking;
        assert!(!run.is_ready("discard-namespace"), "something is still going on");
        run.steps.entry("discard-database".to_owned()).or_default().state = State::Ended(Ending::Done);
        assert!(!run.is_ready("discard-database"));
    });
}

#[test]
fn a_drill_files_its_results_under_its_own_run_and_date() {
    paused(async {
        let rig = Rig::of(preset("fineract"), "drill", None);
        assert_eq!(wrong(&rig).await, Vec::<String>::new());
        let said: String = rig.lines.entries().iter().map(|entry| entry.body.says() + "\n").collect();
        let line = "handover journal show run --markdown --to docs/compliance/dr-drill-2026-03-03.md";
        assert!(said.contains(line), "{said}");
    });
}
