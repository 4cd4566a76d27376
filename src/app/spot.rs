//! What can be clicked at: the views say where it stands, the model what follows.

use super::model::Focus;
use super::screen::Screen;

/// Something on the screen that the mouse can point at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// The name of a screen.
    Screen(Screen),
    /// A step, as an index into the model's rows.
    Step(usize),
    /// A pane.
    Pane(Focus),
    /// An entry of the journal, by its number.
    Entry(u64),
}
