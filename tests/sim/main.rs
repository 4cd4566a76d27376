//! The simulated Regions, asked by the AWS SDK's own clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alias;
mod arc_routing;
mod aurora;
mod cloudfront;
mod command;
mod ecs;
mod elasticache;
mod failback;
mod faults;
mod health_check;
mod history;
mod hostile;
mod identity;
mod kubernetes;
mod lambda;
mod log;
mod past;
mod probes;
mod s3;
mod ssm;
mod storage;
mod support;
mod surprises;
mod traps;
mod wire;
