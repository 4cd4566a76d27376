//! People are told of everything at least once, always with the same key, and no step ever waits for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handover::domain::command::Command;
use handover::domain::journal::{Body, Entry, RunOutcome};
use handover::domain::notice::{Notice, Severity, Telling};
use handover::domain::run::Run;
use handover::engine::outbox::Outbox;
use handover::ports::{Channel, Clock, Sent, Unsent};

use crate::rig::{Fault, Rig};

type Log = Arc<Mutex<Vec<(Duration, Vec<Arc<Notice>>)>>>;
type Behaviour = Box<dyn Fn(usize, &[Arc<Notice>]) -> Does + Send + Sync>;

/// What a channel does with a message.
enum Does {
    Take,
    Hang,
    Later(Option<u64>),
    Never,
}

/// A channel that does what it is told, and keeps every message that it was given.
struct Fake {
    id: &'static str,
    most: usize,
    gap: Duration,
    clock: Arc<dyn Clock>,
    does: Behaviour,
    given: Log,
    taken: Log,
}

impl Fake {
    fn new(clock: Arc<dyn Clock>, does: impl Fn(usize, &[Arc<Notice>]) -> Does + Send + Sync + 'static) -> Self {
        let (given, taken) = (Log::default(), Log::default());
        Self { id: "fake", most: 1, gap: Duration::ZERO, clock, does: Box::new(does), given, taken }
    }
}

#[async_trait]
impl Channel for Fake {
    fn id(&self) -> &str {
        self.id
    }

    fn least(&self) -> Severity {
        Severity::Info
    }

    fn most(&self) -> usize {
        self.most
    }

    fn gap(&self) -> Duration {
        self.gap
    }

    async fn send(&self, notices: &[Arc<Notice>]) -> Result<Sent, Unsent> {
        let message = (self.clock.mono(), notices.to_vec());
        let number = {
            let mut given = self.given.lock().unwrap();
            given.push(message.clone());
            given.len()
        };
        match (self.does)(number, notices) {
            Does::Take => {
                self.taken.lock().unwrap().push(message);
                Ok(Sent { answer: "taken".to_owned() })
            }
            Does::Hang => std::future::pending().await,
            Does::Later(after) => {
                Err(Unsent::Later { why: "not now".to_owned(), after: after.map(Duration::from_secs) })
            }
            Does::Never => Err(Unsent::Never { why: "not ever".to_owned() }),
        }
    }
}

fn keys(log: &Log) -> Vec<String> {
    log.lock().unwrap().iter().flat_map(|(_, notices)| notices.iter().map(|notice| notice.key.clone())).collect()
}

fn is_of_telling(entry: &Entry) -> bool {
    matches!(entry.body, Body::Told { .. } | Body::Untold { .. })
}

/// What happened, without what is said of channels and of components, which are looked at all the time.
fn happened(entries: &[Entry]) -> Vec<(u64, &'static str, Option<String>)> {
    let is_of_run = |entry: &&Entry| !is_of_telling(entry) && !matches!(entry.body, Body::Reading { .. });
    entries
        .iter()
        .filter(is_of_run)
        .map(|entry| (entry.mono_ms, entry.body.kind(), entry.body.step().cloned()))
        .collect()
}

fn folded(rig: &Rig) -> Run {
    Run::new(&rig.service.name, rig.runbook.clone(), rig.mode, rig.direction.clone()).fold(&rig.lines.entries())
}

fn notice(number: u64) -> Arc<Notice> {
    let mut notice = Notice::clone(&Notice::test("shop", "anna", "2026-03-03T14:00:00Z".parse().unwrap()));
    notice.key = format!("run/{number}");
    Arc::new(notice)
}

/// An outbox of one channel, after it has said `count` things.
async fn said(channel: Fake, notices: u64, count: usize) -> (Vec<Body>, Outbox) {
    let clock = Arc::clone(&channel.clock);
    let channels: Vec<Arc<dyn Channel>> = vec![Arc::new(channel)];
    let mut outbox = Outbox::start(&clock, &channels, &Telling::default()).unwrap();
    for number in 1..=notices {
        outbox.push(&notice(number));
    }
    let mut said = Vec::new();
    while said.len() < count {
        said.push(Outbox::next(Some(&mut outbox)).await);
    }
    (said, outbox)
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_hangs_delays_no_step_and_no_entry() {
    let quiet = Rig::short("calm");
    assert_eq!(quiet.boot().play().await, Some(RunOutcome::Verified));
    let mut rig = Rig::short("calm");
    let hanging = Fake::new(rig.clock.clone(), |_, _| Does::Hang);
    let given = Arc::clone(&hanging.given);
    rig.channels = vec![Arc::new(hanging)];
    assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified));
    let entries = rig.lines.entries();
    assert_eq!(happened(&entries), happened(&quiet.lines.entries()));
    let untold: Vec<&Entry> = entries.iter().filter(|entry| is_of_telling(entry)).collect();
    assert_eq!(untold.len(), 1, "its first failure is recorded, and no other: {untold:#?}");
    assert!(matches!(&untold[0].body, Body::Untold { given_up: false, why, .. } if why.contains("no answer")));
    assert!(given.lock().unwrap().len() > 2, "it was tried again");
    let run = folded(&rig);
    let owed = run.telling.owed("fake", Severity::Info);
    assert!(owed.len() > 5, "{owed:#?}");
    assert_eq!(owed.len(), run.telling.notices().len(), "all of it is still owed");
    assert!(run.telling.failing("fake").is_some());
}

#[tokio::test(start_paused = true)]
async fn wherever_the_process_ends_everything_is_told_at_least_once_with_the_same_key() {
    let mut again = 0;
    let faults = [Fault::Before, Fault::Torn, Fault::After].into_iter().cycle();
    for (at, fault) in (6..40).step_by(4).zip(faults) {
        let mut rig = Rig::short("calm");
        // Every third message is taken without a word of it: the process knows nothing of that.
        let fake =
            Fake::new(rig.clock.clone(), |number, _| if number % 3 == 0 { Does::Later(None) } else { Does::Take });
        let given = Arc::clone(&fake.given);
        rig.channels = vec![Arc::new(fake)];
        let desk = rig.boot_with(Some((fault, Box::new(move |seq, _| seq == at))));
        if desk.play().await.is_none() {
            assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified), "{fault:?} at {at}");
        }
        let run = folded(&rig);
        let wanted: BTreeSet<String> = run.telling.notices().iter().map(|notice| notice.key.clone()).collect();
        let got = keys(&given);
        let once: BTreeSet<String> = got.iter().cloned().collect();
        assert_eq!(once, wanted, "{fault:?} at {at}");
        let owed = run.telling.owed("fake", Severity::Info);
        assert!(owed.is_empty(), "{fault:?} at {at}: {owed:#?}");
        again += got.len() - once.len();
        let mut first: BTreeMap<String, Notice> = BTreeMap::new();
        for notice in given.lock().unwrap().iter().flat_map(|(_, notices)| notices) {
            let known = first.entry(notice.key.clone()).or_insert_with(|| Notice::clone(notice));
            assert_eq!(known, notice.as_ref(), "the same key is the same notice");
        }
    }
    assert!(again > 5, "nothing was ever told twice: {again}");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_had_on_its_way_is_told_by_the_next() {
    let mut rig = Rig::short("calm");
    rig.channels = vec![Arc::new(Fake::new(rig.clock.clone(), |_, _| Does::Hang))];
    let mut desk = rig.boot();
    desk.arm().await;
    desk.carry_out("fence").await;
    desk.die().await;
    let owed = folded(&rig).telling.owed("fake", Severity::Info);
    assert!(owed.len() >= 2, "{owed:#?}");
    assert!(owed[0].title.starts_with("SIMULATION "), "{}", owed[0].title);
    let fake = Fake::new(rig.clock.clone(), |_, _| Does::Take);
    let taken = Arc::clone(&fake.taken);
    rig.channels = vec![Arc::new(fake)];
    assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified));
    let taken = keys(&taken);
    assert_eq!(&taken[..owed.len()], owed.iter().map(|notice| notice.key.clone()).collect::<Vec<_>>());
    assert!(folded(&rig).telling.owed("fake", Severity::Info).is_empty());
}

#[tokio::test(start_paused = true)]
async fn leaving_takes_two_seconds_at_most_and_keeps_what_is_owed() {
    let mut rig = Rig::short("calm");
    rig.channels = vec![Arc::new(Fake::new(rig.clock.clone(), |_, _| Does::Hang))];
    let mut desk = rig.boot();
    desk.arm().await;
    let before = rig.clock.mono();
    desk.say(Command::Leave);
    desk.until(|_, event| matches!(event, handover::domain::command::Event::Ended).then_some(())).await;
    let took = rig.clock.mono().saturating_sub(before);
    assert!(took <= Duration::from_millis(2_100), "{took:?}");
    assert_eq!(folded(&rig).telling.owed("fake", Severity::Info).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_fails_is_tried_less_and_less_often_and_recorded_once() {
    let rig = Rig::short("calm");
    let fake = Fake::new(rig.clock.clone(), |number, _| match number {
        1..=8 => Does::Later(None),
        9 => Does::Later(Some(200)),
        _ => Does::Take,
    });
    let given = Arc::clone(&fake.given);
    let (said, outbox) = said(fake, 3, 4).await;
    assert!(matches!(&said[0], Body::Untold { given_up: false, keys, .. } if keys == &["run/1"]), "{said:#?}");
    for (at, expected) in [(1, 10), (2, 1), (3, 1)] {
        assert!(matches!(&said[at], Body::Told { attempt, .. } if *attempt == expected), "{said:#?}");
    }
    assert_eq!(outbox.pending(), 0);
    let times: Vec<Duration> = given.lock().unwrap().iter().map(|(at, _)| *at).collect();
    let pauses: Vec<f64> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0]).as_secs_f64()).collect();
    for (at, pause) in pauses.iter().take(8).enumerate() {
        let full = f64::from(1u32 << at).min(60.0);
        assert!((full / 2.0 - 0.1..=full + 0.1).contains(pause), "{pauses:?}");
    }
    assert!(pauses[8] >= 200.0, "it is left alone for as long as it asked: {pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn what_queued_meanwhile_is_one_message_and_one_a_second() {
    let rig = Rig::short("calm");
    let mut fake = Fake::new(rig.clock.clone(), |_, _| Does::Take);
    fake.most = 20;
    fake.gap = Duration::from_secs(1);
    let taken = Arc::clone(&fake.taken);
    let (_, outbox) = said(fake, 50, 3).await;
    assert_eq!(outbox.pending(), 0);
    let expected: Vec<String> = (1..=50).map(|number| format!("run/{number}")).collect();
    assert_eq!(keys(&taken), expected);
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 3);
    for pair in taken.windows(2) {
        assert!(pair[1].0.saturating_sub(pair[0].0) >= Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_never_taken_keeps_no_other_back() {
    let rig = Rig::short("calm");
    let bad = |notices: &[Arc<Notice>]| notices.iter().any(|notice| notice.key == "run/4");
    let mut fake = Fake::new(rig.clock.clone(), move |_, notices| if bad(notices) { Does::Never } else { Does::Take });
    fake.most = 20;
    let taken = Arc::clone(&fake.taken);
    let (said, outbox) = said(fake, 9, 9).await;
    assert_eq!(outbox.pending(), 0);
    let given_up: Vec<&Body> = said.iter().filter(|body| matches!(body, Body::Untold { .. })).collect();
    assert_eq!(given_up.len(), 1);
    assert!(matches!(given_up[0], Body::Untold { keys, given_up: true, .. } if keys == &["run/4"]));
    assert_eq!(keys(&taken), [1, 2, 3, 5, 6, 7, 8, 9].map(|number| format!("run/{number}")));
}
