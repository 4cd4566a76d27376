//! HTTP endpoints.

use std::time::Duration;

use crate::domain::region::Pair;

/// HTTP endpoints: one a Region, asked directly, and the public one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL of each Region's own endpoint.
    pub urls: Pair<String>,
    /// The URL that the world uses.
    pub public: Option<String>,
    /// The status that counts as healthy.
    pub expect_status: u16,
    /// A text that a healthy body contains.
    pub expect_text: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}
