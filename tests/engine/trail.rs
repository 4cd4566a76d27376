//! The journal leaves the machine: whatever a place does, no step waits for it, nothing is missing in the end, and the order is kept.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use handover::domain::command::{Command, Event};
use handover::domain::journal::{Body, RunOutcome, verify};
use handover::domain::reading::{Unread, Why};
use handover::domain::region::Pair;
use handover::domain::service::{LockMode, Trail as Wanted};
use handover::domain::trail::{Anchor, Line, Terms, Whose};
use handover::ports::{Clock as _, Trail};

use crate::audit::audit;
use crate::rig::{Desk, Rig};

/// What a place does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    Hangs,
    Refuses,
    /// It keeps what it is given, and its answer is lost.
    Mute,
}

/// A place that keeps a journal as its mood has it.
struct Place {
    name: &'static str,
    mood: Mutex<Mood>,
    lines: Mutex<Vec<Line>>,
    anchors: Mutex<Vec<Anchor>>,
    calls: Mutex<u32>,
}

impl Place {
    fn new(name: &'static str, mood: Mood) -> Arc<Self> {
        let (lines, anchors) = (Mutex::default(), Mutex::default());
        Arc::new(Self { name, mood: Mutex::new(mood), lines, anchors, calls: Mutex::new(0) })
    }

    fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    async fn answer(&self, keep: impl FnOnce()) -> Result<(), Unread> {
        *self.calls.lock().unwrap() += 1;
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Takes => keep(),
            Mood::Hangs => std::future::pending().await,
            Mood::Refuses => return Err(Unread::new(Why::Denied, "AccessDenied: not authorized")),
            Mood::Mute => {
                keep();
                std::future::pending::<()>().await;
            }
        }
        Ok(())
    }

    /// What it has, each line once, in the order in which they came first.
    fn text(&self) -> String {
        let mut seen = 0;
        let mut text = String::new();
        for line in self.lines.lock().unwrap().iter() {
            if line.seq > seen {
                assert_eq!(line.seq, seen + 1, "{}: a line is missing before {}", self.name, line.seq);
                seen = line.seq;
                text.push_str(&line.text);
                text.push('\n');
            }
        }
        text
    }
}

#[async_trait]
impl Trail for Place {
    fn name(&self, _: &Whose) -> String {
        self.name.to_owned()
    }

    async fn terms(&self, _: &Whose) -> Result<Terms, Unread> {
        self.answer(|| {}).await?;
        Ok(Terms { days: Some(30), lock: None })
    }

    async fn has(&self, whose: &Whose) -> Result<Option<Anchor>, Unread> {
        assert_eq!((whose.run.as_str(), whose.target.as_str()), ("run", "us-west-2"));
        self.answer(|| {}).await?;
        Ok(self.lines.lock().unwrap().iter().map(Line::anchor).max())
    }

    async fn ship(&self, _: &Whose, lines: &[Line]) -> Result<(), Unread> {
        self.answer(|| self.lines.lock().unwrap().extend_from_slice(lines)).await
    }

    async fn anchor(&self, _: &Whose, anchor: &Anchor) -> Result<(), Unread> {
        self.answer(|| self.anchors.lock().unwrap().push(anchor.clone())).await
    }

    async fn anchors(&self, _: &Whose) -> Result<Vec<Anchor>, Unread> {
        Ok(self.anchors.lock().unwrap().clone())
    }
}

fn wanted() -> Wanted {
    Wanted {
        log_group: Some("/handover/journals".into()),
        bucket: Some(Pair { primary: "east-trail".into(), standby: "west-trail".into() }),
        prefix: "handover/".into(),
        retention: Duration::from_hours(90 * 24),
        lock: LockMode::Compliance,
        redact: vec!["SHOP_API_TOKEN".into()],
    }
}

/// The short runbook with these places.
fn rig(places: &[&Arc<Place>]) -> Rig {
    let mut rig = Rig::short("calm");
    Arc::get_mut(&mut rig.service).unwrap().trail = Some(wanted());
    rig.trails = Some(places.iter().map(|place| Arc::clone(place) as Arc<dyn Trail>).collect());
    rig
}

fn entries(rig: &Rig, kind: &str) -> Vec<Body> {
    rig.lines.entries().into_iter().map(|entry| entry.body).filter(|body| body.kind() == kind).collect()
}

/// How long it takes from a confirmation to the step's end.
async fn carried_out(rig: &Rig, desk: &mut Desk, id: &str) -> Duration {
    let began = rig.clock.mono();
    desk.carry_out(id).await;
    rig.clock.mono().saturating_sub(began)
}

#[tokio::test(start_paused = true)]
async fn a_whole_run_is_kept_with_its_anchors_and_they_are_in_the_journal() {
    let place = Place::new("elsewhere", Mood::Takes);
    let rig = rig(&[&place]);
    assert_eq!(rig.boot().play().await, Some(RunOutcome::Verified));
    assert_eq!(place.text(), rig.lines.text());
    let kept = entries(&rig, "kept");
    let [Body::Kept { days: Some(30), wanted_days: 90, redacted, .. }] = kept.as_slice() else { panic!("{kept:?}") };
    assert!(redacted.iter().any(|name| name == "SHOP_API_TOKEN"), "{redacted:?}");
    // The end of its only phase, the end of the run, and what was last when the console was left.
    let anchors = place.anchors.lock().unwrap().clone();
    let journal = rig.lines.entries();
    assert_eq!(anchors.len(), 3, "{anchors:?}");
    assert_eq!(anchors.last().unwrap().seq, journal.last().unwrap().seq);
    assert_eq!(Anchor::against(&anchors, journal.iter().map(|entry| entry.hash.as_str())), None);
    let recorded = entries(&rig, "anchored");
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    for (body, anchor) in recorded.iter().zip(&anchors) {
        assert!(matches!(body, Body::Anchored { at, head, .. } if *at == anchor.seq && *head == anchor.hash));
    }
    assert!(entries(&rig, "trail-behind").is_empty());
    audit(&rig);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_hangs_or_refuses_delays_no_step_and_no_other_place() {
    // The same steps without any place, for their times.
    let plain = Rig::short("calm");
    let mut desk = plain.boot();
    desk.pass(10).await;
    desk.arm().await;
    let mut usual = Vec::new();
    for id in ["fence", "promote"] {
        usual.push(carried_out(&plain, &mut desk, id).await);
    }
    for mood in [Mood::Hangs, Mood::Refuses, Mood::Mute] {
        let (bad, good) = (Place::new("bad", mood), Place::new("good", Mood::Takes));
        let rig = rig(&[&bad, &good]);
        let mut desk = rig.boot();
        desk.pass(10).await;
        desk.arm().await;
        for (id, usual) in ["fence", "promote"].iter().zip(&usual) {
            let took = carried_out(&rig, &mut desk, id).await;
            assert!(took <= *usual + Duration::from_secs(1), "{mood:?} {id}: {took:?}, without {usual:?}");
        }
        desk.pass(300).await;
        assert!(good.text().contains("\"kind\":\"settled\""), "{mood:?}");
        let behind = entries(&rig, "trail-behind");
        assert!(matches!(behind.as_slice(), [Body::TrailBehind { to, since: 1, .. }] if to == "bad"), "{behind:?}");
        // It is asked again and again, and not without end.
        let calls = *bad.calls.lock().unwrap();
        assert!((5..60).contains(&calls), "{mood:?}: {calls} calls");
        // It comes back: everything is there, said once.
        bad.turn(Mood::Takes);
        desk.pass(120).await;
        let behind = entries(&rig, "trail-behind").len();
        let again = entries(&rig, "trail-caught-up");
        assert!(matches!(again.as_slice(), [Body::TrailCaughtUp { to, .. }] if to == "bad"), "{mood:?}: {again:?}");
        assert_eq!(behind, 1, "{mood:?}");
        desk.pass(10).await;
        for place in [&bad, &good] {
            assert_eq!(place.text(), rig.lines.text(), "{mood:?} {}", place.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_waits_for_a_place_that_hangs_for_two_seconds_and_no_longer() {
    let place = Place::new("elsewhere", Mood::Takes);
    let rig = rig(&[&place]);
    let mut desk = rig.boot();
    desk.arm().await;
    desk.pass(5).await;
    desk.say(Command::Note("just now".into()));
    desk.until(|_, event| matches!(event, Event::Entry(entry) if entry.body.kind() == "note").then_some(())).await;
    let began = rig.clock.mono();
    desk.say(Command::Leave);
    desk.until(|_, event| matches!(event, Event::Ended).then_some(())).await;
    assert!(rig.clock.mono().saturating_sub(began) < Duration::from_millis(100));
    // What had not been sent yet is away, and anchored.
    assert_eq!(place.text(), rig.lines.text());
    assert_eq!(place.anchors.lock().unwrap().last().unwrap().seq, rig.lines.entries().len() as u64);

    place.turn(Mood::Hangs);
    let mut desk = rig.boot();
    desk.arm().await;
    let began = rig.clock.mono();
    desk.say(Command::Leave);
    desk.until(|_, event| matches!(event, Event::Ended).then_some(())).await;
    let took = rig.clock.mono().saturating_sub(began);
    assert!(took <= Duration::from_millis(2_100), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_killed_process_still_owed_is_shipped_by_the_next_one() {
    // Killed after a while in which the place took everything, or nothing, or kept it without saying so.
    for mood in [Mood::Takes, Mood::Hangs, Mood::Mute] {
        for seconds in [1, 30] {
            let place = Place::new("elsewhere", Mood::Takes);
            let rig = rig(&[&place]);
            let mut desk = rig.boot();
            desk.pass(10).await;
            desk.arm().await;
            place.turn(mood);
            desk.carry_out("fence").await;
            desk.pass(seconds).await;
            desk.die().await;
            place.turn(Mood::Takes);
            let mut desk = rig.boot();
            desk.pass(30).await;
            assert_eq!(place.text(), rig.lines.text(), "{mood:?} {seconds}");
            assert_eq!(desk.play().await, Some(RunOutcome::Verified));
            assert_eq!(place.text(), rig.lines.text(), "{mood:?} {seconds}");
            assert!(verify(place.text().as_bytes()).is_ok());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_shipped_onto_what_another_journal_left_there() {
    let place = Place::new("elsewhere", Mood::Takes);
    let first = rig(&[&place]);
    let mut desk = first.boot();
    desk.arm().await;
    desk.pass(10).await;
    desk.die().await;
    let before = place.text();
    // Somebody has made the journal anew: another run's entries under the same id.
    let forged = rig(&[&place]);
    let mut desk = forged.boot();
    desk.pass(10).await;
    desk.arm().await;
    desk.carry_out("fence").await;
    desk.pass(60).await;
    assert_eq!(place.text(), before);
    let behind = entries(&forged, "trail-behind");
    assert!(
        matches!(behind.as_slice(), [Body::TrailBehind { why, .. }] if why.contains("one of them was changed")),
        "{behind:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_simulated_regions_keep_the_journal_of_a_run_in_an_outage() {
    let mut rig = Rig::short("region-outage");
    Arc::get_mut(&mut rig.service).unwrap().trail = Some(wanted());
    let rig = rig.anew("region-outage");
    let outcome = rig.boot().play().await;
    assert_eq!(outcome, Some(RunOutcome::Verified));
    let whose = Whose { run: "run".into(), target: rig.service.regions.standby.clone() };
    let hashes: Vec<String> = rig.lines.entries().into_iter().map(|entry| entry.hash).collect();
    let places = rig.regions.trails();
    assert_eq!(places.len(), 2);
    for place in places {
        let has = place.has(&whose).await.unwrap().unwrap();
        assert_eq!((has.seq, Some(&has.hash)), (hashes.len() as u64, hashes.last()), "{}", place.name(&whose));
        let anchors = place.anchors(&whose).await.unwrap();
        assert!(anchors.len() >= 3, "{anchors:?}");
        assert_eq!(Anchor::against(&anchors, hashes.iter().map(String::as_str)), None);
    }
    assert_eq!(entries(&rig, "kept").len(), 2);
    audit(&rig);
}
