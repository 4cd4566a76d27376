//! `[approval]`: what a second person has to approve, and who can.

use super::people::list;
use super::reader::{Node, Table};
use crate::domain::approval::{Approver, Rule};
use crate::domain::hash::unhex;
use crate::domain::runbook::Hazard;

const KEY: &str = "64 hex digits, as `handover approve --new-key` prints them";

/// Reads it.
pub(super) fn rule(node: &Node<'_, '_>) -> Option<Rule> {
    let table = node.table("a table with `hazard` and `approvers`")?;
    let hazards = [("write", Hazard::Write), ("irreversible", Hazard::Irreversible)];
    let hazard = table.need("hazard", "\"irreversible\" or \"write\"").and_then(|node| node.word(&hazards));
    let approvers = table.need("approvers", "a table { name = \"…\", key = \"…\" } for each");
    let approvers = approvers.and_then(|node| Some((list(&node, approver)?, node)));
    table.finish();
    let (approvers, node) = approvers?;
    if approvers.is_empty() {
        node.context().push(node.found("nobody can approve").expected("at least one approver"));
        return None;
    }
    for (at, approver) in approvers.iter().enumerate() {
        let same = |other: &Approver| other.name.eq_ignore_ascii_case(&approver.name) || other.key == approver.key;
        if approvers.iter().take(at).any(same) {
            node.context().push(node.found(format!("{} is there twice, by name or by key", approver.name)));
            return None;
        }
    }
    Some(Rule { hazard: hazard?, approvers })
}

fn approver(table: &Table<'_, '_>) -> Option<Approver> {
    let name = table.need("name", "as the journal will have it").and_then(|node| node.line("a name", 40));
    let key = table.need("key", KEY).and_then(|node| key(&node));
    Some(Approver { name: name?, key: key? })
}

fn key(node: &Node<'_, '_>) -> Option<[u8; 32]> {
    let text = node.line(KEY, 100)?;
    if let Some(key) = unhex(&text).and_then(|bytes| bytes.try_into().ok()) {
        return Some(key);
    }
    node.context().push(node.found("this is no public key").expected(KEY));
    None
}
