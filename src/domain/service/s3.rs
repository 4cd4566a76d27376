//! S3 buckets that are replicated.

use crate::domain::region::Pair;

/// A bucket in each Region, of which the active side's is replicated to the other, or each to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Replication {
    /// The bucket's name in each Region.
    pub bucket: Pair<String>,
    /// The ARN of the role with which S3 replicates; reversing the replication needs it.
    pub role: Option<String>,
    /// The key prefix of the objects that measure the replication; it ends with a slash.
    pub canary: String,
    /// Whether Replication Time Control is expected.
    pub rtc: bool,
    /// Whether a rule that is made here replicates delete markers.
    pub delete_markers: bool,
}
