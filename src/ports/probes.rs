//! What databases, name servers and endpoints are asked by.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::plan::PerformError;
use crate::domain::reading::Unread;
use crate::domain::region::Region;

/// One database of a pair, asked by SQL.
#[async_trait]
pub trait SqlProbe: Send + Sync {
    /// What state it is in. Reads only.
    async fn state(&self, region: &Region) -> Result<SqlState, Unread>;

    /// Makes one durable write that leaves nothing behind, and says whether it was accepted.
    async fn try_write(&self, region: &Region) -> Result<(), WriteRefused>;

    /// Takes the application's login away and ends its sessions, in one transaction.
    async fn fence(&self, region: &Region) -> Result<(), PerformError>;

    /// Gives the application's login back, where fencing the source took it away here too.
    async fn admit(&self, region: &Region) -> Result<(), PerformError>;

    /// Whether the application's login could be taken away and its sessions ended: why not, where it couldn't. Reads only.
    async fn may_fence(&self, region: &Region) -> Result<Option<String>, Unread>;

    /// The highest mark that the service has committed, by its own query; `None` if the table is empty or no query is
    /// configured.
    async fn mark(&self, region: &Region) -> Result<Option<i64>, Unread>;
}

/// A write that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteRefused {
    /// The database said no, such as "cannot execute INSERT in a read-only transaction".
    ReadOnly(String),
    /// It could not be asked.
    Unread(Unread),
}

/// What a PostgreSQL database says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SqlState {
    /// `pg_is_in_recovery()`.
    pub in_recovery: bool,
    /// `default_transaction_read_only` is on, or it is in recovery.
    pub read_only: bool,
    /// `pg_last_wal_receive_lsn()` on a standby.
    pub receive_lsn: Option<String>,
    /// `pg_last_wal_replay_lsn()` on a standby.
    pub replay_lsn: Option<String>,
    /// `pg_current_wal_lsn()` on a primary.
    pub current_lsn: Option<String>,
    /// `pg_last_xact_replay_timestamp()` on a standby.
    pub replayed_at: Option<Timestamp>,
    /// Whether the application's role may log in, where one is configured.
    pub app_login: Option<bool>,
    /// How many sessions the application's role has.
    pub app_sessions: Option<u32>,
}

/// One answer of a DNS server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The values: host names without the final dot, or addresses.
    pub values: Vec<String>,
    /// Seconds for which the server lets it be kept.
    pub ttl: u32,
    /// Whether the server claims authority for it.
    pub authoritative: bool,
}

/// Asks one DNS server one question.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Asks `server` (`host:port`) for the records of `name` of type `record_type` (`CNAME` or `A`).
    async fn ask(&self, server: &str, name: &str, record_type: &str) -> Result<DnsAnswer, Unread>;
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The first 64 KiB of the body, made safe to show.
    pub body: String,
    /// The time to the end of that.
    pub took: Duration,
    /// The address that answered, where it is known.
    pub peer: Option<SocketAddr>,
}

/// Asks HTTP endpoints.
#[async_trait]
pub trait HttpProbe: Send + Sync {
    /// `GET`s a URL without following redirects.
    async fn get(&self, url: &str, timeout: Duration) -> Result<HttpAnswer, Unread>;
}
