//! The simulated Regions, asked by the AWS SDK's own clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alias;
mod aurora;
mod cloudfront;
mod ecs;
mod elasticache;
mod failback;
mod faults;
mod history;
mod hostile;
mod kubernetes;
mod lambda;
mod log;
mod past;
mod probes;
mod s3;
mod ssm;
mod storage;
mod support;
mod traps;
mod wire;
