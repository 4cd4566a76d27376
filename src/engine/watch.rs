//! Watches a service without a run: looks, meters, tells what changes, and has the metrics for whoever keeps them. Nothing is
//! written anywhere but there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::meter;
use super::publish::{Publisher, Word};
use super::sampler::{Look, Sampler};
use super::scrape;
use crate::domain::board::Board;
use crate::domain::disruption::Tally;
use crate::domain::metrics::{Metric, Recent, Record, Sources, collect};
use crate::domain::reading::{ComponentId, Health};
use crate::domain::region::Place;
use crate::domain::service::Service;
use crate::ports::World;

/// How often it is asked what past runs came to.
const RECORD_EVERY: Duration = Duration::from_mins(5);

/// Reads what past runs came to; it may take its time.
pub type ReadRecord = Arc<dyn Fn() -> Option<Record> + Send + Sync>;

/// What is to be watched.
pub struct Watching {
    /// The world.
    pub world: World,
    /// The service.
    pub service: Arc<Service>,
    /// What past runs came to, where that matters.
    pub record: Option<ReadRecord>,
    /// Where metrics are told to whoever asks.
    pub listener: Option<TcpListener>,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// A component does otherwise than before, or was looked at for the first time.
    Changed {
        /// The component.
        component: ComponentId,
        /// Where.
        place: Place,
        /// When.
        at: Timestamp,
        /// How it does.
        health: Health,
        /// In words; not safe to show yet.
        says: String,
    },
    /// Metrics are not published, and why. They are tried again.
    Unpublished {
        /// When.
        at: Timestamp,
        /// Why; not safe to show yet.
        why: String,
    },
    /// They are published again.
    Published {
        /// When.
        at: Timestamp,
    },
}

/// Watches until it is dropped, or until nobody listens.
pub async fn run(watching: Watching, tell: mpsc::UnboundedSender<Seen>) {
    let Watching { world, service, record: read, listener } = watching;
    let (looks, mut looked) = mpsc::unbounded_channel();
    let (asks, mut asked) = mpsc::unbounded_channel();
    let (scrapes, mut scraped) = mpsc::unbounded_channel();
    let (records, mut recorded) = mpsc::unbounded_channel();
    let _sampler = Sampler::start(&world, &looks);
    let mut beside = meter::start(&world, service.meter, &asks);
    if let Some(listener) = listener {
        beside.spawn(scrape::serve(listener, scrapes.clone()));
    }
    if let Some(read) = read {
        beside.spawn(keep_reading(world.clone(), read, records.clone()));
    }
    let every = service.metrics.as_ref().map_or(Duration::from_mins(1), |wanted| wanted.every);
    let mut publisher = Publisher::start(&world, every);
    let begun = world.clock.now();
    let mut state = State {
        tallies: meter::vantages(&world).into_iter().map(|vantage| Tally::new(vantage, begun)).collect(),
        board: Board::default(),
        recent: Recent::default(),
        record: None,
        healths: BTreeMap::new(),
        service,
        world,
    };
    while !tell.is_closed() {
        let seen = tokio::select! {
            Some(look) = looked.recv() => state.look(look),
            Some(asked) = asked.recv() => {
                if let Some(tally) = state.tallies.iter_mut().find(|tally| tally.vantage == asked.vantage) {
                    tally.take(asked.at, asked.answered, asked.probe);
                    state.recent.take(std::slice::from_ref(tally), asked.answered);
                }
                None
            }
            Some(asking) = scraped.recv() => {
                // Whoever asked may have gone away.
                let _ = asking.send(state.metrics());
                None
            }
            Some(record) = recorded.recv() => {
                state.record = record;
                None
            }
            word = Publisher::next(publisher.as_mut()) => match word {
                Word::Wanted(asking) => {
                    let _ = asking.send(state.metrics());
                    None
                }
                Word::Failing(why) => Some(Seen::Unpublished { at: state.world.clock.now(), why }),
                Word::Recovered => Some(Seen::Published { at: state.world.clock.now() }),
            },
            () = tell.closed() => None,
        };
        if seen.is_some_and(|seen| tell.send(seen).is_err()) {
            return;
        }
    }
}

/// Reads what past runs came to, again and again: a console on this machine may add to it.
async fn keep_reading(world: World, read: ReadRecord, records: mpsc::UnboundedSender<Option<Record>>) {
    loop {
        let read = Arc::clone(&read);
        let record = tokio::task::spawn_blocking(move || read()).await.ok().flatten();
        if records.send(record).is_err() {
            return;
        }
        world.clock.sleep(RECORD_EVERY).await;
    }
}

struct State {
    world: World,
    service: Arc<Service>,
    board: Board,
    tallies: Vec<Tally>,
    recent: Recent,
    record: Option<Record>,
    healths: BTreeMap<(ComponentId, Place), Health>,
}

impl State {
    fn metrics(&self) -> Vec<Metric> {
        let sources =
            Sources { service: &self.service, board: &self.board, recent: &self.recent, record: self.record.as_ref() };
        collect(sources, self.world.clock.now())
    }

    /// Takes a look in; tells it, if it is another health than the last one's.
    fn look(&mut self, look: Look) -> Option<Seen> {
        self.board.record(&look.component, &look.place, look.at, look.fresh_for, &look.result);
        let (health, says) = match look.result {
            Ok(seen) => (seen.health, seen.summary),
            Err(unread) => (Health::Unknown, unread.to_string()),
        };
        let before = self.healths.insert((look.component.clone(), look.place.clone()), health);
        let changed = before.is_none_or(|before| before != health);
        changed.then_some(Seen::Changed { component: look.component, place: look.place, at: look.at, health, says })
    }
}
