//! Service and runbook files through the public door: the preset, malformed files, and hostile texts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "config/bad.rs"]
mod bad;
#[path = "config/hostile.rs"]
mod hostile;
#[path = "config/learn.rs"]
mod learn;
#[path = "config/mutations.rs"]
mod mutations;
#[path = "config/preset.rs"]
mod preset;
