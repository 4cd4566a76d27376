//! What was read of the service, for the rules that look at it.

use jiff::Timestamp;

use crate::domain::board::Board;
use crate::domain::reading::{Freshness, Key, Value};
use crate::domain::region::Place;

/// Readings, and when now is.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a> {
    /// The readings.
    pub board: &'a Board,
    /// Now.
    pub now: Timestamp,
}

impl<'a> Live<'a> {
    /// A value, if it is fresh: of anything else nothing is concluded.
    pub(super) fn value(self, component: &str, place: &Place, fact: &str) -> Option<&'a Value> {
        let reading = self.board.get(&Key::new(component, place, fact))?;
        (reading.freshness(self.now) == Freshness::Fresh).then_some(&reading.value)
    }

    /// A text, if it is fresh.
    pub(super) fn text(self, component: &str, place: &Place, fact: &str) -> Option<&'a str> {
        match self.value(component, place, fact)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number, or a span in seconds, if it is fresh.
    pub(super) fn number(self, component: &str, place: &Place, fact: &str) -> Option<f64> {
        match self.value(component, place, fact)? {
            Value::Number(number) | Value::Seconds(number) => Some(*number),
            _ => None,
        }
    }
}
