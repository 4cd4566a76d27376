//! `[fence]`: further ways to take the writes from the Region that is left, in the order in which they are tried.

use super::facts;
use super::reader::Node;
use super::words::{meant, one_of};
use crate::domain::fencing::FenceWay;
use crate::domain::region::Side;
use crate::domain::service::Component;
use crate::domain::text::bounded;

/// Reads it.
pub(super) fn ways(node: &Node<'_, '_>, components: &[Component], broken: &[String]) -> Option<Vec<FenceWay>> {
    const EXPECTED: &str = "a list such as [\"fleet.stop\", \"database.cut-off\"]";
    let table = node.table("a table with `ways`")?;
    let ways = table.need("ways", EXPECTED).and_then(|node| {
        let items = node.filled_list(EXPECTED)?;
        let read: Vec<_> = items.iter().map(|item| way(item, components, broken)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    table.finish();
    ways.map(|ways| ways.into_iter().flatten().collect())
}

/// One of them; nothing of a component that could not be read.
fn way(node: &Node<'_, '_>, components: &[Component], broken: &[String]) -> Option<Vec<FenceWay>> {
    let text = node.line("a component's id, a full stop and an action", 100)?;
    let Some((id, name)) = text.split_once('.') else {
        let found = node.found(format!("\"{}\" names no action", bounded(&text, 60)));
        node.context().push(found.expected("\"component.action\", such as \"fleet.stop\""));
        return None;
    };
    if broken.iter().any(|broken| broken == id) {
        return Some(Vec::new());
    }
    let Some(component) = components.iter().find(|component| component.id == id) else {
        let ids = components.iter().map(|component| component.id.as_str());
        let found = node.found(format!("the service has no component \"{}\"", bounded(id, 60)));
        node.context().push(found.help_if(meant(id, ids)));
        return None;
    };
    // What fences acts on the Region that is left; what acts on the other is no fence.
    let known: Vec<_> =
        facts::actions(&component.spec).into_iter().filter(|action| action.on == Side::Source).collect();
    let Some(action) = known.iter().find(|known| known.name == name) else {
        let names: Vec<&str> = known.iter().map(|known| known.name).collect();
        let found = node.found(format!("{id} ({}) cannot fence by \"{}\"", component.spec.kind(), bounded(name, 60)));
        node.context().push(if names.is_empty() {
            found.help("none of its actions is about the Region that is left")
        } else {
            found.expected(one_of(names.iter().copied())).help_if(meant(name, names.iter().copied()))
        });
        return None;
    };
    if let Some(lacking) = facts::lacking(&component.spec, action.needs) {
        node.error(format!("{id} cannot fence by {name}: the service file has no components.{id}.{lacking}"));
        return None;
    }
    Some(vec![FenceWay { component: id.to_owned(), action: name.to_owned(), hazard: action.hazard }])
}
