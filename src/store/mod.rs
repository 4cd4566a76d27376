//! Where journals and leases live.

pub mod file;
pub mod runs;
