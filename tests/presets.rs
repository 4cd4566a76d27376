//! Every runbook of every preset, played to its end on the simulated Regions under tokio's paused clock: verified, with a
//! journal that holds, no gate overridden but what a lost Region makes unreadable, and in the world what the runbook is for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use handover::config::locate::Preset;
use handover::config::{Project, locate};
use handover::domain::journal::{Body, Chain, Files, RunOutcome, Verified, verify};
use handover::domain::redact::Redactor;
use handover::domain::region::HomeRole;
use handover::domain::run::{Mode, Run};
use handover::domain::runbook::{Action, Runbook, Way};
use handover::domain::timeline::Milestone;
use handover::engine::recorder::Opened;
use handover::engine::{Setup, autoplay};
use handover::ports::{Clock, JournalStore, Lease};
use handover::sim::{Regions, SimClock, Truth, scenario};
use handover::wire::simulated_world;
use tokio::sync::mpsc;

/// The gates that are overridden, by preset and runbook, as `step: gate`. Anything else here is a runbook that is wrong.
const OVERRIDDEN: &[(&str, &str, &[&str])] = &[
    // The lost Region cannot be asked whether it can be fenced, and the lag's series has ended with it.
    ("fineract", "failover", LOST),
    ("regami", "failover", LOST),
    ("provability-fabric", "failover", LOST),
    ("aurora-financial", "failover", LOST),
    ("aurora-financial", "detach", &["fence: database answers", "detach: data loss within the RPO"]),
    ("matbakh", "failover", LOST),
];
const LOST: &[&str] = &["fence: database answers", "promote: data loss within the RPO"];

/// A journal in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl JournalStore for Lines {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let mut bytes = self.0.lock().unwrap();
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        Ok(())
    }
}

struct Held;

impl Lease for Held {
    fn held(&self) -> bool {
        true
    }
}

/// What became of a run.
struct Played {
    outcome: Option<RunOutcome>,
    journal: Verified,
    truth: Truth,
    scenario: String,
}

/// Plays a runbook in the scenario that its demonstration has.
async fn play(project: &Project, runbook: &Runbook) -> Played {
    let service = project.service().unwrap();
    let name = runbook.scenario.as_deref().unwrap_or("region-outage");
    let clock = Arc::new(SimClock::new("2026-03-03T14:00:20Z".parse().unwrap(), 1.0));
    let regions = Regions::start(service, &scenario::load(name).unwrap(), 1, Arc::clone(&clock), None).unwrap();
    let direction = match runbook.way {
        Way::Failback => service.failback(),
        Way::Failover | Way::Drill => service.failover(),
    };
    let run = Run::new(&service.name, runbook.clone(), Mode::Simulation, direction.clone());
    let first = vec![
        Body::RunOpened {
            run: "run".to_owned(),
            service: service.name.clone(),
            runbook: runbook.id.clone(),
            mode: Mode::Simulation,
            direction,
            files: Files { service: String::new(), runbook: String::new() },
            tool: "test".to_owned(),
            host: "here".to_owned(),
            shared_terminal: None,
            scenario: Some(name.to_owned()),
        },
        Body::LeadChange { lead: "operator".to_owned(), host: "here".to_owned() },
    ];
    let lines = Lines::default();
    let store = lines.clone();
    let open = Box::new(move || {
        let chain = Chain::after(&verify(&[]).unwrap(), Redactor::new([]));
        let (store, lease) = (Box::new(store), Box::new(Held));
        Ok(Opened { chain, store, lease, readings: None, first, past: Vec::new() })
    });
    let setup = Setup {
        world: simulated_world(service, &regions, &clock),
        service: Arc::new(service.clone()),
        run: run.clone(),
        open,
        resumed: false,
        operator: "operator".to_owned(),
        dir: None,
        last: None,
        approvals: None,
        preflights: None,
        record: None,
    };
    let (commands, inbox) = mpsc::unbounded_channel();
    let (tell, events) = mpsc::unbounded_channel();
    let engine = tokio::spawn(handover::engine::run(setup, inbox, tell));
    let clock = clock as Arc<dyn Clock>;
    let outcome = autoplay::play(run, clock, commands, events, autoplay::Then::Leave).await;
    engine.await.unwrap();
    let bytes = lines.0.lock().unwrap().clone();
    let journal = verify(&bytes).unwrap_or_else(|broken| panic!("{broken}"));
    Played { outcome, journal, truth: regions.truth(), scenario: name.to_owned() }
}

/// What is wrong with how a run went.
fn wrong(preset: &Preset, runbook: &Runbook, played: &Played) -> Vec<String> {
    let mut wrong = Vec::new();
    let entries = &played.journal.entries;
    if played.outcome != Some(RunOutcome::Verified) || played.journal.tail.is_some() {
        let last = entries.iter().rev().take(3).map(|entry| entry.body.says()).collect::<Vec<_>>();
        wrong.push(format!("it ended as {:?}: {}", played.outcome, last.join(" < ")));
    }
    let overridden: BTreeSet<String> = entries
        .iter()
        .filter_map(|entry| match &entry.body {
            Body::Override { step, gate, .. } => Some(format!("{step}: {gate}")),
            _ => None,
        })
        .collect();
    let meant = OVERRIDDEN.iter().find(|(name, id, _)| *name == preset.name && *id == runbook.id);
    let meant: BTreeSet<String> =
        meant.map_or(&[][..], |(_, _, gates)| gates).iter().map(|gate| (*gate).to_owned()).collect();
    if overridden != meant {
        wrong.push(format!("overridden were {overridden:?}, not {meant:?}"));
    }
    let last = |wanted: Milestone| {
        entries.iter().rev().find_map(|entry| match &entry.body {
            Body::Milestone { milestone, when, .. } if *milestone == wanted => Some(*when),
            _ => None,
        })
    };
    // What a drill calls to come home is no promotion.
    if let (Some(called), Some(promoted)) = (last(Milestone::PromoteCalled), last(Milestone::Promoted))
        && called > promoted
    {
        wrong.push(format!("promoted at {promoted}, and called at {called}"));
    }
    let mut promotes = runbook.steps().filter_map(|(_, step)| match &step.action {
        Action::Act { action, .. } => Some(action.as_str()),
        _ => None,
    });
    let promotes = promotes.any(|action| ["promote", "failover", "switchover", "detach"].contains(&action));
    wrong.extend(untrue(runbook, promotes, played));
    wrong
}

/// What is not so in the world that the runbook was to bring about.
fn untrue(runbook: &Runbook, promotes: bool, played: &Played) -> Vec<String> {
    let truth = &played.truth;
    let expected = scenario::load(&played.scenario).unwrap().expected;
    let began_away = ["failed-over", "moved-over"].contains(&played.scenario.as_str());
    let mut wrong = Vec::new();
    if played.scenario == "both-regions-out" {
        return wrong;
    }
    let active = match runbook.way {
        Way::Failover if promotes => HomeRole::Standby,
        Way::Failover | Way::Drill if began_away => HomeRole::Standby,
        Way::Failback | Way::Failover | Way::Drill => HomeRole::Primary,
    };
    // Where nothing answers, nothing can be brought about.
    let out = played.scenario == "both-regions-out";
    if !out && (truth.traffic != Some(active) || !truth.takes_writes.get(active) || !truth.serves.get(active)) {
        wrong.push(format!("the {active} does not serve: {truth:?}"));
    }
    // A calm move loses nothing; one from a Region that was lost no more than its scenario says.
    if runbook.way == Way::Failover && promotes {
        let lost = truth.loss.map_or(0, |loss| i64::try_from(loss.as_millis()).unwrap());
        if lost > expected.loss_at_most {
            wrong.push(format!("{lost} ms are lost, of at most {}", expected.loss_at_most));
        }
    }
    wrong
}

#[test]
fn every_runbook_of_every_preset_runs_to_verified() {
    // Such as `regami/` or `regami/drill`, to look at some alone.
    let only = std::env::var("ONLY").unwrap_or_default();
    let projects: Vec<(&Preset, Project)> =
        locate::presets().iter().map(|preset| (preset, Project::from_preset(preset))).collect();
    let jobs: Vec<(&Preset, &Project, &Runbook)> = projects
        .iter()
        .flat_map(|(preset, project)| project.runbooks.iter().map(move |runbook| (*preset, project, runbook)))
        .filter(|(preset, _, runbook)| format!("{}/{}", preset.name, runbook.id).starts_with(&only))
        .collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(8) {
            scope.spawn(|| {
                while let Some((preset, project, runbook)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = std::time::Instant::now();
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
                    let played = runtime.block_on(play(project, runbook));
                    println!("{}/{}: {:?}, {:?}", preset.name, runbook.id, played.outcome, began.elapsed());
                    let wrong = wrong(preset, runbook, &played);
                    let wrong = wrong.iter().map(|wrong| format!("{}/{}: {wrong}", preset.name, runbook.id));
                    found.lock().unwrap().extend(wrong);
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
