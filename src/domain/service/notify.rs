//! How people are told of a run.

use crate::domain::notice::Severity;
use crate::domain::region::Region;

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// Its name, in the journal and on the screen.
    pub name: String,
    /// From which severity on it is told.
    pub from: Severity,
    /// By what.
    pub by: NotifyBy,
}

/// By what people are told. Secrets are in environment variables, and only their names are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyBy {
    /// A Slack incoming webhook.
    Slack {
        /// The variable that holds its URL, which is a secret.
        url_env: String,
    },
    /// PagerDuty, by its Events API v2.
    PagerDuty {
        /// The variable that holds the integration's key.
        key_env: String,
        /// Where its events go, without a path.
        url: String,
    },
    /// An SNS topic.
    Sns {
        /// Its ARN.
        topic: String,
        /// The Region in it.
        region: Region,
    },
    /// Mail.
    Email(Email),
    /// A receiver of CloudEvents.
    Webhook {
        /// Its URL, where that is no secret.
        url: Option<String>,
        /// The variable that holds its URL, where that is one.
        url_env: Option<String>,
        /// The variable that holds a bearer token for it.
        token_env: Option<String>,
    },
}

/// Mail, by a server of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The server's host and port.
    pub server: (String, u16),
    /// How the connection is secured.
    pub tls: MailTls,
    /// Whose mail it is.
    pub sender: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// As whom the server knows us, where it asks.
    pub user: Option<String>,
    /// The variable that holds the password.
    pub password_env: Option<String>,
}

/// How a connection to a mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// By STARTTLS, which must succeed.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all: for a relay on the same host.
    None,
}

impl NotifyBy {
    /// The word for this kind in a service file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Slack { .. } => "slack",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Sns { .. } => "sns",
            Self::Email(_) => "email",
            Self::Webhook { .. } => "webhook",
        }
    }

    /// The environment variables that hold its secrets.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Slack { url_env } => vec![url_env],
            Self::PagerDuty { key_env, .. } => vec![key_env],
            Self::Sns { .. } => Vec::new(),
            Self::Email(mail) => mail.password_env.as_deref().into_iter().collect(),
            Self::Webhook { url_env, token_env, .. } => {
                url_env.as_deref().into_iter().chain(token_env.as_deref()).collect()
            }
        }
    }
}
