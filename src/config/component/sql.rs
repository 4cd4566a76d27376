//! How a PostgreSQL pair is asked.

use std::time::Duration;

use super::{differ, timeout};
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::{Sql, Tls};

pub(super) fn sql(table: &Table<'_, '_>) -> Option<Sql> {
    let at = |node: Option<Node<'_, '_>>| form::host_port(&node?, 5432);
    let primary = at(table.need("primary", "the primary's \"host:port\""));
    let standby = at(table.need("standby", "the standby's \"host:port\""));
    let pair = primary.zip(standby).map(|(primary, standby)| Pair { primary, standby });
    let pair = differ(table, pair, "host and port");
    let database = table.need("database", "the database's name").and_then(|node| node.line("a name", 63));
    let user = table.need("user", "the role to log in as").and_then(|node| node.line("a role's name", 63));
    let password_env = table.optional("password_env", form::variable);
    let tls =
        table.get("tls").map_or(Some(Tls::Verify), |node| node.word(&[("verify", Tls::Verify), ("off", Tls::Off)]));
    let app_user = table.optional("app_user", |node| node.line("the application's own role", 63));
    let mark = table.optional("mark", mark);
    let timeout = timeout(table, Duration::from_secs(3));
    let pair = pair?;
    Some(Sql {
        host: Pair { primary: pair.primary.0, standby: pair.standby.0 },
        port: Pair { primary: pair.primary.1, standby: pair.standby.1 },
        database: database?,
        user: user?,
        password_env: password_env.ok()?,
        tls: tls?,
        app_user: app_user.ok()?,
        mark: mark.ok()?,
        timeout: timeout?,
    })
}

/// The mark query runs on both databases in the middle of an outage: one statement, and one that reads.
fn mark(node: &Node<'_, '_>) -> Option<String> {
    const EXPECTED: &str = "one SELECT that gives one number, such as \"SELECT max(id) FROM ledger\"";
    let text = node.line(EXPECTED, 1_000)?;
    let select = text.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case("select"));
    if select && !text.trim_end().trim_end_matches(';').contains(';') {
        return Some(text);
    }
    node.context().push(node.found("the mark query is not a single SELECT").expected(EXPECTED));
    None
}
