//! `[[contacts]]` and `[[escalation]]`: whom to call, and when.

use super::reader::{Node, Table};
use crate::domain::service::{Contact, Escalation, People};

/// Reads both; neither must be there.
pub(super) fn read(root: &Table<'_, '_>) -> Option<People> {
    let contacts = root.get("contacts").map_or(Some(Vec::new()), |node| list(&node, contact));
    let escalation = root.get("escalation").map_or(Some(Vec::new()), |node| list(&node, escalation));
    let mut people = People { contacts: contacts?, escalation: escalation? };
    people.escalation.sort_by_key(|escalation| escalation.severity);
    Some(people)
}

pub(super) fn list<T>(node: &Node<'_, '_>, one: impl Fn(&Table<'_, '_>) -> Option<T>) -> Option<Vec<T>> {
    let items = node.list("a table for each, under [[…]]")?;
    let read = |item: &Node<'_, '_>| {
        let table = item.table("a table")?;
        let value = one(&table);
        table.finish();
        value
    };
    let read: Vec<Option<T>> = items.iter().map(read).collect();
    read.into_iter().collect()
}

fn contact(table: &Table<'_, '_>) -> Option<Contact> {
    let role = table.need("role", "such as \"Database lead\"").and_then(|node| node.line("a role", 60));
    let reach = table.need("reach", "a pager, a number or a portal").and_then(|node| node.line("a line", 120));
    Some(Contact { role: role?, reach: reach? })
}

fn escalation(table: &Table<'_, '_>) -> Option<Escalation> {
    let severity = table.need("severity", "1 for the worst").and_then(|node| node.integer(1, 9));
    let when = table.need("when", "such as \"complete outage\"").and_then(|node| node.line("a line", 120));
    let what = table.need("what", "such as \"page all leads\"").and_then(|node| node.line("a line", 200));
    Some(Escalation { severity: u8::try_from(severity?).ok()?, when: when?, what: what? })
}
