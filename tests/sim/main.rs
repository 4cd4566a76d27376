//! The simulated Regions, asked by the AWS SDK's own clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alias;
mod ecs;
mod faults;
mod history;
mod hostile;
mod log;
mod probes;
mod s3;
mod storage;
mod support;
mod traps;
mod wire;
