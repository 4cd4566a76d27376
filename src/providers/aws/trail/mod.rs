//! Where AWS keeps journals: a stream of CloudWatch Logs and the objects of an S3 bucket, in the Region that takes over.

mod logs;
mod s3;

use std::sync::Arc;

use super::Clients;
use crate::domain::service::Service;
use crate::ports::{Clock, Trail};

/// As what the trail's own calls are known in CloudTrail; no step has such a name.
pub const OWN: &str = "+trail";

/// The places that a service file names.
pub fn places(service: &Service, aws: &Clients, clock: &Arc<dyn Clock>) -> Vec<Arc<dyn Trail>> {
    let Some(trail) = &service.trail else { return Vec::new() };
    let logs = trail.log_group.as_ref().map(|group| {
        let logs = logs::Logs { aws: aws.clone(), clock: Arc::clone(clock), group: group.clone() };
        Arc::new(logs) as Arc<dyn Trail>
    });
    let objects = trail.bucket.as_ref().map(|buckets| {
        let regions = service.regions.clone();
        let objects = s3::Objects::new(aws.clone(), Arc::clone(clock), regions, buckets.clone(), trail.clone());
        Arc::new(objects) as Arc<dyn Trail>
    });
    logs.into_iter().chain(objects).collect()
}
