//! A replay as an asciicast (version 2): what its console would have written to a terminal, and when. Players and web pages
//! show it without this program and without the run.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Size;
use serde_json::json;

use super::looks::Looks;
use crate::app::{Model, Msg, update};
use crate::domain::command::Event;
use crate::domain::replay::{Beat, From, Replayed};
use crate::engine::replay::Player;
use crate::term::canvas::Canvas;
use crate::term::output::BufferedOut;
use crate::term::screen::Screen;
use crate::ui::skin::Skin;

/// From one picture to the next, in the viewer's time.
const FRAME: Duration = Duration::from_millis(250);
/// How long the last picture stays.
const END: Duration = Duration::from_secs(3);

/// How a replay is filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Film {
    /// Columns.
    pub width: u16,
    /// Lines.
    pub height: u16,
    /// How long a time in which nothing is recorded may be, in the viewer's time; the rest of it is left out.
    pub idle: Duration,
}

/// Films a replay from a place to its end; gives how long it is for the viewer. Each phase of the runbook has a marker.
///
/// # Errors
/// If it cannot be written.
pub fn film(
    (mut model, mut player): (Model, Player),
    from: &From,
    looks: &Looks,
    film: &Film,
    out: impl Write,
) -> io::Result<Duration> {
    let skin = looks.skin();
    let size = Size { width: film.width, height: film.height };
    let screen = Screen::fixed(BufferedOut::to(Vec::new(), false), size);
    let mut reel = Cast { out, canvas: Canvas::new(screen), told: 0, at: Duration::ZERO };
    let first = player.go(from);
    reel.header(film, &model, first.at.as_second())?;
    let mut open = phases(&model);
    mark(&mut open, &first, &mut reel)?;
    // The cursor would stand in the picture.
    reel.event("o", "\x1b[?25l")?;
    show(&mut model, first, &skin, &mut reel, true)?;
    let mut quiet = Duration::ZERO;
    while let Some(replayed) = player.pass(FRAME) {
        let recorded = replayed.beats.iter().any(|beat| matches!(beat, Beat::Event(Event::Entry(_))));
        quiet = if recorded { Duration::ZERO } else { quiet + FRAME };
        let seen = quiet <= film.idle || !replayed.position.playing;
        if seen {
            reel.at += FRAME;
        }
        mark(&mut open, &replayed, &mut reel)?;
        show(&mut model, replayed, &skin, &mut reel, seen)?;
    }
    reel.at += END;
    reel.event("o", "")?;
    reel.out.flush()?;
    Ok(reel.at)
}

/// A phase's title and the ids of its steps.
type Phase = (String, Vec<String>);

/// Moves the console on, and draws it where that is to be seen. A replay asks for nothing.
fn show<W: Write>(
    model: &mut Model,
    replayed: Replayed,
    skin: &Skin,
    reel: &mut Cast<W>,
    seen: bool,
) -> io::Result<()> {
    let at = replayed.at;
    update(model, Msg::Engine(Event::Replayed(Arc::new(replayed))));
    if !seen {
        return Ok(());
    }
    reel.canvas.draw(|buffer| crate::ui::view(model, skin, buffer))?;
    update(model, Msg::Drawn(at));
    reel.frame()
}

/// The phases that are to come, each with its steps.
fn phases(model: &Model) -> Vec<Phase> {
    let phases = model.run.runbook.phases.iter();
    phases.map(|phase| (phase.title.clone(), phase.steps.iter().map(|step| step.id.clone()).collect())).collect()
}

/// Sets a marker where something is recorded of a phase for the first time.
fn mark<W: Write>(open: &mut Vec<Phase>, replayed: &Replayed, reel: &mut Cast<W>) -> io::Result<()> {
    for beat in &replayed.beats {
        let Beat::Event(Event::Entry(entry)) = beat else { continue };
        let Some(step) = entry.body.step() else { continue };
        if let Some(at) = open.iter().position(|(_, steps)| steps.contains(step)) {
            let (title, _) = open.remove(at);
            reel.event("m", &title)?;
        }
    }
    Ok(())
}

/// The file that comes into being.
struct Cast<W: Write> {
    out: W,
    canvas: Canvas<Vec<u8>>,
    /// How many of the canvas's bytes are in the file.
    told: usize,
    /// The viewer's clock.
    at: Duration,
}

impl<W: Write> Cast<W> {
    fn header(&mut self, film: &Film, model: &Model, began: i64) -> io::Result<()> {
        let run = &model.run;
        let title = format!("{} of {} ({})", run.runbook.id, run.service, run.mode.as_str());
        let header = json!({
            "version": 2, "width": film.width, "height": film.height, "timestamp": began, "title": title,
            "env": { "TERM": "xterm-256color" },
        });
        writeln!(self.out, "{header}")
    }

    fn event(&mut self, code: &str, data: &str) -> io::Result<()> {
        writeln!(self.out, "{}", json!([self.at.as_secs_f64(), code, data]))
    }

    /// What was drawn since.
    fn frame(&mut self) -> io::Result<()> {
        let drawn = self.canvas.screen().out().sink();
        let new = String::from_utf8_lossy(drawn.get(self.told..).unwrap_or_default()).into_owned();
        self.told = drawn.len();
        if new.is_empty() { Ok(()) } else { self.event("o", &new) }
    }
}
