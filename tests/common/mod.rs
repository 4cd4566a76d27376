//! What the integration tests share.
#![allow(dead_code, unreachable_pub)]

pub mod faults;
pub mod kubectl;
pub mod peers;
pub mod pty;
pub mod short;
