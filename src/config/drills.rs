//! `[drills]`: what a drill may touch, and how often one is wanted.

use super::facts;
use super::reader::{Node, Table};
use super::words::{meant, one_of};
use crate::domain::drill::Drills;
use crate::domain::history::Cadence;
use crate::domain::service::Component;
use crate::domain::text::bounded;

/// Reads `[drills]`; without it, a drill may touch nothing.
pub(super) fn read(root: &Table<'_, '_>, components: &[Component], broken: &[String]) -> Option<Drills> {
    let Some(node) = root.get("drills") else { return Some(Drills::default()) };
    let table = node.table("a table with `act`, `run` and `every`")?;
    let act = table.get("act").map_or(Some(Vec::new()), |node| acts(&node, components, broken));
    let run = table.get("run").map_or(Some(Vec::new()), |node| programs(&node));
    let every = table.get("every").map_or(Some(None), |node| cadence(&node).map(Some));
    table.finish();
    Some(Drills { act: act?, run: run?, every: every? })
}

/// A word, or a number of days: a drill is planned by the calendar.
fn cadence(node: &Node<'_, '_>) -> Option<Cadence> {
    const EXPECTED: &str = "\"weekly\", \"monthly\", \"quarterly\", \"yearly\", or days such as \"90d\"";
    let text = node.line(EXPECTED, 20)?;
    if let Some((_, cadence)) = Cadence::WORDS.into_iter().find(|(word, _)| *word == text) {
        return Some(cadence);
    }
    match text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok()) {
        Some(days) if (1..=366).contains(&days) => Some(Cadence::Days(days)),
        _ => {
            let found = node.found(format!("\"{}\" is not how often a drill can be wanted", bounded(&text, 20)));
            let words = Cadence::WORDS.map(|(word, _)| word);
            node.context().push(found.expected(EXPECTED).help_if(meant(&text, words)));
            None
        }
    }
}

fn acts(node: &Node<'_, '_>, components: &[Component], broken: &[String]) -> Option<Vec<(String, String)>> {
    let items = node.list("a list such as [\"restored.restore\", \"restored.discard\"]")?;
    let read: Vec<_> = items.iter().map(|item| act(item, components, broken)).collect();
    read.into_iter().collect()
}

fn act(node: &Node<'_, '_>, components: &[Component], broken: &[String]) -> Option<(String, String)> {
    let text = node.line("a component's id, a full stop and an action", 100)?;
    let Some((id, name)) = text.split_once('.') else {
        let found = node.found(format!("\"{}\" names no action", bounded(&text, 60)));
        node.context().push(found.expected("\"component.action\", such as \"restored.restore\""));
        return None;
    };
    let named = || Some((id.to_owned(), name.to_owned()));
    if broken.iter().any(|broken| broken == id) {
        return named();
    }
    let Some(component) = components.iter().find(|component| component.id == id) else {
        let ids = || components.iter().map(|component| component.id.as_str());
        let found = node.found(format!("the service has no component \"{}\"", bounded(id, 60)));
        node.context().push(found.help_if(meant(id, ids())));
        return None;
    };
    let known = facts::actions(&component.spec);
    match known.iter().find(|known| known.name == name) {
        Some(action) if !action.drill => {
            let message = format!("a drill may never {name} {id}: the service itself would be changed for good");
            node.context().push(node.found(message).help("restore a throwaway instance, or rehearse by a switchover"));
            None
        }
        Some(_) => named(),
        None => {
            let names: Vec<&str> = known.iter().map(|known| known.name).collect();
            let message = format!("{id} ({}) has no action \"{}\"", component.spec.kind(), bounded(name, 60));
            let found = node.found(message);
            node.context().push(if names.is_empty() {
                found.help("it is only read")
            } else {
                found.expected(one_of(names.iter().copied())).help_if(meant(name, names.iter().copied()))
            });
            None
        }
    }
}

fn programs(node: &Node<'_, '_>) -> Option<Vec<Vec<String>>> {
    const EXPECTED: &str =
        "a list of the words that a command line begins with, such as [[\"kubectl\", \"--context\", \"drill\"]]";
    let read = |item: &Node<'_, '_>| {
        let words = item.filled_list(EXPECTED)?;
        words.iter().map(|word| word.line("a word", 1_000)).collect::<Option<Vec<_>>>()
    };
    let read: Vec<_> = node.list(EXPECTED)?.iter().map(read).collect();
    read.into_iter().collect()
}
