//! The journal as the engine writes it.

use std::io;
use std::sync::{Arc, Mutex};

use crate::domain::journal::{Body, Chain, Sealed};
use crate::domain::redact::Redactor;
use crate::domain::trail::Line;
use crate::ports::{Clock, JournalStore, Lease, Readings};

/// What a run's journal is made of, once it is opened.
pub struct Opened {
    /// The chain to seal onto.
    pub chain: Chain,
    /// Where lines go.
    pub store: Box<dyn JournalStore>,
    /// The hold on the run.
    pub lease: Box<dyn Lease>,
    /// Where what the console is shown is kept, if it is.
    pub readings: Option<Box<dyn Readings>>,
    /// The entries that come before any other: that the run was opened, or taken up again.
    pub first: Vec<Body>,
    /// The lines that the journal holds already, where it is kept elsewhere too.
    pub past: Vec<Line>,
}

/// Opens a run's journal. A console that is only watched leaves no run behind: this is called for the first entry.
pub type Open = Box<dyn FnOnce() -> io::Result<Opened> + Send + Sync>;

/// Why an entry was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal cannot be written: {0}")]
pub struct NotRecorded(pub String);

/// Writes entries, one at a time, each durable before the next.
pub struct Recorder {
    state: State,
    readings: Option<Box<dyn Readings>>,
    clock: Arc<dyn Clock>,
    operator: String,
    past: Vec<Line>,
}

enum State {
    Waiting(Open),
    Open { chain: Chain, store: Arc<Mutex<Box<dyn JournalStore>>>, _lease: Box<dyn Lease> },
    Latched(String),
}

impl Recorder {
    /// A recorder for an operator.
    pub fn new(open: Open, clock: Arc<dyn Clock>, operator: String) -> Self {
        Self { state: State::Waiting(open), readings: None, clock, operator, past: Vec::new() }
    }

    /// Whether the run has been opened.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Where what the console is shown is kept, with what hides secrets: once, after the run has been opened.
    pub fn take_readings(&mut self) -> Option<(Box<dyn Readings>, Redactor)> {
        let State::Open { chain, .. } = &self.state else { return None };
        self.readings.take().map(|readings| (readings, chain.redactor().clone()))
    }

    /// Why nothing can be recorded any more, if so.
    pub fn latched(&self) -> Option<&str> {
        match &self.state {
            State::Latched(why) => Some(why),
            _ => None,
        }
    }

    /// The lines that the journal held when it was opened; nothing the second time.
    pub fn take_past(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.past)
    }

    /// Records an entry, and returns it (after those that opened the run, if this did) once it is durable.
    pub async fn record(&mut self, by: &str, body: Body) -> Result<Vec<Sealed>, NotRecorded> {
        let mut bodies = Vec::new();
        if let State::Waiting(_) = self.state {
            let State::Waiting(open) =
                std::mem::replace(&mut self.state, State::Latched("it was not opened".to_owned()))
            else {
                return Err(NotRecorded("it was not opened".to_owned()));
            };
            let opened = tokio::task::spawn_blocking(open).await;
            let opened = match opened.map_err(io::Error::other).and_then(|opened| opened) {
                Ok(opened) => opened,
                Err(error) => return Err(self.latch(&error)),
            };
            let store = Arc::new(Mutex::new(opened.store));
            self.readings = opened.readings;
            self.state = State::Open { chain: opened.chain, store, _lease: opened.lease };
            self.past = opened.past;
            let operator = self.operator.clone();
            bodies.extend(opened.first.into_iter().map(|first| (operator.clone(), first)));
        }
        bodies.push((by.to_owned(), body));
        let mut entries = Vec::with_capacity(bodies.len());
        for (by, body) in bodies {
            entries.push(self.append(&by, body).await?);
        }
        Ok(entries)
    }

    async fn append(&mut self, by: &str, body: Body) -> Result<Sealed, NotRecorded> {
        let (chain, store) = match &mut self.state {
            State::Open { chain, store, .. } => (chain, store),
            State::Latched(why) => return Err(NotRecorded(why.clone())),
            State::Waiting(_) => return Err(NotRecorded("it is not open".to_owned())),
        };
        let sealed = match chain.seal(self.clock.now(), self.clock.mono(), by, body) {
            Ok(sealed) => sealed,
            Err(error) => return Err(self.latch(&io::Error::other(error))),
        };
        let (line, store) = (sealed.line.clone(), Arc::clone(store));
        let written = tokio::task::spawn_blocking(move || match store.lock() {
            Ok(mut store) => store.append(&line),
            Err(_) => Err(io::Error::other("a write was interrupted")),
        })
        .await;
        match written.map_err(io::Error::other).and_then(|written| written) {
            Ok(()) => {
                chain.advance(&sealed);
                Ok(sealed)
            }
            Err(error) => Err(self.latch(&error)),
        }
    }

    fn latch(&mut self, error: &io::Error) -> NotRecorded {
        let why = crate::domain::text::visible(&error.to_string());
        self.state = State::Latched(why.clone());
        NotRecorded(why)
    }
}
