//! What a database is asked at every look.

/// What is asked at every look, in one statement and so of one moment. The LSN functions are only called on the side where
/// they may be (PostgreSQL manual, "Recovery Information Functions").
pub(super) const STATE: &str = "
    SELECT pg_is_in_recovery(),
           current_setting('default_transaction_read_only') = 'on',
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn()::text END,
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END,
           CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn()::text END,
           CASE WHEN pg_is_in_recovery()
                THEN (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::int8 END,
           (SELECT rolcanlogin FROM pg_roles WHERE rolname = $1::text),
           CASE WHEN $1::text IS NOT NULL
                THEN (SELECT count(*) FROM pg_stat_activity WHERE usename = $1::text) END";

/// The same of Aurora, whose replicas share a volume or follow one: it has no log to receive or to replay, and refuses the
/// functions that tell of it ("currently not supported for Aurora").
pub(super) const AURORA: &str = "
    SELECT pg_is_in_recovery(),
           current_setting('default_transaction_read_only') = 'on',
           NULL::text,
           NULL::text,
           NULL::text,
           NULL::int8,
           (SELECT rolcanlogin FROM pg_roles WHERE rolname = $1::text),
           CASE WHEN $1::text IS NOT NULL
                THEN (SELECT count(*) FROM pg_stat_activity WHERE usename = $1::text) END";
