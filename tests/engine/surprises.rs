//! Whole drills with a surprise, played through to the score; and that nobody is told before the end.

use handover::config::locate::{self, Preset};
use handover::config::project::Project;
use handover::domain::journal::{Body, Entry, RunOutcome};
use handover::domain::run::{Ending, Run, State};
use handover::domain::score::{Score, score};
use handover::sim::surprise::{self, Surprise};

use crate::rig::Rig;

fn paused<R>(future: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

/// A run of a preset in which a surprise can come: the preset, the runbook and the scenario.
fn place(surprise: &Surprise) -> (&'static Preset, &'static str, String) {
    for runbook in ["failover", "planned-failover", "drill"] {
        for preset in locate::presets() {
            let project = Project::from_preset(preset);
            let Some(book) = project.runbook(runbook) else { continue };
            let usual = book
                .scenario
                .clone()
                .unwrap_or_else(|| if runbook == "failover" { "region-outage".to_owned() } else { "calm".to_owned() });
            if surprise.unfit(project.service().unwrap(), book, &usual).is_none() {
                return (preset, runbook, usual);
            }
        }
    }
    panic!("{} can come in no run that the simulation's operator plays", surprise.name);
}

/// The score of what was played, and its run.
fn judged(rig: &Rig) -> (Score, Run) {
    let entries = rig.lines.entries();
    let run = Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.direction.clone()).fold(&entries);
    let all: Vec<&Entry> = entries.iter().collect();
    (score(&all, &run, rig.service.objectives).expect("it is closed"), run)
}

#[test]
fn a_whole_run_with_each_surprise_comes_to_a_score_that_names_it() {
    for name in surprise::names() {
        paused(async {
            let (preset, runbook, scenario) = place(&surprise::load(name).unwrap());
            let rig = Rig::surprised(preset, runbook, &scenario, name);
            let here = format!("{name} in {}/{runbook}", preset.name);
            let outcome = rig.boot().play().await;
            let entries = rig.lines.entries();
            let last = entries.last().map(|entry| entry.body.says());
            // Who meets a stall may rightly stop there.
            let may_stop = ["replica-stalls", "secret-not-replicated"].contains(&name);
            let good = outcome == Some(RunOutcome::Verified) || (may_stop && outcome.is_some());
            assert!(good, "{here}: {outcome:?}, {last:?}");
            let (score, _) = judged(&rig);
            let met = score.surprise.clone().unwrap_or_else(|| panic!("{here}: none was told of"));
            assert!(met.sealed, "{here}: not the one that was sealed");
            let sprung = met.told.sprung.unwrap_or_else(|| panic!("{here}: it never came"));
            assert_eq!(met.told.secret.name, name);
            // The journal has it only when the run is over: not its name, not its title.
            for entry in entries.iter().take_while(|entry| !matches!(entry.body, Body::Debriefed { .. })) {
                let line = serde_json::to_string(entry).unwrap();
                assert!(!line.contains(name) && !line.contains(&met.told.title), "{here}: told in entry {}", entry.seq);
            }
            let over = entries.iter().position(|entry| matches!(entry.body, Body::RunClosed { .. })).unwrap();
            assert!(matches!(entries[over - 1].body, Body::Debriefed { .. }), "{here}");
            let closed = &entries[over];
            assert!(entries[0].at <= sprung && sprung < closed.at, "{here}");
            let truth = rig.regions.truth();
            let told = score.truth.as_ref().and_then(|told| told.rows_lost);
            let both = truth.takes_writes.primary && truth.takes_writes.standby;
            // Where both sides take writes, more are lost after the run was closed.
            assert!(told == truth.rows_lost || both && told < truth.rows_lost, "{here}: {told:?}");
            for deduction in &score.deductions {
                assert!(entries.iter().any(|entry| entry.seq == deduction.entry), "{here}: {deduction:?}");
            }
            if name == "old-primary-returns" {
                // The simulation's operator fences nobody who comes back: that costs, and is said.
                assert_eq!(met.handled, Some(false), "{here}: {score:#?}");
                assert!(
                    score.deductions.iter().any(|taken| taken.why.contains("both sides took writes")),
                    "{score:#?}"
                );
                assert!(score.points <= 65, "{score:#?}");
            } else {
                assert_eq!(met.handled, Some(true), "{here}: {score:#?}");
            }
        });
    }
}

#[test]
fn somebody_who_fences_the_old_primary_as_soon_as_it_returns_has_handled_it() {
    use handover::domain::command::Command;
    paused(async {
        let rig = Rig::surprised(&locate::presets()[0], "failover", "region-outage", "old-primary-returns");
        let mut desk = rig.boot();
        desk.arm().await;
        // Long enough that everything was read which can be.
        rig.pass(60).await;
        // By hand, what matters alone: the rest is left out with a reason.
        let steps: Vec<String> = rig.runbook.steps().map(|(_, step)| step.id.clone()).collect();
        for id in &steps {
            if id == "promote" {
                let (plan, gates) = desk.plan(id).await.unwrap();
                let open: Vec<String> =
                    desk.run.open_questions(id, &gates).iter().map(|gate| gate.name.clone()).collect();
                for gate in open {
                    let reason = "the Region is gone; the replica says 1.3 s".to_owned();
                    desk.say(Command::Override { step: id.clone(), gate, reason });
                }
                desk.say(crate::rig::confirm(&plan));
                assert_eq!(desk.ended(id).await, Ending::Done);
            } else {
                let reason = "not what is drilled here, and said so".to_owned();
                desk.say(Command::Skip { step: id.clone(), reason });
            }
            let id = id.clone();
            desk.until(|run, _| run.state(&id).is_ended().then_some(())).await;
        }
        // The console shows two writers; the fence is done after all.
        desk.until(|run, _| (!run.splits.is_empty()).then_some(())).await;
        desk.say(Command::Note("the old primary is back and takes writes: fencing it".into()));
        desk.say(Command::Reopen { step: "fence".into(), reason: "the old primary is back and takes writes".into() });
        desk.until(|run, _| (run.state("fence") == State::Pending).then_some(())).await;
        assert_eq!(desk.carry_out("fence").await, Ending::Done);
        desk.until(|run, _| run.splits.is_empty().then_some(())).await;
        desk.say(Command::Close { outcome: RunOutcome::Verified, says: "one writer, in the standby".into() });
        desk.until(|run, _| run.closed.is_some().then_some(())).await;
        let (score, _) = judged(&rig);
        let met = score.surprise.unwrap();
        assert_eq!(met.handled, Some(true), "{:#?}", score.deductions);
        let noticed = met.noticed.expect("a note was written");
        assert!(noticed.says.contains("the old primary is back"), "{noticed:?}");
        assert!(met.shown.is_some_and(|shown| shown.entry <= noticed.entry));
    });
}
