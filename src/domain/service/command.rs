//! Declared programs: what no kind of its own knows, read from what a program prints, and changed by programs.

use std::time::Duration;

use crate::domain::reading::Value;
use crate::domain::region::{Pair, Side};
use crate::domain::runbook::Hazard;

/// A program whose JSON is read into facts, and programs that change what it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Whether it is asked once for the service as a whole, in place of once for each Region.
    pub global: bool,
    /// The program and its arguments; `{region}` and the like are filled in.
    pub observe: Vec<String>,
    /// After how long it is ended.
    pub timeout: Duration,
    /// What is read of its answer, in the order of the file.
    pub facts: Vec<CommandFact>,
    /// What can be done, in the order of the file.
    pub actions: Vec<CommandAction>,
}

/// One value of a program's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandFact {
    /// Its name.
    pub name: String,
    /// Where it stands in the answer: a JSON pointer (RFC 6901), empty for the whole.
    pub path: String,
    /// What it is.
    pub of: CommandType,
    /// What it is while all is well, where that is known.
    pub healthy: Option<Healthy>,
    /// What it is in a simulation; without it, it is not read there.
    pub simulated: Option<Pair<Value>>,
}

/// The type of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandType {
    /// Any text.
    Text,
    /// One of these words.
    Words(Vec<String>),
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// A span of time, in seconds.
    Seconds,
}

/// What a value is while all is well.
#[derive(Debug, Clone, PartialEq)]
pub enum Healthy {
    /// One of these.
    Is(Vec<Value>),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// A program that changes something.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandAction {
    /// Its name.
    pub name: String,
    /// The program and its arguments.
    pub run: Vec<String>,
    /// After how long it is ended.
    pub timeout: Duration,
    /// What it can do to the world: a write, or what cannot be undone.
    pub hazard: Hazard,
    /// The source or the target.
    pub on: Side,
    /// A sentence that says what it changes.
    pub changes: String,
    /// By what it is seen to be done; without it, its exit status alone says so.
    pub done: Option<Done>,
}

/// The fact by which an action is seen to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The fact's name.
    pub fact: String,
    /// What it is then.
    pub is: Value,
}

impl Command {
    /// A fact by name.
    pub fn fact(&self, name: &str) -> Option<&CommandFact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    /// An action by name.
    pub fn action(&self, name: &str) -> Option<&CommandAction> {
        self.actions.iter().find(|action| action.name == name)
    }
}

impl Healthy {
    /// Whether a value is as it should be.
    pub fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Is(values), value) => values.contains(value),
            (Self::AtMost(limit), Value::Number(number) | Value::Seconds(number)) => number <= limit,
            (Self::AtLeast(limit), Value::Number(number) | Value::Seconds(number)) => number >= limit,
            _ => false,
        }
    }
}
