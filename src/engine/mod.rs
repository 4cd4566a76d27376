//! The engine: what carries commands out. An actor that owns the run, the readings and the journal; everything slow
//! happens in tasks beside it, and what they find comes back as messages. So a Region that hangs delays nothing but
//! what is asked of it.
//!
//! - [`recorder`]: the journal, opened with the first entry; a failed write latches it;
//! - `keeper`: what else the console is shown, kept for replays;
//! - `sampler`: looks at every component in every place, each at its own pace;
//! - [`pace`]: how soon to look again while something is expected to change;
//! - `executor`: commands and messages in, entries and events out; its parts are under `executor/`;
//! - [`outbox`]: what people are told, each channel at its own pace;
//! - [`publish`]: brings metrics to where others keep them; [`scrape`]: tells them to whoever asks; [`mod@watch`]: both, without
//!   a run;
//! - [`follow`]: an observer's engine, which reads the lead's journal;
//! - [`preflight`](mod@preflight): everything that a run will need, asked beforehand;
//! - [`dry_run`]: every step resolved, and nothing done;
//! - [`trail`]: ships the journal to places outside this machine;
//! - [`autoplay`]: an operator for simulations;
//! - [`replay`]: plays back what a console was told.

pub mod autoplay;
pub mod dry_run;
mod executor;
pub mod follow;
mod keeper;
mod meter;
pub mod outbox;
pub mod pace;
pub mod preflight;
mod programs;
pub mod publish;
pub mod recorder;
pub mod replay;
mod sampler;
pub mod scrape;
pub mod trail;
pub mod watch;

pub use executor::{Setup, run};
