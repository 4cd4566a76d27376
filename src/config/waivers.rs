//! `[[waivers]]`: findings of the review that are known, each with a reason and an end.

use jiff::civil::Date;

use super::people::list;
use super::reader::{Node, Table};
use super::words::meant;
use crate::domain::review::RULES;
use crate::domain::service::Waiver;
use crate::domain::text::bounded;

const DATE: &str = "a day, such as \"2026-12-31\"";

/// Reads them; there need not be any.
pub(super) fn read(root: &Table<'_, '_>) -> Option<Vec<Waiver>> {
    root.get("waivers").map_or(Some(Vec::new()), |node| list(&node, waiver))
}

fn waiver(table: &Table<'_, '_>) -> Option<Waiver> {
    let rule = table.need("rule", "a rule's id, such as \"HO005\"").and_then(|node| rule(&node));
    let at = table.optional("at", |node| node.line("where, as `handover check` names it", 200));
    let reason = table.need("reason", "why this may be so").and_then(|node| node.line("a sentence", 400));
    let until = table.need("until", DATE).and_then(|node| day(&node));
    Some(Waiver { rule: rule?, at: at.ok()?, reason: reason?, until: until? })
}

fn rule(node: &Node<'_, '_>) -> Option<String> {
    let text = node.line("a rule's id, such as \"HO005\"", 20)?;
    if RULES.iter().any(|rule| rule.id == text) {
        return Some(text);
    }
    let found = node.found(format!("there is no rule \"{}\"", bounded(&text, 20)));
    let help = meant(&text, RULES.iter().map(|rule| rule.id));
    node.context().push(found.expected("a rule that `handover check` names").help_if(help));
    None
}

fn day(node: &Node<'_, '_>) -> Option<Date> {
    let text = node.line(DATE, 20)?;
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    node.context().push(node.found(format!("\"{}\" is no day", bounded(&text, 20))).expected(DATE));
    None
}
