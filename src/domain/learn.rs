//! What a step teaches whoever drills it: why it is done, what to look at meanwhile, and the classical mistake.

use serde::Serialize;

/// How long each text may be, in characters: the guide shows all three beside the plan.
pub const LONGEST: usize = 400;

/// What a step teaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Learn {
    /// Why it is done, and what it really does.
    pub why: String,
    /// What one sees while it works.
    pub look: String,
    /// What would go wrong without it, or when it is done as it usually is.
    pub wrong: String,
}

impl Learn {
    /// The three texts with their labels, in the order in which they are read.
    pub fn texts(&self) -> [(&'static str, &str); 3] {
        [("why", &self.why), ("look at", &self.look), ("beware", &self.wrong)]
    }
}
