//! What the tests of the real process share.

pub mod faults;
pub mod pty;
