//! Metrics are published beside a run: what is known, from its first entry on, and nothing of the run waits for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handover::domain::command::{Command, Event};
use handover::domain::journal::RunOutcome;
use handover::domain::metrics::{Kind, Metric};
use handover::domain::reading::{Unread, Why};
use handover::domain::region::HomeRole;
use handover::domain::service::Metrics as Wanted;
use handover::ports::{Clock as _, MetricStore};
use jiff::Timestamp;

use crate::rig::Rig;

/// What a store does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Hangs,
    Refuses,
}

/// A store that keeps metrics as its mood has it.
struct Store {
    mood: Mutex<Mood>,
    calls: Mutex<Vec<(Timestamp, Vec<Metric>)>>,
}

impl Store {
    fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self { mood: Mutex::new(mood), calls: Mutex::default() })
    }

    fn calls(&self) -> Vec<(Timestamp, Vec<Metric>)> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl MetricStore for Store {
    async fn put(&self, metrics: &[Metric], at: Timestamp) -> Result<(), Unread> {
        self.calls.lock().unwrap().push((at, metrics.to_vec()));
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Takes => Ok(()),
            Mood::Hangs => std::future::pending().await,
            Mood::Refuses => Err(Unread::new(Why::Denied, "cloudwatch:PutMetricData us-west-2: AccessDenied")),
        }
    }
}

fn rig(store: &Arc<Store>) -> Rig {
    let mut rig = Rig::short("calm");
    let wanted = Wanted { namespace: "MultiRegion".into(), every: Duration::from_mins(1), region: HomeRole::Standby };
    Arc::get_mut(&mut rig.service).unwrap().metrics = Some(wanted);
    rig.metrics = Some(Arc::clone(store) as Arc<dyn MetricStore>);
    rig
}

fn kinds(metrics: &[Metric]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = metrics.iter().map(|metric| metric.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_published_from_the_first_entry_on() {
    let store = Store::new(Mood::Takes);
    let rig = rig(&store);
    let mut desk = rig.boot();
    desk.pass(300).await;
    assert!(store.calls().is_empty(), "a console that is only looked at publishes nothing");
    desk.arm().await;
    desk.pass(300).await;
    let calls = store.calls();
    assert!((5..=6).contains(&calls.len()), "{}", calls.len());
    let last = &calls.last().unwrap().1;
    let told = [Kind::HealthCheck, Kind::ReplicationLag, Kind::ResponseTime, Kind::Availability];
    assert_eq!(kinds(last), told, "a simulation says nothing of recoveries");
    desk.play().await;
}

#[tokio::test(start_paused = true)]
async fn what_a_run_came_to_is_told_when_it_is_closed_and_nothing_is_achieved_before() {
    let store = Store::new(Mood::Takes);
    let mut rig = rig(&store);
    rig.mode = handover::domain::run::Mode::Live;
    let mut desk = rig.boot();
    desk.arm().await;
    desk.pass(70).await;
    let live = |metrics: &[Metric], kind| {
        let of = metrics.iter().find(|metric| metric.kind == kind && metric.value != 0.0);
        of.map(|metric| (metric.value, metric.dimensions[1].1.clone(), metric.dimensions[2].1.clone()))
    };
    assert_eq!(live(&store.calls().last().unwrap().1, Kind::Failovers), None);
    for id in ["fence", "promote"] {
        desk.carry_out(id).await;
    }
    desk.pass(70).await;
    let calls = store.calls();
    let last = &calls.last().unwrap().1;
    assert_eq!(live(last, Kind::Failovers), Some((1.0, "us-west-2".into(), "live".into())));
    // It goes on: nothing was achieved yet.
    assert_eq!((live(last, Kind::Rto), live(last, Kind::Rpo)), (None, None));
    let before = calls.len();
    desk.say(Command::Close { outcome: RunOutcome::Abandoned, says: "tried".into() });
    desk.until(|run, _| run.closed.is_some().then_some(())).await;
    desk.pass(2).await;
    let calls = store.calls();
    assert_eq!(calls.len(), before + 1, "what a run came to is told when it is closed");
    // What was given up is a handover all the same, and no recovery.
    let last = &calls.last().unwrap().1;
    assert_eq!(live(last, Kind::Failovers), Some((1.0, "us-west-2".into(), "live".into())));
    assert_eq!(live(last, Kind::Rto), None);
}

#[tokio::test(start_paused = true)]
async fn no_step_waits_for_a_store_that_hangs_and_its_failure_is_shown_once() {
    let mut took = Vec::new();
    for mood in [Mood::Takes, Mood::Hangs] {
        let store = Store::new(mood);
        let rig = rig(&store);
        let mut desk = rig.boot();
        desk.arm().await;
        desk.pass(15).await;
        let began = rig.clock.mono();
        desk.carry_out("fence").await;
        took.push(rig.clock.mono().saturating_sub(began));
        assert!(!store.calls().is_empty());
        let said: Vec<String> = desk
            .pass(1_800)
            .await
            .into_iter()
            .filter_map(|event| match event {
                Event::Refused { why } if why.contains("metrics are not published") => Some(why),
                _ => None,
            })
            .collect();
        let expected = usize::from(mood == Mood::Hangs);
        assert_eq!(said.len(), expected, "{said:?}");
        assert!(said.iter().all(|said| said.contains("no answer within 20 s")), "{said:?}");
    }
    assert_eq!(took[0], took[1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_tried_less_and_less_often_and_never_sent_again() {
    let store = Store::new(Mood::Refuses);
    let rig = rig(&store);
    let mut desk = rig.boot();
    desk.arm().await;
    desk.pass(1_800).await;
    let times: Vec<Timestamp> = store.calls().iter().map(|(at, _)| *at).collect();
    let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1].duration_since(pair[0]).as_secs()).collect();
    assert_eq!(gaps[..6], [5, 10, 20, 40, 80, 160], "{gaps:?}");
    assert!(gaps[6..].iter().all(|gap| *gap == 300), "{gaps:?}");
    *store.mood.lock().unwrap() = Mood::Takes;
    desk.pass(400).await;
    let after = store.calls();
    let last = after.iter().rev().take(2).map(|(at, _)| *at).collect::<Vec<_>>();
    assert_eq!(last[0].duration_since(last[1]).as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn the_simulated_cloudwatch_keeps_what_a_simulation_publishes() {
    let mut rig = rig(&Store::new(Mood::Takes));
    rig.metrics = None;
    let mut desk = rig.boot();
    desk.arm().await;
    let said = desk.pass(200).await;
    assert!(!said.iter().any(|event| matches!(event, Event::Refused { .. })), "{said:?}");
    let put = rig.mutations("cloudwatch:PutMetricData");
    assert!((3..=4).contains(&put), "{put}");
}
