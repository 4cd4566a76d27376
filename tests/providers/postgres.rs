//! The PostgreSQL probe: what it says of servers that are none, and what it does to a real pair.

use std::time::{Duration, Instant};

use handover::domain::plan::PerformError;
use handover::domain::reading::Why;
use handover::domain::region::Pair;
use handover::domain::service::{Sql, Tls};
use handover::ports::{SqlProbe, WriteRefused};
use handover::providers::postgres::Postgres;
use tokio::net::TcpListener;
use tokio_postgres::NoTls;

use super::peers::{Cluster, Options, Peers, Role};
use super::support::{east, west};

fn spec(port: u16) -> Sql {
    Sql {
        host: Pair { primary: "127.0.0.1".into(), standby: "127.0.0.1".into() },
        port: Pair { primary: port, standby: port },
        database: "postgres".into(),
        user: "postgres".into(),
        password_env: None,
        tls: Tls::Off,
        app_user: Some("it's \"an\" app".into()),
        mark: Some("SELECT max(id) FROM ledger;".into()),
        timeout: Duration::from_millis(500),
    }
}

fn probe(spec: &Sql) -> Postgres {
    Postgres::new(spec, &Pair { primary: east(), standby: west() }, Some("hunter22".into()))
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_timeout_and_does_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let postgres = probe(&spec(listener.local_addr().unwrap().port()));
    let start = Instant::now();
    assert_eq!(postgres.state(&east()).await.unwrap_err().why, Why::TimedOut);
    assert!(
        matches!(postgres.try_write(&east()).await, Err(WriteRefused::Unread(unread)) if unread.why == Why::TimedOut)
    );
    // Nothing was committed: COMMIT was never sent.
    assert!(matches!(postgres.fence(&east()).await, Err(PerformError::NotYet { .. })));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let postgres = probe(&spec(port));
    let unread = postgres.state(&west()).await.unwrap_err();
    assert_eq!(unread.why, Why::Unreachable, "{unread}");
    assert!(unread.message.contains("us-west-2"), "{unread}");
    assert!(matches!(postgres.fence(&west()).await, Err(PerformError::NotYet { .. })));
}

#[tokio::test]
async fn nobody_fences_themselves() {
    let own = Sql { app_user: Some("postgres".into()), ..spec(1) };
    assert!(matches!(probe(&own).fence(&east()).await, Err(PerformError::Refused { .. })));
}

/// A real primary and its streaming standby, asked as superuser; `None` where the environment says to do without peers.
fn pair() -> Option<(Peers, Sql)> {
    let peers = Peers::start(&Options { writer: false, ..Options::default() }).unwrap_or_else(|e| panic!("{e}"))?;
    let ready = &peers.ready.postgres;
    let ports = Pair { primary: ready.primary_port, standby: ready.standby_port };
    let spec = Sql {
        port: ports,
        database: ready.database.clone(),
        timeout: Duration::from_secs(5),
        ..spec(ready.primary_port)
    };
    Some((peers, spec))
}

fn superuser(spec: &Sql) -> Postgres {
    Postgres::new(spec, &Pair { primary: east(), standby: west() }, Some("postgres-secret".into()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_database_is_read_written_and_fenced() {
    let Some((peers, spec)) = pair() else { return };
    let app = spec.app_user.clone().unwrap();
    let (admin, connection) =
        tokio_postgres::connect(&peers.database(Cluster::Primary, Role::Superuser), NoTls).await.unwrap();
    tokio::spawn(connection);
    let quoted = app.replace('"', "\"\"");
    let setup = format!("INSERT INTO ledger (id) VALUES (41); CREATE ROLE \"{quoted}\" LOGIN PASSWORD 'app-secret'");
    admin.batch_execute(&setup).await.unwrap();
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(spec.port.primary).user(&app).password("app-secret").dbname(&spec.database);
    let (session, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);

    let postgres = superuser(&spec);
    let state = postgres.state(&east()).await.unwrap();
    assert!(!state.in_recovery && !state.read_only && state.current_lsn.is_some() && state.replay_lsn.is_none());
    assert_eq!((state.app_login, state.app_sessions), (Some(true), Some(1)));
    assert_eq!(postgres.mark(&east()).await.unwrap(), Some(41));
    postgres.try_write(&east()).await.unwrap();
    // Of Aurora nothing is asked that it refuses to tell; the rest is the same.
    let aurora = superuser(&spec).aurora().state(&east()).await.unwrap();
    assert_eq!((aurora.app_login, aurora.app_sessions, aurora.in_recovery), (Some(true), Some(1), false));
    assert_eq!((&aurora.current_lsn, &state.receive_lsn), (&None, &None));

    // Whether that could be done is asked beforehand, and of somebody who has not the right it is known.
    assert_eq!(postgres.may_fence(&east()).await.unwrap(), None);
    admin.batch_execute("CREATE ROLE watcher LOGIN PASSWORD 'watcher-secret'").await.unwrap();
    let watcher = Sql { user: "watcher".into(), ..spec.clone() };
    let regions = Pair { primary: east(), standby: west() };
    let may = async || {
        let watcher = Postgres::new(&watcher, &regions, Some("watcher-secret".into()));
        watcher.may_fence(&east()).await.unwrap().unwrap_or_default()
    };
    assert!(may().await.contains("CREATEROLE"), "{}", may().await);
    admin.batch_execute("ALTER ROLE watcher CREATEROLE").await.unwrap();
    let version: i32 = admin.query_one("SELECT current_setting('server_version_num')::int", &[]).await.unwrap().get(0);
    if version >= 160_000 {
        assert!(may().await.contains("ADMIN OPTION"), "{}", may().await);
        admin.batch_execute(&format!("GRANT \"{quoted}\" TO watcher WITH ADMIN OPTION, INHERIT FALSE")).await.unwrap();
    }
    assert!(may().await.contains("pg_signal_backend"), "{}", may().await);
    admin.batch_execute("GRANT pg_signal_backend TO watcher").await.unwrap();
    assert_eq!(may().await, "");
    let other = Sql { app_user: Some("nobody".into()), ..spec.clone() };
    assert!(superuser(&other).may_fence(&east()).await.unwrap().unwrap().contains("no role"));

    postgres.fence(&east()).await.unwrap();
    let state = postgres.state(&east()).await.unwrap();
    assert_eq!((state.app_login, state.app_sessions), (Some(false), Some(0)));
    assert!(session.simple_query("SELECT 1").await.is_err());
    assert!(config.connect(NoTls).await.is_err());

    // Kept connections that the server ends are made again.
    admin
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'handover'", &[])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    postgres.state(&east()).await.unwrap();

    admin.batch_execute("ALTER ROLE postgres SET default_transaction_read_only = on").await.unwrap();
    let refused = postgres.try_write(&east()).await;
    assert!(matches!(refused, Err(WriteRefused::ReadOnly(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_standby_takes_no_write_and_no_fence() {
    let Some((_peers, spec)) = pair() else { return };
    let postgres = superuser(&spec);
    let state = postgres.state(&west()).await.unwrap();
    assert!(state.in_recovery && state.read_only && state.replay_lsn.is_some() && state.current_lsn.is_none());
    let aurora = superuser(&spec).aurora().state(&west()).await.unwrap();
    assert!(aurora.in_recovery && aurora.read_only && aurora.replay_lsn.is_none() && aurora.replayed_at.is_none());
    let refused = postgres.try_write(&west()).await;
    assert!(matches!(&refused, Err(WriteRefused::ReadOnly(said)) if said.contains("in recovery")), "{refused:?}");
    assert!(matches!(postgres.fence(&west()).await, Err(PerformError::Refused { .. })));
}
