//! Findings of the review that somebody has looked at and lives with, for a while.

use jiff::civil::Date;

/// A rule that is waived, where and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's id, such as `HO005`.
    pub rule: String,
    /// Where, as the review names it, such as `runbooks/failover, step point`; without it, everywhere.
    pub at: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
}
