//! Surprises: what goes wrong in the simulated Regions at a moment of the run, and not of the clock. TOML, like the scenarios; nobody is
//! told until the run is over.

use serde::Deserialize;

use super::chance::Chance;
use super::scenario::{Event, Scenario, millis};
use super::steps::{Ms, NEVER};
use crate::domain::debrief::Handled;
use crate::domain::journal::{Body, Entry};
use crate::domain::region::HomeRole;
use crate::domain::runbook::{Action, Runbook, StepId};
use crate::domain::service::Service;
use crate::domain::timeline::Milestone;

const EMBEDDED: [(&str, &str); 7] = [
    ("replica-stalls", include_str!("../../assets/surprises/replica-stalls.toml")),
    ("old-primary-returns", include_str!("../../assets/surprises/old-primary-returns.toml")),
    ("resolver-ignores-ttl", include_str!("../../assets/surprises/resolver-ignores-ttl.toml")),
    ("throttled-promotion", include_str!("../../assets/surprises/throttled-promotion.toml")),
    ("secret-not-replicated", include_str!("../../assets/surprises/secret-not-replicated.toml")),
    ("no-capacity", include_str!("../../assets/surprises/no-capacity.toml")),
    ("control-plane-gone", include_str!("../../assets/surprises/control-plane-gone.toml")),
];

/// A surprise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surprise {
    /// Its name.
    #[serde(skip)]
    pub name: String,
    /// A line for the debrief.
    pub title: String,
    /// What happens.
    pub description: String,
    /// What would be right.
    pub remedy: String,
    /// The scenarios in which it means something.
    pub suits: Vec<String>,
    /// The service has to have a component of one of these kinds; none: any will do.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The words, in lower case, by one of which an entry shows it.
    pub signs: Vec<String>,
    /// By what it counts as handled.
    pub handled: Handled,
    /// When it comes.
    pub when: When,
    /// Rows a second, from then on, from clients that stick to the primary's address.
    #[serde(default)]
    pub old_clients_per_second: i64,
    /// What goes wrong; times count from the moment at which it comes.
    #[serde(default, rename = "event")]
    events: Vec<Event>,
    /// What ceases to be wrong.
    #[serde(default, rename = "end")]
    ends: Vec<End>,
}

/// What was wrong with a Region is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    /// How long after the surprise came.
    #[serde(deserialize_with = "millis")]
    at: Ms,
    /// With which Region.
    region: HomeRole,
}

/// The moment of a run at which a surprise comes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The console is armed.
    Armed,
    /// One of these actions is intended, whichever step does it: it comes before the call.
    Intent(Vec<String>),
    /// A moment of the recovery is reached.
    Milestone(Milestone),
}

/// The names of the surprises that come with the program.
pub fn names() -> Vec<&'static str> {
    EMBEDDED.iter().map(|(name, _)| *name).collect()
}

/// A surprise that comes with the program; the error names those there are.
pub fn load(name: &str) -> Result<Surprise, String> {
    let text = EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or_else(|| {
        let name = crate::domain::text::bounded(name, 60);
        format!("there is no surprise {name:?}; there are: {}", names().join(", "))
    })?;
    let mut surprise: Surprise = toml::from_str(text).map_err(|error| format!("surprise {name}: {error}"))?;
    name.clone_into(&mut surprise.name);
    Ok(surprise)
}

/// Those that can come in a run of a runbook in a scenario.
pub fn fitting(service: &Service, runbook: &Runbook, scenario: &str) -> Vec<Surprise> {
    let all = EMBEDDED.iter().filter_map(|(name, _)| load(name).ok());
    all.filter(|surprise| surprise.unfit(service, runbook, scenario).is_none()).collect()
}

/// One of those that can come, drawn from a seed.
pub fn drawn(service: &Service, runbook: &Runbook, scenario: &str, seed: u64) -> Option<Surprise> {
    let mut all = fitting(service, runbook, scenario);
    let last = i64::try_from(all.len()).ok()?.checked_sub(1)?;
    let index = usize::try_from(Chance::new(seed).between("surprise", 0, 0, last.max(0))).ok()?;
    (index < all.len()).then(|| all.swap_remove(index))
}

impl Surprise {
    /// Why it cannot come in a run, if it cannot.
    pub fn unfit(&self, service: &Service, runbook: &Runbook, scenario: &str) -> Option<String> {
        if !self.suits.iter().any(|suits| suits == scenario) {
            return Some(format!(
                "{} means nothing in the scenario {scenario}; it suits {}",
                self.name,
                self.suits.join(", ")
            ));
        }
        let has = |kind: &String| service.components.iter().any(|component| component.spec.kind() == kind);
        if !self.kinds.is_empty() && !self.kinds.iter().any(has) {
            return Some(format!("{} needs a component of kind {}", self.name, self.kinds.join(" or ")));
        }
        let mut steps = runbook.steps().map(|(_, step)| step);
        let comes = match &self.when {
            When::Armed => true,
            When::Intent(actions) => {
                steps.any(|step| matches!(&step.action, Action::Act { action, .. } if actions.contains(action)))
            }
            When::Milestone(milestone) => steps.any(|step| step.marks == Some(*milestone)),
        };
        (!comes).then(|| format!("{} waits for a moment that a run of {} never comes to", self.name, runbook.id))
    }

    /// Puts what goes wrong into a scenario: from a moment on.
    pub(super) fn weave(&self, scenario: &mut Scenario, at: Ms) {
        for end in &self.ends {
            let over = at.saturating_add(end.at);
            for event in scenario.events.iter_mut().filter(|event| event.region == end.region) {
                // One that would only begin later never does.
                event.at = event.at.min(over);
                event.until = event.until.min(over);
            }
        }
        let later = |time: Ms| if time >= NEVER { NEVER } else { at.saturating_add(time) };
        scenario.events.extend(self.events.iter().map(|event| Event {
            at: later(event.at),
            until: later(event.until),
            ..event.clone()
        }));
        if self.old_clients_per_second > 0 {
            scenario.joined.push((at, self.old_clients_per_second));
        }
    }
}

/// Waits for the moment of a surprise in a run's entries.
#[derive(Debug, Clone)]
pub struct Watch {
    when: When,
    /// The action of the plan that was recorded last, and its step.
    planned: Option<(StepId, String)>,
}

impl Watch {
    /// Waits for that of a surprise.
    pub fn new(surprise: &Surprise) -> Self {
        Self { when: surprise.when.clone(), planned: None }
    }

    /// Takes an entry in; says whether this is the moment.
    pub fn sees(&mut self, entry: &Entry) -> bool {
        if let Body::Plan { step, plan, .. } = &entry.body {
            self.planned = Some((step.clone(), plan.action.clone()));
        }
        match (&self.when, &entry.body) {
            (When::Armed, Body::Armed) => true,
            (When::Intent(actions), Body::Intent { step, .. }) => {
                self.planned.as_ref().is_some_and(|(of, action)| of == step && actions.contains(action))
            }
            (When::Milestone(milestone), Body::Milestone { milestone: reached, .. }) => milestone == reached,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario;

    #[test]
    fn every_embedded_surprise_reads_and_suits_scenarios_that_there_are() {
        for name in names() {
            let surprise = load(name).unwrap();
            assert!(
                surprise.title.len() > 10 && surprise.remedy.len() > 30 && surprise.description.len() > 30,
                "{name}"
            );
            assert!(!surprise.events.is_empty() || !surprise.ends.is_empty(), "{name} does nothing");
            assert!(!surprise.suits.is_empty() && !surprise.signs.is_empty(), "{name}");
            for suits in &surprise.suits {
                assert!(scenario::names().contains(&suits.as_str()), "{name}: {suits}");
            }
            for sign in &surprise.signs {
                assert_eq!(*sign, sign.to_lowercase(), "{name}");
            }
            for event in &surprise.events {
                assert!(event.at < event.until, "{name}");
            }
        }
        assert!(load("no-such").unwrap_err().contains("replica-stalls"));
    }

    #[test]
    fn what_it_does_counts_from_the_moment_at_which_it_comes() {
        let mut outage = scenario::load("region-outage").unwrap();
        load("old-primary-returns").unwrap().weave(&mut outage, 600_000);
        assert_eq!(outage.events[0].until, 660_000, "the outage ends a minute later");
        assert_eq!(outage.joined, [(600_000, 3)]);
        let mut calm = scenario::load("calm").unwrap();
        load("replica-stalls").unwrap().weave(&mut calm, 600_000);
        assert_eq!((calm.events[0].at, calm.events[0].until), (660_000, 960_000));
    }
}
