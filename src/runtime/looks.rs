//! The console's looks: the theme that is wanted, for the colours that there are, and again when its file is edited.

use std::sync::mpsc;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};

use super::Wake;
use crate::config::Loaded;
use crate::config::theme::{self, Draft, Theme, Watch};
use crate::term::capabilities::{Capabilities, Colour};
use crate::ui::skin::{Depth, Skin};

/// How often a theme's file is looked at.
const PACE: Duration = Duration::from_millis(500);

/// What the console draws with.
#[derive(Debug)]
pub struct Looks {
    theme: Theme,
    depth: Depth,
    unicode: bool,
    links: bool,
    /// Where the theme is a file: that and what it inherits from.
    watch: Option<Watch>,
}

impl Looks {
    /// Reads a theme for a terminal. One with errors is not drawn with at all: they are what the user wants to know then.
    pub fn read(wanted: &str, able: &Capabilities) -> Result<Self> {
        let draft = sound(wanted)?;
        let (theme, watch) = (draft.theme(), Watch::of(wanted, &draft));
        Ok(Self { theme, depth: depth(able.colour), unicode: able.unicode, links: able.links, watch })
    }

    pub(super) fn skin(&self) -> Skin {
        Skin::new(&self.theme, self.depth, self.unicode).with_links(self.links)
    }

    /// Tells of edits, from a thread of its own: a disk that hangs must not hang the console.
    pub(super) fn watch(self, wake: mpsc::Sender<Wake>) -> Result<()> {
        let Self { depth, unicode, links, watch, .. } = self;
        let Some(mut watch) = watch else { return Ok(()) };
        std::thread::Builder::new().name("theme".into()).spawn(move || {
            loop {
                std::thread::sleep(PACE);
                let Some(found) = watch.look() else { continue };
                let skin = found.map(|theme| Box::new(Skin::new(&theme, depth, unicode).with_links(links)));
                if wake.send(Wake::Skin(skin)).is_err() {
                    return;
                }
            }
        })?;
        Ok(())
    }
}

/// The depth that a terminal's colours are.
pub(super) fn depth(colour: Colour) -> Depth {
    match colour {
        Colour::True => Depth::TrueColour,
        Colour::Indexed => Depth::Indexed,
        Colour::Sixteen => Depth::Ansi,
        Colour::None => Depth::None,
    }
}

/// A theme, with all that is wrong in it.
pub fn read_theme(wanted: &str) -> Result<Loaded<Draft>> {
    theme::open(wanted).wrap_err_with(|| {
        let known: Vec<&str> = theme::BUILT_IN.iter().map(|(name, _)| *name).collect();
        format!("{wanted:?} is no bundled theme ({}), and no file that can be read", known.join(", "))
    })
}

/// A theme without errors.
pub(super) fn sound(wanted: &str) -> Result<Draft> {
    read_theme(wanted)?.sound().map_err(|diagnostics| eyre!("{diagnostics}"))
}
