//! The runbook: phases of steps. On screen, being ticked off, it is the checklist.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::criteria::Criterion;
use super::gate::Predicate;
use super::learn::Learn;
use super::region::Side;
use super::timeline::Milestone;

/// A step's id, such as `promote`; unique within its runbook.
pub type StepId = String;

/// A runbook file.
#[derive(Debug, Clone, PartialEq)]
pub struct Runbook {
    /// Its id: the file's name without `.toml`.
    pub id: String,
    /// Its name on the screen.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Which way it goes.
    pub way: Way,
    /// What to do when both sides of a database take writes; without it, the console says what is usual.
    pub split_brain: String,
    /// The scenario that a demonstration of it begins with.
    pub scenario: Option<String>,
    /// Its phases, in order.
    pub phases: Vec<Phase>,
    /// What a run of it has to show.
    pub criteria: Vec<Criterion>,
    /// How it is laid out as an exercise or as a plan: what its report tells an auditor.
    pub exercise: Exercise,
}

/// What a runbook takes for granted, and who is in it: lines for its report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exercise {
    /// What it takes for granted.
    pub assumptions: Vec<String>,
    /// What has to be so before it begins.
    pub preconditions: Vec<String>,
    /// Who outside the own organisation takes part, or is relied on.
    pub third_parties: Vec<String>,
    /// Who or what is played as absent: people, buildings, providers.
    pub absences: Vec<String>,
}

/// Which way a runbook goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Primary to standby.
    Failover,
    /// Standby to primary.
    Failback,
    /// A rehearsal, primary to standby.
    Drill,
}

impl Way {
    /// Every way, in the order in which help lists them.
    pub const ALL: [Self; 3] = [Self::Failover, Self::Failback, Self::Drill];

    /// The word in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::Failback => "failback",
            Self::Drill => "drill",
        }
    }
}

/// A phase: steps that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its title.
    pub title: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// What it does.
    pub action: Action,
    /// What it can do to the world.
    pub hazard: Hazard,
    /// What must hold before it may start.
    pub gates: Vec<Gate>,
    /// The steps it waits for; without any named, the step before.
    pub after: Vec<StepId>,
    /// How long it is expected to take.
    pub expected: Option<Duration>,
    /// What to look at, for the person at the keyboard.
    pub guidance: String,
    /// Which item of which document it carries.
    pub carries: String,
    /// Where it differs from that item, why.
    pub differs: String,
    /// The moment of the timeline that its end marks.
    pub marks: Option<Milestone>,
    /// Whether it cleans up: then it may be started as soon as any step has failed, too.
    pub cleanup: bool,
    /// What becomes of it when the run goes on ungracefully.
    pub ungraceful: Option<Ungraceful>,
    /// What it teaches whoever drills it.
    pub learn: Option<Learn>,
}

/// What becomes of a step when the run can no longer wait for the source to take part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ungraceful {
    /// It is left out.
    Skip,
    /// It does another thing to the same component: what takes over by force.
    Act {
        /// The action.
        action: String,
        /// What that can do to the world.
        hazard: Hazard,
    },
}

/// What a step can do to the world; it sets how the step is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hazard {
    /// It reads, or a person says something.
    None,
    /// It changes something that can be changed back.
    Write,
    /// It cannot be undone.
    Irreversible,
}

impl Hazard {
    /// Every hazard, in the order in which help lists them.
    pub const ALL: [Self; 3] = [Self::None, Self::Write, Self::Irreversible];

    /// The word in a runbook.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Write => "write",
            Self::Irreversible => "irreversible",
        }
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A named predicate that must hold before a step may start.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Its name, by which it is overridden.
    pub name: String,
    /// What must hold.
    pub predicate: Predicate,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A person checks and says so.
    Attest {
        /// What the person says by confirming.
        statement: String,
    },
    /// Readings are compared with what they should be.
    Check {
        /// All of these must hold.
        expect: Vec<Predicate>,
    },
    /// One mutation of a component.
    Act {
        /// The component.
        component: String,
        /// Its action, such as `promote`.
        action: String,
        /// Where.
        on: Side,
    },
    /// An external program.
    Exec(Exec),
    /// Until something holds.
    Wait {
        /// All of these must hold.
        until: Vec<Predicate>,
        /// For how long without a break.
        hold: Duration,
        /// After how long it has failed.
        timeout: Duration,
    },
}

impl Action {
    /// The word for this kind of step in a runbook.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Attest { .. } => "attest",
            Self::Check { .. } => "check",
            Self::Act { .. } => "act",
            Self::Exec(_) => "exec",
            Self::Wait { .. } => "wait",
        }
    }
}

/// An external program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exec {
    /// The program and its arguments; nothing is interpreted by a shell. `{source}`, `{target}`, `{primary}`,
    /// `{standby}`, `{service}`, `{run}` and `{date}` are filled in.
    pub run: Vec<String>,
    /// A line for `/bin/sh -c`, where a runbook asks for a shell.
    pub shell: Option<String>,
    /// Variables added to the environment; the same names are filled in.
    pub env: Vec<(String, String)>,
    /// Where it runs; without one, where the service file is.
    pub dir: Option<String>,
    /// After how long it is ended.
    pub timeout: Duration,
}

impl Runbook {
    /// One of which only the id is at hand.
    pub fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            title: id.to_owned(),
            description: String::new(),
            way: Way::Failover,
            split_brain: String::new(),
            scenario: None,
            phases: Vec::new(),
            criteria: Vec::new(),
            exercise: Exercise::default(),
        }
    }

    /// Every step, in order, with the index of its phase.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.phases.iter().enumerate().flat_map(|(index, phase)| phase.steps.iter().map(move |step| (index, step)))
    }

    /// A step by id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().map(|(_, step)| step).find(|step| step.id == id)
    }

    /// Whether its id or its title has a word in it, in any case: by what it calls itself it is told what it is for.
    pub fn says(&self, word: &str) -> bool {
        [&self.id, &self.title].iter().any(|text| text.to_ascii_lowercase().contains(word))
    }

    /// The number of a step on the screen, such as `2.1`: its phase and its place in it.
    pub fn number(&self, id: &str) -> String {
        for (p, phase) in self.phases.iter().enumerate() {
            for (s, step) in phase.steps.iter().enumerate() {
                if step.id == id {
                    return format!("{p}.{}", s + 1);
                }
            }
        }
        "?".to_owned()
    }

    /// The steps that a step waits for: those named in `after`, or the step before it.
    pub fn needs(&self, id: &str) -> Vec<&StepId> {
        let mut before: Option<&StepId> = None;
        for (_, step) in self.steps() {
            if step.id == id {
                return if step.after.is_empty() { before.into_iter().collect() } else { step.after.iter().collect() };
            }
            before = Some(&step.id);
        }
        Vec::new()
    }

    /// How long the steps are expected to take, one after the other.
    pub fn expected(&self) -> Duration {
        self.steps().filter_map(|(_, step)| step.expected).sum()
    }

    /// How long it takes until a step is over, when every step takes what `left` says and starts as soon as those that
    /// it waits for are over: the critical path.
    pub fn time_to(&self, id: &str, left: &dyn Fn(&Step) -> Duration) -> Duration {
        self.path(id, left, &mut BTreeMap::new())
    }

    /// The step whose end is a milestone.
    pub fn marking(&self, milestone: Milestone) -> Option<&Step> {
        self.steps().map(|(_, step)| step).find(|step| step.marks == Some(milestone))
    }

    /// How long it takes until the service serves again, when every step takes what `left` says; nothing where no step marks that.
    pub fn serves_after(&self, left: &dyn Fn(&Step) -> Duration) -> Option<Duration> {
        let serves = |step: &&Step| matches!(step.marks, Some(Milestone::TrafficMoved | Milestone::FirstSuccess));
        let marks = self.steps().map(|(_, step)| step).filter(serves);
        marks.map(|step| self.time_to(&step.id, left)).max()
    }

    /// How long it takes until every step is over.
    pub fn longest(&self, left: &dyn Fn(&Step) -> Duration) -> Duration {
        self.times(left).into_values().max().unwrap_or_default()
    }

    /// [`Self::time_to`] each step.
    pub fn times<'a>(&'a self, left: &dyn Fn(&Step) -> Duration) -> BTreeMap<&'a str, Duration> {
        let mut known = BTreeMap::new();
        for (_, step) in self.steps() {
            self.path(&step.id, left, &mut known);
        }
        known
    }

    fn path<'a>(
        &'a self,
        id: &'a str,
        left: &dyn Fn(&Step) -> Duration,
        known: &mut BTreeMap<&'a str, Duration>,
    ) -> Duration {
        if let Some(known) = known.get(id) {
            return *known;
        }
        // Were the steps to wait for each other in a circle, this keeps the walk finite.
        known.insert(id, Duration::ZERO);
        let before = self.needs(id).into_iter().map(|need| self.path(need, left, known)).max().unwrap_or_default();
        let time = before + self.step(id).map(left).unwrap_or_default();
        known.insert(id, time);
        time
    }
}

impl Step {
    /// A step that says no more of itself than what it does: its title is its id.
    pub fn bare(id: &str, action: Action, hazard: Hazard) -> Self {
        Self {
            id: id.to_owned(),
            title: id.to_owned(),
            action,
            hazard,
            gates: Vec::new(),
            after: Vec::new(),
            expected: None,
            guidance: String::new(),
            carries: String::new(),
            differs: String::new(),
            marks: None,
            cleanup: false,
            ungraceful: None,
            learn: None,
        }
    }

    /// How long the step is expected to take until what it marks is so: a window that has to hold counts from its start.
    pub fn expected_to_mark(&self) -> Duration {
        let expected = self.expected.unwrap_or_default();
        match &self.action {
            Action::Wait { hold, .. } => expected.saturating_sub(*hold),
            _ => expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(id: &str, minutes: u64, after: &[&str]) -> Step {
        Step {
            after: after.iter().map(|id| (*id).into()).collect(),
            expected: Some(Duration::from_mins(minutes)),
            ..Step::bare(id, Action::Attest { statement: String::new() }, Hazard::None)
        }
    }

    #[test]
    fn the_critical_path_counts_what_runs_side_by_side_once() {
        let steps = vec![step("a", 1, &[]), step("b", 5, &[]), step("c", 3, &["a"]), step("d", 1, &["b", "c"])];
        let runbook = Runbook {
            id: "r".into(),
            title: "r".into(),
            description: String::new(),
            way: Way::Failover,
            split_brain: String::new(),
            scenario: None,
            phases: vec![Phase { title: "p".into(), steps }],
            criteria: Vec::new(),
            exercise: Exercise::default(),
        };
        let left = |step: &Step| step.expected_to_mark();
        assert_eq!(runbook.time_to("d", &left), Duration::from_mins(7));
        assert_eq!(runbook.longest(&left), Duration::from_mins(7));
        assert_eq!(runbook.expected(), Duration::from_mins(10));
        assert_eq!(runbook.number("c"), "0.3");
    }
}
