//! Secrets Manager: a secret in the primary Region and its replica in the standby.

use std::collections::BTreeMap;

use super::mutation::Change;
use super::{ApiError, World, faults};
use crate::domain::region::HomeRole;
use crate::domain::service::Spec;
use crate::sim::steps::{EVER, Ms, Steps};

/// A secret and its replica over time.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The version that is current at the primary.
    pub version: Steps<String>,
    /// The version that is current in the replica.
    pub replica_version: Steps<String>,
    /// From when on the replica stands alone.
    pub alone: Option<Ms>,
    /// The values that have been put, by their versions.
    values: BTreeMap<String, String>,
    /// The key and the host that it names from the first, where it does: the primary's.
    host: Option<(String, String)>,
}

impl Secret {
    /// A version's value. What was there from the first is nobody's key.
    fn value(&self, version: &str) -> String {
        let first = || {
            let mut value = serde_json::json!({ "keys": "simulated", "version": version });
            if let (Some((key, host)), Some(value)) = (&self.host, value.as_object_mut()) {
                value.insert(key.clone(), host.as_str().into());
            }
            value.to_string()
        };
        self.values.get(version).cloned().unwrap_or_else(first)
    }
}

/// What `DescribeSecret` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The current version and the one before, if there is one.
    pub versions: (String, Option<String>),
    /// When it was last changed here.
    pub changed: Ms,
    /// The primary's Region, while it is replicated.
    pub primary: Option<String>,
    /// The replica's Region and its status.
    pub replica: Option<(String, &'static str)>,
}

pub(super) fn compile(world: &World) -> Vec<Secret> {
    let names = world.service.components.iter().filter_map(|component| match &component.spec {
        Spec::SecretReplica(spec) => {
            let host = spec.host.as_ref().map(|host| (host.key.clone(), host.value.primary.clone()));
            Some((spec.secret.clone(), host))
        }
        _ => None,
    });
    let mut secrets: Vec<Secret> = names
        .map(|(name, host)| {
            let version = Steps::always(world.chance.uuid(&name, 0));
            Secret { replica_version: version.clone(), version, name, alone: None, values: BTreeMap::new(), host }
        })
        .collect();
    let mut rotations: Vec<_> = faults::unreplicated(&world.scenario).collect();
    rotations.sort_unstable();
    let mut rotations = rotations.into_iter().peekable();
    for mutation in world.mutations() {
        let at = world.ms(mutation.at);
        while let Some(rotation) = rotations.next_if(|(begins, _)| *begins <= at) {
            rotate(world, &mut secrets, rotation);
        }
        match &mutation.change {
            Change::StopReplication { secret } => {
                for known in secrets.iter_mut().filter(|known| known.name == *secret && known.alone.is_none()) {
                    known.alone = Some(at);
                }
            }
            Change::PutSecret { secret, version, value } => {
                let role = world.role_of(&mutation.region);
                for known in secrets.iter_mut().filter(|known| known.name == *secret) {
                    known.values.extend(value.iter().map(|value| (version.clone(), value.clone())));
                    if role == Some(HomeRole::Standby) {
                        known.replica_version.push(at, version.clone());
                        continue;
                    }
                    known.version.push(at, version.clone());
                    // Replication wants both Regions, and takes some seconds.
                    let shows = at + world.chance.between("secret", at, 5_000, 20_000);
                    if known.alone.is_none() {
                        known.replica_version.push(shows, version.clone());
                    }
                }
            }
            _ => {}
        }
    }
    rotations.for_each(|rotation| rotate(world, &mut secrets, rotation));
    secrets
}

/// Every secret is changed at the primary by somebody else, and the replica follows only later.
fn rotate(world: &World, secrets: &mut [Secret], (at, follows): (Ms, Ms)) {
    for secret in secrets {
        let version = world.chance.uuid(&secret.name, at);
        secret.version.push(at, version.clone());
        if secret.alone.is_none() {
            secret.replica_version.push(follows, version);
        }
    }
}

/// The part of an ARN or a name that is the secret's name.
fn bare(id: &str) -> &str {
    let name = id.rsplit_once(":secret:").map_or(id, |(_, name)| name);
    match name.len().checked_sub(7).and_then(|cut| name.split_at_checked(cut)) {
        Some((bare, tail)) if id.starts_with("arn:") && tail.starts_with('-') => bare,
        _ => name,
    }
}

fn not_found() -> ApiError {
    ApiError::new(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned())
}

impl World {
    fn secret(&self, id: &str) -> Result<&Secret, ApiError> {
        let name = bare(id);
        self.compiled.secrets.iter().find(|secret| secret.name == name).ok_or_else(not_found)
    }

    /// A secret as a Region describes it.
    pub fn describe_secret(&self, region: &str, id: &str, at: Ms) -> Result<Described, ApiError> {
        let secret = self.secret(id)?;
        let role = self.role_of(region).ok_or_else(not_found)?;
        let alone = secret.alone.is_some_and(|alone| alone <= at);
        let versions = match role {
            HomeRole::Primary => &secret.version,
            HomeRole::Standby => &secret.replica_version,
        };
        let since = versions.since(at);
        let old = (since > EVER).then(|| versions.at(since - 1).clone());
        let status = if secret.version.at(at) == secret.replica_version.at(at) { "InSync" } else { "InProgress" };
        let suffix = self.chance.text(&secret.name, 1, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 6);
        Ok(Described {
            arn: format!("arn:aws:secretsmanager:{region}:{}:secret:{}-{suffix}", self.account(), secret.name),
            name: secret.name.clone(),
            versions: (versions.at(at).clone(), old),
            changed: if since > EVER { since } else { -86_400_000 * 12 },
            primary: (!alone).then(|| self.service.regions.primary.to_string()),
            replica: (!alone).then(|| (self.service.regions.standby.to_string(), status)),
        })
    }

    /// The value of a version that a Region has: by its id, or the current one. The error says what is not there.
    pub fn secret_value(&self, region: &str, id: &str, version: Option<&str>, at: Ms) -> Result<String, ApiError> {
        let described = self.describe_secret(region, id, at)?;
        let (current, old) = &described.versions;
        let wanted = version.unwrap_or(current);
        if wanted != current && Some(wanted) != old.as_deref() {
            let message = format!("Secrets Manager can't find the specified secret value for VersionId: {wanted}");
            return Err(ApiError::new(400, "ResourceNotFoundException", message));
        }
        Ok(self.secret(id)?.value(wanted))
    }

    pub(super) fn may_stop_replication(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let secret = self.secret(id)?;
        let alone = secret.alone.is_some_and(|alone| alone <= at);
        if self.role_of(region) == Some(HomeRole::Standby) && !alone {
            return Ok(());
        }
        Err(ApiError::new(
            400,
            "InvalidRequestException",
            "You can only stop replication to a replica, in the replica's Region.".to_owned(),
        ))
    }

    pub(super) fn may_put_secret(&self, region: &str, id: &str, at: Ms) -> Result<(), ApiError> {
        let secret = self.secret(id)?;
        let alone = secret.alone.is_some_and(|alone| alone <= at);
        if self.role_of(region) == Some(HomeRole::Standby) && !alone {
            return Err(ApiError::new(
                400,
                "InvalidRequestException",
                "Operation not permitted on a replica secret. Call must be made in primary secret's region.".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_goes_by_its_name_or_its_arn() {
        assert_eq!(super::bare("/fineract/production/db"), "/fineract/production/db");
        assert_eq!(super::bare("arn:aws:secretsmanager:us-east-1:1:secret:/a/b-XyZabc"), "/a/b");
        assert_eq!(super::bare("a-b"), "a-b");
        assert_eq!(super::bare("é-abcdéf"), "é-abcdéf");
    }
}
