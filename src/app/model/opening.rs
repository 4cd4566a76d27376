//! What a console starts from, and who sits at it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::app::keymap::Keymap;
use crate::domain::journal::Entry;
use crate::domain::replay::Position;
use crate::domain::run::Run;
use crate::domain::service::Service;
use crate::domain::shelf::Shelf;

/// Who sits at this console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// The operator who holds the run.
    Lead,
    /// Somebody who watches.
    Observer {
        /// Who leads, and where.
        lead: String,
    },
    /// Somebody who plays a run back.
    Replay,
}

/// What a replay knows besides what it shows.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Where it is.
    pub position: Position,
    /// Why what was read during the run is not known, or not all of it.
    pub missing: Option<String>,
    /// The run before its first entry: from there it is folded again when the replay goes back.
    pub(super) fresh: Run,
}

/// What the terminal can do, as far as the model cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// It shows more than ASCII.
    pub unicode: bool,
    /// Text can be copied out of it.
    pub copy: bool,
}

/// What a console starts from.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The service.
    pub service: Arc<Service>,
    /// The service's runbooks, where all of them are known: the review looks at them.
    pub runbooks: Shelf,
    /// The run, with every entry so far folded in.
    pub run: Run,
    /// The entries so far; the last of them are kept for the tail.
    pub journal: Vec<Arc<Entry>>,
    /// Who sits here.
    pub role: Role,
    /// Their name, as the journal has it.
    pub operator: String,
    /// How many times faster than time a simulation runs.
    pub speed: f64,
    /// The keys.
    pub keymap: Keymap,
    /// What the terminal can do.
    pub capabilities: Capabilities,
    /// The run's clock.
    pub now: Timestamp,
}
