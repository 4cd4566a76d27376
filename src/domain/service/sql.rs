//! How a PostgreSQL pair is asked.

use std::time::Duration;

use crate::domain::region::Pair;

/// How to ask a PostgreSQL pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// Host name of each Region's database.
    pub host: Pair<String>,
    /// Port of each Region's database.
    pub port: Pair<u16>,
    /// Database name.
    pub database: String,
    /// The role to log in as.
    pub user: String,
    /// The environment variable that holds its password.
    pub password_env: Option<String>,
    /// Whether TLS is demanded, and how strictly.
    pub tls: Tls,
    /// The application's own login, which fencing takes away.
    pub app_user: Option<String>,
    /// A query for the highest number that the service has committed, such as `SELECT max(id) FROM ledger`: asked on
    /// both sides, the difference is the exact loss.
    pub mark: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}

/// TLS towards a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tls {
    /// With the certificate checked.
    #[default]
    Verify,
    /// None: a database on the same host, or a tunnel.
    Off,
}
