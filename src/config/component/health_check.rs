//! `health-check`.

use super::both;
use crate::config::form;
use crate::config::reader::{Node, Table};
use crate::domain::region::Pair;
use crate::domain::service::{HealthCheck, SimulatedCheck};

const SIDE: &str = "{ id = \"…\" }";
const ID: &str = "a health check's id, such as \"5f0a7c52-1d4e-4b8a-9c55-0e2f6b3d7a01\"";

const SIMULATED: [(&str, SimulatedCheck); 5] = [
    ("HTTPS", SimulatedCheck::Https),
    ("TCP", SimulatedCheck::Tcp),
    ("CALCULATED", SimulatedCheck::Calculated),
    ("CLOUDWATCH_METRIC", SimulatedCheck::Alarm),
    ("RECOVERY_CONTROL", SimulatedCheck::RoutingControl),
];

pub(super) fn health_check(table: &Table<'_, '_>) -> Option<HealthCheck> {
    let sides = both(table, SIDE, |side| {
        let id = side.need("id", ID).and_then(|node| id(&node));
        let inverted = side.get("inverted").map_or(Some(false), |node| node.boolean());
        let simulated = side.get("simulated").map_or(Some(SimulatedCheck::Https), |node| node.word(&SIMULATED));
        Some((id?, inverted?, simulated?))
    });
    let parent = table.optional("parent", id);
    let Pair { primary, standby } = sides?;
    // A twin is refused at the side that is written last.
    let twin = |other: &String| other == &primary.0 || other == &standby.0;
    if primary.0 == standby.0 {
        table.get("standby")?.error("primary and standby have the same health check");
        return None;
    }
    let parent = parent.ok()?;
    if parent.as_ref().is_some_and(twin) {
        table.get("parent")?.error("the parent is one of the two: it is the calculated check above them");
        return None;
    }
    Some(HealthCheck {
        id: Pair { primary: primary.0, standby: standby.0 },
        inverted: Pair { primary: primary.1, standby: standby.1 },
        parent,
        simulated: Pair { primary: primary.2, standby: standby.2 },
    })
}

fn id(node: &Node<'_, '_>) -> Option<String> {
    form::token(node, ID, 64, |b| b.is_ascii_alphanumeric() || b == b'-')
}
