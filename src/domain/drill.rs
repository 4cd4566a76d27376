//! Drills: what one may touch is on a list in the service file, and nothing else is touched, whatever a runbook says.

use super::gate::fill;
use super::history::Cadence;
use super::region::{Direction, Pair, Region};
use super::runbook::{Action, Step};

/// What a drill may touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drills {
    /// Actions: a component's id and the action's name.
    pub act: Vec<(String, String)>,
    /// Programs, each by the words that its command line begins with.
    pub run: Vec<Vec<String>>,
    /// How often one is wanted, where that is said.
    pub every: Option<Cadence>,
}

impl Drills {
    /// Why a drill may not carry out a step; `None` where it may. A step that changes nothing may always be.
    pub fn refusal(&self, step: &Step, direction: &Direction, home: &Pair<Region>) -> Option<String> {
        match &step.action {
            Action::Act { component, action, .. } => {
                let listed = self.act.iter().any(|(of, name)| of == component && name == action);
                let why =
                    || format!("a drill may not {action} {component}: [drills] of the service file does not list it");
                (!listed).then(why)
            }
            Action::Exec(exec) => {
                if exec.shell.is_some() {
                    return Some(
                        "a drill runs no shell: what a line does cannot be told from its first words".to_owned(),
                    );
                }
                let words: Vec<String> = exec.run.iter().map(|word| fill(word, direction, home)).collect();
                let listed = self.run.iter().any(|begin| {
                    let begin: Vec<String> = begin.iter().map(|word| fill(word, direction, home)).collect();
                    !begin.is_empty() && words.starts_with(&begin)
                });
                let program = words.first().map_or("nothing", String::as_str);
                let why =
                    || format!("a drill may not run this {program}: no line of [drills] in the service file begins so");
                (!listed).then(why)
            }
            Action::Attest { .. } | Action::Check { .. } | Action::Wait { .. } => None,
        }
    }
}
