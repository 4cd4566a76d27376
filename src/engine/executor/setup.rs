//! What an engine is started with, and how it stands before its first command.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Executor;
use crate::domain::board::Board;
use crate::domain::command::Event;
use crate::domain::metrics::{Recent, Record};
use crate::domain::run::Run;
use crate::domain::safeguard::Takeover;
use crate::domain::service::Service;
use crate::domain::worst::Worst;
use crate::domain::writers::Watch;
use crate::engine::keeper::Keeper;
use crate::engine::outbox::Outbox;
use crate::engine::preflight::Preflights;
use crate::engine::recorder::{Open, Recorder};
use crate::engine::sampler::Sampler;
use crate::ports::{Approvals, World};

/// What an engine is started with.
pub struct Setup {
    /// The world.
    pub world: World,
    /// The service.
    pub service: Arc<Service>,
    /// The run, folded from its journal so far.
    pub run: Run,
    /// Opens the journal.
    pub open: Open,
    /// Whether this takes up a run that an earlier process left.
    pub resumed: bool,
    /// Who leads.
    pub operator: String,
    /// Where relative programs run.
    pub dir: Option<String>,
    /// When the service was handed over last, in another run.
    pub last: Option<Takeover>,
    /// Where second persons leave their approvals.
    pub approvals: Option<Arc<dyn Approvals>>,
    /// Preflights, where any are made.
    pub preflights: Option<Preflights>,
    /// What other runs of the service came to, for its metrics.
    pub record: Option<Record>,
}

impl Executor {
    pub(super) fn new(setup: Setup, events: mpsc::UnboundedSender<Event>) -> Self {
        let (found, found_in) = mpsc::unbounded_channel();
        let (looks, looks_in) = mpsc::unbounded_channel();
        let (asked, asked_in) = mpsc::unbounded_channel();
        let sampler = Sampler::start(&setup.world, &looks);
        let outbox = Outbox::start(&setup.world.clock, &setup.world.channels, &setup.run.telling);
        let recorder = Recorder::new(setup.open, Arc::clone(&setup.world.clock), setup.operator.clone());
        Self {
            world: setup.world,
            service: setup.service,
            run: setup.run,
            board: Board::default(),
            recorder,
            keeper: Keeper::default(),
            events,
            found,
            found_in: Some(found_in),
            looks_in: Some(looks_in),
            asked,
            asked_in: Some(asked_in),
            metering: None,
            recent: Recent::default(),
            publisher: None,
            record_of_runs: setup.record,
            sampler,
            operator: setup.operator,
            dir: setup.dir,
            last: setup.last,
            approvals: setup.approvals,
            approved: Vec::new(),
            preflights: setup.preflights,
            account: None,
            preflight: None,
            outbox,
            shipping: None,
            watch: Watch::default(),
            worst: Worst::default(),
            applying: HashSet::new(),
            waits: HashMap::new(),
            cancels: HashMap::new(),
            output: HashMap::new(),
            by_hand: HashMap::new(),
            seen_gates: HashMap::new(),
            shown_health: HashMap::new(),
            announced: false,
            source_mark: None,
            unreplayed: None,
            tasks: JoinSet::new(),
            resumed: setup.resumed,
            ended: false,
        }
    }
}
