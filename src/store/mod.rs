//! Where journals, leases and approvals live.

pub mod approvals;
pub mod file;
pub mod readings;
pub mod runs;
