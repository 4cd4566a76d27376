//! The main job, end to end: the real program in a terminal, AWS as moto answers it over HTTP, a real PostgreSQL pair
//! whose standby is really promoted, real DNS and HTTP servers, and a person with nothing but keys.

#![cfg(target_os = "linux")]
#![allow(unreachable_pub, reason = "as in the other helpers")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod common;

#[path = "common/dns.rs"]
mod dns;
#[path = "common/http.rs"]
mod http;
#[path = "common/person.rs"]
#[allow(dead_code, reason = "no debrief and no notes here")]
mod person;
#[path = "common/scene.rs"]
mod scene;

use std::time::{Duration, Instant};

use common::peers::{Cluster, Mode, Peers, Replication, Role};
use handover::domain::figures::Figures;
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::run::{Ending, State};
use handover::domain::timeline::Loss;
use jiff::Timestamp;
use person::{Person, TARGET};
use scene::{PAYLOAD, SECRETS, SOURCE, Scene};

fn until(what: &str, holds: impl Fn() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The disaster: replication ends while the application still commits, for some time at least. Returns what the standby has.
fn cut(peers: &Peers, before: Duration) -> i64 {
    until("rows arrive", || peers.rows(Cluster::Standby).unwrap() > 50);
    peers.set_replication(Replication::Cut).unwrap();
    let arrived = peers.rows(Cluster::Standby).unwrap();
    std::thread::sleep(before);
    until("the application goes on", || peers.rows(Cluster::Primary).unwrap() > arrived + 20);
    arrived
}

/// Commits a row to the standby as the application.
fn write_as_app(peers: &Peers, id: i64) -> Result<u64, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(&peers.database(Cluster::Standby, Role::App), tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client.execute("insert into ledger (id) values ($1)", &[&id]).await
    })
}

/// What holds after every handover, however it went.
fn handed_over(scene: &Scene, person: &Person, arrived: i64) {
    let peers = &scene.peers;
    assert_eq!(dns::primary_record(peers).unwrap().0, format!("api-{TARGET}.fineract.com"));
    let mutations: Vec<String> = peers.mutations().unwrap().iter().map(|call| call.operation.clone()).collect();
    assert_eq!(mutations, ["PromoteReadReplica", "ChangeResourceRecordSets"]);
    assert!(peers.mutations().unwrap().iter().all(|call| call.applied));
    assert!(peers.state().unwrap().errors.is_empty());
    assert_eq!(peers.rows(Cluster::Standby).unwrap(), arrived, "nothing came after the cut");
    assert_eq!(write_as_app(peers, arrived + 1).unwrap(), 1);
    assert_eq!(person.phrases, [format!("promote {TARGET}")]);

    let run = person.run();
    assert_eq!(run.closed.map(|(outcome, _)| outcome), Some(RunOutcome::Verified));
    // Replication was gone before anybody fenced: the target's own login was never taken away.
    assert_eq!(run.state("admit"), State::Ended(Ending::AlreadyDone));
    let recovery = Figures::of(&run, Timestamp::now()).total.time().expect("the recovery is measured");
    assert!(recovery > Duration::from_mins(1), "from the impact on, which a person entered: {recovery:?}");
    let verified = scene.run(&["journal", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    quiet(scene, person);
}

/// No program's escape sequence reached the terminal or the journal, and no secret anything.
fn quiet(scene: &Scene, person: &Person) {
    let raw = person.pty.raw_output();
    let has = |needle: &[u8]| raw.windows(needle.len()).any(|window| window == needle);
    for sequence in
        ["\x1b]0;pwned", "\x1b]52;c;cHdu", "\x1b[?7777h", "\x1b[38;5;213m", "\x1bPpwned", "\u{9b}", "\u{202e}"]
    {
        assert!(!has(sequence.as_bytes()), "{sequence:?} reached the terminal");
    }
    let journal = std::fs::read_to_string(person.journal()).unwrap();
    assert!(journal.contains(PAYLOAD), "the program's words are in the journal");
    assert!(journal.chars().all(|c| c == '\n' || !c.is_control()));
    for hidden in ["\\u001b", "\\u0007", "\\u009b", "\\u202e", "\u{202e}"] {
        assert!(!journal.to_lowercase().contains(hidden), "{hidden:?} is in the journal");
    }
    assert!(journal.contains("[redacted]"), "what the program told is hidden");
    assert!(journal.contains(&format!("keys restored in {TARGET}")), "a program gets its environment");
    let shown = scene.run(&["journal", "show"]).stdout;
    for secret in SECRETS {
        assert!(!has(secret.as_bytes()), "a secret was on the screen");
        assert!(!journal.contains(secret), "a secret is in the journal");
        assert!(!String::from_utf8_lossy(&shown).contains(secret));
        for file in ["service.toml", "runbooks/failover.toml"] {
            assert!(!scene::read(&scene.run_folder().unwrap(), file).contains(secret), "a secret is in {file}");
        }
    }
}

fn losses(person: &Person) -> Vec<Loss> {
    let loss = |body: &Body| if let Body::DataLoss { loss } = body { Some(loss.clone()) } else { None };
    person.entries().iter().filter_map(|entry| loss(&entry.body)).collect()
}

/// Once, or as often as `HANDOVER_LOSS_RUNS` says, each time after another while without replication.
#[test]
fn a_person_hands_fineract_over_by_keys_alone() {
    let runs = std::env::var("HANDOVER_LOSS_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(1u32);
    for run in 0..runs {
        hand_over(Duration::from_millis(2_000 + u64::from(run) * 700));
    }
}

fn hand_over(before: Duration) {
    let Some(scene) = Scene::start(false) else { return };
    let peers = &scene.peers;
    let arrived = cut(peers, before);
    let mut person = scene.person();
    person.arm();
    person.walk();
    person.look_at("controller-logs", &[PAYLOAD, "[redacted]"]);
    person.close();

    // The fence really cut the application off, and what it had committed since the cut is what was lost.
    until("the application is refused", || peers.state().unwrap().writer.refused.is_some());
    let committed = peers.rows(Cluster::Primary).unwrap();
    let missing = committed - peers.rows(Cluster::Standby).unwrap();
    assert!(missing > 50, "{missing}");
    let rows = u64::try_from(missing).unwrap();
    let [Loss::Exact { rows: lost, source_mark, target_mark, at_most_ms }] = losses(&person)[..] else {
        panic!("{:?}", losses(&person))
    };
    assert_eq!((lost, source_mark, target_mark), (rows, committed, arrived));
    assert!(at_most_ms.is_some_and(|most| most > 1_000), "from the cut to the promotion: {at_most_ms:?} ms");
    let run = person.run();
    assert_eq!(run.state("fence"), State::Ended(Ending::Done));
    let overrides: Vec<&str> = run.steps["promote"].overrides.keys().map(String::as_str).collect();
    assert_eq!(overrides, ["data loss within the RPO"]);
    handed_over(&scene, &person, arrived);
    eprintln!("{rows} rows lost of {committed}, {} journal entries", run.entries);
}

#[test]
fn a_source_that_accepts_and_never_answers_delays_no_key() {
    let Some(scene) = Scene::start(true) else { return };
    let peers = &scene.peers;
    let arrived = cut(peers, Duration::from_secs(2));
    peers.set_region(SOURCE, Mode::Hang).unwrap();
    let mut person = scene.person();
    person.answers = Some(Vec::new());
    person.arm();
    person.walk();
    person.look_at("controller-logs", &[PAYLOAD, "[redacted]"]);
    person.close();

    let run = person.run();
    assert_eq!(run.state("fence"), State::Ended(Ending::RiskAccepted));
    // Nobody could count; the figure says under which condition it holds.
    let [Loss::Estimate { method, .. }] = &losses(&person)[..] else { panic!("{:?}", losses(&person)) };
    assert!(method.contains("only if the unreachable source took no writes"), "{method}");
    assert!(peers.state().unwrap().writer.running, "nobody could fence it");
    let hung = peers.calls().unwrap().iter().filter(|call| call.mode == "hang").count();
    assert!(hung > 5, "the Region was asked {hung} times");
    handed_over(&scene, &person, arrived);

    let mut answers = person.answers.take().unwrap();
    answers.sort_by_key(|answer| answer.took);
    let (last, half) = (&answers[answers.len() - 1], &answers[answers.len() / 2]);
    let fencing = answers.iter().filter(|answer| answer.step == "fence").count();
    let opened = person.opened;
    eprintln!("opened in {opened:?}; {} keys answered, {fencing} while fencing", answers.len());
    eprintln!("median {:?}, slowest {:?} ({:?} at {})", half.took, last.took, last.key, last.step);
    assert!(answers.len() >= 100 && fencing >= 20, "too few to tell");
    assert!(last.took < Duration::from_secs(1), "a key waited for the Region: {last:?}");
    assert!(opened < Duration::from_secs(3), "the console waited for the Region: {opened:?}");
}
