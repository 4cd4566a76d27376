//! Which entries tell what to whom: notices of made-up journals.

use handover::config::{Project, locate};
use handover::domain::journal::{Body, Entry, Files, RunOutcome};
use handover::domain::notice::{About, Notice, Severity};
use handover::domain::run::{Ending, Mode, Run};
use handover::domain::timeline::Milestone;
use handover::domain::writers::Split;
use handover::report::draft::draft;

/// A run of Fineract in a mode, with these entries.
fn run(runbook: &str, mode: Mode, bodies: impl IntoIterator<Item = Body>) -> Run {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let service = project.service().unwrap();
    let runbook = project.runbook(runbook).unwrap().clone();
    let direction = service.direction(runbook.way);
    let opened = Body::RunOpened {
        run: "the-run".to_owned(),
        service: service.name.clone(),
        runbook: runbook.id.clone(),
        mode,
        direction: direction.clone(),
        files: Files { service: String::new(), runbook: String::new() },
        tool: "test".to_owned(),
        host: "here".to_owned(),
        shared_terminal: None,
        scenario: None,
    };
    let lead = Body::LeadChange { lead: "anna".to_owned(), host: "here".to_owned() };
    let entries: Vec<Entry> =
        [opened, lead].into_iter().chain(bodies).enumerate().map(|(at, body)| entry(at, body)).collect();
    Run::new(&service.name, runbook, mode, direction).fold(&entries)
}

fn entry(at: usize, body: Body) -> Entry {
    let seq = u64::try_from(at).unwrap() + 1;
    Entry {
        seq,
        at: "2026-03-03T14:00:00Z".parse().unwrap(),
        mono_ms: seq,
        by: "anna".to_owned(),
        body,
        prev: String::new(),
        hash: String::new(),
    }
}

fn decided() -> Body {
    let when = "2026-03-03T14:00:00Z".parse().unwrap();
    Body::Milestone { milestone: Milestone::Decided, when, source: "a step".to_owned() }
}

fn failed(step: &str) -> Body {
    Body::Failed { step: step.to_owned(), reason: "it is so".to_owned(), evidence: Vec::new() }
}

fn settled(step: &str, ending: Ending) -> Body {
    Body::Settled { step: step.to_owned(), ending, says: "it is so".to_owned(), evidence: Vec::new() }
}

fn closed(outcome: RunOutcome) -> Body {
    Body::RunClosed { outcome, says: "over".to_owned() }
}

fn split() -> Body {
    let regions = ["us-east-1", "us-west-2"].map(|region| region.parse().unwrap());
    Body::SplitBrain { splits: vec![Split { component: "database".to_owned(), regions: regions.to_vec() }] }
}

/// The step of Fineract's failover that marks a moment.
fn step(milestone: Milestone) -> String {
    let run = run("failover", Mode::Live, []);
    let found = run.runbook.steps().find(|(_, step)| step.marks == Some(milestone)).map(|(_, step)| step.id.clone());
    found.unwrap_or_else(|| panic!("no step marks {milestone:?}"))
}

fn last(run: &Run) -> &Notice {
    run.telling.notices().last().expect("something is told")
}

#[test]
fn a_live_failover_is_an_incident_from_the_decision_to_the_end() {
    let begun = run("failover", Mode::Live, [decided()]);
    assert_eq!(last(&begun).about, About::Opened("the-run".to_owned()));
    assert_eq!(last(&begun).severity, Severity::Critical);
    assert_eq!(last(&begun).key, "the-run/3");
    assert!(last(&begun).title.starts_with("fineract-production: failover us-east-1 → us-west-2 has begun"));
    let armed = run("failover", Mode::Live, [decided(), Body::Armed]);
    assert_eq!(last(&armed).about, About::Acknowledged("the-run".to_owned()));
    let again = run("failover", Mode::Live, [decided(), Body::Armed, Body::Armed]);
    assert_eq!((last(&again).severity, &last(&again).about), (Severity::Info, &About::Change));
    let over = run("failover", Mode::Live, [Body::Armed, decided(), closed(RunOutcome::Verified)]);
    assert_eq!(last(&over).about, About::Resolved("the-run".to_owned()));
    assert_eq!(last(&over).severity, Severity::Critical, "whoever heard of the beginning hears of the end");
    let left = run("failover", Mode::Live, [Body::Armed, closed(RunOutcome::Abandoned)]);
    assert_eq!(last(&left).about, About::Opened("the-run".to_owned()), "what is unfinished is not resolved");
    let bodies =
        [Body::Armed, Body::Unsure { step: "x".to_owned(), reason: String::new() }, closed(RunOutcome::Verified)];
    let home = run("failback", Mode::Live, bodies);
    assert_eq!(home.telling.notices()[0].severity, Severity::Warning);
    assert_eq!(last(&home).severity, Severity::Critical, "whoever was called hears that it is over");
    let silent = run("failover", Mode::Live, [failed("a"), closed(RunOutcome::StoodDown)]);
    assert!(silent.telling.notices().is_empty(), "nothing had begun");
}

#[test]
fn what_turns_the_service_is_for_everybody_and_routine_is_on_record() {
    let of = |body: Body| {
        let run = run("failover", Mode::Live, [Body::Armed, decided(), body]);
        (run.telling.notices().len() > 2).then(|| (last(&run).severity, last(&run).about.clone()))
    };
    let change = |severity| Some((severity, About::Change));
    let fence = step(Milestone::Fenced);
    assert_eq!(of(settled(&fence, Ending::Done)), change(Severity::Critical));
    assert_eq!(of(settled(&fence, Ending::RiskAccepted)), change(Severity::Critical));
    assert_eq!(of(settled(&step(Milestone::TrafficMoved), Ending::Done)), change(Severity::Critical));
    assert_eq!(of(failed(&fence)), Some((Severity::Critical, About::Opened("the-run".to_owned()))));
    assert_eq!(of(failed("no-such-step")), Some((Severity::Warning, About::Opened("the-run".to_owned()))));
    assert_eq!(
        of(Body::Unsure { step: fence.clone(), reason: String::new() }),
        Some((Severity::Critical, About::Opened("the-run".to_owned())))
    );
    let key = "the-run/split-brain".to_owned();
    assert_eq!(of(split()), Some((Severity::Critical, About::Opened(key.clone()))));
    assert_eq!(of(Body::SplitBrain { splits: Vec::new() }), Some((Severity::Critical, About::Resolved(key))));
    assert_eq!(of(Body::Paused { reason: "lunch".to_owned() }), change(Severity::Warning));
    assert_eq!(of(Body::Continued), change(Severity::Warning));
    assert_eq!(of(Body::Note { text: "x".to_owned() }), None);
    assert_eq!(of(Body::Started { step: fence.clone() }), None);
    assert_eq!(of(Body::Reading { evidence: Vec::new(), says: "x".to_owned() }), None);
    let attempt =
        Body::Attempt { step: fence, attempt: 1, request: 1, request_id: None, took_ms: 1, answer: "x".to_owned() };
    assert_eq!(of(attempt), None);
}

#[test]
fn a_drill_says_so_in_its_first_word_and_calls_nobody() {
    for (mode, word) in [(Mode::Drill, "DRILL "), (Mode::Simulation, "SIMULATION ")] {
        let bodies = [Body::Armed, decided(), failed("x"), closed(RunOutcome::Abandoned)];
        let run = run("failover", mode, bodies);
        assert_eq!(run.telling.notices().len(), 4);
        for notice in run.telling.notices() {
            assert!(notice.title.starts_with(word), "{}", notice.title);
            assert_eq!(notice.about, About::Change, "{}", notice.title);
            assert!(notice.severity < Severity::Critical);
        }
    }
    let run = run("failover", Mode::Drill, [split()]);
    assert_eq!(last(&run).severity, Severity::Critical, "two writers are real");
}

#[test]
fn a_draft_claims_what_is_known_and_no_more() {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let now = "2026-03-03T14:30:00Z".parse().unwrap();
    let moment = |milestone| {
        let when = "2026-03-03T14:10:00Z".parse().unwrap();
        Body::Milestone { milestone, when, source: "seen".to_owned() }
    };
    let draft = |mode, bodies: Vec<Body>| draft(&run("failover", mode, bodies), project.service().unwrap(), now);
    let first = draft(Mode::Live, Vec::new());
    assert!(first.starts_with("Status: Investigating\nWhat is affected: fineract-production in production"), "{first}");
    assert!(
        first.contains("Since: not known yet") && first.contains("Next update: by 2026-03-03 15:00 UTC"),
        "{first}"
    );
    assert!(!first.contains("Data:") && first.contains("post it yourself"), "{first}");
    let moved = [Milestone::ImpactBegan, Milestone::Decided, Milestone::Promoted].map(moment).to_vec();
    let promoted = draft(Mode::Live, moved.clone());
    assert!(
        promoted.starts_with("Status: Identified") && promoted.contains("Since: 2026-03-03 14:10 UTC"),
        "{promoted}"
    );
    assert!(promoted.contains("whether any was lost is not known yet"), "{promoted}");
    let served = draft(Mode::Live, [moved, vec![moment(Milestone::FirstSuccess)]].concat());
    assert!(served.starts_with("Status: Monitoring") && served.contains("answers from us-west-2"), "{served}");
    let over = draft(Mode::Live, vec![closed(RunOutcome::StoodDown)]);
    assert!(over.contains("nothing was moved") && !over.contains("Next update"), "{over}");
    let left = draft(Mode::Live, vec![closed(RunOutcome::Abandoned)]);
    assert!(left.contains("unfinished") && !left.contains("Resolved"), "{left}");
    assert!(draft(Mode::Drill, Vec::new()).starts_with("NOT TO BE POSTED: this was a drill"));
}

#[test]
fn texts_are_safe_and_short() {
    let evil = "\u{1b}[31m\u{202e}<!channel>".repeat(400);
    let note = Body::Paused { reason: evil };
    let mut run = run("failover", Mode::Live, [Body::Armed]);
    let mut entry = entry(9, note);
    entry.by = "a\u{1b}]0;x".repeat(60);
    run.apply(&entry);
    let notice = last(&run);
    assert!(notice.title.chars().count() <= 150 && notice.text.chars().count() <= 1_500);
    let shown = format!("{}{}{}", notice.title, notice.text, notice.by);
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
}

#[test]
fn what_is_owed_is_what_is_not_told() {
    let mut run =
        run("failover", Mode::Live, [Body::Armed, decided(), Body::Paused { reason: "x".to_owned() }, Body::Armed]);
    let owed = |run: &Run, least| -> Vec<String> {
        run.telling.owed("chat", least).iter().map(|notice| notice.key.clone()).collect()
    };
    assert_eq!(owed(&run, Severity::Info), ["the-run/3", "the-run/4", "the-run/5", "the-run/6"]);
    assert_eq!(owed(&run, Severity::Warning), ["the-run/3", "the-run/4", "the-run/5"]);
    assert_eq!(owed(&run, Severity::Critical), ["the-run/3", "the-run/4"]);
    let untold = |given_up| Body::Untold {
        channel: "chat".to_owned(),
        keys: vec!["the-run/3".to_owned()],
        why: "no".to_owned(),
        given_up,
    };
    run.apply(&entry(6, untold(true)));
    assert!(run.telling.failing("chat").is_some_and(|failing| failing.given_up));
    assert_eq!(owed(&run, Severity::Critical).len(), 2, "what is given up is owed to the next process");
    run.apply(&entry(7, Body::Resumed { host: "here".to_owned(), tool: "test".to_owned() }));
    assert!(run.telling.failing("chat").is_none());
    let keys = vec!["the-run/3".to_owned(), "the-run/5".to_owned()];
    run.apply(&entry(8, untold(false)));
    run.apply(&entry(9, Body::Told { channel: "chat".to_owned(), keys, attempt: 2, answer: "ok".to_owned() }));
    assert!(run.telling.failing("chat").is_none());
    assert_eq!(owed(&run, Severity::Warning), ["the-run/4"]);
    assert_eq!(run.telling.owed("pager", Severity::Warning).len(), 3);
}
