//! `handover`: a terminal console for handing a service over from one AWS Region to another.
//!
//! # The rooms, and who may use whom
//!
//! | room | holds | may use |
//! |---|---|---|
//! | [`domain`] | what a service, a reading, a runbook, a run, a plan, a consent and a journal *are*; pure | nothing of ours |
//! | [`ports`] | the traits behind which the outside world stands | `domain` |
//! | [`providers`] | what answers the four verbs (`observe`, `plan`, `perform`, `settle`), and the probes | `ports`, `domain` |
//! | [`store`] | where journals and leases live | `ports`, `domain` |
//! | [`sim`] | the simulated Regions | `ports`, `domain` |
//! | [`engine`] | the sampler and the executor of steps | `ports`, `domain` |
//! | [`report`] | a runbook or a run as a document | `ports`, `domain` |
//! | [`config`] | TOML files with located diagnostics | `domain` |
//! | [`app`] | the console's model and its update function; pure | `domain` |
//! | [`ui`] | views of the model | `app`, `domain`, `config` |
//! | [`term`] | the terminal: session, input, capabilities, clipboard | `crossterm` and the standard library |
//! | [`wire`] | the composition root: the one place where ports meet providers | everything |
//! | [`runtime`] | the console's loop: messages in, effects and drawings out | everything |
//! | [`cli`] | one file a subcommand | everything |
//!
//! `tests/rooms.rs` reads `src/` and fails on a use that this table forbids.

pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod ports;
pub mod providers;
pub mod report;
pub mod runtime;
pub mod sim;
pub mod store;
pub mod term;
pub mod ui;
pub mod wire;
