//! A run is recorded as its console showed it, and played back from its folder: at each moment the replay shows the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use handover::app::{Capabilities, Effect, Keymap, Model, Msg, Opening, Role, update};
use handover::config::{Project, locate, theme};
use handover::domain::command::{Command, Event};
use handover::domain::journal::{Body, RunOutcome};
use handover::domain::replay::{From, Replayed};
use handover::domain::run::{Ending, State};
use handover::domain::timeline::Milestone;
use handover::engine::autoplay;
use handover::engine::replay::Player;
use handover::store::runs::{RunFolder, Runs};
use handover::ui::{Depth, Skin, view};
use handover::wire::{Operator, Reel, Stage, Wanted, book};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tokio::sync::mpsc;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const ABLE: Capabilities = Capabilities { unicode: true, copy: true };

/// What the live console showed at a moment.
struct Shot {
    name: &'static str,
    /// The moment; none for that before the first entry.
    at: Option<Timestamp>,
    entry: u64,
    screens: Vec<Buffer>,
}

fn screens(model: &Model) -> Vec<Buffer> {
    let theme =
        theme::read(&handover::config::Source::new("dark.toml", theme::BUILT_IN[0].1.as_bytes())).value.unwrap();
    let skin = Skin::new(&theme, Depth::TrueColour, true);
    let draw = |(width, height)| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        view(model, &skin, &mut buffer);
        buffer
    };
    SIZES.into_iter().map(draw).collect()
}

fn row(buffer: &Buffer, y: u16) -> String {
    (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

fn whole_ms(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap()
}

/// The moments, by what the live model shows: each is taken half a second after it came about.
fn moments(model: &Model) -> Vec<&'static str> {
    let run = &model.run;
    let any = |wanted: &dyn Fn(&State) -> bool| run.steps.values().any(|record| wanted(&record.state));
    let marked = |milestone| run.timeline.at(milestone).is_some();
    let promoting = run.steps.get("promote").is_some_and(|record| record.state == State::Settling);
    let all = [
        ("armed", run.armed.is_some()),
        ("a check runs", any(&|state| *state == State::Looking)),
        ("the fence failed", any(&|state| matches!(state, State::Failed(_) | State::Unsure(_)))),
        ("a risk was accepted", any(&|state| *state == State::Ended(Ending::RiskAccepted))),
        ("the promotion settles", promoting),
        ("after the promotion", marked(Milestone::Promoted)),
        ("held", run.paused.is_some()),
        ("writes are proven", marked(Milestone::FirstWrite)),
        ("traffic moved", marked(Milestone::TrafficMoved)),
        ("it holds", marked(Milestone::InSync)),
    ];
    all.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect()
}

/// Plays the demo with a console before it, and takes its pictures.
async fn record(root: &Path) -> (RunFolder, Vec<Shot>) {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let runs = Runs::new(root.to_owned());
    let operator = Operator { name: "anna".into(), host: "here".into(), shared_terminal: None };
    let wanted = Wanted { scenario: "region-outage".into(), seed: 1, speed: 1.0, surprise: None };
    let stage = Stage::new(book(&project, Some("failover")).unwrap(), operator, &runs, Some(&wanted)).unwrap();
    let (folder, clock) = (stage.folder.clone(), Arc::clone(&stage.clock));
    let mut model = Model::new(Opening {
        service: stage.service.clone(),
        runbooks: stage.runbooks.clone(),
        run: stage.run.clone(),
        journal: Vec::new(),
        role: Role::Lead,
        operator: "anna".into(),
        speed: 1.0,
        keymap: Keymap::built_in(),
        capabilities: ABLE,
        now: clock.now(),
    });
    let (commands, inbox) = mpsc::unbounded_channel();
    let (tell, mut told) = mpsc::unbounded_channel();
    let (pass_on, passed_on) = mpsc::unbounded_channel();
    let (run, play, steer) = (stage.run.clone(), Arc::clone(&clock), commands.clone());
    tokio::spawn(async move { autoplay::play(run, play, steer, passed_on, autoplay::Then::Stay).await });
    tokio::spawn(stage.run(inbox, tell));
    let send = |model: &mut Model, msg: Msg| {
        for effect in update(model, msg) {
            if let Effect::Engine(command) = effect {
                let _ = commands.send(command);
            }
        }
    };
    let mut shots: Vec<Shot> = Vec::new();
    let (mut due, mut seen) = (Vec::new(), BTreeSet::new());
    let (second, mut next) = (Duration::from_secs(1), None);
    // The two halves of a second at which the console ticks, and at which pictures are taken.
    let until = |part: i128| {
        let into = clock.now().as_nanosecond().rem_euclid(1_000_000_000);
        let left = (part - into).rem_euclid(1_000_000_000);
        Duration::from_nanos(u64::try_from(left).unwrap()).max(Duration::from_millis(1))
    };
    let (mut tick, mut shoot) = (Box::pin(clock.sleep(until(0))), Box::pin(clock.sleep(until(537_000_000))));
    loop {
        tokio::select! {
            biased;
            event = told.recv() => {
                let event = event.expect("the engine ended");
                let now = whole_ms(clock.now());
                send(&mut model, Msg::Tick(now));
                if shots.is_empty() && matches!(event, Event::Entry(_)) {
                    shots.push(Shot { name: "opening", at: None, entry: 0, screens: screens(&model) });
                }
                let _ = pass_on.send(event.clone());
                send(&mut model, Msg::Engine(event));
                if let Some((outcome, _)) = model.run.closed {
                    // What came after the close is not of the run, and is not kept.
                    assert_eq!(outcome, RunOutcome::Verified);
                    shots.push(Shot { name: "closed", at: Some(now), entry: model.run.entries, screens: screens(&model) });
                    let _ = commands.send(Command::Leave);
                    return (folder, shots);
                }
                due.extend(moments(&model).into_iter().filter(|name| seen.insert(*name)));
            }
            () = &mut tick => {
                let now = clock.now();
                // Not at the very moment of a picture: nobody could tell which was first.
                if let Some(command) = next.take() {
                    let _ = commands.send(command);
                }
                send(&mut model, Msg::Tick(Timestamp::from_second(now.as_second()).unwrap()));
                tick = Box::pin(clock.sleep(until(0).max(Duration::from_millis(2))));
            }
            () = &mut shoot => {
                shoot = Box::pin(clock.sleep(second));
                let at = whole_ms(clock.now());
                for name in due.drain(..) {
                    model.now = at;
                    shots.push(Shot { name, at: Some(at), entry: model.run.entries, screens: screens(&model) });
                    match name {
                        "after the promotion" => {
                            next = Some(Command::Pause { reason: "the vendor is on the phone".into() });
                        }
                        "held" => {
                            next = Some(Command::Continue);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

fn open(folder: &RunFolder) -> (Model, Player) {
    Reel::open(folder, 1.0, true).unwrap().console(Keymap::built_in(), ABLE)
}

fn show(model: &mut Model, replayed: Replayed) {
    let effects = update(model, Msg::Engine(Event::Replayed(Arc::new(replayed))));
    assert!(effects.is_empty(), "a replay asks for nothing: {effects:?}");
}

/// What differs between the console then and the replay now, but for what is named here: the banner's first line (where it
/// stands that it is a replay, and where in it) and the last line (whose keys others are).
fn differences(then: &Shot, now: &Model, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (live, replay) in then.screens.iter().zip(screens(now)) {
        let (width, height) = (live.area.width, live.area.height);
        for y in 1..height - 1 {
            let differs = |x: &u16| live[(*x, y)] != replay[(*x, y)];
            if let Some(x) = (0..width).find(differs) {
                let (was, is) = (row(live, y), row(&replay, y));
                found.push(format!("{at} {} {width}x{height} at {x},{y}\n  live   {was}\n  replay {is}", then.name));
            }
        }
        // Of the first line all that tells of the run is the same.
        let (was, is) = (row(live, 0), row(&replay, 0));
        assert!(was.contains("SIMULATION") && !was.contains("REPLAY"), "{was}");
        assert!(is.contains(" REPLAY ") && !is.contains("LIVE") && !is.contains("ARMED"), "{is}");
        let shown = format!("entry {} of ", then.entry);
        let differs = |word: &&&str| was.contains(**word) != is.contains(**word);
        let wrong = ["active us-east-1", "active us-west-2", "active ? unknown", " HELD "].iter().find(differs);
        if wrong.is_some() || !is.contains(&shown) {
            found.push(format!(
                "{at} {} {width}x{height} {:?} {shown}\n  live   {was}\n  replay {is}",
                then.name, then.at
            ));
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn at_each_moment_a_replay_shows_what_the_console_showed() {
    let root = tempfile::tempdir().unwrap();
    let (folder, shots) = record(root.path()).await;
    let names: Vec<&str> = shots.iter().map(|shot| shot.name).collect();
    assert!(names.len() >= 10, "{names:?}");
    let mut found = Vec::new();
    // By jumping there, back and forth.
    let (mut model, mut player) = open(&folder);
    for shot in shots.iter().rev().chain(&shots) {
        show(&mut model, player.go(&shot.at.map_or(From::Start, From::Time)));
        found.extend(differences(shot, &model, "jump"));
    }
    // By watching.
    let (mut model, mut player) = open(&folder);
    show(&mut model, player.go(&From::Start));
    for shot in &shots {
        let Some(at) = shot.at else { continue };
        while player.at() < at {
            let left = Duration::try_from(at.duration_since(player.at())).unwrap();
            let moved = player.pass(left.min(Duration::from_millis(100))).expect("the run ended before this moment");
            show(&mut model, moved);
        }
        found.extend(differences(shot, &model, "play"));
    }
    if !found.is_empty() {
        println!("{}", root.keep().display());
        panic!("{} of {names:?}:\n{}", found.len(), found.join("\n"));
    }
    kept_and_not_kept(&folder, &shots);
}

/// What the journal says of the readings, and what a replay makes of them when they are others, or gone.
fn kept_and_not_kept(folder: &RunFolder, shots: &[Shot]) {
    let entries = folder.read().unwrap().unwrap().entries;
    let bytes = fs::read(folder.readings()).unwrap();
    let lines = u64::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap();
    let [.., kept, closed] = entries.as_slice() else { panic!() };
    assert!(matches!(closed.body, Body::RunClosed { .. }));
    let Body::ReadingsKept { sha256: Some(sha256), lines: said, missing: None } = &kept.body else {
        panic!("{kept:?}")
    };
    assert_eq!((sha256, *said), (&handover::domain::hash::sha256(&bytes), lines));
    let after = shots.iter().find(|shot| shot.name == "after the promotion").unwrap();
    let shown = || {
        let (mut model, mut player) = open(folder);
        show(&mut model, player.go(&From::Time(after.at.unwrap())));
        let screen = &screens(&model)[1];
        (0..screen.area.height).map(|y| row(screen, y)).collect::<Vec<_>>().join("\n")
    };
    let whole = shown();
    assert!(!whole.contains("not kept") && !whole.contains("changed since"), "{whole}");
    let mut other = bytes.clone();
    let at = other.windows(7).position(|seven| seven == b"healthy").unwrap();
    other[at] = b'H';
    fs::write(folder.readings(), other).unwrap();
    let changed = shown();
    assert!(changed.contains("readings were changed since") && changed.contains("active ? unknown"), "{changed}");
    fs::remove_file(folder.readings()).unwrap();
    let gone = shown();
    assert!(gone.contains("unknown, readings were not kept"), "{gone}");
    // The journal still tells of the run itself.
    assert!(gone.contains("Promote"), "{gone}");
}
