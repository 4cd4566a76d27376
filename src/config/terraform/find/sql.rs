//! Where a pair of databases is asked: a table that is never certain, because the role that asks is not in a state.

use crate::config::terraform::block::{Block, Note, Val, text};
use crate::config::terraform::resource::Resource;

/// The port that PostgreSQL has unless told otherwise is not written: only what the state says is.
fn place(database: &Resource) -> Option<String> {
    let endpoint = database.text("endpoint").or_else(|| database.text("address"))?;
    if endpoint.contains(':') {
        return Some(endpoint.to_owned());
    }
    Some(database.count("port").map_or_else(|| endpoint.to_owned(), |port| format!("{endpoint}:{port}")))
}

/// Adds the table, commented out, with the hosts, ports and name of the database as far as they are known.
pub(super) fn hint(block: &mut Block, primary: Option<&Resource>, standby: Option<&Resource>) {
    let both = [primary, standby];
    let value = |keys: &[&str]| keys.iter().find_map(|key| both.into_iter().flatten().find_map(|one| one.text(key)));
    match value(&["engine"]) {
        Some(engine) if !engine.contains("postgres") => {
            block.say(format!("Only PostgreSQL can be asked by SQL; the engine is {engine}."));
            return;
        }
        _ => {}
    }
    let [primary, standby] = both.map(|one| one.and_then(place));
    if primary.is_none() && standby.is_none() {
        return;
    }
    block.table("sql", false);
    block.say("The databases themselves can be asked too: only they can say whether they take writes.");
    if both.into_iter().flatten().any(|one| one.kind == "aws_rds_cluster") {
        block
            .say("A cluster's own endpoint answers only while the cluster writes; its reader endpoint answers before.");
    }
    for (key, host) in [("primary", primary), ("standby", standby)] {
        if host.is_none() {
            block.note(Note::Missing(format!("the host and port of the {key}")));
        }
        block.set(key, text(host.as_deref()));
    }
    let name = value(&["db_name", "database_name"]);
    if name.is_none() {
        block.note(Note::Missing("the database's name".to_owned()));
    }
    block.set("database", text(name));
    block.note(Note::Missing("the role that handover logs in as, see the README: never the master user".to_owned()));
    block.set("user", Val::Gap);
    block.set("password_env", text("HANDOVER_DB_PASSWORD"));
}
