//! Sealing entries into the chain.

use std::time::Duration;

use jiff::Timestamp;

use super::body::Body;
use super::entry::Entry;
use super::{GENESIS, Verified};
use crate::domain::redact::Redactor;
use crate::domain::{hash, text};

/// The end of a chain: what the next entry is sealed onto.
#[derive(Debug, Clone)]
pub struct Chain {
    seq: u64,
    head: String,
    redactor: Redactor,
}

/// An entry with the very line that stands for it.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The entry, as a reader of the line would have it.
    pub entry: Entry,
    /// Its line, without a line break.
    pub line: String,
}

impl Chain {
    /// A new chain.
    pub fn new(redactor: Redactor) -> Self {
        Self { seq: 0, head: GENESIS.to_owned(), redactor }
    }

    /// The chain of a verified journal.
    pub fn after(verified: &Verified, redactor: Redactor) -> Self {
        let last = verified.entries.last();
        Self {
            seq: last.map_or(0, |entry| entry.seq),
            head: last.map_or_else(|| GENESIS.to_owned(), |entry| entry.hash.clone()),
            redactor,
        }
    }

    /// What hides secrets before an entry is sealed.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.seq
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.seq == 0
    }

    /// Seals an entry: redacts it, makes its texts safe, and hashes it. The chain moves on only when the caller says
    /// [`Chain::advance`], after the line is durable.
    ///
    /// # Errors
    /// If the entry cannot be written as JSON and read back, which no entry of this crate does.
    pub fn seal(&self, at: Timestamp, mono: Duration, by: &str, body: Body) -> Result<Sealed, serde_json::Error> {
        // Times stand in whole milliseconds, so that a line reads the same after a round trip.
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let entry = Entry {
            seq: self.seq + 1,
            at,
            mono_ms: u64::try_from(mono.as_millis()).unwrap_or(u64::MAX),
            by: by.to_owned(),
            body,
            prev: self.head.clone(),
            hash: String::new(),
        };
        let mut value = serde_json::to_value(&entry)?;
        self.redactor.apply_json(&mut value);
        text::clean_json(&mut value);
        if let Some(map) = value.as_object_mut() {
            map.remove("hash");
            let digest = hash::of(&map);
            map.insert("hash".to_owned(), digest.into());
        }
        let line = hash::canonical(&value);
        Ok(Sealed { entry: serde_json::from_value(value)?, line })
    }

    /// Takes a sealed entry in, once its line is durable.
    pub fn advance(&mut self, sealed: &Sealed) {
        self.seq = sealed.entry.seq;
        self.head.clone_from(&sealed.entry.hash);
    }
}
