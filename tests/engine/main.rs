//! The engine's rules of safety, each with tests that try to break it: whole runs on the simulated Regions under tokio's
//! paused clock, with a journal that fails and a process that dies wherever a test wants it to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod approvals;
mod armed;
mod audit;
mod consents;
mod crashes;
mod evidence;
mod fencing;
mod figures;
mod hanging;
mod journal;
mod lead;
mod loss;
mod metrics;
mod planes;
mod preflight;
mod presets;
mod random;
mod rig;
mod safeguards;
mod spy;
mod stuck;
mod surprises;
mod telling;
mod trail;
mod ways;
mod whole;
