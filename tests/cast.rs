//! A whole drill as an asciicast: it parses, its times go on, each phase is marked, and its last picture says how it ended.
//! `HANDOVER_WRITE_DOCS=cast` films `docs/drill.cast` anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/written.rs"]
#[allow(dead_code, unreachable_pub, reason = "as in the other helpers")]
mod written;

use std::fs;
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use handover::app::{Capabilities, Effect, Keymap, Model, Msg, Opening, Role, update};
use handover::config::{Project, locate};
use handover::domain::command::{Command, Event};
use handover::domain::replay::From;
use handover::domain::run::Run;
use handover::engine::autoplay;
use handover::runtime::cast::{Film, film};
use handover::runtime::looks::Looks;
use handover::store::runs::{RunFolder, Runs};
use handover::term::capabilities::{self, Colour, ColourChoice};
use handover::wire::{Operator, Reel, Stage, Wanted, book};
use tokio::sync::mpsc;

const ABLE: Capabilities = Capabilities { unicode: true, copy: true };
const DRILL: &str = "docs/drill.cast";

/// Plays the drill with a console before it, on a clock that waits for nobody.
async fn drill(root: &Path) -> (RunFolder, Run) {
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let runs = Runs::new(root.to_owned());
    let operator = Operator { name: "anna".into(), host: "bastion".into(), shared_terminal: None };
    let wanted = Wanted { scenario: "calm".into(), seed: 1, speed: 1.0, surprise: None };
    let stage = Stage::new(book(&project, Some("drill")).unwrap(), operator, &runs, Some(&wanted)).unwrap();
    let (folder, clock, run) = (stage.folder.clone(), Arc::clone(&stage.clock), stage.run.clone());
    let mut model = Model::new(Opening {
        service: stage.service.clone(),
        runbooks: stage.runbooks.clone(),
        run: run.clone(),
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
    let (play, steer, of) = (Arc::clone(&clock), commands.clone(), run.clone());
    tokio::spawn(async move { autoplay::play(of, play, steer, passed_on, autoplay::Then::Stay).await });
    tokio::spawn(stage.run(inbox, tell));
    let send = |model: &mut Model, msg: Msg| {
        for effect in update(model, msg) {
            if let Effect::Engine(command) = effect {
                let _ = commands.send(command);
            }
        }
    };
    let mut second = Box::pin(clock.sleep(Duration::from_secs(1)));
    loop {
        tokio::select! {
            biased;
            event = told.recv() => {
                let event = event.expect("the engine ended");
                send(&mut model, Msg::Tick(clock.now()));
                let _ = pass_on.send(event.clone());
                send(&mut model, Msg::Engine(event));
                if model.run.closed.is_some() {
                    let _ = commands.send(Command::Leave);
                    break;
                }
            }
            () = &mut second => {
                send(&mut model, Msg::Tick(clock.now()));
                second = Box::pin(clock.sleep(Duration::from_secs(1)));
            }
        }
    }
    // To its end, so that everything is written.
    while let Some(event) = told.recv().await {
        if matches!(event, Event::Ended) {
            break;
        }
    }
    (folder, run)
}

fn filmed(folder: &RunFolder, speed: f64, how: &Film) -> String {
    let mut able = capabilities::Capabilities::of(ColourChoice::Exactly(Colour::True), false, &|_| None);
    able.unicode = true;
    let looks = Looks::read("dark", &able).unwrap();
    let console = Reel::open(folder, speed, true).unwrap().console(Keymap::built_in(), ABLE);
    let mut out = Vec::new();
    film(console, &From::Start, &looks, how, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a player makes of a cast: how long it is, its markers, and its last picture.
struct Played {
    seconds: f64,
    longest_pause: f64,
    markers: Vec<String>,
    last: String,
    seen: String,
}

fn play(cast: &str) -> Played {
    let mut lines = cast.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let header = lines.next().unwrap();
    assert_eq!(header["version"], 2);
    let number = |key: &str| NonZeroU16::new(u16::try_from(header[key].as_u64().unwrap()).unwrap()).unwrap();
    let mut terminal = vt100::Parser::new(number("height"), number("width"), 0);
    let mut played =
        Played { seconds: 0.0, longest_pause: 0.0, markers: Vec::new(), last: String::new(), seen: String::new() };
    for event in lines {
        let at = event[0].as_f64().unwrap();
        assert!(at >= played.seconds, "{at} comes after {}", played.seconds);
        played.longest_pause = played.longest_pause.max(at - played.seconds);
        played.seconds = at;
        let data = event[2].as_str().unwrap();
        match event[1].as_str().unwrap() {
            "m" => played.markers.push(data.to_owned()),
            "o" => {
                terminal.process(data.as_bytes());
                played.seen.push_str(&terminal.screen().contents());
            }
            other => panic!("{other:?} is no event of ours"),
        }
    }
    played.last = terminal.screen().contents();
    played
}

fn titles(run: &Run) -> Vec<String> {
    run.runbook.phases.iter().map(|phase| phase.title.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_drill_is_filmed_from_its_folder_alone() {
    let root = tempfile::tempdir().unwrap();
    let (folder, run) = drill(root.path()).await;
    let how = Film { width: 100, height: 30, idle: Duration::from_secs(2) };
    let cast = filmed(&folder, 60.0, &how);
    let played = play(&cast);
    let sorted = |mut titles: Vec<String>| {
        titles.sort();
        titles
    };
    assert_eq!(sorted(played.markers), sorted(titles(&run)));
    assert!(played.last.contains("verified") && played.last.contains("REPLAY"), "{}", played.last);
    assert!(played.longest_pause <= 3.0, "{}", played.longest_pause);
    // The same again is the same file; slower, it is longer; with no patience, shorter.
    assert_eq!(filmed(&folder, 60.0, &how), cast);
    assert!(play(&filmed(&folder, 30.0, &how)).seconds > played.seconds);
    let hasty = Film { idle: Duration::from_millis(500), ..how };
    assert!(play(&filmed(&folder, 60.0, &hasty)).seconds < played.seconds);
    if std::env::var("HANDOVER_WRITE_DOCS").is_ok_and(|value| value == "cast") {
        // The simulation's operator is quicker than anybody who looks on.
        fs::write(written::path(DRILL), filmed(&folder, 15.0, &how)).unwrap();
    }
}

#[test]
fn the_drill_of_the_documentation_is_whole_and_small() {
    let cast = fs::read_to_string(written::path(DRILL)).unwrap();
    assert!(cast.len() < 300_000, "{} bytes", cast.len());
    let played = play(&cast);
    let project = Project::from_preset(&locate::preset("fineract").unwrap());
    let drill = project.runbook("drill").unwrap();
    for phase in &drill.phases {
        assert!(played.markers.contains(&phase.title), "{:?} is not in {:?}", phase.title, played.markers);
        assert!(played.seen.contains(&phase.title), "{:?} is not to be seen", phase.title);
    }
    assert!(played.last.contains("verified"), "{}", played.last);
}
