//! Options that several commands share.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use color_eyre::eyre::{Result, eyre};

use crate::app::screen::Screen;
use crate::config::{Files, Project, keymap, locate, theme};
use crate::term::capabilities::ColourChoice;

/// Which service.
#[derive(Debug, Clone, Args)]
pub(super) struct ServiceOptions {
    /// The service file, its directory, or the name of a service in the configuration directory
    #[arg(long, global = true, value_name = "PATH", env = "HANDOVER_SERVICE")]
    pub(super) service: Option<PathBuf>,
}

impl ServiceOptions {
    /// Reads the service and its runbooks, from files or from a preset.
    pub(super) fn project(&self, preset: Option<&str>) -> Result<Project> {
        if let Some(name) = preset {
            return Ok(Project::from_preset(&self::preset(name)?));
        }
        Ok(Project::from_file(&self.path()?))
    }

    /// Finds the service's files.
    pub(super) fn files(&self) -> Result<Files> {
        Files::of_file(&self.path()?).map_err(|found| eyre!("{found}"))
    }

    fn path(&self) -> Result<PathBuf> {
        let here = std::env::current_dir()?;
        let config = locate::config_dir();
        Ok(locate::find(self.service.as_deref(), &here, config.as_deref())?)
    }
}

/// Offers names to shells that complete.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offered {
    names: fn() -> Vec<&'static str>,
    /// Whether any other text is taken, too, and judged where it is used. Else it is the path of a file, or an error of the command
    /// line that says which name it resembles.
    open: bool,
}

impl TypedValueParser for Offered {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        let path = text.contains(['/', '\\', '.']) || Path::new(&text).exists();
        let names = (self.names)();
        if self.open || path || names.contains(&text.as_str()) {
            return Ok(text);
        }
        PossibleValuesParser::new(names).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.names)().into_iter().map(PossibleValue::new)))
    }
}

/// The presets' names.
pub(super) const PRESETS: Offered = Offered { names: preset_names, open: false };
/// The presets' names, where another word is a folder's that is yet to be.
pub(super) const PRESETS_OR_FOLDER: Offered = Offered { names: preset_names, open: true };
/// The bundled themes' names. They have other spellings, too.
pub(super) const THEMES: Offered = Offered { names: || names(&theme::BUILT_IN), open: true };
/// The bundled keymaps' names.
const KEYMAPS: Offered = Offered { names: || names(&keymap::BUILT_IN), open: true };

fn preset_names() -> Vec<&'static str> {
    locate::presets().iter().map(|preset| preset.name).collect()
}

fn names(built_in: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    built_in.iter().map(|(name, _)| *name).collect()
}

/// A preset by name.
pub(super) fn preset(name: &str) -> Result<locate::Preset> {
    locate::preset(name).ok_or_else(|| eyre!("there is no preset {name:?}; there is: {}", preset_names().join(", ")))
}

/// What is to be simulated: a preset, or a service file (or its folder) of the user's own.
pub(super) fn simulated(wanted: &str) -> Result<Files> {
    let path = Path::new(wanted);
    if path.exists() || path.extension().is_some_and(|extension| extension == "toml") {
        let file = if path.is_dir() { path.join("service.toml") } else { path.to_owned() };
        return Files::of_file(&file).map_err(|found| eyre!("{found}"));
    }
    Ok(Files::of_preset(&preset(wanted)?))
}

/// How many times faster than time a simulation goes.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.1..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number from 0.1 to 1000".to_owned()),
    }
}

/// An address that only this machine can connect to.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr: SocketAddr = text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:4599")?;
    if addr.ip().is_loopback() { Ok(addr) } else { Err("expected a loopback address, such as 127.0.0.1".to_owned()) }
}

/// How the screen looks.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, Args)]
pub(super) struct ScreenOptions {
    /// Which colours to use: auto, never, 16, 256 or truecolor
    #[arg(long, global = true, default_value = "auto", value_name = "COLOURS")]
    pub(super) color: ColourChoice,
    /// Draw with ASCII alone
    #[arg(long, global = true)]
    pub(super) ascii: bool,
    /// Write no links to the AWS console, whatever the terminal shows (as HANDOVER_NO_LINKS does)
    #[arg(long, global = true)]
    pub(super) no_links: bool,
    /// A bundled theme (`handover theme list`) or a theme file, whose edits show at once
    #[arg(long, global = true, value_name = "THEME", value_parser = THEMES, hide_possible_values = true, env = "HANDOVER_THEME")]
    pub(super) theme: Option<String>,
    /// A bundled keymap (default, vim, emacs) or a keymap file
    #[arg(long, global = true, value_name = "KEYMAP", value_parser = KEYMAPS, hide_possible_values = true, env = "HANDOVER_KEYMAP")]
    pub(super) keymap: Option<String>,
    /// Open on a screen: overview, checklist, watch, readiness, timeline, journal, people or history
    #[arg(long, global = true, value_name = "SCREEN", value_parser = a_screen)]
    pub(super) screen: Option<Screen>,
    /// Open on the wall: large clocks and the running step, for a screen that many look at
    #[arg(long, global = true)]
    pub(super) wall: bool,
    /// Take the mouse: a click selects, the wheel scrolls; ctrl-t leaves it to the terminal again
    #[arg(long, global = true)]
    pub(super) mouse: bool,
}

/// A screen by its name or its number.
fn a_screen(text: &str) -> Result<Screen, String> {
    let numbered = Screen::ALL.into_iter().find(|screen| screen.number().to_string() == text);
    Screen::named(text).or(numbered).ok_or_else(|| {
        let known = Screen::ALL.map(Screen::as_str);
        format!("expected one of {}", known.join(", "))
    })
}

impl ScreenOptions {
    /// The theme that is wanted.
    pub(super) fn theme(&self) -> &str {
        self.theme.as_deref().unwrap_or("dark")
    }
}

/// Who works.
#[derive(Debug, Clone, Args)]
pub(super) struct WhoOptions {
    /// The name that the journal has for you; without it, your login name
    #[arg(long = "as", global = true, value_name = "NAME", env = "HANDOVER_OPERATOR")]
    pub(super) name: Option<String>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// Markdown, to be kept where it can be read when all else is down
    Markdown,
}
