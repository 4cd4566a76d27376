//! The providers through their public door: AWS by a scripted wire under the real SDK, the probes by real sockets and programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod aurora;
mod aws_errors;
mod cache;
mod cdn;
mod checks;
mod cluster;
#[cfg(unix)]
mod command;
mod database;
mod dns;
mod fleet;
mod functions;
mod http;
mod identity;
mod metrics;
mod moto;
mod observing;
mod parameter;
#[path = "../common/peers.rs"]
#[allow(dead_code, unreachable_pub)]
mod peers;
mod postgres;
#[cfg(unix)]
mod program;
mod routing;
mod storage;
mod support;
mod traffic;
mod trail;
