//! CloudFront distributions.

use crate::domain::region::Pair;

/// A CloudFront distribution whose default cache behaviour is pointed at one of two origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudFront {
    /// The distribution's id, such as `E1U5RQF7T870K0`.
    pub distribution: String,
    /// The id, inside the distribution, of the origin that means each Region.
    pub origin: Pair<String>,
    /// The domain name that each origin must have.
    pub domain: Option<Pair<String>>,
    /// The paths that `invalidate` takes out of the caches.
    pub paths: Vec<String>,
}
