//! The console itself: how it looks and which keys it has, then the loop.

use std::fs;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::options::{ScreenOptions, ServiceOptions, WhoOptions};
use super::{Status, surroundings};
use crate::app::screen::Screen;
use crate::app::{Keymap, Model, model};
use crate::domain::replay::From;
use crate::domain::text;
use crate::runtime::cast::Film;
use crate::runtime::{self, Behind, Console, Ended, Taken};
use crate::store::file::OpenError;
use crate::term::capabilities::{Capabilities, Colour, ColourChoice};
use crate::wire::{self, Archive, NoStage, Reel, Stage};

/// `handover` without a subcommand.
pub(super) fn open(
    service: &ServiceOptions,
    screen: &ScreenOptions,
    who: &WhoOptions,
    runbook: Option<&str>,
) -> Result<Status> {
    run(screen, Begin::default(), move || {
        let book = wire::open(service.files()?, runbook).map_err(|why| eyre!(why))?;
        Ok(Stage::new(book, surroundings::operator(who), &surroundings::runs(), None)?)
    })
}

/// How a console looks, and which keys it has.
struct Looks {
    able: Capabilities,
    theme: runtime::looks::Looks,
    keymap: Keymap,
    screen: Option<Screen>,
    wall: bool,
    mouse: bool,
}

impl Looks {
    fn read(screen: &ScreenOptions, mut able: Capabilities) -> Result<Self> {
        able.links &= !screen.no_links;
        let theme = runtime::looks::Looks::read(screen.theme(), &able)?;
        let keymap = super::keymap::sound(screen.keymap.as_deref().unwrap_or("default"))?;
        Ok(Self { able, theme, keymap, screen: screen.screen, wall: screen.wall, mouse: screen.mouse })
    }

    fn console(self, mut model: Model, autoplay: bool) -> Console {
        model.mouse = self.mouse;
        model.screens.wall = self.wall;
        model.screens.shown = self.screen.unwrap_or_default();
        let archive = Archive::new(surroundings::runs(), Some(&model.service));
        Console {
            model,
            screen: self.screen,
            looks: self.theme,
            synchronized: true,
            shared: self.able.shared,
            copies: crate::store::runs::default_root().parent().map(Path::to_owned),
            autoplay,
            archive,
        }
    }

    fn capabilities(&self) -> model::Capabilities {
        model::Capabilities { unicode: self.able.unicode, copy: true }
    }
}

/// How it ended, as a status.
fn status(ended: Ended) -> Result<Status> {
    match ended {
        Ended::Left => Ok(Status::Ok),
        Ended::Signal(name, _) => Err(eyre!("ended by {name}")),
        Ended::Lost(why) => Err(eyre!("the terminal is gone: {why}")),
    }
}

/// How a console begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Begin {
    /// The simulation's own operator does the run.
    pub(super) autoplay: bool,
    /// Each step is explained.
    pub(super) guided: bool,
}

/// Takes the terminal, and reads what the console is opened on and how it looks.
fn prepare<T>(screen: &ScreenOptions, stage: impl FnOnce() -> Result<T>) -> (Result<Taken>, Result<T>, Result<Looks>) {
    let able = Capabilities::detect(screen.color, screen.ascii);
    (Taken::open(able.reports_repeats, screen.mouse), stage(), Looks::read(screen, able))
}

/// Sets the stage and opens the console on it.
pub(super) fn run(screen: &ScreenOptions, begin: Begin, stage: impl FnOnce() -> Result<Stage>) -> Result<Status> {
    color_eyre::install()?;
    let _log = surroundings::log();
    let (taken, stage, looks) = prepare(screen, stage);
    let stage = match stage {
        Ok(stage) => stage,
        Err(error) => {
            // What is said is not said to a screen that is about to go.
            drop(taken);
            let broken = matches!(error.downcast_ref(), Some(NoStage::Journal(OpenError::Broken { .. })));
            if !broken {
                return Err(error);
            }
            super::explain(&error);
            return Ok(Status::Corrupt);
        }
    };
    let (looks, taken) = (looks?, taken?);
    let model = stage.console(looks.keymap.clone(), looks.capabilities());
    let model = if begin.guided { model.guided() } else { model };
    let folder = stage.folder.clone();
    let watched = stage.only_watches;
    let ended = runtime::run(taken, looks.console(model, begin.autoplay), Behind::Stage(Box::new(stage)))?;
    let kept = folder.journal().is_file();
    if kept && watched {
        say!("`handover observe {}` watches it again.", text::visible(&folder.id));
    } else if kept {
        say!("The journal is {}", text::visible(&folder.journal().display().to_string()));
        let id = text::visible(&folder.id);
        if folder.is_closed() {
            say!("The run is closed; `handover journal show {id}` prints it.");
        } else {
            let guided = if begin.guided { " --guided" } else { "" };
            say!("`handover resume {id}{guided}` takes the run up again; `handover journal show {id}` prints it.");
        }
    }
    status(ended)
}

/// Plays a run back in the console.
pub(super) fn replay(screen: &ScreenOptions, reel: Reel, from: From) -> Result<Status> {
    color_eyre::install()?;
    let _log = surroundings::log();
    let (taken, reel, looks) = prepare(screen, move || Ok(reel));
    let (reel, looks) = (reel?, looks?);
    let (model, player) = reel.console(looks.keymap.clone(), looks.capabilities());
    status(runtime::run(taken?, looks.console(model, false), Behind::Replay(player, from))?)
}

/// Films a replay into a new file; gives how long the film is. Its viewer's terminal is not this one: it has true colour
/// and Unicode where nothing else is asked for.
pub(super) fn film(screen: &ScreenOptions, reel: Reel, from: &From, film: &Film, file: &Path) -> Result<Duration> {
    let mut able = Capabilities::of(screen.color, screen.ascii, &|_| None);
    able.unicode = !screen.ascii;
    if screen.color == ColourChoice::Auto {
        able.colour = Colour::True;
    }
    let theme = runtime::looks::Looks::read(screen.theme(), &able)?;
    let able = model::Capabilities { unicode: able.unicode, copy: true };
    let console = reel.console(crate::app::Keymap::built_in(), able);
    let name = text::visible(&file.display().to_string());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).wrap_err_with(|| format!("cannot make the folder of {name}"))?;
    }
    // What is there is kept: it may be the film of another run.
    let out = fs::File::create_new(file).wrap_err_with(|| format!("cannot write {name} anew"))?;
    runtime::cast::film(console, from, &theme, film, BufWriter::new(out)).wrap_err(name)
}
