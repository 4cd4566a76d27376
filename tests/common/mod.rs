//! What the tests of the real process share.

#![allow(dead_code, unreachable_pub)]

pub mod faults;
pub mod pty;
