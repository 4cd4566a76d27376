//! What the tests of the real process share.

#[allow(unreachable_pub)]
pub mod faults;
#[allow(unreachable_pub)]
pub mod pty;
