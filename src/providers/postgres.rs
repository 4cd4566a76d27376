//! A PostgreSQL pair, asked by SQL.
//!
//! Looking uses one connection a Region, kept open and made again when it fails. Writing uses a connection of its own each
//! time, so that a look that hangs holds nothing up, and a write proves that the database takes new connections.

mod statement;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState as Code;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::statement::{AURORA, RIGHTS, STATE, TERMINATE};
use super::tls;
use crate::domain::plan::PerformError;
use crate::domain::reading::{Unread, Why};
use crate::domain::region::{HomeRole, Pair, Region};
use crate::domain::service::{Sql, Tls};
use crate::domain::text;
use crate::ports::{SqlProbe, SqlState, WriteRefused};

/// A PostgreSQL pair.
pub struct Postgres {
    spec: Sql,
    password: Option<String>,
    tls: Result<Option<MakeRustlsConnect>, String>,
    sides: BTreeMap<Region, Side>,
    state: &'static str,
}

/// One database of the pair.
struct Side {
    role: HomeRole,
    session: Mutex<Option<Session>>,
}

/// A connection and the task that drives it.
struct Session {
    client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Why a question had no answer.
enum Trouble {
    Sql(tokio_postgres::Error),
    TimedOut(Duration),
    Setup(String),
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(err: tokio_postgres::Error) -> Self {
        Self::Sql(err)
    }
}

impl Postgres {
    /// A pair by its specification; nothing is connected yet.
    pub fn new(spec: &Sql, regions: &Pair<Region>, password: Option<String>) -> Self {
        let side = |role| (regions.get(role).clone(), Side { role, session: Mutex::new(None) });
        let tls = match spec.tls {
            Tls::Off => Ok(None),
            Tls::Verify => tls::verifying().map(|config| Some(MakeRustlsConnect::new(config))),
        };
        let sides = [side(HomeRole::Primary), side(HomeRole::Standby)].into();
        Self { spec: spec.clone(), password, tls, sides, state: STATE }
    }

    /// The same, of Aurora.
    #[must_use]
    pub fn aurora(self) -> Self {
        Self { state: AURORA, ..self }
    }

    fn side(&self, region: &Region) -> Result<&Side, Trouble> {
        self.sides.get(region).ok_or_else(|| Trouble::Setup(format!("there is no database in {region}")))
    }

    async fn connect(&self, role: HomeRole) -> Result<Session, Trouble> {
        let mut config = Config::new();
        config
            .host(self.spec.host.get(role))
            .port(*self.spec.port.get(role))
            .dbname(&self.spec.database)
            .user(&self.spec.user)
            .application_name("handover")
            .connect_timeout(self.spec.timeout)
            .keepalives_idle(Duration::from_secs(10));
        if let Some(password) = &self.password {
            config.password(password);
        }
        if let Some(tls) = self.tls.as_ref().map_err(|why| Trouble::Setup(why.clone()))? {
            config.ssl_mode(SslMode::Require);
            let (client, connection) = config.connect(tls.clone()).await?;
            Ok(Session { client, driver: tokio::spawn(async { drop(connection.await) }) })
        } else {
            config.ssl_mode(SslMode::Disable);
            let (client, connection) = config.connect(NoTls).await?;
            Ok(Session { client, driver: tokio::spawn(async { drop(connection.await) }) })
        }
    }

    async fn bounded<T>(&self, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
        let limit = self.spec.timeout;
        tokio::time::timeout(limit, work).await.unwrap_or(Err(Trouble::TimedOut(limit)))
    }

    /// A session to look with: the one that was kept, or a new one. It is put back only after it has served.
    async fn look<T>(
        &self,
        region: &Region,
        ask: impl AsyncFnOnce(&mut Client) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let side = self.side(region)?;
        self.bounded(async {
            let mut slot = side.session.lock().await;
            let mut session = match slot.take() {
                Some(session) if !session.client.is_closed() => session,
                _ => self.connect(side.role).await?,
            };
            let found = ask(&mut session.client).await?;
            *slot = Some(session);
            Ok(found)
        })
        .await
    }

    /// Where a database is, for messages.
    fn at(&self, region: &Region) -> String {
        match self.sides.get(region) {
            Some(side) => format!("sql {} {region}", text::bounded(self.spec.host.get(side.role), 200)),
            None => format!("sql {region}"),
        }
    }

    fn unread(&self, region: &Region, trouble: &Trouble) -> Unread {
        Unread::new(why(trouble), format!("{}: {}", self.at(region), self.said(trouble)))
    }

    /// What came back, without the password, should the other side repeat it.
    fn said(&self, trouble: &Trouble) -> String {
        let said = match trouble {
            Trouble::TimedOut(limit) => format!("no answer in {:.1} s", limit.as_secs_f64()),
            Trouble::Setup(said) => said.clone(),
            Trouble::Sql(err) => sentence(err),
        };
        match &self.password {
            Some(password) if password.chars().count() >= 4 => said.replace(password.as_str(), "[redacted]"),
            _ => said,
        }
    }

    /// Takes the login away, ends the sessions, and once that is committed, those that slipped in before it was.
    async fn give_login(&self, role: HomeRole, app: &str, committing: &AtomicBool) -> Result<(), Trouble> {
        let mut session = self.connect(role).await?;
        let transaction = session.client.transaction().await?;
        transaction.batch_execute(&format!("ALTER ROLE {} LOGIN", identifier(app))).await?;
        committing.store(true, Ordering::SeqCst);
        Ok(transaction.commit().await?)
    }

    async fn take_login(&self, role: HomeRole, app: &str, committing: &AtomicBool) -> Result<(), Trouble> {
        let mut session = self.connect(role).await?;
        let transaction = session.client.transaction().await?;
        transaction.batch_execute(&format!("ALTER ROLE {} NOLOGIN", identifier(app))).await?;
        transaction.query_one(TERMINATE, &[&app]).await?;
        committing.store(true, Ordering::SeqCst);
        transaction.commit().await?;
        loop {
            let ended: i64 = session.client.query_one(TERMINATE, &[&app]).await?.try_get(0)?;
            if ended == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Postgres {
    /// The application's role, if there is one that may be touched.
    fn app_user(&self) -> Result<&str, PerformError> {
        let refused = |message: &str| PerformError::Refused { message: text::bounded(message, 600), request_id: None };
        match self.spec.app_user.as_deref() {
            None => Err(refused("no `app_user` is configured: there is no login to take away or give back")),
            Some(app) if app == self.spec.user => {
                Err(refused("`app_user` is the role that handover itself logs in as: it would lock itself out"))
            }
            Some(app) => Ok(app),
        }
    }

    /// What became of a transaction that changes a role and met trouble.
    fn not_performed(&self, region: &Region, trouble: &Trouble, committing: &AtomicBool) -> PerformError {
        let message = text::bounded(&format!("{}: {}", self.at(region), self.said(trouble)), 600);
        // An open transaction goes with its connection: before COMMIT was sent, nothing is done.
        if committing.load(Ordering::SeqCst) {
            PerformError::Unknown { message }
        } else if matches!(trouble, Trouble::Setup(_))
            || matches!(trouble, Trouble::Sql(err) if err.as_db_error().is_some())
        {
            PerformError::Refused { message, request_id: None }
        } else {
            PerformError::NotYet { message, request_id: None }
        }
    }
}

/// A quoted SQL identifier.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A quoted SQL string.
pub(crate) fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if value.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

fn sentence(err: &tokio_postgres::Error) -> String {
    if let Some(db) = err.as_db_error() {
        return format!("{}: {} ({})", db.severity(), db.message(), db.code().code());
    }
    let mut said = err.to_string();
    let mut next = std::error::Error::source(err);
    while let Some(cause) = next {
        let more = cause.to_string();
        if !said.contains(&more) {
            let _ = write!(said, ": {more}");
        }
        next = cause.source();
    }
    said
}

fn why(trouble: &Trouble) -> Why {
    let err = match trouble {
        Trouble::TimedOut(_) => return Why::TimedOut,
        Trouble::Setup(_) => return Why::Other,
        Trouble::Sql(err) => err,
    };
    if let Some(db) = err.as_db_error() {
        // Classes of SQLSTATE (PostgreSQL manual, appendix A).
        return match db.code() {
            code if code.code().starts_with("28") => Why::Auth,
            code if *code == Code::INSUFFICIENT_PRIVILEGE => Why::Denied,
            code if *code == Code::INVALID_CATALOG_NAME || *code == Code::UNDEFINED_TABLE => Why::NotFound,
            code if *code == Code::TOO_MANY_CONNECTIONS => Why::Throttled,
            code if code.code().starts_with("57P") || code.code().starts_with("XX") => Why::ServerError,
            _ => Why::Other,
        };
    }
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(err);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                std::io::ErrorKind::TimedOut => Why::TimedOut,
                std::io::ErrorKind::InvalidData => Why::Malformed,
                _ => Why::Unreachable,
            };
        }
        next = cause.source();
    }
    let said = err.to_string();
    if err.is_closed() || said.contains("connecting") {
        Why::Unreachable
    } else if said.contains("timeout") {
        Why::TimedOut
    } else {
        Why::Other
    }
}

#[async_trait]
impl SqlProbe for Postgres {
    async fn state(&self, region: &Region) -> Result<SqlState, Unread> {
        let app = self.spec.app_user.as_deref();
        let ask = async |client: &mut Client| {
            let transaction = client.build_transaction().read_only(true).start().await?;
            let row = transaction.query_one(self.state, &[&app]).await?;
            transaction.commit().await?;
            let in_recovery: bool = row.try_get(0)?;
            let default_read_only: bool = row.try_get(1)?;
            let replayed: Option<i64> = row.try_get(5)?;
            let sessions: Option<i64> = row.try_get(7)?;
            let lsn = |column: usize| -> Result<Option<String>, Trouble> {
                let lsn: Option<String> = row.try_get(column)?;
                Ok(lsn.map(|lsn| text::bounded(&lsn, 40)))
            };
            Ok(SqlState {
                in_recovery,
                read_only: in_recovery || default_read_only,
                receive_lsn: lsn(2)?,
                replay_lsn: lsn(3)?,
                current_lsn: lsn(4)?,
                replayed_at: replayed.and_then(|at| Timestamp::from_microsecond(at).ok()),
                app_login: row.try_get(6)?,
                app_sessions: sessions.and_then(|count| u32::try_from(count).ok()),
            })
        };
        self.look(region, ask).await.map_err(|trouble| self.unread(region, &trouble))
    }

    async fn try_write(&self, region: &Region) -> Result<(), WriteRefused> {
        let write = async {
            let mut session = self.connect(self.side(region)?.role).await?;
            let transaction = session.client.transaction().await?;
            let row = transaction
                .query_one("SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'", &[])
                .await?;
            let (in_recovery, read_only): (bool, bool) = (row.try_get(0)?, row.try_get(1)?);
            if in_recovery || read_only {
                let state = if in_recovery { "in recovery" } else { "in read-only transactions" };
                return Ok(Some(format!("{} is {state}", self.at(region))));
            }
            // A record in the write-ahead log that is durable at commit and leaves no row behind (PostgreSQL manual,
            // "Replication Management Functions").
            transaction.execute("SELECT pg_logical_emit_message(true, 'handover', 'test write')", &[]).await?;
            transaction.commit().await?;
            Ok(None)
        };
        match self.bounded(write).await {
            Ok(None) => Ok(()),
            Ok(Some(refused)) => Err(WriteRefused::ReadOnly(refused)),
            Err(trouble) => {
                let unread = self.unread(region, &trouble);
                // The database itself said no, and not because it was on its way up or down, or did not know us.
                let said_no = matches!(&trouble, Trouble::Sql(err) if err.as_db_error().is_some());
                Err(match unread.why {
                    Why::Other | Why::Denied if said_no => WriteRefused::ReadOnly(unread.message),
                    _ => WriteRefused::Unread(unread),
                })
            }
        }
    }

    async fn fence(&self, region: &Region) -> Result<(), PerformError> {
        let app = self.app_user()?;
        let committing = AtomicBool::new(false);
        let fence = async { self.take_login(self.side(region)?.role, app, &committing).await };
        self.bounded(fence).await.map_err(|trouble| self.not_performed(region, &trouble, &committing))
    }

    async fn admit(&self, region: &Region) -> Result<(), PerformError> {
        let app = self.app_user()?;
        let committing = AtomicBool::new(false);
        let admit = async { self.give_login(self.side(region)?.role, app, &committing).await };
        self.bounded(admit).await.map_err(|trouble| self.not_performed(region, &trouble, &committing))
    }

    async fn may_fence(&self, region: &Region) -> Result<Option<String>, Unread> {
        let app = match self.app_user() {
            Ok(app) => app.to_owned(),
            Err(no) => return Ok(Some(no.to_string())),
        };
        let ask = async |client: &mut Client| {
            let transaction = client.build_transaction().read_only(true).start().await?;
            let row = transaction.query_one(RIGHTS, &[&app]).await?;
            transaction.commit().await?;
            Ok((row.try_get::<_, bool>(0)?, row.try_get::<_, bool>(1)?, row.try_get::<_, bool>(2)?))
        };
        let (exists, alters, ends) = self.look(region, ask).await.map_err(|trouble| self.unread(region, &trouble))?;
        let user = &self.spec.user;
        Ok(match (exists, alters, ends) {
            (false, ..) => Some(format!("there is no role {app:?}, whose login is to be taken away")),
            (_, false, _) => {
                Some(format!("{user} may not alter {app}: it lacks CREATEROLE, or the role's ADMIN OPTION"))
            }
            (.., false) => Some(format!("{user} may not end the sessions of {app}: it lacks pg_signal_backend")),
            (true, true, true) => None,
        })
    }

    async fn mark(&self, region: &Region) -> Result<Option<i64>, Unread> {
        let Some(query) = &self.spec.mark else { return Ok(None) };
        let statement = format!("SELECT mark::int8 FROM ({}\n) AS marks(mark)", query.trim().trim_end_matches(';'));
        let ask = async |client: &mut Client| {
            let transaction = client.build_transaction().read_only(true).start().await?;
            let row = transaction.query_opt(&statement, &[]).await?;
            transaction.commit().await?;
            Ok(match row {
                Some(row) => row.try_get::<_, Option<i64>>(0)?,
                None => None,
            })
        };
        self.look(region, ask).await.map_err(|trouble| self.unread(region, &trouble))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_cannot_break_out_of_their_quotes() {
        assert_eq!(identifier(r#"a"; DROP ROLE x; --"#), r#""a""; DROP ROLE x; --""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal(r"a\'b"), r"E'a\\''b'");
    }
}
