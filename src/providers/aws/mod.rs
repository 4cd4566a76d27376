//! What AWS answers for: one file or folder a component kind, the clients, and the one place that reads its errors.

pub mod access;
pub mod arc_routing;
pub mod aurora;
pub mod caller;
pub mod clients;
pub mod cloudfront;
pub mod cloudwatch;
mod credentials;
pub mod ecs;
pub mod elasticache;
pub mod errors;
pub mod health_check;
mod heard;
pub mod identity;
pub mod lambda;
pub mod metrics;
pub mod rds;
pub mod rds_restore;
pub mod route53;
pub mod s3;
pub mod secrets;
pub mod ssm;
pub mod trail;

pub use clients::Clients;

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A time of the SDK's as ours.
fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(at.as_nanos()).ok()
}
