//! The journal: a run's append-only, hash-chained record. The run's state is nothing but its fold.
//!
//! One line of canonical JSON (RFC 8785) an entry. Every entry holds the hash of the entry before it (`prev`) and its
//! own (`hash`): the SHA-256 of its canonical JSON without the `hash` key. Entries hold strings, whole numbers and
//! booleans only, so that any JSON tool reproduces their canonical form.

mod body;
mod chain;
mod entry;
mod kind;
mod says;
mod verify;

pub use body::Body;
pub use chain::{Chain, Sealed};
pub use entry::{Entry, Files, OutcomeOf, RunOutcome};
pub use verify::{Broken, Tail, Verified, verify};

/// The `prev` of a journal's first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
