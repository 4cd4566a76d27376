//! How AWS is reached, where that takes more than a profile.

use std::fmt;
use std::time::Duration;

/// A role that is assumed for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    /// Its ARN.
    pub role: String,
    /// What its trust policy wants to be told, where it does.
    pub external_id: Option<ExternalId>,
    /// The profile whose credentials assume it; without one, those that would be used otherwise.
    pub source_profile: Option<String>,
    /// For how long a session lasts.
    pub duration: Duration,
}

/// An external id: no secret, and shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub enum ExternalId {
    /// As it stands in the service file.
    Text(String),
    /// The environment variable that holds it.
    Env(String),
}

impl ExternalId {
    /// The id itself; `None` where its environment variable is not set.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Env(name) => std::env::var(name).ok().filter(|text| !text.is_empty()),
        }
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Env(name) => write!(f, "Env({name})"),
        }
    }
}
