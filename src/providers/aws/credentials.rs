//! Whose credentials are used: those of a role that is assumed, or as they come; and how long they last.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::SharedTimeSource;

use super::caller::Caller;
use super::errors;
use crate::domain::service::{AssumeRole, Service};

/// With so much left, new ones are asked for: of a session that lasts an hour or longer, less than half an hour is left only
/// if that fails.
const EARLY: Duration = Duration::from_mins(35);
/// Credentials with less left than this are of no use for another call.
const LEAST: Duration = Duration::from_secs(15);

/// Credentials that are kept until shortly before they end, and longer where no new ones are to be had: an STS that fails
/// takes nothing away that still holds.
pub(crate) struct Kept {
    source: SharedCredentialsProvider,
    time: SharedTimeSource,
    /// Those that end some time, and with how much left new ones are asked for.
    current: tokio::sync::Mutex<Option<(Credentials, Duration)>>,
}

impl Kept {
    pub(super) fn new(source: SharedCredentialsProvider, time: SharedTimeSource) -> Self {
        Self { source, time, current: tokio::sync::Mutex::new(None) }
    }

    /// How long those that would be used now last; `None` if they never end.
    pub(crate) async fn left(&self) -> Result<Option<Duration>, CredentialsError> {
        let credentials = self.credentials().await?;
        Ok(credentials.expiry().map(|at| at.duration_since(self.time.now()).unwrap_or_default()))
    }

    async fn credentials(&self) -> provider::Result {
        let mut kept = self.current.lock().await;
        let now = self.time.now();
        let left = |credentials: &Credentials| credentials.expiry().and_then(|at| at.duration_since(now).ok());
        if let Some((credentials, early)) = kept.as_ref()
            && left(credentials).is_some_and(|left| left > *early)
        {
            return Ok(credentials.clone());
        }
        match self.source.provide_credentials().await {
            Ok(credentials) => {
                // Earlier in a short session, so that it is not asked for all the time.
                *kept = left(&credentials).map(|left| (credentials.clone(), EARLY.min(left * 2 / 3)));
                Ok(credentials)
            }
            Err(error) => match kept.as_ref() {
                Some((credentials, _)) if left(credentials).is_some_and(|left| left > LEAST) => Ok(credentials.clone()),
                _ => Err(error),
            },
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// A role that is assumed, by a Regional STS.
pub(super) struct Assumed {
    sts: aws_sdk_sts::Client,
    region: String,
    /// What the session is called while no run is known.
    session: String,
    caller: Arc<OnceLock<Caller>>,
    assume: AssumeRole,
}

impl Assumed {
    pub(super) fn new(
        sts: aws_sdk_sts::Client,
        region: &str,
        service: &Service,
        caller: Arc<OnceLock<Caller>>,
    ) -> Option<Self> {
        let assume = service.aws.assume_role.clone()?;
        // At most 64 characters, all of which a service's name may have.
        let session = format!("handover-{}", service.name).chars().take(64).collect();
        Some(Self { sts, region: region.to_owned(), session, caller, assume })
    }

    async fn credentials(&self) -> provider::Result {
        let what = format!("sts:AssumeRole {}", self.region);
        let external_id = match &self.assume.external_id {
            Some(id) => match id.value() {
                Some(value) => Some(value),
                None => {
                    return Err(CredentialsError::invalid_configuration(format!(
                        "{what}: the environment variable of the external id is not set"
                    )));
                }
            },
            None => None,
        };
        let asked = self
            .sts
            .assume_role()
            .role_arn(&self.assume.role)
            .role_session_name(self.caller.get().map_or_else(|| self.session.clone(), Caller::session))
            .set_external_id(external_id)
            .duration_seconds(i32::try_from(self.assume.duration.as_secs()).unwrap_or(3_600));
        let output = asked.send().await;
        let output = output.map_err(|err| CredentialsError::provider_error(errors::unread(&what, &err).to_string()))?;
        let garbled = || CredentialsError::unhandled(format!("{what}: no credentials in the answer"));
        let given = output.credentials().ok_or_else(garbled)?;
        let ends = SystemTime::try_from(*given.expiration()).map_err(|_| garbled())?;
        Ok(Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            Some(ends),
            "assume-role",
        ))
    }
}

impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assumed({})", self.assume.role)
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
