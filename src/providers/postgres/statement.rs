//! What a database is asked.

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

/// Ends the sessions of a role, and says how many there were.
pub(super) const TERMINATE: &str = "
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE usename = $1::text AND pid <> pg_backend_pid()";

/// Whether a role is there, whether we may alter it (from PostgreSQL 16 on, CREATEROLE alone is not enough), and whether we
/// may end its sessions: <https://www.postgresql.org/docs/current/role-attributes.html>.
pub(super) const RIGHTS: &str = "
    SELECT app.oid IS NOT NULL,
           coalesce(me.rolsuper OR (me.rolcreaterole AND (current_setting('server_version_num')::int < 160000
               OR pg_has_role(me.oid, app.oid, 'MEMBER WITH ADMIN OPTION'))), false),
           coalesce(me.rolsuper OR pg_has_role(me.oid, 'pg_signal_backend', 'USAGE')
               OR pg_has_role(me.oid, app.oid, 'USAGE'), false)
    FROM pg_roles me LEFT JOIN pg_roles app ON app.rolname = $1::text
    WHERE me.rolname = current_user";
