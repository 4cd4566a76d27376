//! `secret-replica`: a Secrets Manager secret and its replica. Version ids tell whether both Regions have the same; a value
//! is read only where the service file says that it names a host, and nothing of it is told but whose host that is.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;

use super::{Clients, errors, timestamp};
use crate::domain::consent::Authorised;
use crate::domain::plan::{Ask, PerformError, Plan, Receipt, Refusal, Settlement};
use crate::domain::reading::{Health, Observation, Unread, Value, Why};
use crate::domain::region::{Place, Region};
use crate::domain::{service, text};
use crate::ports::Component;
use crate::providers::Own;

/// A secret in two Regions.
pub struct SecretReplica {
    own: Own,
    spec: service::SecretReplica,
    aws: Clients,
}

/// What one Region says of the secret.
struct Described {
    version: Option<String>,
    replica_status: Option<String>,
    trouble: Option<String>,
    last_changed: Option<String>,
    deleted: bool,
}

impl SecretReplica {
    pub(crate) fn new(own: Own, spec: service::SecretReplica, aws: Clients) -> Self {
        Self { own, spec, aws }
    }

    fn source(region: &Region) -> String {
        format!("secretsmanager:DescribeSecret {region}")
    }

    /// `None` if there is no such secret there.
    async fn describe(&self, region: &Region) -> Result<Option<Described>, Unread> {
        let client = &self.aws.region(region)?.secrets;
        match client.describe_secret().secret_id(&self.spec.secret).send().await {
            Ok(output) => Ok(Some(self.read(region, &output))),
            Err(err) if errors::code(&err) == Some("ResourceNotFoundException") => Ok(None),
            Err(err) => Err(errors::unread(&Self::source(region), &err)),
        }
    }

    fn read(&self, region: &Region, output: &DescribeSecretOutput) -> Described {
        let version = output.version_ids_to_stages().and_then(|versions| {
            versions
                .iter()
                .find(|(_, stages)| stages.iter().any(|stage| stage == "AWSCURRENT"))
                .map(|(id, _)| text::bounded(id, 100))
        });
        let of = |wanted: &Region| {
            output.replication_status().iter().find(|status| status.region() == Some(wanted.as_str()))
        };
        // The replica speaks of itself; the primary of the other Region.
        let status = of(region)
            .or_else(|| self.own.regions.role_of(region).and_then(|role| of(self.own.regions.get(role.other()))));
        Described {
            version,
            replica_status: status.and_then(|status| status.status()).map(|word| text::bounded(word.as_str(), 40)),
            trouble: status.and_then(|status| status.status_message()).map(|said| text::bounded(said, 200)),
            last_changed: output.last_changed_date().and_then(timestamp).map(|at| at.to_string()),
            deleted: output.deleted_date().is_some(),
        }
    }

    /// Whose host the secret names in a Region: `other` for one that the service file does not know, `none` without any.
    async fn names(&self, region: &Region, host: &service::SecretHost) -> Result<String, Unread> {
        let client = &self.aws.region(region)?.secrets;
        let output = client
            .get_secret_value()
            .secret_id(&self.spec.secret)
            .send()
            .await
            .map_err(|err| errors::unread(&format!("secretsmanager:GetSecretValue {region}"), &err))?;
        let value: Option<serde_json::Value> =
            output.secret_string().and_then(|value| serde_json::from_str(value).ok());
        let named = value.as_ref().and_then(|value| value.get(&host.key)?.as_str());
        let regions = &self.own.regions;
        Ok(match named {
            None => "none".to_owned(),
            Some(named) if named == host.value.primary => regions.primary.to_string(),
            Some(named) if named == host.value.standby => regions.standby.to_string(),
            Some(_) => "other".to_owned(),
        })
    }

    async fn in_region(&self, region: &Region) -> Result<Observation, Unread> {
        let mut seen = Observation::new(Self::source(region));
        let named = async {
            match &self.spec.host {
                Some(host) => Some(self.names(region, host).await),
                None => None,
            }
        };
        let (secret, named) = tokio::join!(self.describe(region), named);
        let Some(secret) = secret? else {
            seen.fact("exists", Value::Bool(false));
            seen.glance(Health::Down, format!("no secret {:?} here", self.spec.secret));
            return Ok(seen);
        };
        seen.fact("exists", Value::Bool(true));
        match named {
            Some(Ok(named)) => seen.text("names_host_of", named),
            Some(Err(unread)) => seen.unread.push(("names_host_of".to_owned(), unread)),
            None => {}
        }
        for (name, value) in [
            ("version", &secret.version),
            ("replica_status", &secret.replica_status),
            ("last_changed", &secret.last_changed),
        ] {
            if let Some(value) = value {
                seen.text(name, value);
            }
        }
        let version = secret.version.as_deref().map_or_else(
            || "no current version".to_owned(),
            |id| format!("version {}", id.chars().take(8).collect::<String>()),
        );
        let health = match secret.replica_status.as_deref() {
            _ if secret.deleted => Health::Down,
            _ if secret.version.is_none() => Health::Down,
            Some("InSync") | None => Health::Healthy,
            Some(_) => Health::Degraded,
        };
        let summary = match (&secret.replica_status, &secret.trouble) {
            _ if secret.deleted => "scheduled for deletion".to_owned(),
            (Some(status), Some(trouble)) if health == Health::Degraded => format!("{status}: {trouble}"),
            (Some(status), _) => format!("{status}, {version}"),
            (None, _) => version,
        };
        seen.glance(health, summary);
        Ok(seen)
    }

    async fn across(&self) -> Result<Observation, Unread> {
        let regions = &self.own.regions;
        let (primary, standby) = tokio::join!(self.describe(&regions.primary), self.describe(&regions.standby));
        let current = |secret: Option<Described>, region: &Region| {
            secret.and_then(|secret| secret.version).ok_or_else(|| {
                Unread::new(Why::NotFound, format!("{:?} has no current version in {region}", self.spec.secret))
            })
        };
        let primary = current(primary?, &regions.primary)?;
        let standby = current(standby?, &regions.standby)?;
        let equal = primary == standby;
        let mut seen = Observation::new("secretsmanager:DescribeSecret in both Regions");
        seen.fact("equal", Value::Bool(equal));
        if equal {
            seen.glance(Health::Healthy, "same version in both Regions");
        } else {
            seen.glance(Health::Degraded, "the Regions have different versions");
        }
        Ok(seen)
    }
}

#[async_trait]
impl Component for SecretReplica {
    fn id(&self) -> &str {
        &self.own.id
    }

    fn places(&self) -> Vec<Place> {
        self.own.places(true)
    }

    fn pace(&self) -> Duration {
        self.own.pace
    }

    async fn observe(&self, place: &Place) -> Result<Observation, Unread> {
        match place {
            Place::Region(region) => self.in_region(region).await,
            Place::Global => self.across().await,
        }
    }

    async fn plan(&self, ask: &Ask) -> Result<Plan, Refusal> {
        Err(self.own.no_action(ask, &[]))
    }

    async fn perform(&self, _: &Authorised) -> Result<Receipt, PerformError> {
        Err(PerformError::Refused { message: "a secret is only looked at".to_owned(), request_id: None })
    }

    async fn settle(&self, _: &Plan, _: Option<&Receipt>, _: Duration) -> Settlement {
        Settlement::CannotTell("a secret has no actions".to_owned())
    }
}
