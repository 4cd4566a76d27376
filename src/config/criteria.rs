//! `[[criteria]]` of a runbook: what a run has to show.

use super::diagnostic::Diagnostic;
use super::people::list;
use super::reader::{Node, Table};
use super::words::meant;
use crate::domain::criteria::{Criterion, Promise, Proof};
use crate::domain::service::Objectives;
use crate::domain::text::bounded;

/// Reads the list; `ids` are those of the runbook's steps.
pub(super) fn read(node: &Node<'_, '_>, objectives: Objectives, ids: &[&str]) -> Option<Vec<Criterion>> {
    list(node, |table| criterion(table, objectives, ids))
}

fn criterion(table: &Table<'_, '_>, objectives: Objectives, ids: &[&str]) -> Option<Criterion> {
    let says = table.need("says", "what a run has to show").and_then(|node| node.line("a line", 160));
    let steps = table.optional("steps", |node| steps(node, ids));
    let objective = table.optional("objective", |node| promise(node, objectives));
    let loss = table.optional("loss", |node| node.word(&[("none", ())]));
    let outcome = table.optional("outcome", |node| node.word(&[("verified", ())]));
    let by: Vec<Proof> = [
        steps.ok()?.map(Proof::Steps),
        objective.ok()?.map(Proof::Objective),
        loss.ok()?.map(|()| Proof::NoLoss),
        outcome.ok()?.map(|()| Proof::Verified),
    ]
    .into_iter()
    .flatten()
    .collect();
    if by.len() > 1 {
        let message = "a criterion is shown by one thing: `steps`, `objective`, `loss` or `outcome`";
        let context = table.context();
        context.push(Diagnostic::error(context.source(), table.span(), table.path(), message));
        return None;
    }
    Some(Criterion { says: says?, by: by.into_iter().next().unwrap_or(Proof::Person) })
}

fn promise(node: &Node<'_, '_>, objectives: Objectives) -> Option<Promise> {
    let promise = node.word(&Promise::ALL)?;
    if !promise.is_promised(objectives) {
        let word = Promise::ALL.iter().find(|(_, known)| *known == promise).map_or("", |(word, _)| word);
        let message = format!("the service promises no `{word}`");
        node.context().push(node.found(message).help("put it under [objectives] of the service file"));
        return None;
    }
    Some(promise)
}

fn steps(node: &Node<'_, '_>, ids: &[&str]) -> Option<Vec<String>> {
    let read = |item: &Node<'_, '_>| {
        let id = item.line("a step's id", 64)?;
        if ids.contains(&id.as_str()) {
            return Some(id);
        }
        let found = item.found(format!("there is no step \"{}\"", bounded(&id, 60)));
        item.context().push(found.help_if(meant(&id, ids.iter().copied())));
        None
    };
    let items: Vec<Option<String>> = node.filled_list("a list of step ids")?.iter().map(read).collect();
    items.into_iter().collect()
}
