//! What may be done to a bucket.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use serde::{Deserialize, Serialize};

use super::rules::{Config, invalid};
use super::{Body, Storage, Version, Versioning};
use crate::domain::region::HomeRole;
use crate::sim::scenario::Part;
use crate::sim::steps::Ms;
use crate::sim::world::faults::broken;
use crate::sim::world::mutation::Change;
use crate::sim::world::{ApiError, World};

/// An object that was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The key.
    #[serde(rename = "Key")]
    pub key: String,
    /// The id of the version that it became.
    #[serde(rename = "VersionId")]
    pub version: String,
    /// What is in it, in base64.
    #[serde(rename = "Body", default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Its content type and its own metadata.
    #[serde(rename = "Headers", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl Put {
    pub(super) fn version(&self, origin: HomeRole, at: Ms) -> Version {
        let body = Some(Body::Put(base64::decode(&self.body).unwrap_or_default()));
        let (key, id, headers) = (self.key.clone(), self.version.clone(), self.headers.clone());
        Version { origin, key, id, at, body, headers }
    }
}

/// The error of a bucket that is nowhere.
pub(in crate::sim) fn no_such_bucket() -> ApiError {
    ApiError::new(404, "NoSuchBucket", "The specified bucket does not exist".to_owned())
}

/// The error of a bucket that is in the other Region.
pub(in crate::sim) fn elsewhere() -> ApiError {
    let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all \
                   future requests to this endpoint.";
    ApiError::new(301, "PermanentRedirect", message.to_owned())
}

impl World {
    /// A bucket, asked for in its own Region.
    pub fn bucket_in(&self, region: &str, bucket: &str) -> Result<(&Storage, HomeRole), ApiError> {
        let (storage, role) = self.storage(bucket).ok_or_else(no_such_bucket)?;
        if self.role_of(region) == Some(role) { Ok((storage, role)) } else { Err(elsewhere()) }
    }

    pub(in crate::sim::world) fn may_change_bucket(
        &self,
        region: &str,
        change: &Change,
        at: Ms,
    ) -> Result<(), ApiError> {
        match change {
            Change::PutReplication { bucket, role, rules } => {
                let (storage, here) = self.bucket_in(region, bucket)?;
                // Taking the configuration away.
                if rules.is_empty() {
                    return Ok(());
                }
                self.may_replicate(storage, here, &Config::read(role, rules)?, at)
            }
            Change::PutVersioning { bucket, enabled } => {
                let (storage, here) = self.bucket_in(region, bucket)?;
                if !enabled && storage.config(here, at).is_some() {
                    let message = "A replication configuration is present on this bucket, so the versioning state cannot be changed.";
                    return Err(ApiError::new(409, "InvalidBucketState", message.to_owned()));
                }
                Ok(())
            }
            Change::PutObject { bucket, .. }
            | Change::DeleteObject { bucket, .. }
            | Change::DeleteVersion { bucket, .. } => self.bucket_in(region, bucket).map(drop),
            _ => Ok(()),
        }
    }

    fn may_replicate(&self, storage: &Storage, here: HomeRole, config: &Config, at: Ms) -> Result<(), ApiError> {
        config.check()?;
        if storage.versioning(here, at) != Versioning::Enabled {
            return Err(invalid("Versioning must be 'Enabled' on the bucket to apply a replication configuration"));
        }
        for rule in &config.rules {
            let Some((other, role)) = self.storage(&rule.to) else {
                return Err(invalid("Destination bucket must exist."));
            };
            if rule.to == *storage.spec.bucket.get(here) {
                return Err(invalid("Destination bucket cannot be the same as the source bucket."));
            }
            // S3 looks at the destination, which may be in a Region that does not answer.
            if broken(&self.scenario, role, Part::All, at).is_some() {
                let message = "We encountered an internal error. Please try again.".to_owned();
                return Err(ApiError::new(500, "InternalError", message));
            }
            if other.versioning(role, at) != Versioning::Enabled {
                return Err(invalid("Destination bucket must have versioning enabled."));
            }
        }
        Ok(())
    }
}
