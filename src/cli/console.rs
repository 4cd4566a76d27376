//! The console itself: how it looks and which keys it has, then the loop.

use std::path::Path;

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::options::{ScreenOptions, ServiceOptions, WhoOptions};
use super::{Status, surroundings};
use crate::app::screen::Screen;
use crate::app::{Keymap, Model, model};
use crate::config::{Diagnostics, Source, keymap};
use crate::domain::replay::From;
use crate::domain::text;
use crate::runtime::{self, Behind, Console, Ended};
use crate::store::file::OpenError;
use crate::term::capabilities::Capabilities;
use crate::ui;
use crate::wire::{Archive, NoStage, Reel, Stage, book};

/// `handover` without a subcommand.
pub(super) fn open(
    service: &ServiceOptions,
    screen: &ScreenOptions,
    who: &WhoOptions,
    runbook: Option<&str>,
) -> Result<Status> {
    let project = service.project(None)?;
    let book = book(&project, runbook).map_err(|why| eyre!(why))?;
    let operator = surroundings::operator(who);
    run(screen, Begin::default(), move || Stage::new(book, operator, &surroundings::runs(), None))
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
    fn read(screen: &ScreenOptions) -> Result<Self> {
        let able = Capabilities::detect(screen.color, screen.ascii);
        let theme = runtime::looks::Looks::read(screen.theme(), &able)?;
        let keymap = the_keymap(screen.keymap.as_deref().unwrap_or("default"))?;
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
            repeats: self.able.reports_repeats,
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

/// Sets the stage and opens the console on it.
pub(super) fn run(
    screen: &ScreenOptions,
    begin: Begin,
    stage: impl FnOnce() -> Result<Stage, NoStage>,
) -> Result<Status> {
    color_eyre::install()?;
    let _log = surroundings::log();
    let looks = Looks::read(screen)?;
    let stage = match stage() {
        Err(NoStage::Journal(error @ OpenError::Broken { .. })) => {
            super::explain(&error.into());
            return Ok(Status::Corrupt);
        }
        stage => stage?,
    };
    let model = stage.console(looks.keymap.clone(), looks.capabilities());
    let model = if begin.guided { model.guided() } else { model };
    let folder = stage.folder.clone();
    let watched = stage.only_watches;
    let ended = runtime::run(looks.console(model, begin.autoplay), Behind::Stage(Box::new(stage)))?;
    let kept = folder.journal().is_file();
    if kept && watched {
        say!("`handover observe {}` watches it again.", text::visible(&folder.id));
    } else if kept {
        say!("The journal is {}", text::visible(&folder.journal().display().to_string()));
        say!(
            "`handover resume {}` takes the run up again; `handover journal show {0}` prints it.",
            text::visible(&folder.id)
        );
    }
    status(ended)
}

/// Plays a run back in the console.
pub(super) fn replay(screen: &ScreenOptions, reel: Reel, from: From) -> Result<Status> {
    color_eyre::install()?;
    let _log = surroundings::log();
    let looks = Looks::read(screen)?;
    let (model, player) = reel.console(looks.keymap.clone(), looks.capabilities());
    status(runtime::run(looks.console(model, false), Behind::Replay(player, from))?)
}

/// A file's bytes, or a built-in one's, under the name that diagnostics give it.
fn source(wanted: &str, built_in: &[(&str, &str)], what: &str) -> Result<Source> {
    if let Some((name, text)) = built_in.iter().find(|(name, _)| *name == wanted) {
        return Ok(Source::new(format!("{name}.toml"), text.as_bytes()));
    }
    let known: Vec<&str> = built_in.iter().map(|(name, _)| *name).collect();
    let bytes = std::fs::read(wanted).wrap_err_with(|| {
        format!("{wanted:?} is no bundled {what} ({}), and no file that can be read", known.join(", "))
    })?;
    Ok(Source::new(wanted, &bytes))
}

/// A keymap, with all that is wrong in it.
pub(super) fn read_keymap(wanted: &str) -> Result<(Option<Keymap>, Diagnostics)> {
    Ok(ui::keys::load(&source(wanted, &keymap::BUILT_IN, "keymap")?))
}

fn the_keymap(wanted: &str) -> Result<Keymap> {
    let (keymap, diagnostics) = read_keymap(wanted)?;
    match keymap {
        Some(keymap) if !diagnostics.has_errors() => Ok(keymap),
        // A key that does something else than its file says is worse than no console.
        _ => Err(eyre!("{diagnostics}")),
    }
}
