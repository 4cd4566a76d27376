//! Where a run's journal is kept besides the machine that writes it.

use std::time::Duration;

use crate::domain::region::Pair;

/// Where journals are shipped while a run goes on, always in the Region that takes over, and for how long they stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// A log group of CloudWatch Logs, of the same name in both Regions.
    pub log_group: Option<String>,
    /// An S3 bucket in each Region.
    pub bucket: Option<Pair<String>>,
    /// What every object's key begins with; ends with a slash, or is empty.
    pub prefix: String,
    /// For how long it is to stay.
    pub retention: Duration,
    /// How objects are locked for that long, where the bucket has Object Lock.
    pub lock: LockMode,
    /// Environment variables whose contents never leave the machine, besides those that the service names elsewhere.
    pub redact: Vec<String>,
}

/// A retention mode of S3 Object Lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Whoever may bypass governance can shorten it.
    Governance,
    /// Nobody can shorten it, not even the account's root user.
    Compliance,
}

impl LockMode {
    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Governance => "governance",
            Self::Compliance => "compliance",
        }
    }
}
