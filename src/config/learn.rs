//! `[phase.step.learn]` of a runbook: what a step teaches whoever drills it.

use super::reader::Node;
use crate::domain::learn::{LONGEST, Learn};

/// Reads the table. All three texts are there, or the guide would be silent just where somebody asks.
pub(super) fn read(node: &Node<'_, '_>) -> Option<Learn> {
    let table = node.table("{ why = …, look = …, wrong = … }")?;
    let text = |key, expected| table.need(key, expected).and_then(|node| node.prose(expected, LONGEST));
    let why = text("why", "why it is done, and what it really does");
    let look = text("look", "what one sees while it works");
    let wrong = text("wrong", "the classical mistake here");
    table.finish();
    Some(Learn { why: why?, look: look?, wrong: wrong? })
}
