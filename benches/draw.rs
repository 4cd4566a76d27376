//! Measures one drawing of the console: time, bytes written, and instructions where they can be counted.
//!
//! `cargo bench --bench draw`
//!
//! The model is that of `handover demo` after every component was looked at once. A *steady* draw is the one a second
//! later, in which only the clocks have moved; a *key* draw is the one after the selection moved.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss
)]

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use handover::app::key::{Code, Key};
use handover::app::{Capabilities, Keymap, Model, Msg, Opening, Role, update};
use handover::config::{Project, locate, theme};
use handover::domain::command::Event;
use handover::engine::dry_run::look_at_all;
use handover::store::runs::Runs;
use handover::term::canvas::Canvas;
use handover::term::output::BufferedOut;
use handover::term::screen::Screen;
use handover::ui::skin::{Depth, Skin};
use handover::wire::{Operator, Stage, Wanted, book};
use jiff::Timestamp;
use ratatui::layout::Size;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const DRAWS: u32 = 400;

struct Null;

impl std::io::Write for Null {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn model() -> Model {
    let project = Project::from_preset(&locate::presets()[0]);
    let book = book(&project, None).unwrap();
    let operator = Operator { name: "anna".into(), host: "host".into(), shared_terminal: None };
    let wanted = Wanted { scenario: "region-outage".into(), seed: 1, speed: 100.0, surprise: None };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let inside = runtime.enter();
    let stage = Stage::new(book, operator, &Runs::new("/nonexistent".into()), Some(&wanted)).unwrap();
    let mut model = Model::new(Opening {
        service: Arc::clone(&stage.service),
        runbooks: handover::domain::shelf::Shelf::default(),
        run: stage.run.clone(),
        journal: Vec::new(),
        role: Role::Lead,
        operator: "anna".into(),
        speed: 1.0,
        keymap: Keymap::built_in(),
        capabilities: Capabilities { unicode: true, copy: true },
        now: stage.clock.now(),
    });
    let looks = runtime.block_on(async {
        let world = stage.world().await.unwrap();
        look_at_all(&world).await
    });
    for (component, place, fresh_for, result) in looks {
        let at = stage.clock.now();
        let event = Event::Looked { component, place, at, fresh_for, result: Arc::new(result) };
        update(&mut model, Msg::Engine(event));
    }
    drop(inside);
    model
}

/// Draws `draws` times and returns the mean time and the mean bytes of each.
fn draw(model: &mut Model, (width, height): (u16, u16), draws: u32, keys: bool) -> (Duration, f64) {
    let skin = Skin::new(&theme::built_in("dark").unwrap(), Depth::TrueColour, true);
    let screen = Screen::fixed(BufferedOut::to(Null, true), Size { width, height });
    let mut canvas = Canvas::new(screen);
    let mut now = model.now;
    canvas.draw(|buffer| handover::ui::view(model, &skin, buffer)).unwrap();
    let first = canvas.screen().out().bytes();
    let mut took = Duration::ZERO;
    for turn in 0..draws {
        let key = |c| Msg::Key {
            key: Key { code: Code::Char(c), ctrl: false, alt: false, shift: false },
            repeat: false,
            at: Timestamp::UNIX_EPOCH,
        };
        now += Duration::from_secs(1);
        let msg = if keys { key(if turn % 2 == 0 { 'j' } else { 'k' }) } else { Msg::Tick(now) };
        let start = Instant::now();
        update(model, msg);
        canvas.draw(|buffer| handover::ui::view(model, &skin, buffer)).unwrap();
        took += start.elapsed();
    }
    let bytes = canvas.screen().out().bytes() - first;
    (took / draws.max(1), bytes as f64 / f64::from(draws.max(1)))
}

/// Instructions of this program when it draws so often, by callgrind; `None` where that is not to be had.
fn instructions(size: usize, draws: u32, keys: bool) -> Option<u64> {
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args(["--only", &size.to_string(), &draws.to_string(), if keys { "keys" } else { "ticks" }])
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let line = said.lines().find(|line| line.contains("Collected"))?;
    line.rsplit(':').next()?.trim().parse().ok()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "--only") {
        let (size, draws) = (args[at + 1].parse::<usize>().unwrap(), args[at + 2].parse().unwrap());
        draw(&mut model(), SIZES[size], draws, args[at + 3] == "keys");
        return;
    }
    println!("| size | draw | µs | bytes | instructions |");
    println!("|---|---|---|---|---|");
    for (index, size) in SIZES.into_iter().enumerate() {
        for keys in [false, true] {
            let (took, bytes) = draw(&mut model(), size, DRAWS, keys);
            // What the program needs before it draws is the same in both, and goes.
            let counted = instructions(index, 60, keys).zip(instructions(index, 10, keys));
            let counted =
                counted.map_or("not measured".to_owned(), |(many, few)| (many.saturating_sub(few) / 50).to_string());
            let kind = if keys { "key" } else { "steady" };
            println!("| {}×{} | {kind} | {:.0} | {bytes:.0} | {counted} |", size.0, size.1, took.as_secs_f64() * 1e6);
        }
    }
}
